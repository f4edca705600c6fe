"""作废: an attempt ends and another begins; a sitting goes to whom it belongs."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from core.audit import AuditEntry, AuditPayload, breaks
from core.db import db, read_core
from core.errors import Conflict, Missing, Refused
from question_bank.models import QuestionUse
from quiz.models import Answer, Candidate, Exam, Paper, Score, Sitting
from quiz.operations.answers import Closed
from quiz.operations.exams import exempt_candidate, publish_results
from quiz.operations.grants import give_time
from quiz.operations.voiding import Voided, reassign_sitting, void_sittings
from quiz.queries.attempts import started_between
from quiz.queries.exams import exam_figures
from quiz.queries.stock import draw_plan
from quiz.rules.draw import draw_further
from quiz.rules.grants import Reach
from reports.queries import people_of
from reports.rules.ledger import Standing
from tests.quiz.factories import Made, make_exam
from tests.quiz.ground import (
    PLENTY,
    candidates_of,
    draw,
    make_bank,
    make_draft,
    make_units,
    papers_of,
    publish,
)
from tests.quiz.phone import Phone
from tests.quiz.sitters import Sitter, at_once, sweep

PEOPLE = [("市司法局", "张伟", "0417"), ("市司法局", "李娜", "2231")]
S, M = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def drawn(app: Flask, moment: datetime) -> Exam:
    """A really drawn exam that opens at ``moment``: three units, 14 people."""
    make_bank(moment, PLENTY)
    make_units(moment, [6, 5, 3])
    exam = make_draft(moment - timedelta(days=1))
    publish(exam, moment - timedelta(days=1))
    draw(exam, moment - timedelta(days=1))
    return exam


@pytest.fixture
def made(app: Flask, moment: datetime) -> Made:
    return make_exam(moment, people=PEOPLE)


def void(exam_id: int, now: datetime, *sitters: Sitter, fresh: bool = True) -> Voided:
    done = void_sittings(
        exam_id=exam_id,
        sitting_ids=[sitter.row.id for sitter in sitters],
        reason="发错试卷",
        fresh=fresh,
        account_id=None,
        now=now,
    )
    db.session.rollback()  # the tests read what is there now
    return done


def papers(exam: Exam) -> list[Paper]:
    db.session.rollback()  # and forget what was loaded
    return papers_of(exam)


def versions(paper: Paper) -> set[int]:
    return {item[0] for item in json.loads(paper.items)}


def count_of(model: type[object]) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_a_void_sitting_takes_nothing_and_a_fresh_attempt_begins(
    drawn: Exam, moment: datetime
) -> None:
    candidate = candidates_of(drawn)[0]
    sitter = Sitter(candidate.id).start(moment)
    sitter.save(moment, ("1", ["A"], 1))
    assert void(drawn.id, moment + M, sitter) == Voided(1, 1, 0)
    assert (sitter.row.state, sitter.row.closed_at) == ("void", moment + M)
    with pytest.raises(Closed, match="void"):
        sitter.save(moment + M, ("1", ["B"], 2))
    with pytest.raises(Closed, match="void"):
        sitter.submit(moment + M)
    assert count_of(Answer) == 1
    assert count_of(Score) == 0
    first = sitter.row.paper_id
    second = Sitter(candidate.id).start(moment + 2 * M)
    assert (second.row.attempt, second.row.state) == (2, "open")
    assert second.row.paper_id != first
    sweep(drawn.id, moment + 300 * M)
    assert sitter.row.state == "void"
    assert second.row.state == "auto"


def test_the_fresh_paper_repeats_nothing_where_a_spare_of_the_own_hand_is_left(
    drawn: Exam, moment: datetime
) -> None:
    candidate = candidates_of(drawn)[0]
    void(drawn.id, moment, Sitter(candidate.id).start(moment))
    first, second = (p for p in papers(drawn) if p.candidate_id == candidate.id)
    assert (first.attempt, second.attempt) == (1, 2)
    assert not versions(first) & versions(second)


def test_L8_many_are_voided_in_one_step_and_the_draw_goes_on(
    drawn: Exam, moment: datetime
) -> None:
    people = candidates_of(drawn)
    before = [paper.digest for paper in papers(drawn)]
    assert len(before) - len(people) < len(people)  # fewer spares than people
    uses = sum(row.papers for row in db.session.scalars(sa.select(QuestionUse)))
    sitters = [Sitter(one.id).start(moment + n * S) for n, one in enumerate(people)]
    early, late = sitters[:3], sitters[3:]
    with read_core() as connection:
        affected = started_between(
            connection, drawn.id, moment + 3 * S, moment + 180 * S
        )
    assert {one.sitting_id for one in affected} == {one.row.id for one in late}
    done = void(drawn.id, moment + 3 * M, *late)
    assert (done.voided, done.fresh) == (len(late), len(late))
    assert done.dealt >= len(people)
    assert [one.row.state for one in early] == ["open"] * 3
    assert [one.row.state for one in late] == ["void"] * len(late)

    after = papers(drawn)
    assert [paper.digest for paper in after[: len(before)]] == before
    exam = db.session.get_one(Exam, drawn.id)
    assert exam.seed is not None
    expected = draw_further(draw_plan(exam), exam.seed, len(before))
    assert [p.digest for p in after[len(before) :]] == [p.digest for p in expected]
    places = {c.id: c.person_id for c in people}
    for paper in after[len(before) :]:
        seat = expected[paper.number - len(before)].person
        assert paper.candidate_id is None or places[paper.candidate_id] == seat
    for unit in {c.unit_id for c in people}:  # colleagues still share nothing
        own = [
            versions(p)
            for p in after[len(before) :]
            if p.candidate_id and unit == _unit(people, p.candidate_id)
        ]
        assert sum(map(len, own)) == len(set().union(*own))
    total = sum(row.papers for row in db.session.scalars(sa.select(QuestionUse)))
    assert total * len(before) == uses * len(after)
    for one in late:
        again = Sitter(one.candidate_id).start(moment + 5 * M)
        assert again.row.attempt == 2


def _unit(people: list[Candidate], candidate_id: int) -> int:
    return next(c.unit_id for c in people if c.id == candidate_id)


def test_each_void_is_one_audit_entry_with_its_reason_aside(
    drawn: Exam, moment: datetime
) -> None:
    sitters = [Sitter(one.id).start(moment) for one in candidates_of(drawn)[:2]]
    sitters[0].submit(moment)
    void(drawn.id, moment, *sitters)
    entries = list(
        db.session.scalars(
            sa.select(AuditEntry).where(AuditEntry.action == "sitting.void")
        )
    )
    assert [json.loads(one.facts)["was"] for one in entries] == ["submitted", "open"]
    reasons = list(
        db.session.scalars(
            sa.select(AuditPayload.payload).where(
                AuditPayload.n.in_([one.n for one in entries])
            )
        )
    )
    assert reasons == ['{"reason":"发错试卷"}'] * 2
    assert list(breaks(db.session.connection())) == []


def test_a_double_tap_voids_once(app: Flask, drawn: Exam, moment: datetime) -> None:
    sitter = Sitter(candidates_of(drawn)[0].id).start(moment)
    # Ids only: an instance of this thread's session is not for other threads.
    exam_id, sitting_id = drawn.id, sitter.row.id

    def tap() -> Voided:
        return void_sittings(
            exam_id=exam_id, sitting_ids=[sitting_id], reason="x", fresh=True,
            account_id=None, now=moment,
        )  # fmt: skip

    results = at_once(app, tap, tap)
    assert Voided(1, 1, 0) in results
    assert any(isinstance(one, Conflict) for one in results)
    own = [p for p in papers(drawn) if p.candidate_id == sitter.candidate_id]
    assert len(own) == 2


def test_a_void_sitting_counts_for_nothing_in_the_report(
    made: Made, moment: datetime
) -> None:
    one, other = (Sitter(candidate).start(moment) for candidate in made.candidates)
    for sitter in (one, other):
        sitter.submit(moment, ("1", ["C"], 1))
    void(made.exam_id, moment, one, fresh=False)
    db.session.rollback()
    standings = [person.entrant.standing for person in people_of(made.exam_id)]
    assert standings == [Standing.VOID, Standing.SUBMITTED]
    figures = exam_figures(made.exam_id)
    assert (figures.started, figures.submitted) == (1, 1)
    assert count_of(Score) == 2
    with pytest.raises(Refused, match="用完"):
        Sitter(one.candidate_id).start(moment)


def test_the_phone_is_told_and_a_new_scan_leads_to_the_fresh_paper(
    app: Flask, drawn: Exam, moment: datetime
) -> None:
    with time_machine.travel(moment, tick=False):
        phone = Phone(app, drawn.code)
        phone.enter("第1局", "人员1-0", "0000")
        token = phone.token
        assert token
        sitter = Sitter(candidates_of(drawn)[0].id)
        sitter.token = token
        void(drawn.id, moment, sitter)
        reply = phone.save(("1", ["A"], 1))
        assert (reply.status_code, reply.json) == (409, {"why": "void"})
        phone.enter("第1局", "人员1-0", "0000")
        assert phone.token != token
        assert phone.save(("1", ["A"], 1)).status_code == 200


def test_what_cannot_be_voided(made: Made, drawn: Exam, moment: datetime) -> None:
    sitter = Sitter(made.candidates[0]).start(moment)
    with pytest.raises(Missing):
        void(drawn.id, moment, sitter)
    for ids in ([], [99]):
        with pytest.raises(Missing):
            void_sittings(
                exam_id=made.exam_id, sitting_ids=ids, reason="x", fresh=False,
                account_id=None, now=moment,
            )  # fmt: skip
    sitter.submit(moment)
    publish_results(exam_id=made.exam_id, account_id=None, now=moment + 121 * M)
    with pytest.raises(Refused, match="成绩已经公布"):
        void(made.exam_id, moment + 122 * M, sitter, fresh=False)


def test_L8_from_the_terminal_they_are_listed_first_and_then_voided(
    app: Flask, drawn: Exam, moment: datetime
) -> None:
    one, other = (Sitter(c.id) for c in candidates_of(drawn)[:2])
    one.start(moment + 30 * S)  # 09:00:30 in Beijing
    other.start(moment + 3 * M)
    run = app.test_cli_runner().invoke
    when = ["--from", "2026-11-24 09:00", "--to", "2026-11-24 09:02"]
    with time_machine.travel(moment + 5 * M, tick=False):
        listed = run(args=["exams", "void", drawn.code, *when])
        assert "人员1-0" in listed.output
        assert "共 1 份" in listed.output
        assert one.row.state == "open"
        refused = run(args=["exams", "void", drawn.code, *when, "--yes"])
        assert (refused.exit_code, "请填写原因" in refused.output) == (1, True)
        done = run(
            args=["exams", "void", drawn.code, *when, "--yes", "--reason", "发错卷"]
        )
        assert "1 份作答已作废" in done.output
    assert (one.row.state, other.row.state) == ("void", "open")


# --- 改到正确的人名下 ----------------------------------------------------------


def reassign(sitter: Sitter, candidate_id: int, now: datetime) -> datetime:
    deadline = reassign_sitting(
        sitting_id=sitter.row.id, candidate_id=candidate_id, reason="选错了人",
        account_id=None, now=now,
    )  # fmt: skip
    db.session.rollback()
    return deadline


def test_L5_a_sitting_started_under_the_wrong_name_goes_to_its_person(
    drawn: Exam, moment: datetime
) -> None:
    wrong, right = candidates_of(drawn)[:2]
    theirs = {p.candidate_id: p.id for p in papers(drawn)}
    sitter = Sitter(wrong.id).start(moment)
    sitter.save(moment, ("1", ["A"], 1))
    reassign(sitter, right.id, moment + M)
    assert sitter.row.candidate_id == right.id
    assert sitter.row.paper_id == theirs[wrong.id]  # the questions stay
    sitter.submit(moment + 2 * M, ("2", ["B"], 2))
    assert sitter.row.state == "submitted"
    own = Sitter(wrong.id).start(moment + 3 * M)  # the other one begins at last
    assert own.row.paper_id == theirs[right.id]
    with pytest.raises(Refused, match="用完"):
        Sitter(right.id).start(moment + 3 * M)
    entry = db.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.action == "sitting.reassign")
    ).one()
    assert json.loads(entry.facts) == {
        "from": wrong.id,
        "to": right.id,
        "paper": theirs[wrong.id],
        "for": theirs[right.id],
    }
    payload = db.session.scalar(
        sa.select(AuditPayload.payload).where(AuditPayload.n == entry.n)
    )
    assert json.loads(payload or "") == {
        "reason": "选错了人",
        "from": "人员1-0",
        "to": "人员1-1",
    }
    actor = db.session.scalar(
        sa.select(AuditEntry.actor).where(AuditEntry.action == "sitting.submitted")
    )
    assert actor == f"candidate:{right.id}"


def test_L5_grants_follow_the_person(made: Made, moment: datetime) -> None:
    wrong, right = made.candidates
    sitter = Sitter(wrong).start(moment)
    for who, minutes in ((wrong, 5), (right, 20), (None, 1)):
        give_time(
            exam_id=made.exam_id, reach=Reach(candidate_id=who),
            seconds=60 * minutes, reason="x", key=f"{who}", account_id=None,
            now=moment,
        )  # fmt: skip
    assert sitter.row.deadline == moment + 66 * M
    assert reassign(sitter, right, moment) == moment + 81 * M
    assert sitter.row.deadline == moment + 81 * M


def test_L5_what_cannot_be_reassigned(made: Made, moment: datetime) -> None:
    one, other = made.candidates
    sitter = Sitter(one).start(moment)
    for who, why in ((one, "本来就在"), (99, "没有这个人")):
        with pytest.raises(Refused, match=why):
            reassign(sitter, who, moment)
    exempt_candidate(
        exam_id=made.exam_id, candidate_id=other, reason="病假", account_id=None,
        now=moment,
    )  # fmt: skip
    with pytest.raises(Refused, match="免考"):
        reassign(sitter, other, moment)
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.execute(sa.update(Candidate).values(exempt_reason=None))
    theirs = Sitter(other).start(moment)
    with pytest.raises(Refused, match="正在作答"):
        reassign(sitter, other, moment)
    theirs.submit(moment)
    with pytest.raises(Refused, match="用完"):
        reassign(sitter, other, moment)
    void(made.exam_id, moment, sitter, fresh=False)
    with pytest.raises(Refused, match="已作废"):
        reassign(sitter, other, moment)
    db.session.rollback()
    states = list(db.session.scalars(sa.select(Sitting.state).order_by(Sitting.id)))
    assert states == ["void", "submitted"]
