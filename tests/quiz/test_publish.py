"""Publishing freezes, or refuses and writes nothing."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from core.access import EVERYWHERE
from core.audit import AuditEntry, breaks
from core.db import db, write
from core.errors import Conflict, Refused
from question_bank.models import Question, QuestionVersion, Topic
from quiz.models import Candidate, Exam, Paper, PoolItem
from quiz.operations.exams import change_blueprint, change_exam, discard_exam
from quiz.queries.exams import departures, exam_by_id, exam_figures
from quiz.queries.stock import details_of, draw_plan, rows_of
from quiz.rules.blueprint import Row
from quiz.rules.details import stamp_of
from quiz.rules.draw import commitment_of, digests_of
from reports.queries import people_of_unit
from tests.conftest import SECRET
from tests.quiz.ground import (
    PLENTY,
    candidates_of,
    count,
    details,
    draw,
    make_bank,
    make_draft,
    make_units,
    publish,
)
from units.models import Exemption, Person, Unit
from units.operations.people import TypedPerson, edit_person, move_person, take_off
from units.operations.people import stamp_of as person_stamp
from units.queries.editors import SYSTEM
from units.rules.identity import match_digest


def nothing_was_written(exam_id: int) -> bool:
    exam = exam_by_id(exam_id)
    db.session.refresh(exam)
    return (
        exam.published_at is None
        and exam.commitment is None
        and count(Candidate) == count(PoolItem) == count(Paper) == 0
    )


def test_a_bank_too_small_is_refused_with_the_cell_named(
    app: Flask, moment: datetime
) -> None:
    make_bank(moment, PLENTY | {"single": 12})
    make_units(moment, [3])
    exam = make_draft(moment)
    with pytest.raises(Refused) as refusal:
        publish(exam, moment)
    assert str(refusal.value) == (
        "单选（任意知识点，任意难度）需要 30 题，题库只有 12 题，请补 18 题或减少题数"
    )
    assert nothing_was_written(exam.id)


def test_an_empty_roster_is_refused(app: Flask, moment: datetime) -> None:
    make_bank(moment, PLENTY)
    exam = make_draft(moment)
    with pytest.raises(Refused, match="应考名单是空的"):
        publish(exam, moment)
    make_units(moment, [3])
    with pytest.raises(Refused, match="应考名单是空的"):
        publish(exam, moment, units=[])
    assert nothing_was_written(exam.id)


def test_an_exam_without_time_left_is_refused(app: Flask, moment: datetime) -> None:
    make_bank(moment, PLENTY)
    make_units(moment, [3])
    exam = make_draft(moment)
    with pytest.raises(Refused, match="已经过了"):
        publish(exam, exam.closes_at)
    publish(exam, exam.closes_at - timedelta(seconds=1))


def test_a_blueprint_that_nobody_could_pass_is_refused(
    app: Flask, moment: datetime
) -> None:
    make_bank(moment, PLENTY)
    make_units(moment, [3])
    exam = make_draft(moment, rows=[Row(1, "single", None, None, 29, 200)])
    with pytest.raises(Refused, match="合格线高于试卷满分"):
        publish(exam, moment)
    empty = make_draft(moment, rows=[], code="EMPTYXXX")
    with pytest.raises(Refused, match="组卷方案还是空的"):
        publish(empty, moment)


def test_publishing_freezes_everybody_on_the_roster(
    app: Flask, moment: datetime
) -> None:
    make_bank(moment, PLENTY)
    first, second = make_units(moment, [2, 3])
    with write() as session:
        gone = session.scalars(
            sa.select(Person).where(Person.unit_id == second)
        ).first()
        assert gone
        gone.left_at = moment
        kept = session.scalars(sa.select(Person).where(Person.unit_id == first)).first()
        assert kept
        kept.staff_number = "A-17"
        kept_name, unit_code = kept.name, session.get_one(Unit, first).code
    exam = make_draft(moment)
    publish(exam, moment)
    frozen = candidates_of(exam)
    assert [person.unit_name for person in frozen] == ["第1局"] * 2 + ["第2局"] * 2
    assert not any(person.walk_in or person.exempt_reason for person in frozen)
    mine = frozen[0]
    assert mine.tail_digest == match_digest(SECRET, unit_code, kept_name, "0000")
    assert mine.staff_digest == match_digest(SECRET, unit_code, kept_name, "A-17")
    assert frozen[1].staff_digest is None


def test_only_the_chosen_units_are_due(app: Flask, moment: datetime) -> None:
    make_bank(moment, PLENTY)
    units = make_units(moment, [2, 3, 4])
    exam = make_draft(moment)
    publish(exam, moment, units=units[1:])
    assert [person.unit_id for person in candidates_of(exam)] == (
        [units[1]] * 3 + [units[2]] * 4
    )


def test_only_approved_questions_in_their_newest_version_are_frozen(
    app: Flask, moment: datetime
) -> None:
    versions = make_bank(moment, {"single": 6})
    make_units(moment, [2])
    with write() as session:
        for version_id, state in zip(
            versions[:3], ("draft", "parked", "retired"), strict=True
        ):
            session.get_one(QuestionVersion, version_id).question.state = state
        edited = session.get_one(QuestionVersion, versions[3])
        newer = QuestionVersion(
            question_id=edited.question_id,
            number=2,
            kind="single",
            stem="改过的题",
            options=["甲", "乙"],
            key=["A"],
            pinned=False,
            topic_id=edited.topic_id,
            difficulty="easy",
            citations=[],
            analysis="",
            digest="newer",
            created_at=moment,
        )
        session.add(newer)
        edited.question.current = 2
        session.flush()  # generate newer.id
        expected = {newer.id, *versions[4:]}
    exam = make_draft(moment, rows=[Row(1, "single", None, None, 1, 10_000)])
    publish(exam, moment)
    pool = db.session.scalars(sa.select(PoolItem.version_id))
    assert set(pool) == expected


def test_a_row_with_a_topic_takes_the_topics_below_it(
    app: Flask, moment: datetime
) -> None:
    make_bank(moment, {"single": 4}, topic="民法典")
    make_bank(moment, {"single": 4}, topic="物权")
    make_bank(moment, {"single": 9}, topic="行政处罚法")
    make_units(moment, [1])
    with write() as session:
        parent = session.scalars(sa.select(Topic).where(Topic.name == "民法典")).one()
        child = session.scalars(sa.select(Topic).where(Topic.name == "物权")).one()
        child.parent_id = parent.id
        topic = parent.id
    exam = make_draft(moment, rows=[Row(1, "single", topic, None, 8, 1250)])
    publish(exam, moment)
    assert count(PoolItem) == 8
    short = make_draft(
        moment, rows=[Row(1, "single", topic, None, 9, 1250)], code="SHXRTXXX"
    )
    with pytest.raises(Refused, match=r"单选（民法典，任意难度）需要 9 题.*只有 8 题"):
        publish(short, moment)


def test_the_digests_are_of_what_was_frozen(app: Flask, moment: datetime) -> None:
    make_bank(moment, PLENTY)
    make_units(moment, [3, 4])
    exam = make_draft(moment)
    publish(exam, moment, secret="ab" * 32)
    exam = exam_by_id(exam.id)
    digests = digests_of(draw_plan(exam))
    assert exam.roster_digest == digests.roster
    assert exam.bank_digest == digests.bank
    assert exam.blueprint_digest == digests.blueprint
    assert exam.commitment == commitment_of("ab" * 32)
    assert exam.seed is None


def test_what_the_bank_and_the_units_become_later_changes_nothing(
    app: Flask, moment: datetime
) -> None:
    versions = make_bank(moment, PLENTY)
    make_units(moment, [3, 4])
    exam = make_draft(moment)
    publish(exam, moment)
    with write() as session:
        session.get_one(QuestionVersion, versions[0]).question.state = "retired"
        session.scalars(sa.select(Person)).first().left_at = moment  # type: ignore[union-attr]
    assert draw(exam, moment) >= 7
    assert len(candidates_of(exam)) == 7


def test_L7_M6_what_is_published_is_neither_changed_nor_thrown_away(
    app: Flask, moment: datetime
) -> None:
    """A running exam stays, and so does the rule by which attempts are counted."""
    make_bank(moment, PLENTY)
    make_units(moment, [3])
    exam = make_draft(moment)
    publish(exam, moment)
    common = {"exam_id": exam.id, "account_id": None, "now": moment}
    with pytest.raises(Refused, match="已经发布"):
        publish(exam, moment)
    with pytest.raises(Refused, match="已经发布"):
        change_exam(details=details(moment, attempts=2), seen=None, **common)  # type: ignore[arg-type]
    with pytest.raises(Refused, match="已经发布"):
        change_blueprint(rows=[], seen=None, **common)  # type: ignore[arg-type]
    papers = draw(exam, moment)
    for now in (moment, exam.opens_at, exam.closes_at):
        with pytest.raises(Refused, match="已经发布"):
            discard_exam(exam_id=exam.id, account_id=None, now=now)
    kept = exam_by_id(exam.id)
    assert (kept.attempts, count(Paper)) == (1, papers)


def test_K10_a_change_from_a_stale_page_is_refused(
    app: Flask, moment: datetime
) -> None:
    exam = make_draft(moment)
    seen = stamp_of(details_of(exam), rows_of(exam))
    rows = [Row(1, "single", None, None, 50, 200)]
    common = {"exam_id": exam.id, "seen": seen, "account_id": None, "now": moment}
    change_blueprint(rows=rows, **common)  # type: ignore[arg-type]
    with pytest.raises(Refused, match="刚被别人改过"):
        change_blueprint(rows=[], **common)  # type: ignore[arg-type]
    assert rows_of(exam_by_id(exam.id)) == rows


def test_a_draft_can_be_thrown_away(app: Flask, moment: datetime) -> None:
    exam = make_draft(moment)
    discard_exam(exam_id=exam.id, account_id=None, now=moment)
    with pytest.raises(Refused, match="没有找到"):
        exam_by_id(exam.id)


def test_every_act_is_in_the_audit_log_and_the_secret_is_not(
    app: Flask, moment: datetime
) -> None:
    make_bank(moment, PLENTY)
    make_units(moment, [3])
    exam = make_draft(moment)
    publish(exam, moment, secret="ab" * 32)
    draw(exam, moment)
    entries = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.n)).all()
    assert [entry.action for entry in entries] == [
        "exam.create",
        "exam.publish",
        "exam.draw",
    ]
    text = "".join(entry.facts for entry in entries)
    assert "ab" * 32 not in text
    seed = exam_by_id(exam.id).seed
    assert seed
    assert seed not in text
    assert commitment_of("ab" * 32) in text
    assert list(breaks(db.session.connection())) == []


def test_question_states_are_as_the_bank_has_them(app: Flask, moment: datetime) -> None:
    """A question that goes back to draft cannot be published from then on."""
    versions = make_bank(moment, {"single": 50})
    make_units(moment, [1])
    exam = make_draft(moment, rows=[Row(1, "single", None, None, 50, 200)])
    with write() as session:
        session.get_one(Question, 1).state = "draft"
    assert len(versions) == 50
    with pytest.raises(Refused, match="只有 49 题"):
        publish(exam, moment)


# What people are grouped by, and who is exempt


def roster_of_one(moment: datetime) -> tuple[int, int]:
    """A unit of two people; the ids of the unit and of its first person."""
    (unit_id,) = make_units(moment, [2])
    with write() as session:
        unit = session.get_one(Unit, unit_id)
        unit.category, unit.level = "政府部门", "市直"
        person = session.scalars(
            sa.select(Person).where(Person.unit_id == unit_id).order_by(Person.id)
        ).first()
        assert person
        person.rank = "中层"
        return unit_id, person.id


def test_category_level_and_rank_are_frozen_and_bound_by_the_digest(
    app: Flask, moment: datetime
) -> None:
    make_bank(moment, PLENTY)
    unit_id, person_id = roster_of_one(moment)
    exam = make_draft(moment)
    publish(exam, moment)
    with write() as session:
        unit = session.get_one(Unit, unit_id)
        unit.category, unit.level = "群团", "县区"
        session.get_one(Person, person_id).rank = "领导班子"
    first, second = candidates_of(exam)
    assert (first.category, first.level, first.rank) == ("政府部门", "市直", "中层")
    assert (second.category, second.rank) == ("政府部门", "")
    exam = exam_by_id(exam.id)
    assert exam.roster_digest == digests_of(draw_plan(exam)).roster
    with write() as session:
        session.get_one(Candidate, first.id).rank = "领导班子"
    with pytest.raises(Conflict, match="摘要不一致"):
        draw(exam, moment)


def test_an_exam_published_before_they_were_frozen_is_still_drawn(
    app: Flask, moment: datetime
) -> None:
    make_bank(moment, PLENTY)
    roster_of_one(moment)
    exam = make_draft(moment)
    publish(exam, moment)
    with write() as session:  # as an older version of the program left it
        for candidate in session.scalars(sa.select(Candidate)):
            candidate.category = candidate.level = candidate.rank = None
        session.flush()
        old = session.get_one(Exam, exam.id)
        old.roster_digest = digests_of(draw_plan(old)).roster
    assert draw(exam, moment) >= 2


def test_approved_exemptions_are_taken_over_with_reason_and_approver(
    app: Flask, moment: datetime
) -> None:
    make_bank(moment, PLENTY)
    _unit, person_id = roster_of_one(moment)
    exam = make_draft(moment)

    def exempt(**changes: object) -> None:
        values: dict[str, object] = {
            "person_id": person_id,
            "kind": "产假",
            "note": "",
            "until": exam.opens_at + timedelta(days=1),
            "exam_code": None,
            "requested_at": moment,
            "requested_by": "account:1",
            "requested_name": "lia",
            "approved": True,
            "decided_at": moment,
            "decided_by": "account:2",
            "decided_name": "陈敏",
            "decision_note": "",
        }
        with write() as session:
            session.add(Exemption(**values | changes))

    exempt(kind="驻村", until=exam.opens_at)  # over when the exam opens
    exempt(kind="试用期", until=None, exam_code="OTHEREXM")
    exempt()
    publish(exam, moment)
    first, second = candidates_of(exam)
    assert (first.exempt_reason, second.exempt_reason) == ("产假；陈敏批准", None)
    entry = db.session.scalar(
        sa.select(AuditEntry).where(AuditEntry.action == "exam.publish")
    )
    assert entry
    assert json.loads(entry.facts)["exempt"] == 1
    assert draw(exam, moment) >= 2  # also for the exempt: they may become due again


def test_M5_who_is_taken_off_the_roster_later_stays_in_the_denominator(
    app: Flask, moment: datetime
) -> None:
    make_bank(moment, PLENTY)
    _unit, person_id = roster_of_one(moment)
    exam = make_draft(moment)
    publish(exam, moment)
    take_off(person_id=person_id, reason="退休", editor=SYSTEM, now=moment)
    assert exam_figures(exam.id).due == 2
    (gone,) = departures(exam.id)
    assert (gone.unit_name, gone.now_in) == ("第1局", None)


def test_L4_who_is_moved_later_counts_for_the_unit_frozen_at_publishing(
    app: Flask, moment: datetime
) -> None:
    make_bank(moment, PLENTY)
    first, second = make_units(moment, [2, 1])
    exam = make_draft(moment)
    publish(exam, moment)
    mover = candidates_of(exam)[0]
    assert mover.person_id
    move_person(
        person_id=mover.person_id, unit_id=second, reason="", editor=SYSTEM, now=moment
    )
    people = people_of_unit(exam.id, first, EVERYWHERE)
    assert [one.name for one in people] == [c.name for c in candidates_of(exam)[:2]]
    assert [(one.name, one.now_in) for one in departures(exam.id)] == [
        (mover.name, "第2局")
    ]


def test_L5_a_corrected_name_does_not_rename_who_sat(
    app: Flask, moment: datetime
) -> None:
    make_bank(moment, PLENTY)
    _unit, person_id = roster_of_one(moment)
    exam = make_draft(moment)
    publish(exam, moment)
    person = db.session.get_one(Person, person_id)
    before = person.name
    edit_person(
        person_id=person_id,
        typed=TypedPerson("张三丰", "9999", "", ""),
        seen=person_stamp(person),
        editor=SYSTEM,
        now=moment,
    )
    assert candidates_of(exam)[0].name == before
