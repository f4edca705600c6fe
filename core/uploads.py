"""Files kept between the look at them and the decision to import them.

They lie in the instance folder under names of the server's making, belong to one
account, and go when the import is done, given up, or a day old.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from core.errors import Missing
from core.filenames import shown_name

LIFE = timedelta(days=1)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")


@dataclass(frozen=True)
class Upload:
    """A kept file."""

    token: str
    path: Path
    filename: str  # as the person named it, fit to be shown
    at: datetime


def keep_upload(
    folder: Path,
    content: IO[bytes],
    *,
    filename: str,
    kind: str,
    account_id: int,
    now: datetime,
) -> str:
    """Store a file for one account; files older than a day go.

    :param kind: What it is to become, such as ``people``; asked for again at ``find``.
    :return: The token it is found by.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    sweep_uploads(folder, now=now)
    token = secrets.token_urlsafe(24)
    about = {
        "filename": shown_name(filename),
        "kind": kind,
        "account": account_id,
        "at": now.astimezone(UTC).isoformat(),
    }
    with _create(folder / f"{token}.data") as file:
        shutil.copyfileobj(content, file)
    with _create(folder / f"{token}.json") as file:
        file.write(json.dumps(about).encode())
    return token


def find_upload(
    folder: Path, token: str, *, kind: str, account_id: int, now: datetime
) -> Upload:
    """The file of a token.

    :raises Missing: If there is none of this kind for this account, or it is too old.
    """
    gone = Missing("上传的文件已经处理过或超过一天，请重新上传")
    if not _TOKEN.fullmatch(token):
        raise gone
    try:
        about = json.loads((folder / f"{token}.json").read_bytes())
    except (OSError, ValueError):
        raise gone from None
    at = datetime.fromisoformat(about["at"])
    if (about["kind"], about["account"]) != (kind, account_id) or now - at > LIFE:
        raise gone
    return Upload(token, folder / f"{token}.data", about["filename"], at)


def list_uploads(
    folder: Path, *, kind: str, account_id: int, now: datetime
) -> list[Upload]:
    """The files of a kind that an account has not decided about, the newest first."""
    found = []
    for path in folder.glob("*.json"):
        try:
            found.append(
                find_upload(
                    folder, path.stem, kind=kind, account_id=account_id, now=now
                )
            )
        except Missing:
            continue
    return sorted(found, key=lambda upload: upload.at, reverse=True)


def renew_upload(upload: Upload, *, now: datetime) -> None:
    """Let a file's day begin again: somebody is still at work with it."""
    about = upload.path.with_suffix(".json")
    content = json.loads(about.read_bytes()) | {"at": now.astimezone(UTC).isoformat()}
    write_beside(upload, "json", json.dumps(content))
    for path in upload.path.parent.glob(f"{upload.token}.*"):
        os.utime(path, (now.timestamp(), now.timestamp()))


def write_beside(upload: Upload, ending: str, content: str) -> None:
    """Keep a text with a file: whole or not at all, and as long as the file."""
    path = upload.path.with_suffix(f".{ending}")
    part = upload.path.with_suffix(f".{secrets.token_hex(4)}-part")
    with _create(part) as file:
        file.write(content.encode())
    part.replace(path)


def read_beside(upload: Upload, ending: str) -> str | None:
    """The text that is kept with a file, or None."""
    try:
        return upload.path.with_suffix(f".{ending}").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def append_beside(upload: Upload, ending: str, line: str) -> None:
    """Add one line to a text that is kept with a file; two at once do no harm."""
    path = upload.path.with_suffix(f".{ending}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    with os.fdopen(os.open(path, flags, 0o600), "ab", buffering=0) as file:
        file.write(f"{line}\n".encode())


def drop_upload(folder: Path, token: str) -> None:
    """Remove a file and what is kept with it; there may be none."""
    if _TOKEN.fullmatch(token):
        for path in folder.glob(f"{token}.*"):
            path.unlink(missing_ok=True)


def sweep_uploads(folder: Path, *, now: datetime) -> None:
    """Remove what is older than a day."""
    for path in folder.glob("*.*"):
        try:
            if now.timestamp() - path.stat().st_mtime > LIFE.total_seconds():
                path.unlink()
        except FileNotFoundError:
            continue  # somebody else was here


def _create(path: Path) -> IO[bytes]:
    # Rosters hold phone numbers: nobody else on the machine needs to read them.
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
