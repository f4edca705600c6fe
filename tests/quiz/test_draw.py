"""Drawing: everybody has a paper, colleagues share nothing, once."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from itertools import combinations

import pytest
import sqlalchemy as sa
from flask import Flask

from core.db import db, write
from core.errors import Conflict, Refused
from question_bank.models import QuestionUse
from quiz.models import Paper, PoolItem
from quiz.operations.exams import (
    end_exemption,
    exempt_candidate,
    publish_results,
)
from quiz.queries.exams import exam_by_id, exam_figures, roster_units
from quiz.queries.stock import draw_plan, outlook_of
from quiz.rules.draw import digests_of, paper_digest, seed_of
from quiz.rules.draw import draw as redraw
from tests.quiz.ground import (
    PLENTY,
    candidates_of,
    count,
    draw,
    make_bank,
    make_draft,
    make_units,
    papers_of,
    publish,
)


def versions_of(paper: Paper) -> set[int]:
    return {item[0] for item in json.loads(paper.items)}


def test_sixty_people_get_papers_of_one_worth_and_colleagues_share_nothing(
    app: Flask, moment: datetime
) -> None:
    make_bank(moment, PLENTY)
    make_units(moment, [6] * 10)
    exam = make_draft(moment)
    publish(exam, moment)
    promised = outlook_of(exam_by_id(exam.id)).guarantee
    assert promised
    assert promised.hand == 20
    assert promised.colleagues_share_nothing
    drawn = draw(exam, moment)
    papers = papers_of(exam)
    assert drawn == len(papers) == 80
    for paper in papers:
        items = json.loads(paper.items)
        assert len(versions_of(paper)) == len(items) == 50
        assert sum(points for _version, _order, points in items) == 10_000
        assert paper.digest == paper_digest(exam.code, paper.number, paper.items)
    mine = {paper.candidate_id: paper for paper in papers if paper.candidate_id}
    by_unit: dict[int, list[Paper]] = {}
    for candidate in candidates_of(exam):
        by_unit.setdefault(candidate.unit_id, []).append(mine[candidate.id])
    assert len(mine) == 60
    for held in by_unit.values():
        assert len(held) == 6
        for one, other in combinations(held, 2):
            assert not versions_of(one) & versions_of(other)
    figures = exam_figures(exam.id)
    assert (figures.due, figures.papers, figures.spares) == (60, 80, 20)


def test_drawing_twice_is_refused_and_changes_nothing(
    app: Flask, moment: datetime
) -> None:
    make_bank(moment, PLENTY)
    make_units(moment, [5])
    exam = make_draft(moment)
    publish(exam, moment)
    draw(exam, moment)
    before = [(paper.number, paper.digest) for paper in papers_of(exam)]
    with pytest.raises(Refused, match="已经抽过卷"):
        draw(exam, moment)
    assert [(paper.number, paper.digest) for paper in papers_of(exam)] == before


def test_a_draft_cannot_be_drawn(app: Flask, moment: datetime) -> None:
    exam = make_draft(moment)
    with pytest.raises(Refused, match="还没有发布"):
        draw(exam, moment)


def test_an_announced_public_value_is_waited_for_and_goes_into_the_seed(
    app: Flask, moment: datetime
) -> None:
    make_bank(moment, PLENTY)
    make_units(moment, [5])
    exam = make_draft(moment)
    publish(exam, moment, public_source="福彩 3D 第 2026313 期", secret="ab" * 32)
    with pytest.raises(Refused, match="福彩 3D 第 2026313 期"):
        draw(exam, moment)
    with pytest.raises(Refused, match="竖线"):
        draw(exam, moment, "3|0|7")
    assert count(Paper) == 0
    draw(exam, moment, " 3 0 7 ")
    drawn = exam_by_id(exam.id)
    digests = digests_of(draw_plan(drawn))
    assert drawn.public_value == "3 0 7"
    assert drawn.seed == seed_of("ab" * 32, "3 0 7", digests)


def test_a_public_value_that_was_never_announced_is_refused(
    app: Flask, moment: datetime
) -> None:
    make_bank(moment, PLENTY)
    make_units(moment, [5])
    exam = make_draft(moment)
    publish(exam, moment)
    with pytest.raises(Refused, match="没有约定公开值"):
        draw(exam, moment, "3 0 7")


def test_a_drawn_exam_can_be_drawn_again_by_anybody(
    app: Flask, moment: datetime
) -> None:
    make_bank(moment, PLENTY)
    make_units(moment, [5, 30])
    exam = make_draft(moment, attempts=2)
    publish(exam, moment)
    draw(exam, moment)
    drawn = exam_by_id(exam.id)
    assert drawn.seed
    again = redraw(draw_plan(drawn), drawn.seed)
    found = papers_of(exam)
    assert [p.digest for p in again] == [p.digest for p in found]
    people = {person.id: person.person_id for person in candidates_of(exam)}
    assert [(p.person, p.attempt) for p in again] == [
        (None if p.candidate_id is None else people[p.candidate_id], p.attempt)
        for p in found
    ]


def test_a_second_attempt_has_a_paper_of_its_own(app: Flask, moment: datetime) -> None:
    make_bank(moment, PLENTY)
    make_units(moment, [5])
    exam = make_draft(moment, attempts=2)
    publish(exam, moment)
    draw(exam, moment)
    for candidate in candidates_of(exam):
        held = [p for p in papers_of(exam) if p.candidate_id == candidate.id]
        assert [paper.attempt for paper in held] == [1, 2]
        assert not versions_of(held[0]) & versions_of(held[1])  # the bank allows it


def test_a_pool_that_was_altered_is_not_drawn_from(
    app: Flask, moment: datetime
) -> None:
    make_bank(moment, PLENTY)
    make_units(moment, [5])
    exam = make_draft(moment)
    publish(exam, moment)
    with write() as session:
        item = session.scalars(sa.select(PoolItem)).first()
        assert item
        item.used += 1
    with pytest.raises(Conflict, match="摘要不一致"):
        draw(exam, moment)


def test_the_bank_learns_how_many_papers_hold_each_question(
    app: Flask, moment: datetime
) -> None:
    make_bank(moment, PLENTY)
    make_units(moment, [5])
    exam = make_draft(moment)
    publish(exam, moment)
    draw(exam, moment)
    uses = dict(
        db.session.execute(sa.select(QuestionUse.version_id, QuestionUse.papers)).all()
    )
    held = Counter(v for paper in papers_of(exam) for v in versions_of(paper))
    assert uses == held
    assert set(db.session.scalars(sa.select(QuestionUse.exam_code))) == {exam.code}


def test_the_next_exam_takes_questions_the_last_one_did_not(
    app: Flask, moment: datetime
) -> None:
    make_bank(moment, PLENTY)
    make_units(moment, [4])
    seen: list[set[int]] = []
    for code in ("FIRSTXXX", "SECXNDXX"):
        exam = make_draft(moment, code=code)
        publish(exam, moment)
        draw(exam, moment)
        seen.append(set().union(*map(versions_of, papers_of(exam))))
    assert not seen[0] & seen[1]


def test_an_exemption_needs_a_reason_and_can_be_ended(
    app: Flask, moment: datetime
) -> None:
    make_bank(moment, PLENTY)
    make_units(moment, [4])
    exam = make_draft(moment)
    publish(exam, moment)
    person = candidates_of(exam)[0]
    who = {
        "exam_id": exam.id,
        "candidate_id": person.id,
        "account_id": None,
        "now": moment,
    }
    with pytest.raises(Refused, match="请填写原因"):
        exempt_candidate(reason="  ", **who)  # type: ignore[arg-type]
    exempt_candidate(reason="产假", **who)  # type: ignore[arg-type]
    figures = exam_figures(exam.id)
    assert (figures.roster, figures.exempt, figures.due) == (4, 1, 3)
    assert [(u.people, u.exempt) for u in roster_units(exam.id)] == [(4, 1)]
    with pytest.raises(Refused, match="已经免考"):
        exempt_candidate(reason="产假", **who)  # type: ignore[arg-type]
    end_exemption(reason="已返岗", **who)  # type: ignore[arg-type]
    assert exam_figures(exam.id).due == 4
    with pytest.raises(Refused, match="没有免考"):
        end_exemption(reason="已返岗", **who)  # type: ignore[arg-type]


def test_nobody_of_another_exam_can_be_exempted(app: Flask, moment: datetime) -> None:
    make_bank(moment, PLENTY)
    make_units(moment, [1])
    mine, other = make_draft(moment), make_draft(moment, code="XTHERXXX")
    publish(mine, moment)
    publish(other, moment)
    with pytest.raises(Refused, match="没有这个人"):
        exempt_candidate(
            exam_id=mine.id,
            candidate_id=candidates_of(other)[0].id,
            reason="产假",
            account_id=None,
            now=moment,
        )


def test_results_are_published_after_the_close_and_once(
    app: Flask, moment: datetime
) -> None:
    make_bank(moment, PLENTY)
    make_units(moment, [1])
    exam = make_draft(moment)
    publish(exam, moment)
    draw(exam, moment)
    with pytest.raises(Refused, match="考试结束后"):
        publish_results(exam_id=exam.id, account_id=None, now=exam.opens_at)
    publish_results(exam_id=exam.id, account_id=None, now=exam.closes_at)
    assert exam_by_id(exam.id).results_at == exam.closes_at
    with pytest.raises(Refused, match="已经公布"):
        publish_results(exam_id=exam.id, account_id=None, now=exam.closes_at)
    with pytest.raises(Refused, match="名单不能再改"):
        exempt_candidate(
            exam_id=exam.id,
            candidate_id=candidates_of(exam)[0].id,
            reason="产假",
            account_id=None,
            now=exam.closes_at,
        )
