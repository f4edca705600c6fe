"""A small whole world, made by the product's own operations and nothing else.

Units and people, a bank with a revised and a parked question, accounts with sessions
and links, a discarded draft, and an exam: drawn, sat, swept and published, with
somebody exempt, somebody absent and somebody whose sheet is still open in another.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from accounts.operations.accounts import (
    change_password,
    create_account,
    disable_account,
    enable_account,
    grant_role,
)
from accounts.operations.sessions import (
    end_other_sessions,
    make_sign_in_link,
    sign_in,
    sign_out,
    use_sign_in_link,
)
from accounts.queries import find_login_session
from accounts.rules.sessions import token_digest
from core.errors import Refused
from question_bank.operations.editing import revise_question, set_state
from question_bank.operations.intake import Source, add_question, import_questions
from question_bank.operations.undoing import undo_import
from quiz.models import Exam
from quiz.operations.answers import save_answers
from quiz.operations.closing import submit_sitting, sweep_exam
from quiz.operations.draw import draw_exam, publish_exam
from quiz.operations.entry import allow_move, start_sitting
from quiz.operations.exams import (
    change_blueprint,
    change_exam,
    create_exam,
    discard_exam,
    end_exemption,
    exempt_candidate,
    publish_results,
)
from quiz.rules.blueprint import Row
from quiz.rules.details import ExamDetails
from rehearsal.people import Place, Resident
from rehearsal.queries import sitters
from rehearsal.stage import settle
from tests.conftest import PASSWORD, SECRET
from tests.question_bank.drafts import FILL, JUDGE, MULTI, SINGLE, many, typed
from units.operations.people import add_person, remove_person

ROWS = [
    Row(position=1, kind="single", topic=None, difficulty=None, count=2, points=300),
    Row(position=2, kind="multi", topic=None, difficulty=None, count=1, points=200),
    Row(position=3, kind="fill", topic=None, difficulty=None, count=1, points=200),
]
PLACES = [
    Place("999000001", "市甲局", "政府部门", "市直"),
    Place("999000002", "市乙局", "政府部门", "市直"),
]
NAMES = ("张一", "李二", "王三", "赵四")


def build(moment: datetime) -> SimpleNamespace:
    """Make it; ``moment`` is when the exam opens. Returns ids tests ask for."""
    before = moment - timedelta(days=3)
    account = _accounts(before)
    _people(before)
    _bank(before)
    exam = _exam(account, before, moment, "EXAM0001")
    sat = _sit(exam, account, moment)
    late = moment + timedelta(hours=3)
    sweep_exam(exam_id=exam.id, now=late, key=SECRET)
    publish_results(exam_id=exam.id, account_id=account, now=late)
    running = _exam(account, before, late, "EXAM0002")
    first = sitters(running.id)[0].candidate_id
    begun = start_sitting(candidate_id=first, device=_device(90), now=late)
    _save(begun.token, _device(90), late)
    return SimpleNamespace(
        account=account, exam=exam.id, running=running.id, sat=sat, now=late
    )


def _accounts(now: datetime) -> int:
    def make(name: str, *roles: str) -> int:
        return create_account(
            username=name, display_name=name, roles=roles, actor="system", now=now
        )

    account = make("olga", "organizer", "admin")
    make("carl", "organizer")
    grant_role(username="carl", role="author", actor="system", now=now)
    link = make_sign_in_link(username="olga", actor="system", now=now)
    entered = use_sign_in_link(token=link.token, now=now)
    session = find_login_session(token_digest(entered.token))
    assert session is not None
    change_password(
        username="olga", current=None, new=PASSWORD, session_id=session.id, now=now
    )
    sign_in(username="olga", password=PASSWORD, now=now)
    with suppress(Refused):
        sign_in(username="olga", password="not-it-at-all", now=now)
    end_other_sessions(account_id=account, session_id=session.id, now=now)
    sign_out(session_id=session.id, account_id=account, now=now)
    sign_in(username="olga", password=PASSWORD, now=now)
    disable_account(username="carl", actor="system", now=now)
    enable_account(username="carl", actor="system", now=now)
    make_sign_in_link(username="carl", actor="system", now=now)
    return account


def _people(now: datetime) -> None:
    people = [
        Resident(place, name, f"{n:02d}{m:02d}", "", "中层")
        for n, place in enumerate(PLACES)
        for m, name in enumerate(NAMES)
    ]
    settle(PLACES, people, now=now)
    settle([replace(PLACES[0], category="事业单位")], people[:1], now=now)
    add_person(
        unit_code=PLACES[0].code,
        name="周五",
        phone="0099",
        staff_number="G5",
        rank="",
        actor="system",
        now=now,
    )
    remove_person(person_id=9, actor="system", now=now)


def _bank(now: datetime) -> None:
    drafts = [
        *many(30),
        *typed(*(replace(MULTI, stem=f"{MULTI.stem}（{n}）") for n in range(12))),
        *typed(*(replace(FILL, stem=f"{FILL.stem}（{n}）") for n in range(12))),
    ]
    given: Any = {"accept_good": False, "actor": "system", "now": now}
    source = Source("题库.xlsx", "ab" * 32)
    import_questions(drafts=drafts, source=source, **given)
    wrong = typed(replace(MULTI, stem="不该导入的题", topic="不该有的知识点"))
    made = import_questions(drafts=wrong, source=source, **given).import_id
    assert made is not None
    undo_import(import_id=made, actor="system", now=now)
    added = add_question(draft=replace(JUDGE, topic="民法典"), actor="system", now=now)
    revised = replace(SINGLE, stem="改过的题干，期限是（ ）日。")
    revise_question(question_id=1, base=1, draft=revised, actor="system", now=now)
    set_state(
        question_id=added, expected="approved", state="parked", actor="system", now=now
    )


def _exam(account: int, before: datetime, opens: datetime, code: str) -> Exam:
    details = ExamDetails(
        title="法治能力测试",
        opens_at=opens,
        closes_at=opens + timedelta(hours=2),
        duration_s=3600,
        pass_mark=600,
        excellent_mark=900,
        attempts=1,
        multi_rule="half",
        show_score="at_once",
        shuffle=True,
    )

    def make(name: str) -> Exam:
        return create_exam(
            details=details,
            preset="现场抽测",
            rows=ROWS[:2],
            code=name,
            account_id=account,
            now=before,
        )

    discard_exam(exam_id=make(f"D{code[1:]}").id, account_id=account, now=before)
    exam = make(code)
    own: Any = {"exam_id": exam.id, "account_id": account, "now": before}
    change_exam(details=replace(details, title="年度法治能力测试"), seen=None, **own)
    change_blueprint(rows=ROWS, seen=None, **own)
    publish_exam(
        unit_ids=None, public_source="某期开奖号码", secret="5e" * 32, key=SECRET, **own
    )
    draw_exam(public_value="0123456", **own)
    return exam


def _device(n: int) -> str:
    return hashlib.sha256(f"phone {n}".encode()).hexdigest()


def _save(token: str, device: str, now: datetime) -> dict[str, object]:
    answers = [
        {"q": "1", "seq": 1, "value": ["A"], "at_ms": 900},
        {"q": "2", "seq": 2, "value": ["B"], "at_ms": 1900},
        {"q": "3", "seq": 3, "value": ["A", "B"], "at_ms": 2900},
        {"q": "4", "seq": 4, "value": ["七", "3"], "at_ms": 3900},
        {"q": "2", "seq": 5, "value": [], "at_ms": 4900},
    ]
    body = {"generation": 1, "holder": 1, "n": 5, "answers": answers}
    save_answers(token=token, device=device, body=body, now=now)
    return body | {"n": 0, "answers": []}


def _sit(exam: Exam, account: int, opens: datetime) -> list[int]:
    """One hands in, one moves to another phone, one walks away, one is exempt."""
    people = [one.candidate_id for one in sitters(exam.id)]
    own: Any = {"exam_id": exam.id, "account_id": account, "now": opens}
    exempt_candidate(candidate_id=people[3], reason="产假", **own)
    exempt_candidate(candidate_id=people[4], reason="病假", **own)
    end_exemption(candidate_id=people[4], reason="已返岗", **own)
    for n, person in enumerate(people[:3]):
        at = opens + timedelta(minutes=n)
        begun = start_sitting(candidate_id=person, device=_device(n), now=at)
        body = _save(begun.token, _device(n), at)
        if n == 1:
            start_sitting(candidate_id=person, device=_device(50), now=at)
            allow_move(token=begun.token, account_id=account, now=at)
        if n == 0:
            submit_sitting(
                token=begun.token, device=_device(0), body=body, now=at, key=SECRET
            )
    return people[:3]
