"""Rows in bulk, written past the operations: what earlier exams have left behind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from core.db import Model, UTCDateTime
from quiz.models import Candidate, Exam

CLOSE_ALL = """
INSERT INTO sitting (token, exam_id, candidate_id, paper_id, attempt, state,
 generation, holder, device, started_at, deadline, closed_at, answers_digest,
 check_word, audit_n)
SELECT 'filled-' || paper.id, paper.exam_id, paper.candidate_id, paper.id, 1,
 'submitted', 1, 1, 'filled', :began, :ended, :ended, paper.digest, '0000', 1
FROM paper JOIN exam ON exam.id = paper.exam_id
WHERE exam.code = :code AND paper.candidate_id IS NOT NULL AND paper.attempt = 1
"""
ANSWERS = """
INSERT INTO answer (sitting_id, generation, q, seq, value, at_ms, received_at)
SELECT sitting.id, 1, CAST(n AS TEXT), n, '["A"]', n * 40000, :ended
FROM sitting CROSS JOIN ({numbers}) AS numbers
WHERE sitting.id > :after AND sitting.device = 'filled'
ORDER BY sitting.id
"""
SCORES = """
INSERT INTO score (sitting_id, generation, key_revision, points, detail, scored_at)
SELECT id, 1, 0, (id * 7919) % 10001, :detail, :ended
FROM sitting WHERE id > :after AND device = 'filled'
"""
PAST_PAPERS = """
INSERT INTO paper (exam_id, number, candidate_id, attempt, items, digest)
SELECT candidate.exam_id, candidate.id, candidate.id, 1, :items, {digest}
FROM candidate JOIN exam ON exam.id = candidate.exam_id WHERE exam.code = :past
"""
PAST_ENTRIES = """
INSERT INTO audit_entry (n, at, actor, action, object, facts, payload_hash,
 algorithm, hash, rows, seal)
SELECT :last + n, :ended, 'candidate:1', 'sitting.submitted', 'sitting:1',
 '{{"answers":"filled"}}', '', 'sha256', {digest}, :rows, 'filled'
FROM ({numbers}) AS numbers
"""
QUESTIONS = 50
IN_ONE = 10_000  # people of one past exam
DIGEST = {
    "sqlite": "lower(hex(randomblob(32)))",
    "postgresql": "md5(random()::text) || md5(random()::text)",
}


def numbers(connection: sa.Connection, most: int) -> str:
    """A query of the numbers from 1."""
    if connection.dialect.name == "postgresql":
        return f"SELECT generate_series(1, {most}) AS n"
    return (
        f"WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted"
        f" WHERE n < {most}) SELECT n FROM counted"
    )


def moments() -> dict[str, datetime]:
    """When the filled sittings began and ended."""
    ended = datetime.now(UTC) - timedelta(days=1)
    return {"began": ended - timedelta(hours=1), "ended": ended}


def run(connection: sa.Connection, sql: str, **values: object) -> None:
    """Run a statement; moments become what the tables hold."""
    typed = [
        sa.bindparam(name, type_=UTCDateTime())
        for name, value in values.items()
        if isinstance(value, datetime)
    ]
    connection.execute(sa.text(sql).bindparams(*typed), values)


def close_all(connection: sa.Connection, code: str) -> None:
    """Everybody in a drawn exam has handed in 50 answers and has a score."""
    after = connection.execute(sa.text("SELECT coalesce(max(id), 0) FROM sitting"))
    last = after.scalar_one()
    run(connection, CLOSE_ALL, code=code, **moments())
    sheets(connection, last)


def sheets(connection: sa.Connection, after: int) -> None:
    """Answers and scores of the filled sittings with higher ids."""
    ended = moments()["ended"]
    answers = ANSWERS.format(numbers=numbers(connection, QUESTIONS))
    run(connection, answers, after=after, ended=ended)
    detail = f"[{','.join(['200'] * QUESTIONS)}]"
    run(connection, SCORES, after=after, ended=ended, detail=detail)


def _past_exam() -> str:
    """An insert of an exam that is like another and over."""
    began = dict.fromkeys(
        ("opens_at", "created_at", "published_at", "drawn_at"), ":began"
    )
    ended = dict.fromkeys(("closes_at", "results_at"), ":ended")
    changed = {"code": ":past", **began, **ended}
    return f"{_alike(Exam, 'exam', changed)} FROM exam WHERE exam.code = :code"


def _past_people(people: str, digest: str) -> str:
    """An insert of its candidates, like the first one of the other exam."""
    changed = {
        "exam_id": "exam.id", "unit_id": "unit.id", "unit_name": "unit.name",
        "person_id": "NULL", "name": "'filled'", "tail_digest": digest,
        "staff_digest": "NULL",
    }  # fmt: skip
    return (
        f"{_alike(Candidate, 'model', changed)} FROM ({people}) AS numbers JOIN unit"
        " ON unit.position = (SELECT min(position) FROM unit) + n % 101"
        " CROSS JOIN exam JOIN candidate AS model ON model.id = (SELECT min(c.id)"
        " FROM candidate AS c JOIN exam AS e ON e.id = c.exam_id WHERE e.code = :code)"
        " WHERE exam.code = :past"
    )


def _alike(model: type[Model], source: str, changed: Mapping[str, str]) -> str:
    """The head of an insert of rows that are like others but for some columns.

    :param source: What the rows they are like are called in the query.
    :param changed: Column → the expression that stands there instead.
    """
    names = [column.name for column in model.__table__.c if column.name != "id"]
    values = [changed.get(name, f"{source}.{name}") for name in names]
    return (
        f"INSERT INTO {model.__tablename__} ({', '.join(names)})"
        f" SELECT {', '.join(values)}"
    )


def past_exam(connection: sa.Connection, code: str, n: int) -> None:
    """An exam of 10,000 people that is over, with all that it has left behind.

    :param code: The exam it is like.
    :param n: Which one it is, from 1.
    """
    dialect = connection.dialect.name
    digest, past, times = DIGEST[dialect], f"PAST{n:04d}", moments()
    people = numbers(connection, IN_ONE)
    [last, items, after] = connection.execute(
        sa.text(
            "SELECT (SELECT coalesce(max(n), 0) FROM audit_entry),"
            " (SELECT min(items) FROM paper),"
            " (SELECT coalesce(max(id), 0) FROM sitting)"
        )
    ).one()
    run(connection, _past_exam(), past=past, code=code, **times)
    run(connection, _past_people(people, digest), past=past, code=code)
    run(connection, PAST_PAPERS.format(digest=digest), past=past, items=items)
    run(connection, CLOSE_ALL, code=past, **times)
    sheets(connection, after)
    entries = numbers(connection, 2 * IN_ONE)
    run(
        connection,
        PAST_ENTRIES.format(digest=digest, numbers=entries),
        last=last,
        ended=times["ended"],
        rows='{"sitting":{"1":"0123456789abcdef"},"score":{"1":"0123456789abcdef"}}',
    )
