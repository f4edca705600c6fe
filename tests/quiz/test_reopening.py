"""重新开启, 补收, 提前结束: a closed sheet goes on as a new one; the old one stays."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from sqlalchemy.exc import IntegrityError

from core.audit import AuditEntry, breaks
from core.db import db, read_core
from core.errors import Conflict, Missing, Refused
from quiz.models import Answer, LateMessage, Score, Sitting
from quiz.operations.answers import Closed
from quiz.operations.early import close_early, undo_close
from quiz.operations.exams import publish_results
from quiz.operations.grants import give_time, pause_exam
from quiz.operations.proposals import drop_proposal
from quiz.operations.reopening import (
    confirm_admission,
    confirm_reopen,
    propose_admission,
    propose_reopen,
)
from quiz.queries.exams import exam_by_id
from quiz.queries.sheets import (
    false_receipts,
    late_messages,
    receipts_of,
    waiting_proposals,
)
from quiz.rules.grants import Reach
from quiz.rules.receipt import Receipt
from tests.conftest import SECRET, make_account
from tests.quiz.factories import Made, make_exam
from tests.quiz.phone import Phone
from tests.quiz.sitters import Sitter, at_once, sweep

PEOPLE = [
    ("市司法局", "张伟", "0417"),
    ("市司法局", "李娜", "2231"),
    ("市财政局", "王芳", "8830"),
]
S, M = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def made(app: Flask, moment: datetime) -> Made:
    return make_exam(moment, people=PEOPLE)


@pytest.fixture
def asker(app: Flask) -> int:
    return make_account("ivan", "invigilator")


@pytest.fixture
def second(app: Flask) -> int:
    return make_account("olga", "organizer")


@pytest.fixture
def sitter(made: Made, moment: datetime) -> Sitter:
    return Sitter(made.candidates[0]).start(moment)


def ask(sitter: Sitter, asker: int, now: datetime, key: str = "tap") -> int:
    return propose_reopen(
        sitting_id=sitter.row.id,
        seconds=600,
        reason="误触交卷",
        key=key,
        account_id=asker,
        now=now,
    )


def reopen(sitter: Sitter, asker: int, second: int, now: datetime) -> None:
    proposal = ask(sitter, asker, now, key=f"{now}")
    confirm_reopen(proposal_id=proposal, account_id=second, now=now)
    sitter.generation += 1


def points(sitter: Sitter) -> list[tuple[int, int, int]]:
    """(generation, key revision, hundredths) of every score, in order."""
    columns = (Score.generation, Score.key_revision, Score.points)
    query = sa.select(*columns).where(Score.sitting_id == sitter.row.id)
    found = db.session.execute(query.order_by(Score.generation, Score.key_revision))
    return [(row[0], row[1], row[2]) for row in found]


def receipts(sitter: Sitter) -> list[Receipt]:
    sitting_id = sitter.row.id
    with read_core() as connection:
        assert false_receipts(connection, sitting_id, SECRET) == []
        return receipts_of(connection, sitting_id)


def values(sitter: Sitter, generation: int) -> dict[str, str]:
    query = sa.select(Answer.q, Answer.value).where(
        Answer.sitting_id == sitter.row.id, Answer.generation == generation
    )
    return {row.q: row.value for row in db.session.execute(query)}


def actions() -> list[str]:
    db.session.rollback()
    assert list(breaks(db.session.connection())) == []
    return list(db.session.scalars(sa.select(AuditEntry.action).order_by("n")))


# --- 重新开启 -----------------------------------------------------------------


def test_a_reopened_sheet_goes_on_as_a_new_generation_and_both_receipts_hold(
    sitter: Sitter, asker: int, second: int, moment: datetime
) -> None:
    sitter.submit(moment + 10 * M, ("1", ["C"], 1), ("2", ["A"], 2))
    (first,) = receipts(sitter)
    reopen(sitter, asker, second, moment + 12 * M)
    row = sitter.row
    assert (row.state, row.generation, row.closed_at) == ("open", 2, None)
    assert row.deadline == moment + 22 * M
    assert values(sitter, 2) == values(sitter, 1)
    assert receipts(sitter) == [first]
    sitter.submit(moment + 15 * M, ("2", ["B"], 3))
    kept, newest = receipts(sitter)
    assert kept == first
    assert (newest.generation, newest.state) == (2, "submitted")
    assert newest.check_word != first.check_word
    assert values(sitter, 1) == {"1": '["C"]', "2": '["A"]'}
    assert points(sitter) == [(1, 0, 200), (2, 0, 400)]
    assert actions() == [
        "sitting.start",
        "sitting.submitted",
        "proposal.reopen",
        "sitting.reopen",
        "sitting.submitted",
    ]


def test_a_reopened_sheet_is_swept_at_its_new_deadline(
    made: Made, sitter: Sitter, asker: int, second: int, moment: datetime
) -> None:
    sitter.save(moment, ("1", ["C"], 1))
    sweep(made.exam_id, moment + 61 * M)
    reopen(sitter, asker, second, moment + 150 * M)  # long after the exam has closed
    sitter.save(moment + 160 * M + 30 * S, ("2", ["B"], 2))
    with pytest.raises(Closed, match="deadline"):
        sitter.save(moment + 160 * M + 31 * S, ("3", ["A"], 3))
    sweep(made.exam_id, moment + 200 * M)
    assert (sitter.row.state, sitter.row.closed_at) == ("auto", moment + 160 * M)
    assert points(sitter) == [(1, 0, 200), (2, 0, 400)]


def test_a_page_of_the_sheet_before_is_told_and_kept_out(
    app: Flask, made: Made, asker: int, second: int, moment: datetime
) -> None:
    with time_machine.travel(moment, tick=False):
        phone = Phone(app)
        phone.enter(*PEOPLE[0])
        phone.submit(("1", ["C"], 1))
        sitter = Sitter(made.candidates[0])
        sitter.token = phone.token
        reopen(sitter, asker, second, moment)
        reply = phone.save(("1", ["A"], 9))
        assert (reply.status_code, reply.json) == (409, {"why": "generation"})
        assert phone.submit(("1", ["A"], 9)).json == {"why": "generation"}
        assert phone.client.get(f"/s/{phone.token}/receipt").status_code == 303
        phone.read(phone.client.get(f"/s/{phone.token}"))
        assert phone.state["generation"] == 2
        assert phone.state["answers"] == {"1": {"seq": 1, "value": ["C"]}}
        assert phone.save(("1", ["A"], 2)).status_code == 200
        assert phone.submit(("1", ["A"], 2)).status_code == 200
    assert points(sitter) == [(1, 0, 200), (2, 0, 0)]
    with read_core() as connection:
        late = late_messages(connection, made.exam_id)
    assert [(one.why, one.name) for one in late] == [("generation", "张伟")] * 2


def test_nobody_confirms_the_own_proposal(
    sitter: Sitter, asker: int, second: int, moment: datetime
) -> None:
    sitter.submit(moment)
    proposal = ask(sitter, asker, moment)
    with pytest.raises(Refused, match="另一个人"):
        confirm_reopen(proposal_id=proposal, account_id=asker, now=moment)
    assert sitter.row.state == "submitted"
    with pytest.raises(IntegrityError), db.engine.begin() as connection:
        connection.execute(
            sa.text(
                "UPDATE proposal SET decision = 'confirmed', decided_by = proposed_by,"
                " decided_at = proposed_at"
            )
        )


def test_a_double_tap_asks_once_and_opens_once(
    app: Flask, sitter: Sitter, asker: int, second: int, moment: datetime
) -> None:
    sitter.submit(moment)
    assert ask(sitter, asker, moment) == ask(sitter, asker, moment + S)
    with pytest.raises(Conflict):
        propose_reopen(
            sitting_id=sitter.row.id, seconds=601, reason="x", key="tap",
            account_id=asker, now=moment,
        )  # fmt: skip
    proposal = ask(sitter, asker, moment)

    def confirm() -> None:
        confirm_reopen(proposal_id=proposal, account_id=second, now=moment)

    assert at_once(app, confirm, confirm, confirm) == [None] * 3
    assert (sitter.row.state, sitter.row.generation) == ("open", 2)
    assert actions().count("sitting.reopen") == 1


def test_a_proposal_is_listed_until_it_is_declined_or_withdrawn(
    made: Made, sitter: Sitter, asker: int, second: int, moment: datetime
) -> None:
    sitter.submit(moment)
    for key, decider in (("a", asker), ("b", second)):
        proposal = ask(sitter, asker, moment, key=key)
        with read_core() as connection:
            (waiting,) = waiting_proposals(connection, made.exam_id)
        assert (waiting.id, waiting.name, waiting.reason) == (
            proposal,
            "张伟",
            "误触交卷",
        )
        drop_proposal(proposal_id=proposal, account_id=decider, now=moment)
        with read_core() as connection:
            assert waiting_proposals(connection, made.exam_id) == []
        for act in (confirm_reopen, drop_proposal):
            with pytest.raises(Conflict):
                act(proposal_id=proposal, account_id=second, now=moment)
    assert actions()[-3:] == [
        "proposal.withdrawn",
        "proposal.reopen",
        "proposal.declined",
    ]


def test_a_proposal_does_not_outlive_the_sheet_it_speaks_of(
    sitter: Sitter, asker: int, second: int, moment: datetime
) -> None:
    sitter.submit(moment)
    stale = ask(sitter, asker, moment, key="stale")
    reopen(sitter, asker, second, moment)
    with pytest.raises(Refused, match="还没有交卷"):
        confirm_reopen(proposal_id=stale, account_id=second, now=moment)
    sitter.submit(moment)
    with pytest.raises(Conflict, match="又变过"):
        confirm_reopen(proposal_id=stale, account_id=second, now=moment)
    assert sitter.row.generation == 2


def test_what_cannot_be_reopened(
    made: Made, sitter: Sitter, asker: int, second: int, moment: datetime
) -> None:
    with pytest.raises(Refused, match="还没有交卷"):
        ask(sitter, asker, moment)
    sitter.submit(moment)
    with pytest.raises(Refused, match="原因"):
        propose_reopen(
            sitting_id=sitter.row.id, seconds=60, reason="", key="k",
            account_id=asker, now=moment,
        )  # fmt: skip
    with pytest.raises(Missing):
        propose_reopen(
            sitting_id=99, seconds=60, reason="x", key="k", account_id=asker,
            now=moment,
        )  # fmt: skip
    with pytest.raises(Missing):
        confirm_reopen(proposal_id=99, account_id=second, now=moment)
    waiting = ask(sitter, asker, moment)
    pause_exam(exam_id=made.exam_id, reason="x", key="p", account_id=None, now=moment)
    with pytest.raises(Refused, match="暂停"):
        confirm_reopen(proposal_id=waiting, account_id=second, now=moment)


def test_after_the_results_nothing_is_reopened(
    made: Made, sitter: Sitter, asker: int, second: int, moment: datetime
) -> None:
    sitter.submit(moment)
    waiting = ask(sitter, asker, moment)
    publish_results(exam_id=made.exam_id, account_id=None, now=moment + 121 * M)
    with pytest.raises(Refused, match="成绩已经公布"):
        confirm_reopen(proposal_id=waiting, account_id=second, now=moment + 122 * M)


def test_nobody_sits_two_attempts_at_once(
    app: Flask, moment: datetime, asker: int, second: int
) -> None:
    made = make_exam(moment, attempts=2)
    first = Sitter(made.candidates[0]).start(moment)
    first.submit(moment + M)
    waiting = ask(first, asker, moment + M)
    Sitter(made.candidates[0]).start(moment + 2 * M)
    with pytest.raises(Refused, match="另一份"):
        confirm_reopen(proposal_id=waiting, account_id=second, now=moment + 3 * M)


# --- 补收 ---------------------------------------------------------------------


def too_late(made: Made, sitter: Sitter, moment: datetime) -> int:
    """A sheet swept with question 1; its phone comes back with 1 and 2 afterwards."""
    sitter.save(moment, ("1", ["A"], 1))
    late = moment + 60 * M + 31 * S
    with pytest.raises(Closed, match="deadline"):
        sitter.submit(late, ("1", ["C"], 2), ("2", ["B"], 3))
    sweep(made.exam_id, late)
    db.session.rollback()
    return db.session.scalars(sa.select(LateMessage.id)).one()


def admit(late_id: int, asker: int, now: datetime, key: str = "tap") -> int:
    return propose_admission(
        late_id=late_id, reason="断网，有监考员证明", key=key, account_id=asker, now=now
    )


def test_N10_a_late_sheet_is_admitted_by_two_persons_with_a_reason(
    made: Made, sitter: Sitter, asker: int, second: int, moment: datetime
) -> None:
    late_id = too_late(made, sitter, moment)
    (first,) = receipts(sitter)
    assert points(sitter) == [(1, 0, 0)]
    now = moment + 90 * M
    with pytest.raises(Refused, match="原因"):
        propose_admission(
            late_id=late_id, reason="", key="k", account_id=asker, now=now
        )
    proposal = admit(late_id, asker, now)
    with pytest.raises(Refused, match="另一个人"):
        confirm_admission(proposal_id=proposal, account_id=asker, now=now, key=SECRET)
    for _ in range(2):  # and the same tap again
        confirm_admission(proposal_id=proposal, account_id=second, now=now, key=SECRET)
    row = sitter.row
    assert (row.state, row.generation) == ("auto", 2)
    assert row.closed_at == moment + 60 * M  # no later than it was
    assert points(sitter) == [(1, 0, 0), (2, 0, 400)]
    assert values(sitter, 1) == {"1": '["A"]'}
    kept, newest = receipts(sitter)
    assert kept == first
    assert newest.generation == 2
    assert actions()[-2:] == ["proposal.admit", "sitting.admit"]
    with pytest.raises(Refused, match="不需要补收"):
        admit(late_id, asker, now, key="again")


def test_N10_before_the_sheet_is_collected_nothing_is_admitted(
    made: Made, sitter: Sitter, asker: int, moment: datetime
) -> None:
    with pytest.raises(Closed):
        sitter.save(moment + 61 * M, ("1", ["C"], 1))
    with pytest.raises(Refused, match="收卷后"):
        admit(1, asker, moment + 61 * M)
    with pytest.raises(Missing):
        admit(2, asker, moment + 61 * M)


def test_N10_two_late_messages_are_admitted_one_after_the_other(
    made: Made, sitter: Sitter, asker: int, second: int, moment: datetime
) -> None:
    late = moment + 61 * M
    for answer in (("1", ["C"], 1), ("2", ["B"], 2)):
        with pytest.raises(Closed):
            sitter.save(late, answer)
    sweep(made.exam_id, late)
    one, other = (admit(n, asker, late, key=f"{n}") for n in (1, 2))
    confirm_admission(proposal_id=one, account_id=second, now=late, key=SECRET)
    with pytest.raises(Conflict, match="又变过"):
        confirm_admission(proposal_id=other, account_id=second, now=late, key=SECRET)
    other = admit(2, asker, late, key="anew")
    confirm_admission(proposal_id=other, account_id=second, now=late, key=SECRET)
    assert points(sitter) == [(1, 0, 0), (2, 0, 200), (3, 0, 400)]
    assert len(receipts(sitter)) == 3


# --- 提前结束 -----------------------------------------------------------------


def close(made: Made, now: datetime) -> int:
    return close_early(exam_id=made.exam_id, reason="点错了", account_id=None, now=now)


def undo(made: Made, now: datetime) -> int:
    return undo_close(exam_id=made.exam_id, account_id=None, now=now)


def test_an_exam_closed_early_takes_what_is_on_its_way_and_then_collects(
    made: Made, sitter: Sitter, moment: datetime
) -> None:
    assert close(made, moment + 10 * M) == 1
    assert sitter.save(moment + 10 * M + 30 * S, ("1", ["C"], 1)).deadline == (
        moment + 10 * M
    )
    with pytest.raises(Closed):
        sitter.save(moment + 10 * M + 31 * S, ("1", ["A"], 2))
    with pytest.raises(Refused, match="已经结束"):
        Sitter(made.candidates[1]).start(moment + 10 * M)
    sweep(made.exam_id, moment + 11 * M)
    assert (sitter.row.state, sitter.row.closed_at) == ("auto", moment + 10 * M)
    assert points(sitter) == [(1, 0, 200)]


def test_L9_an_early_closing_is_undone_within_ten_minutes_and_nobody_loses_time(
    made: Made, moment: datetime
) -> None:
    swept, submitted, before = (
        Sitter(candidate).start(moment) for candidate in made.candidates
    )
    before.submit(moment + 5 * M, ("1", ["C"], 1))
    swept.save(moment + 5 * M, ("1", ["C"], 1))
    close(made, moment + 10 * M)
    submitted.submit(moment + 10 * M + 5 * S, ("1", ["C"], 1))  # its phone: time is up
    sweep(made.exam_id, moment + 11 * M)
    lost = 10 * M  # the tenth minute is still within
    assert undo(made, moment + 10 * M + lost) == 2
    for sitter in (swept, submitted):
        row = sitter.row
        assert (row.state, row.generation) == ("open", 2)
        assert row.deadline == moment + 60 * M + lost
        sitter.generation = 2
        sitter.save(moment + 60 * M + lost, ("2", ["B"], 2))
    assert before.row.state == "submitted"
    assert exam_by_id(made.exam_id).closes_at == moment + 120 * M + lost
    sweep(made.exam_id, moment + 200 * M)
    assert points(swept) == [(1, 0, 200), (2, 0, 400)]
    assert len(receipts(swept)) == 2


def test_L9_what_was_not_collected_yet_goes_on_as_if_nothing_had_been(
    made: Made, sitter: Sitter, moment: datetime
) -> None:
    sitter.save(moment, ("1", ["C"], 1))
    close(made, moment + 10 * M)
    assert undo(made, moment + 10 * M + 20 * S) == 0
    row = sitter.row
    assert (row.state, row.generation) == ("open", 1)
    assert row.deadline == moment + 60 * M + 20 * S
    sitter.submit(moment + 30 * M, ("2", ["B"], 2))
    Sitter(made.candidates[1]).start(moment + 30 * M)
    assert actions()[:3] == ["sitting.start", "exam.close", "exam.undo_close"]


def test_L9_after_ten_minutes_it_stays_closed(
    made: Made, sitter: Sitter, moment: datetime
) -> None:
    with pytest.raises(Conflict):
        undo(made, moment)
    close(made, moment + 10 * M)
    with pytest.raises(Refused, match="10 分钟"):
        undo(made, moment + 20 * M + S)
    with pytest.raises(Refused, match="没有在进行"):
        close(made, moment + 20 * M)


def test_L9_undoing_twice_is_refused_and_closing_again_is_not(
    made: Made, sitter: Sitter, moment: datetime
) -> None:
    close(made, moment + 10 * M)
    undo(made, moment + 11 * M)
    with pytest.raises(Conflict):
        undo(made, moment + 11 * M)
    close(made, moment + 20 * M)
    undo(made, moment + 21 * M)
    assert sitter.row.deadline == moment + 62 * M


def test_L9_broken_off_half_way_the_undo_is_finished_by_the_same_call(
    made: Made, sitter: Sitter, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    close(made, moment + 10 * M)
    sweep(made.exam_id, moment + 11 * M)

    def dies(*_: object, **__: object) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patch:
        patch.setattr("quiz.operations.early.record_reopen", dies)
        with pytest.raises(RuntimeError):
            undo(made, moment + 12 * M)
    assert sitter.row.state == "auto"
    assert undo(made, moment + 25 * M) == 1
    assert sitter.row.deadline == moment + 62 * M


def test_a_grant_in_between_is_not_lost_by_the_undo(
    made: Made, sitter: Sitter, moment: datetime
) -> None:
    close(made, moment + 10 * M)
    give_time(
        exam_id=made.exam_id, reach=Reach(), seconds=60, reason="x", key="k",
        account_id=None, now=moment + 10 * M,
    )  # fmt: skip
    undo(made, moment + 10 * M)
    assert sitter.row.deadline == moment + 61 * M


def test_an_exam_is_closed_and_reopened_from_the_terminal(
    app: Flask, made: Made, sitter: Sitter, moment: datetime
) -> None:
    run = app.test_cli_runner().invoke
    with time_machine.travel(moment + 10 * M, tick=False) as clock:
        assert run(args=["exams", "reopen", made.code]).exit_code == 1
        done = run(args=["exams", "close", made.code, "--reason", "误操作"])
        assert "1 份作答到此为止" in done.output
        clock.shift(61)
        assert run(args=["exams", "sweep", made.code]).exit_code == 0
        assert (
            "1 份已收的作答重新开启" in run(args=["exams", "reopen", made.code]).output
        )
    assert sitter.row.state == "open"
    db.session.rollback()
    assert db.session.scalars(sa.select(Sitting.deadline_before)).one() is None
