"""Rows in bulk, written past the operations: what earlier exams have left behind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from core.db import UTCDateTime

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
PAST_EXAM = """
INSERT INTO exam (code, title, preset, opens_at, closes_at, duration_s, grace_s,
 pass_mark, excellent_mark, attempts, multi_rule, show_score, shuffle, demo,
 created_at, published_at, drawn_at, results_at, public_source, public_value)
SELECT :past, title, preset, :began, :ended, duration_s, grace_s, pass_mark,
 excellent_mark, attempts, multi_rule, show_score, shuffle, demo, :began, :began,
 :began, :ended, '', '' FROM exam WHERE code = :code
"""
PAST_PEOPLE = """
INSERT INTO candidate (exam_id, unit_id, unit_name, name, tail_digest, walk_in)
SELECT exam.id, unit.id, unit.name, 'filled', {digest}, {false}
FROM ({numbers}) AS numbers JOIN unit
 ON unit.position = (SELECT min(position) FROM unit) + n % 101
CROSS JOIN exam WHERE exam.code = :past
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
            "SELECT (SELECT max(n) FROM audit_entry), (SELECT min(items) FROM paper),"
            " (SELECT coalesce(max(id), 0) FROM sitting)"
        )
    ).one()
    run(connection, PAST_EXAM, past=past, code=code, **times)
    run(
        connection,
        PAST_PEOPLE.format(digest=digest, numbers=people, false="false"),
        past=past,
    )
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
