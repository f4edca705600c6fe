"""What is in the database when all is over: bare rows, read without the product."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

Row = dict[str, Any]
TABLES = (
    "exam", "paper", "question_version", "sitting", "answer", "score",
    "late_message", "audit_entry",
)  # fmt: skip


def seconds(moment: Any) -> float:
    """Since 1970; SQLite gives texts in UTC."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    return float(moment.timestamp())


def read(value: Any) -> Any:
    """JSON, as text or as the driver has already read it."""
    return json.loads(value) if isinstance(value, str) else value


@dataclass
class Evidence:
    """The rows by table, and some of them by what they are looked for."""

    rows: dict[str, list[Row]]
    sittings: dict[str, Row] = field(default_factory=dict)  # by token
    #: Answers by sitting, generation and question.
    answers: dict[tuple[int, int, str], Row] = field(default_factory=dict)
    scores: dict[int, list[Row]] = field(default_factory=lambda: defaultdict(list))
    late: dict[int, list[Row]] = field(default_factory=lambda: defaultdict(list))
    entries: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.sittings = {row["token"]: row for row in self.rows["sitting"]}
        for row in self.rows["answer"]:
            self.answers[row["sitting_id"], row["generation"], row["q"]] = row
        for row in self.rows["score"]:
            self.scores[row["sitting_id"]].append(row)
        for row in self.rows["late_message"]:
            self.late[row["sitting_id"]].append(row)
        for row in self.rows["audit_entry"]:
            self.entries[row["object"]].append(row)

    def by_id(self, table: str) -> dict[int, Row]:
        """The rows of a table by their ids."""
        return {row["id"]: row for row in self.rows[table]}

    def sheet(self, sitting: Row) -> dict[str, Row]:
        """The answers of the newest generation, by question."""
        own = sitting["id"], sitting["generation"]
        return {key[2]: row for key, row in self.answers.items() if key[:2] == own}

    def ends(self, sitting: Row) -> float:
        """The last moment anything counts: deadline and grace."""
        exam = self.by_id("exam")[sitting["exam_id"]]
        return seconds(sitting["deadline"]) + float(exam["grace_s"])


def gather(connection: sa.Connection) -> Evidence:
    """Read all of it."""
    rows = {}
    for table in TABLES:
        found = connection.execute(sa.text(f"SELECT * FROM {table}"))
        rows[table] = [dict(row) for row in found.mappings()]
    return Evidence(rows)


def structure(connection: sa.Connection) -> list[str]:
    """O8: whether the files hold together, and what refers to what."""
    if connection.dialect.name == "sqlite":
        whole = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        return [one for one in whole if one != "ok"] + [f"reference {r}" for r in lost]
    return _postgres_structure(connection)


def _postgres_structure(connection: sa.Connection) -> list[str]:
    """Every table read whole, every index made anew, every reference followed."""
    found = []
    for table in sa.inspect(connection).get_table_names():
        connection.exec_driver_sql(f'SELECT count(t::text) FROM "{table}" t')
        connection.exec_driver_sql(f'REINDEX TABLE "{table}"')
        for key in sa.inspect(connection).get_foreign_keys(table):
            pairs = zip(
                key["constrained_columns"], key["referred_columns"], strict=True
            )
            columns = list(pairs)
            there = " AND ".join(f'p."{b}" = t."{a}"' for a, b in columns)
            given = " AND ".join(f't."{a}" IS NOT NULL' for a, _ in columns)
            lost = connection.exec_driver_sql(
                f'SELECT count(*) FROM "{table}" t WHERE {given} AND NOT EXISTS '
                f'(SELECT 1 FROM "{key["referred_table"]}" p WHERE {there})'
            ).scalar_one()
            if lost:
                found.append(f"{lost} rows of {table} refer to nothing")
    return found
