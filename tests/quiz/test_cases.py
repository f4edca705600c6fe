"""A case: drawn as one card, read with its stem in sight, scored by its parts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from core.audit import breaks
from core.db import db, read_core
from core.errors import Refused
from question_bank.operations.intake import import_questions
from question_bank.queries import contents
from quiz.acts import Proposal
from quiz.models import Candidate, Exam, Paper, Score
from quiz.operations.rekeying import confirm_rekey, propose_rekey
from quiz.queries.cards import Place, fields_on, items_of, places_on
from quiz.queries.exams import exam_by_id
from quiz.queries.stock import bank_stock, draw_plan, outlook_of
from quiz.rules.blueprint import Row, accepts, cell_name, check_rows
from quiz.rules.draw import digests_of, option_order
from quiz.rules.rekeying import Change
from tests.conftest import make_account, signed_in
from tests.pages import text_of
from tests.question_bank.drafts import CASE, PARTS, single, typed
from tests.quiz.ground import draw, make_draft, make_units, publish
from tests.quiz.phone import Phone, field

CASES = Row(2, "case", None, None, 1, 500, parts=3)
SINGLES = Row(1, "single", None, None, 2, 200)
WHO = ("第1局", "人员1-0", "0000")


@pytest.fixture
def exam(app: Flask, moment: datetime) -> Exam:
    """Two single questions and a case of three parts for six people."""
    return held(moment)


def held(moment: datetime, **changes: Any) -> Exam:
    """That exam, drawn."""
    import_questions(
        drafts=typed(
            *(single(stem=f"{chr(0x4E00 + n) * 9}（ ）") for n in range(24)),
            *(replace(CASE, stem=f"材料第{n}号") for n in range(12)),
            *(
                replace(CASE, stem=f"短材料{n}", parts=PARTS[:2], difficulty="easy")
                for n in range(12)
            ),
        ),
        accept_good=False,
        actor="system",
        now=moment,
    )
    make_units(moment, [6])
    made = make_draft(
        moment, rows=[SINGLES, CASES], pass_mark=540, excellent_mark=800, **changes
    )
    publish(made, moment)
    draw(made, moment)
    return exam_by_id(made.id)


def paper_of(name: str) -> Paper:
    db.session.rollback()
    query = sa.select(Paper).join(Candidate, Candidate.id == Paper.candidate_id)
    return db.session.scalars(query.where(Candidate.name == name)).one()


def asked(paper: Paper) -> tuple[list[Place], dict[str, Any]]:
    """The places of a paper, and the right answer at each."""
    places = places_on(items_of(paper.items))
    found = contents([place.version_id for place in places])
    right: dict[str, Any] = {}
    for place in places:
        content = found[place.version_id]
        part = content.parts[place.part - 1] if place.part else None
        kind, key = (part["kind"], part["key"]) if part else (content.kind, content.key)
        if kind == "fill":
            right[place.q] = [texts[0] for texts in key]
        elif place.order:
            letters = [place.order.index(letter) for letter in key]
            right[place.q] = ["ABCDEFGH"[at] for at in letters]
        else:
            right[place.q] = list(key)
    return places, right


def test_a_case_is_drawn_as_one_card_and_its_parts_are_shuffled_each(
    exam: Exam,
) -> None:
    assert exam.seed
    paper = paper_of(WHO[1])
    *singles, case = json.loads(paper.items)
    assert [points for _, _, points in (*singles, case)] == [200, 200, 500]
    version, order, _ = case
    assert order.split(",") == [
        option_order(exam.seed, paper.number, version, 4, 1), "", ""
    ]  # fmt: skip
    places, _ = asked(paper)
    assert [(p.q, p.points) for p in places] == [
        ("1", 200), ("2", 200), ("3.1", 167), ("3.2", 167), ("3.3", 166)
    ]  # fmt: skip
    assert list(fields_on(paper.items)) == [place.q for place in places]


def test_colleagues_share_no_case_either_and_the_guarantee_says_so(exam: Exam) -> None:
    guarantee = outlook_of(exam).guarantee
    assert guarantee
    assert (guarantee.questions, guarantee.maximum) == (3, 900)
    assert guarantee.colleagues_share_nothing
    held = [
        {item[0] for item in json.loads(text)}
        for text in db.session.scalars(
            sa.select(Paper.items).where(Paper.candidate_id.is_not(None))
        )
    ]
    assert len(held) == 6
    assert len(set.union(*held)) == 6 * 3


def test_a_row_takes_cases_with_its_number_of_parts_only(exam: Exam) -> None:
    stock = bank_stock()
    served = [card for card in stock.cards if accepts(CASES, card, stock.below)]
    assert {len(card.parts) for card in served} == {3}
    assert len(served) == 12
    assert cell_name(CASES, {}) == "案例（3 小题）（任意知识点，任意难度）"
    for parts in (0, 1, 6):
        with pytest.raises(Refused, match="每题有几个小题"):
            check_rows([replace(CASES, parts=parts)])
    with pytest.raises(Refused, match="每题有几个小题"):
        check_rows([replace(SINGLES, parts=2)])


def test_the_digest_of_the_bank_binds_the_parts_of_a_case(exam: Exam) -> None:
    plan = draw_plan(exam)
    assert digests_of(plan).bank == exam.bank_digest
    case = next(card for card in plan.pool if card.parts)
    pinned = replace(case, parts=((4, True), *case.parts[1:]))
    others = [card for card in plan.pool if card is not case]
    assert digests_of(replace(plan, pool=[*others, pinned])).bank != exam.bank_digest


def test_a_phone_reads_the_material_answers_by_parts_and_is_scored(
    app: Flask, exam: Exam, moment: datetime
) -> None:
    with time_machine.travel(moment + timedelta(days=1, minutes=1), tick=False):
        phone = Phone(app, exam.code)
        page = phone.enter(*WHO).get_data(as_text=True)
        assert '<div class="case" id="c3">' in page
        assert page.index("材料第") < page.index('id="q3.1"') < page.index('id="q3.3"')
        assert page.count("材料第") == 1
        assert '<section class="question" id="q3.1" data-kind="single">' in page
        assert 'name="q3.2" value="T"' in page
        assert "5\u00a0分" in page
        assert "1.67\u00a0分" in page
        assert phone.state["count"] == 5
        assert phone.state["kinds"] == ["single", "single", "single", "judge", "fill"]
        _, right = asked(paper_of(WHO[1]))
        wrong = [x for x in "ABCD" if [x] != right["3.1"]][:1]
        answers = right | {"3.1": wrong, "3.3": ["７", "四"]}
        rows = [(q, value, n) for n, (q, value) in enumerate(answers.items(), 1)]
        reply = phone.save(*rows)
        assert reply.json is not None
        assert [q for q, _ in reply.json["acked"]] == ["1", "2", "3.1", "3.2", "3.3"]
        assert phone.save(("3", ["A"], 9)).status_code == 422
        assert phone.save(("3.4", ["A"], 9)).status_code == 422
        assert phone.save(("1.1", ["A"], 9)).status_code == 422
        assert phone.submit(*rows).status_code == 200
    db.session.rollback()
    score = db.session.scalars(sa.select(Score)).one()
    assert json.loads(score.detail) == [200, 200, 0, 167, 83]
    with read_core() as connection:
        assert list(breaks(connection)) == []


def test_a_phone_without_a_script_goes_from_part_to_part(
    app: Flask, exam: Exam, moment: datetime
) -> None:
    with time_machine.travel(moment + timedelta(days=1, minutes=1), tick=False):
        phone = Phone(app, exam.code)
        phone.enter(*WHO)
        page = phone.client.get(f"/s/{phone.token}/q/4")
        text = text_of(page)
        assert "第 4 题，共 5 题" in text
        assert "材料第" in text
        assert "第 3.2 题" in text
        form = {
            name: field(page, name) for name in ("csrf", "generation", "holder", "end")
        }
        done = phone.client.post(
            f"/s/{phone.token}/q/4", data=form | {"value": "T", "go": "next"}
        )
        assert done.location.endswith("/q/5")
        again = phone.client.get(f"/s/{phone.token}/q/4").get_data(as_text=True)
        assert 'value="T" checked' in again
        blanks = phone.client.get(f"/s/{phone.token}/hand-in").get_data(as_text=True)
        assert f'href="/s/{phone.token}/q/3">3.1</a>' in blanks
        assert ">3.2</a>" not in blanks
        assert phone.client.get(f"/s/{phone.token}/q/6").status_code == 404


def test_P9_the_key_of_one_part_is_corrected_for_everybody(
    app: Flask, exam: Exam, moment: datetime
) -> None:
    asker, second = make_account("ivan", "organizer"), make_account("olga", "reviewer")
    places, right = asked(paper_of(WHO[1]))
    case = places[2].version_id
    begins = moment + timedelta(days=1, minutes=1)
    with time_machine.travel(begins, tick=False):
        phone = Phone(app, exam.code)
        phone.enter(*WHO)
        answers = right | {"3.2": ["F"]}
        rows = [(q, value, n) for n, (q, value) in enumerate(answers.items(), 1)]
        phone.submit(*rows)

    def ask(*changes: Change) -> int:
        return propose_rekey(
            exam_id=exam.id, changes=changes, reason="第二小题答案有误", key="tap",
            account_id=asker, now=begins,
        )  # fmt: skip

    with pytest.raises(Refused, match="要写明是第几小题"):
        ask(Change(case, "key", (("F",),)))
    with pytest.raises(Refused, match="没有第 4 小题"):
        ask(Change(case, "full", part=4))
    proposal = ask(Change(case, "key", (("F",),), part=2))
    confirm_rekey(proposal_id=proposal, account_id=second, now=begins)
    db.session.rollback()
    details = db.session.scalars(sa.select(Score.detail).order_by(Score.key_revision))
    assert list(map(json.loads, details)) == [
        [200, 200, 167, 0, 166],
        [200, 200, 167, 167, 166],
    ]
    with read_core() as connection:
        assert list(breaks(connection)) == []


def test_P9_a_part_of_a_case_is_read_and_corrected_on_pages(
    app: Flask, moment: datetime
) -> None:
    exam = held(moment, show_what="all")
    places, right = asked(paper_of(WHO[1]))
    case = places[2].version_id
    begins = moment + timedelta(days=1, minutes=1)
    with time_machine.travel(begins, tick=False) as clock:
        phone = Phone(app, exam.code)
        phone.enter(*WHO)
        answers = right | {"3.2": ["F"]}
        rows = [(q, value, n) for n, (q, value) in enumerate(answers.items(), 1)]
        phone.submit(*rows)
        clock.move_to(begins + timedelta(days=1))
        page = phone.client.get(f"/s/{phone.token}/result")
        shown = text_of(page)
        assert "第 3.2 题" in shown
        assert shown.count("材料第") == 1  # what the parts share stands once

        client = signed_in(app, "ivan", "organizer")
        base = f"/console/exams/{exam.id}/keys"
        assert f'value="{case}-2"' in text_of(client.get(f"{base}/new?q=材料"))
        form = client.get(f"{base}/new?v={case}-2")
        assert f'name="key-{case}-2"' in text_of(form)
        assert f'name="key-{case}-1"' not in text_of(form)
        sent = {
            "csrf_token": field(form, "csrf_token"),
            "v": f"{case}-2",
            f"kind-{case}-2": "key",
            f"key-{case}-2": "错误",
            "reason": "第二小题答案有误",
            "step": "propose",
        }
        done = client.post(f"{base}/new", data=sent)
        assert done.status_code == 303
        assert "错误" in text_of(client.get(done.location))
        db.session.rollback()
        (change,) = db.session.scalars(sa.select(Proposal)).one().asked["changes"]
        assert change == [case, "key", [["F"]], 2]
