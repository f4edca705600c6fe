"""Counting what is sent to the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from core.db import db


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that are sent; the beginning of a transaction is none."""
    sent: list[str] = []

    def note(_c: object, _k: object, statement: str, *_: object) -> None:
        if not statement.startswith("BEGIN"):
            sent.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


@contextmanager
def at_most(most: int) -> Iterator[None]:
    """No more statements than this."""
    with statements() as sent:
        yield
    assert len(sent) <= most, sent
