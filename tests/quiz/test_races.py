"""K1–K12 on the server: two do it at one moment, and one thing comes of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.audit import AuditEntry, breaks
from core.db import read_core
from quiz.models import Answer, LateMessage, Score, Sitting
from quiz.operations.answers import Closed, Reply
from tests.quiz.factories import Made, make_exam
from tests.quiz.sitters import Sitter, at_once, sweep

PEOPLE = [("市司法局", f"张{n}", f"{n:04d}") for n in range(6)]
S, M = timedelta(seconds=1), timedelta(minutes=1)
TURNS = range(4)


@pytest.fixture
def made(app: Flask, moment: datetime) -> Made:
    return make_exam(moment, people=PEOPLE)


def rows(*columns: Any) -> list[Any]:
    with read_core() as connection:
        return list(connection.execute(sa.select(*columns)))


def actions() -> list[str]:
    with read_core() as connection:
        assert list(breaks(connection)) == []
    found = rows(AuditEntry.action, AuditEntry.n)
    return [row.action for row in sorted(found, key=lambda row: row.n)]


@pytest.mark.parametrize("turn", TURNS)
def test_K1_two_starts_at_one_moment_give_one_sitting(
    app: Flask, made: Made, moment: datetime, turn: int
) -> None:
    who = made.candidates[turn]

    def start(device: str) -> Sitter:
        return Sitter(who, device).start(moment)

    one, two = at_once(app, lambda: start("phone"), lambda: start("phone"))
    assert one.token == two.token
    assert len(rows(Sitting.id)) == 1
    assert actions() == ["sitting.start"]


@pytest.mark.parametrize("turn", TURNS)
def test_K1_K4_two_phones_that_start_at_one_moment_share_one_sitting(
    app: Flask, made: Made, moment: datetime, turn: int
) -> None:
    who = made.candidates[turn]
    acts = [lambda d=d: Sitter(who, d).start(moment) for d in ("phone", "tablet")]
    one, two = at_once(app, *acts)
    assert one.token == two.token
    [(device, claim)] = rows(Sitting.device, Sitting.claim)
    assert {device, claim} == {"phone", "tablet"}  # one owns it, the other asks
    assert sorted(actions()) == ["sitting.claim", "sitting.start"]


@pytest.mark.parametrize("turn", TURNS)
def test_K2_P3_hand_ins_at_one_moment_give_one_score_and_one_receipt(
    app: Flask, made: Made, moment: datetime, turn: int
) -> None:
    sitter = Sitter(made.candidates[turn]).start(moment)

    def submit() -> None:
        sitter.submit(moment + M, ("1", ["C"], 1), ("2", ["B"], 2))

    assert at_once(app, submit, submit, submit) == [None] * 3
    assert [row.points for row in rows(Score.points)] == [400]
    assert rows(LateMessage.id) == []
    assert actions() == ["sitting.start", "sitting.submitted"]


@pytest.mark.parametrize("turn", TURNS)
def test_K5_of_a_hand_in_and_a_save_at_one_moment_the_score_is_of_the_receipt(
    app: Flask, made: Made, moment: datetime, turn: int
) -> None:
    sitter = Sitter(made.candidates[turn]).start(moment)
    acts = [
        lambda: sitter.submit(moment + M, ("1", ["C"], 1)),
        lambda: sitter.save(moment + M, ("2", ["B"], 2)),
    ]
    results = at_once(app, *acts[:: 1 if turn % 2 else -1])
    saved = results[1 if turn % 2 else 0]
    [(points,)] = rows(Score.points)
    late = [row.why for row in rows(LateMessage.why)]
    if isinstance(saved, Reply):  # it came first: in the sheet, in the score
        assert (points, late) == (400, [])
    else:
        assert isinstance(saved, Closed)
        assert (saved.status, points, late) == (409, 200, ["submitted"])


@pytest.mark.parametrize("turn", range(6))
def test_K6_P1_what_was_acknowledged_beside_a_sweep_is_in_the_score(
    app: Flask, made: Made, moment: datetime, turn: int
) -> None:
    """The sweep comes a moment after the save, by the clock, and may overtake it."""
    sitter = Sitter(made.candidates[turn]).start(moment)
    sitter.save(moment, ("1", ["C"], 1))
    edge = moment + 60 * M + 30 * S

    def collect() -> int:
        return sweep(made.exam_id, edge + timedelta(milliseconds=1))

    acts = [lambda: sitter.save(edge, ("2", ["B"], 2)), collect]
    results = at_once(app, *acts[:: 1 if turn % 2 else -1])
    saved = results[0 if turn % 2 else 1]
    collect()  # on PostgreSQL it may have passed by what the save held
    [(points,)] = rows(Score.points)
    late = [row.why for row in rows(LateMessage.why)]
    if isinstance(saved, Reply):
        assert (saved.acked, points, late) == ([("2", 2)], 400, [])
    else:
        assert isinstance(saved, Closed)
        assert (saved.status, points, late) == (410, 200, ["deadline"])


@pytest.mark.parametrize("turn", TURNS)
def test_K7_three_sweepers_at_one_moment_close_each_sitting_once(
    app: Flask, made: Made, moment: datetime, turn: int
) -> None:
    for who in made.candidates:
        Sitter(who).start(moment)

    def collect() -> int:
        return sweep(made.exam_id, moment + 120 * M)

    at_once(app, collect, collect, collect)
    collect()  # on PostgreSQL one may have passed by what another held
    assert {row.state for row in rows(Sitting.state)} == {"auto"}
    assert len(rows(Score.id)) == len(PEOPLE)
    assert actions().count("sitting.auto") == len(PEOPLE)


def test_K12_hand_ins_of_different_people_at_one_moment_are_never_mixed(
    app: Flask, made: Made, moment: datetime
) -> None:
    sitters = [Sitter(who).start(moment) for who in made.candidates]
    answers = [["A"], ["B"], ["C"], ["D"], ["A"], ["C"]]
    acts = [
        lambda s=s, value=value: s.submit(moment + M, ("1", value, 1))
        for s, value in zip(sitters, answers, strict=True)
    ]
    assert at_once(app, *acts) == [None] * 6
    with read_core() as connection:
        query = (
            sa.select(Sitting.candidate_id, Answer.value, Score.points)
            .join(Answer, Answer.sitting_id == Sitting.id)
            .join(Score, Score.sitting_id == Sitting.id)
        )
        found = {row[0]: (row[1], row[2]) for row in connection.execute(query)}
    for sitter, value in zip(sitters, answers, strict=True):
        points = 200 if value == ["C"] else 0
        assert found[sitter.candidate_id] == (f'["{value[0]}"]', points)


def test_N8_a_whole_sheet_kept_offline_is_acknowledged_in_one_message(
    made: Made, moment: datetime
) -> None:
    sitter = Sitter(made.candidates[0]).start(moment)
    sheet = [
        ("1", ["C"], 1), ("2", ["B"], 2), ("3", ["A", "B", "D"], 3), ("4", ["F"], 4),
        ("5", ["九十", "书面"], 5),
    ]  # fmt: skip
    reply = sitter.save(moment + 59 * M, *sheet)
    assert sorted(reply.acked) == [(q, seq) for q, _, seq in sheet]
    assert reply.superseded == []
