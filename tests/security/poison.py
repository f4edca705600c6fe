"""Putting a text into every place people can type into, straight in the database."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa

from core.db import Model, db

Change = Callable[[str, str], str]  # what stood there, what makes it unique

#: Columns whose values the program makes or chooses from its own words.
TECHNICAL = {
    "account": {"username", "password_hash"},
    "alembic_version": {"version_num"},
    "answer": {"q", "value"},  # the value is poisoned through the phone
    "audit_entry": {"actor", "action", "object", "algorithm", "hash", "payload_hash",
                    "rows", "seal", "facts"},
    "audit_payload": {"salt", "payload"},  # see _poison_payloads
    "blueprint_row": {"kind", "difficulty"},
    "candidate": {"tail_digest", "staff_digest"},
    "entry_try": {"who"},
    "exam": {"code", "multi_rule", "show_score", "show_what", "roster_digest",
             "bank_digest", "blueprint_digest", "commitment", "secret", "seed"},
    "late_message": {"why", "body"},
    "paper": {"items", "digest"},
    "question": {"state"},
    "question_use": {"exam_code"},
    "question_version": {"kind", "difficulty", "digest"},
    "role_grant": {"role"},
    "score": {"detail"},
    "sign_in_link": {"token_digest"},
    "login_session": {"token_digest"},
    "sitting": {"token", "state", "device", "claim", "answers_digest", "check_word",
                "receipt_code"},
    "unit": {"code", "initials"},
}  # fmt: skip
#: Tables whose other texts are keys of the program's own making.
KEYS = re.compile(r"(^|_)(key|kind|state|digest|hash|token|code)$")


def poisoned(table: sa.Table) -> Iterator[sa.Column[Any]]:
    """Columns that hold what people have typed."""
    checks = " ".join(
        str(one.sqltext)
        for one in table.constraints
        if isinstance(one, sa.CheckConstraint)
    )
    for column in table.c:
        if f"{column.name} IN (" in checks:
            continue  # the program's own words
        if isinstance(column.type, (sa.Text, sa.JSON)) and not column.foreign_keys:
            own = TECHNICAL.get(table.name, set())
            if column.name not in own and not KEYS.search(column.name):
                yield column


def poison(change: Change) -> int:
    """Change what stands in every such column; returns how many there are."""
    done = 0
    with db.engine.begin() as connection:
        for table in Model.metadata.sorted_tables:
            for column in poisoned(table):
                keys = list(table.primary_key)
                rows = connection.execute(sa.select(*keys, column)).all()
                for *own, value in rows:
                    if value in (None, "", []):
                        continue
                    new = changed(value, ".".join(map(str, own)), change)
                    same = sa.and_(*(k == v for k, v in zip(keys, own, strict=True)))
                    connection.execute(
                        sa.update(table).where(same).values({column.name: new})
                    )
                done += 1
        _poison_payloads(connection, change)
    return done


def _poison_payloads(connection: sa.Connection, change: Change) -> None:
    table = Model.metadata.tables["audit_payload"]
    for row in connection.execute(sa.select(table)).all():
        text = json.dumps(changed(json.loads(row.payload), "", change))
        same = table.c.id == row.id
        connection.execute(sa.update(table).where(same).values(payload=text))


def changed(value: Any, own: str, change: Change) -> Any:
    """A value with each of its texts changed."""
    if isinstance(value, list):
        return [changed(one, own, change) for one in value]
    if isinstance(value, dict):
        return {key: changed(one, own, change) for key, one in value.items()}
    return change(value, own) if isinstance(value, str) else value
