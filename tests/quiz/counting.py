"""How many statements something sends to the database."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.db import db


class Counter:
    """Statements on the wire; BEGIN and COMMIT do not count."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def __enter__(self) -> list[str]:
        sa.event.listen(db.engine, "before_cursor_execute", self._note)
        return self.statements

    def __exit__(self, *_: object) -> None:
        sa.event.remove(db.engine, "before_cursor_execute", self._note)

    def _note(self, _c: Any, _k: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "SELECT pg_advisory")):
            self.statements.append(statement)
