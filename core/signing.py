"""What this server signs: short texts that anybody can check without it.

A token is ``LG1.<key>.<text>.<signature>``: the text in UTF-8 and the 64 bytes of an
Ed25519 signature over all before the last dot, both in URL-safe base64 without
padding. The key is named by the first 32 bits of the SHA-256 of its public half.

The private half follows from the server's secret key, so every machine of one database
signs with the same, and a backup that has the secret has it. ``signing/`` of the
instance folder keeps the public halves, ``<id>.json``: what was signed before somebody
changed the secret can still be checked.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

FOLDER = "signing"
PURPOSE = b"lawgauge signing Ed25519"
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
    """The keys of a server.

    :param secret: The server's secret key.
    :param folder: Where public halves are kept.
    """

    def __init__(self, secret: str, folder: Path) -> None:
        self._secret = secret
        self._folder = folder

    def sign(self, text: str, *, now: datetime) -> str:
        """A text as a token; the same text is the same token.

        :param now: Since when the key is known, if this is its first token here.
        """
        key_id, key = _key_of(self._secret)
        self._publish(key_id, now)
        head = f"{FORMAT}.{key_id}.{encoded(text.encode())}"
        return f"{head}.{encoded(key.sign(head.encode()))}"

    def public(self) -> list[PublicKey]:
        """All keys there ever were, oldest first; the present one is last."""
        key_id, key = _key_of(self._secret)
        own = encoded(key.public_key().public_bytes_raw())
        found = {key_id: PublicKey(key_id, own, "")}
        for path in self._folder.glob("*.json"):
            with suppress(ValueError, TypeError, OSError):
                kept = PublicKey(**json.loads(path.read_text("utf-8")))
                found[kept.id] = kept
        return sorted(found.values(), key=lambda one: (one.id == key_id, one.since))

    def _publish(self, key_id: str, now: datetime) -> None:
        """Keep the public half; a full disk takes nobody's receipt away."""
        path = self._folder / f"{key_id}.json"
        if path.exists():
            return
        _, key = _key_of(self._secret)
        public = encoded(key.public_key().public_bytes_raw())
        known = PublicKey(key_id, public, now.isoformat(timespec="seconds"))
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(json.dumps(vars(known), indent=1) + "\n")


@lru_cache(maxsize=8)
def _key_of(secret: str) -> tuple[str, Ed25519PrivateKey]:
    """The key that follows from a secret, and its id."""
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=PURPOSE)
    key = Ed25519PrivateKey.from_private_bytes(kdf.derive(secret.encode()))
    public = key.public_key().public_bytes_raw()
    return hashlib.sha256(public).hexdigest()[:8], key


def keys() -> Keys:
    """The keys of this server."""
    folder = Path(current_app.instance_path, FOLDER)
    return Keys(str(current_app.secret_key), folder)
