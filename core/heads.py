"""The heads of the audit chain, kept a second time outside the database.

After each commit the number and the hash of the newest entry are appended to
``audit.heads`` in the instance folder. Whoever cuts the end off the log, or puts an
old copy of the database in its place, leaves lines there that the chain does not
know. A line says nothing about who could write to the folder too: receipts and the
line that ``flask audit head`` prints for the paper file are the witnesses outside.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from flask import current_app

NAME = "audit.heads"
_log = logging.getLogger(__name__)


def heads_file() -> Path:
    """Where the heads are kept."""
    return Path(current_app.instance_path, NAME)


def keep_head(n: int, hashed: str) -> None:
    """Append a head. The act is done: a full disk is noted and does not undo it."""
    try:
        # One short append is whole or not there at all, from any process.
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        handle = os.open(heads_file(), flags, 0o600)
        try:
            os.write(handle, f"{n} {hashed}\n".encode())
        finally:
            os.close(handle)
    except OSError as error:
        _log.warning("the head of the audit log was not kept: %s", error)


def kept_heads() -> Iterator[tuple[int, str]]:
    """All heads of the file, as they were written."""
    try:
        with heads_file().open(encoding="ascii", errors="replace") as file:
            for line in file:
                n, _, hashed = line.strip().partition(" ")
                yield (int(n) if n.isdigit() else 0), hashed
    except FileNotFoundError:
        return


def set_heads_aside(now: datetime) -> str:
    """Begin a new file: the database was put back to an earlier day, as was meant.

    :return: The name the old file has now; empty if there was none.
    """
    path = heads_file()
    aside = path.with_name(f"{NAME}.{now:%Y%m%dT%H%M%S}")
    try:
        path.rename(aside)
    except FileNotFoundError:
        return ""
    return aside.name
