"""What this server signs: short texts that anybody can check without it.

A token is ``LG1.<key>.<text>.<signature>``: the text in UTF-8 and the 64 bytes of an
Ed25519 signature over all before the last dot, both in URL-safe base64 without
padding. The key is named by the first 32 bits of the SHA-256 of its public half.

Keys lie in ``signing/`` of the instance folder: ``current.key``, made when it is first
needed, and ``<id>.json`` with the public half of every key there ever was, so that
what an old one signed can be checked for ever. ``Keys.rotate`` begins a new one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from flask import current_app

FOLDER = "signing"
CURRENT = "current.key"
FORMAT = "LG1"
LONGEST = 4096  # characters of a token; ours have some hundred


class BadToken(ValueError):
    """Not a token, or nobody whose key is known has signed it; says which."""


@dataclass(frozen=True)
class PublicKey:
    """The half of a key that everybody may have."""

    id: str
    public: str  # 32 bytes, URL-safe base64 without padding
    since: str  # ISO 8601, UTC


@dataclass(frozen=True)
class Signed:
    """What a token says, and by which key."""

    text: str
    key_id: str


def encoded(data: bytes) -> str:
    """URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The bytes behind ``encoded``: one text for the same bytes and no other.

    :raises BadToken: If it is none.
    """
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise BadToken("not base64") from None
    if encoded(data) != text:
        raise BadToken("not the only way to write these bytes")
    return data


def read_token(token: str, public: Mapping[str, str]) -> Signed:
    """What a token says, if one of these keys has signed it.

    :param public: Public halves by the ids of their keys.
    :raises BadToken: If not.
    """
    parts = token.split(".")
    if len(token) > LONGEST or len(parts) != 4 or parts[0] != FORMAT:
        raise BadToken("not a token")
    _, key_id, text, signature = parts
    if key_id not in public:
        raise BadToken("not a key of this server")
    key = Ed25519PublicKey.from_public_bytes(decoded(public[key_id]))
    try:
        key.verify(decoded(signature), token.rpartition(".")[0].encode())
        return Signed(decoded(text).decode(), key_id)
    except (InvalidSignature, UnicodeError):
        raise BadToken("not signed by this key") from None


class Keys:
    """The keys in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def sign(self, text: str, *, now: datetime) -> str:
        """A text as a token of the newest key.

        :param now: When the key is made, if there is none yet.
        """
        key_id, key = self._current(now)
        head = f"{FORMAT}.{key_id}.{encoded(text.encode())}"
        return f"{head}.{encoded(key.sign(head.encode()))}"

    def public(self) -> list[PublicKey]:
        """All keys there ever were, oldest first."""
        found = []
        for path in self._folder.glob("*.json"):
            with suppress(ValueError, TypeError, OSError):
                found.append(PublicKey(**json.loads(path.read_text("utf-8"))))
        return sorted(found, key=lambda key: (key.since, key.id))

    def rotate(self, *, now: datetime) -> PublicKey:
        """Begin a new key; the old one signs nothing any more."""
        public, made = self._new(now)
        made.replace(self._folder / CURRENT)
        return public

    def _current(self, now: datetime) -> tuple[str, Ed25519PrivateKey]:
        path = self._folder / CURRENT
        if not path.exists():
            self._first(now)
        return _key_of(path, path.stat().st_mtime_ns)

    def _first(self, now: datetime) -> None:
        """Make the first key; of two processes at once the first one's counts."""
        public, made = self._new(now)
        try:
            (self._folder / CURRENT).hardlink_to(made)
        except FileExistsError:
            self._file(public.id).unlink()
        finally:
            made.unlink()

    def _new(self, now: datetime) -> tuple[PublicKey, Path]:
        """A key in a file that nobody uses yet; its public half is published."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = Ed25519PrivateKey.generate()
        raw = key.public_key().public_bytes_raw()
        public = PublicKey(_id_of(raw), encoded(raw), now.isoformat(timespec="seconds"))
        text = json.dumps(vars(public), indent=1) + "\n"
        self._file(public.id).write_text(text, encoding="utf-8")
        path = self._folder / f".{secrets.token_hex(8)}"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(key.private_bytes_raw().hex())
        return public, path

    def _file(self, key_id: str) -> Path:
        return self._folder / f"{key_id}.json"


@lru_cache(maxsize=8)
def _key_of(path: Path, _mark: int) -> tuple[str, Ed25519PrivateKey]:
    raw = bytes.fromhex(path.read_text(encoding="ascii").strip())
    key = Ed25519PrivateKey.from_private_bytes(raw)
    return _id_of(key.public_key().public_bytes_raw()), key


def _id_of(public: bytes) -> str:
    return hashlib.sha256(public).hexdigest()[:8]


def keys() -> Keys:
    """The keys of this server."""
    return Keys(Path(current_app.instance_path, FOLDER))
