"""Answers written by pen: entered by two, settled, handed in once, scored like any."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from audit.queries.verification import verify
from core.db import db, write
from core.entries import AuditEntry
from core.errors import Conflict, Missing, Refused
from quiz.acts import PaperEntry, PaperSheet, PastSheet
from quiz.models import Answer, Candidate, Exam, Paper, Score, Sitting
from quiz.operations.closing import sweep_exam
from quiz.operations.on_paper import enter_sheet, hand_in_sheet
from quiz.queries.on_paper import entries_of
from quiz.rules.on_paper import Outcome
from tests.conftest import SECRET, make_account
from tests.quiz.factories import Made, make_exam
from tests.quiz.sitters import Sitter

FUTURE, PAST = datetime(2099, 1, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
#: All right: 10 points of 10.
RIGHT = {
    "1": ["C"],
    "2": ["B"],
    "3": ["A", "B", "D"],
    "4": ["F"],
    "5": ["九十", "书面"],
}


@pytest.fixture
def exam(app: Flask, moment: datetime) -> Made:
    """One person, one paper."""
    return make_exam(moment)


@pytest.fixture
def two(app: Flask) -> tuple[int, int]:
    """The accounts of two who enter."""
    return make_account("first", "invigilator"), make_account("second", "organizer")


def paper_of(exam: Made) -> int:
    found = db.session.scalar(
        sa.select(Paper.id).where(Paper.candidate_id == exam.candidates[0])
    )
    assert found
    return found


def enter(exam: Made, account: int, at: datetime, **changes: list[str]) -> None:
    answers = RIGHT | {name[1:]: value for name, value in changes.items()}
    enter_sheet(paper_id=paper_of(exam), answers=answers, account_id=account, now=at)


def hand_in(exam: Made, account: int, at: datetime, **chosen: int) -> Outcome:
    db.session.rollback()
    paper_id = paper_of(exam)
    return hand_in_sheet(
        paper_id=paper_id,
        chosen={name[1:]: number for name, number in chosen.items()},
        seen=[one.entered_at for one in entries_of(paper_id)],
        account_id=account,
        now=at,
        key=SECRET,
    )


def sitting() -> Sitting:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(sa.select(Sitting)).one()


def points() -> list[int]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Score.points).order_by(Score.id)))


def is_whole() -> None:
    """The log and what was written agree, and every score can be computed again."""
    db.session.rollback()
    ours = {"answer", "paper_entry", "paper_sheet", "past_sheet", "score", "sitting"}
    found = [one for one in verify(recount=True).found if one.place.table in ours]
    assert found == []


def test_two_readings_that_agree_are_handed_in_and_scored(
    exam: Made, two: tuple[int, int], moment: datetime
) -> None:
    at = moment + timedelta(hours=3)  # the exam is over
    enter(exam, two[0], at)
    enter(exam, two[1], at)
    assert hand_in(exam, two[1], at) is Outcome.ALONE
    found = sitting()
    assert (found.state, found.generation) == ("submitted", 1)
    assert found.started_at == moment
    assert found.closed_at == moment + timedelta(hours=2)
    assert found.check_word
    assert points() == [1000]
    entry = db.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.action == "sitting.paper")
    ).one()
    assert entry.actor == f"account:{two[1]}"
    assert json.loads(entry.facts)["points"] == 1000
    is_whole()


def test_one_person_alone_hands_nothing_in(
    exam: Made, two: tuple[int, int], moment: datetime
) -> None:
    enter(exam, two[0], moment)
    enter(exam, two[0], moment + timedelta(minutes=1))  # in the place of the first
    with pytest.raises(Refused, match="需要两个人各录入一次"):
        hand_in(exam, two[0], moment)
    assert db.session.scalar(sa.select(sa.func.count(PaperEntry.id))) == 1


def test_a_third_person_does_not_enter(
    exam: Made, two: tuple[int, int], moment: datetime
) -> None:
    for account in two:
        enter(exam, account, moment)
    with pytest.raises(Refused, match="已经有两个人录入过"):
        enter(exam, make_account("third", "organizer"), moment)


def test_differences_must_be_settled(
    exam: Made, two: tuple[int, int], moment: datetime
) -> None:
    enter(exam, two[0], moment, q2=["A"], q5=["九十", ""])
    enter(exam, two[1], moment)
    with pytest.raises(Refused, match="第 2、5 题两次录入不同"):
        hand_in(exam, two[0], moment)
    with pytest.raises(Refused, match="第 5 题两次录入不同"):
        hand_in(exam, two[0], moment, q2=1)
    hand_in(exam, two[0], moment, q2=1, q5=2)
    assert points() == [800]
    sheet = db.session.scalars(sa.select(PaperSheet)).one()
    assert (sheet.settled, sheet.first_by, sheet.second_by) == ({"2": 1, "5": 2}, *two)
    is_whole()


def test_what_was_compared_is_what_is_handed_in(
    exam: Made, two: tuple[int, int], moment: datetime
) -> None:
    for account in two:
        enter(exam, account, moment)
    seen = [one.entered_at for one in entries_of(paper_of(exam))]
    enter(exam, two[0], moment + timedelta(seconds=9), q1=["A"])
    with pytest.raises(Conflict, match="刚刚有变动"):
        hand_in_sheet(
            paper_id=paper_of(exam),
            chosen={},
            seen=seen,
            account_id=two[0],
            now=moment,
            key=SECRET,
        )


def test_a_sheet_is_handed_in_once(
    exam: Made, two: tuple[int, int], moment: datetime
) -> None:
    for account in two:
        enter(exam, account, moment)
    hand_in(exam, two[0], moment)
    with pytest.raises(Conflict, match="已经交卷"):
        hand_in(exam, two[1], moment)
    with pytest.raises(Conflict, match="已经交卷"):
        enter(exam, two[0], moment, q1=["A"])
    assert points() == [1000]


def test_a_phone_that_was_handed_in_counts_and_the_sheet_is_kept(
    exam: Made, two: tuple[int, int], moment: datetime
) -> None:
    sitter = Sitter(exam.candidates[0]).start(moment)
    sitter.submit(moment + timedelta(minutes=9), ("1", ["C"], 1))
    later = moment + timedelta(minutes=20)
    for account in two:
        enter(exam, account, later)
    assert hand_in(exam, two[0], later) is Outcome.KEPT
    assert points() == [200]
    assert sitting().closed_at == moment + timedelta(minutes=9)
    is_whole()


def test_a_running_phone_and_the_pen_are_one_sheet(
    exam: Made, two: tuple[int, int], moment: datetime
) -> None:
    sitter = Sitter(exam.candidates[0]).start(moment)
    sitter.save(moment, ("1", ["C"], 7), ("2", ["A"], 8))
    for account in two:  # the pen goes on where the phone failed: 1 is left blank
        enter(exam, account, moment, q1=[])
    assert hand_in(exam, two[0], moment + timedelta(minutes=30)) is Outcome.JOINED
    assert points() == [1000]
    found = sitting()
    assert (found.state, found.generation) == ("submitted", 1)
    assert found.closed_at == moment + timedelta(minutes=30)
    is_whole()


def test_a_phone_whose_time_ran_out_goes_on_as_the_next_sheet(
    exam: Made, two: tuple[int, int], moment: datetime
) -> None:
    Sitter(exam.candidates[0]).start(moment).save(moment, ("1", ["C"], 7))
    over = moment + timedelta(hours=3)
    assert sweep_exam(exam_id=exam.exam_id, now=over, key=SECRET) == 0
    assert points() == [200]
    for account in two:
        enter(exam, account, over, q1=[])
    assert hand_in(exam, two[0], over) is Outcome.JOINED
    found = sitting()
    assert (found.state, found.generation) == ("submitted", 2)
    assert found.closed_at == moment + timedelta(hours=1)
    assert points() == [200, 1000]
    past = db.session.scalars(sa.select(PastSheet)).one()
    assert (past.state, past.generation) == ("auto", 1)
    is_whole()


def test_a_void_attempt_takes_no_sheet(
    exam: Made, two: tuple[int, int], moment: datetime
) -> None:
    Sitter(exam.candidates[0]).start(moment)
    with write() as session:
        session.execute(sa.update(Sitting).values(state="void", closed_at=moment))
    with pytest.raises(Refused, match="已经作废"):
        enter(exam, two[0], moment)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"opens_at": FUTURE, "closes_at": FUTURE + timedelta(hours=1)}, "开考"),
        ({"results_at": PAST}, "成绩已经公布"),
    ],
)
def test_sheets_are_entered_between_opening_and_results(
    exam: Made,
    two: tuple[int, int],
    moment: datetime,
    changes: dict[str, datetime],
    refusal: str,
) -> None:
    with write() as session:
        session.execute(sa.update(Exam).values(changes))
    with pytest.raises(Refused, match=refusal):
        enter(exam, two[0], moment)


def test_the_exempt_and_papers_of_nobody_take_no_sheet(
    exam: Made, two: tuple[int, int], moment: datetime
) -> None:
    with pytest.raises(Missing):
        enter_sheet(paper_id=99, answers={}, account_id=two[0], now=moment)
    with write() as session:
        session.execute(sa.update(Candidate).values(exempt_reason="病假"))
    with pytest.raises(Refused, match="免考"):
        enter(exam, two[0], moment)


def test_a_phone_cannot_open_what_was_written_by_pen(
    exam: Made, two: tuple[int, int], moment: datetime
) -> None:
    for account in two:
        enter(exam, account, moment)
    hand_in(exam, two[0], moment)
    with pytest.raises(Refused, match="作答机会已用完"):
        Sitter(exam.candidates[0]).start(moment)


def test_an_empty_sheet_is_handed_in_with_nothing(
    exam: Made, two: tuple[int, int], moment: datetime
) -> None:
    for account in two:
        enter_sheet(paper_id=paper_of(exam), answers={}, account_id=account, now=moment)
    assert hand_in(exam, two[0], moment) is Outcome.ALONE
    assert points() == [0]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Answer)) == 0
