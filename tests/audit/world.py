"""A small whole world, made by the product's own operations and nothing else.

Units and people, a bank with a revised and a parked question, accounts with sessions
and links, a discarded draft, and an exam: drawn, sat, swept and published, with
somebody exempt, somebody absent and somebody whose sheet is still open in another.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyotp
import sqlalchemy as sa

from accounts import second_factor
from accounts.models import LoginSession
from accounts.operations.accounts import (
    create_account,
    disable_account,
    enable_account,
    end_account_sessions,
    grant_role,
    revoke_role,
    unlock_account,
)
from accounts.operations.browsers import note_browsers
from accounts.operations.links import make_sign_in_link
from accounts.operations.open_sessions import (
    end_moved_session,
    end_other_sessions,
    end_session,
    prove,
    sign_out,
)
from accounts.operations.passwords import change_password
from accounts.operations.second_factor import (
    new_recovery_codes,
    reset_second_factor,
    turn_off,
    turn_on,
)
from accounts.operations.sessions import (
    Entered,
    confirm_sign_in,
    sign_in,
    use_sign_in_link,
)
from accounts.queries import find_login_session
from accounts.rules.browsers import Browser
from accounts.rules.passwords import PROFILES
from accounts.rules.sessions import token_digest
from core.db import Model, db
from core.entries import AuditEntry
from core.errors import Refused
from core.heads import heads_file
from core.sealing import settle_seals
from core.seals import sealings
from question_bank.operations.editing import revise_question
from question_bank.operations.intake import Source, add_question, import_questions
from question_bank.operations.remarks import remark_on_question, settle_remark
from question_bank.operations.reviewing import set_state
from question_bank.operations.undoing import undo_import
from quiz.models import Candidate, Exam, LateMessage, Paper, Sitting
from quiz.operations.answers import Closed, save_answers
from quiz.operations.certificates import issue_certificate
from quiz.operations.closing import submit_sitting, sweep_exam
from quiz.operations.draw import draw_exam, note_proof, publish_exam
from quiz.operations.early import close_early, undo_close
from quiz.operations.entry import allow_move, start_sitting
from quiz.operations.exams import (
    archive_exam,
    change_blueprint,
    change_exam,
    create_exam,
    discard_exam,
    end_exemption,
    exempt_candidate,
    publish_results,
)
from quiz.operations.grants import give_time, pause_exam, resume_exam
from quiz.operations.halls import renew_hall_links
from quiz.operations.incidents import note_incident
from quiz.operations.joining import accept_joining, ask_to_join, decline_joining
from quiz.operations.objections import answer_objection, make_objection
from quiz.operations.on_paper import enter_sheet, hand_in_sheet
from quiz.operations.presence import admit_candidates, check_in
from quiz.operations.proposals import drop_proposal
from quiz.operations.rekeying import confirm_rekey, propose_rekey
from quiz.operations.reopening import (
    confirm_admission,
    confirm_reopen,
    propose_admission,
    propose_reopen,
)
from quiz.operations.rooms import assign_room
from quiz.operations.voiding import reassign_sitting, void_sittings
from quiz.queries.cards import known
from quiz.queries.on_paper import entries_of
from quiz.rules.blueprint import Row
from quiz.rules.details import ExamDetails
from quiz.rules.grants import Reach
from quiz.rules.rekeying import Change
from rehearsal.people import Place, Resident
from rehearsal.queries import sitters
from rehearsal.stage import settle
from tests.conftest import PASSWORD, SECRET, empty_tables
from tests.question_bank.drafts import FILL, JUDGE, MULTI, SINGLE, many, typed
from units.models import Person, Unit
from units.operations.exemptions import (
    TypedExemption,
    decide_exemption,
    request_exemption,
    withdraw_exemption,
)
from units.operations.people import (
    TypedPerson,
    add_person,
    edit_person,
    move_person,
    put_back,
    take_off,
)
from units.operations.people import stamp_of as person_stamp
from units.operations.ranks import add_rank, drop_rank, rename_rank, shift_rank
from units.operations.rosters import check_roster, drop_window, set_window
from units.operations.tree import (
    TypedUnit,
    change_unit,
    close_unit,
    make_unit,
    move_unit,
    reopen_unit,
    shift_unit,
)
from units.operations.tree import stamp_of as unit_stamp
from units.queries.editors import SYSTEM, Editor
from units.queries.rosters import newest_change_of

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


@dataclass(frozen=True)
class _Kept:
    """A world that was made once, to be put back sooner than it is made anew."""

    tables: dict[str, bytes]  # SQLite: the whole file under one name
    sequences: dict[str, int]
    heads: bytes
    made: SimpleNamespace


_kept: dict[object, _Kept] = {}


def build(moment: datetime, *, settled: datetime | None = None) -> SimpleNamespace:
    """Make it; ``moment`` is when the exam opens. Returns ids tests ask for.

    :param settled: When all columns were sealed, before anything else happened.
    """
    begun = db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry))
    db.session.rollback()
    columns = ((one.name, one.columns) for one in sealings().values())
    key = (str(db.engine.url), moment, settled, *columns)
    if not begun and key in _kept:
        _put_back(_kept[key])
        return _kept[key].made
    known.clear()  # contents of another database
    if settled is not None:
        settle_seals(now=settled)
    made = _build(moment)
    if not begun:
        db.session.remove()
        _kept[key] = _keep(made)
    return made


def _keep(made: SimpleNamespace) -> _Kept:
    heads = heads_file().read_bytes()
    path = Path(str(db.engine.url.database))
    if db.engine.dialect.name == "sqlite":
        with db.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
        return _Kept({"": path.read_bytes()}, {}, heads, made)
    tables = {}
    with db.engine.begin() as connection:
        cursor = connection.connection.cursor()
        for name in Model.metadata.tables:
            with cursor.copy(f'COPY "{name}" TO STDOUT (FORMAT BINARY)') as copy:
                tables[name] = b"".join(copy)
        sequences = connection.execute(
            sa.text(
                "SELECT sequencename, last_value FROM pg_sequences"
                " WHERE last_value IS NOT NULL"
            )
        )
        last = {row.sequencename: row.last_value for row in sequences}
        return _Kept(tables, last, heads, made)


def _put_back(kept: _Kept) -> None:
    db.session.remove()
    heads_file().write_bytes(kept.heads)
    heads_file().chmod(0o600)
    if db.engine.dialect.name == "sqlite":
        path = Path(str(db.engine.url.database))
        db.engine.dispose()
        for ending in ("-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        path.write_bytes(kept.tables[""])
        return
    with db.engine.begin() as connection:
        empty_tables(connection)  # replica from here on: references are not looked at
        cursor = connection.connection.cursor()
        for name, content in kept.tables.items():
            with cursor.copy(f'COPY "{name}" FROM STDIN (FORMAT BINARY)') as copy:
                copy.write(content)
        for name, last in kept.sequences.items():
            connection.execute(
                sa.text("SELECT setval(CAST(:name AS regclass), :last)"),
                {"name": name, "last": last},
            )


def _build(moment: datetime) -> SimpleNamespace:
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
    _on_paper(sitters(running.id)[-1].candidate_id, account, late)
    _hand(account, before, late + timedelta(days=1))
    return SimpleNamespace(
        account=account, exam=exam.id, running=running.id, sat=sat, now=late
    )


def _on_paper(candidate_id: int, account: int, now: datetime) -> None:
    """A sheet written by pen: entered by two people who differ, settled, handed in."""
    query = sa.select(Paper.id).where(Paper.candidate_id == candidate_id)
    paper_id = db.session.scalars(query).one()
    db.session.rollback()
    for who, letter in ((account, "A"), (2, "B")):
        answers = {"1": [letter]}
        enter_sheet(paper_id=paper_id, answers=answers, account_id=who, now=now)
    db.session.rollback()
    seen = [one.entered_at for one in entries_of(paper_id)]
    hand_in_sheet(
        paper_id=paper_id, chosen={"1": 2}, seen=seen, account_id=account,
        now=now, key=SECRET,
    )  # fmt: skip


def _accounts(now: datetime) -> int:
    def make(name: str, *roles: str) -> int:
        return create_account(
            username=name, display_name=name, roles=roles, actor="system", now=now
        )

    act: Any = {"actor": "system", "now": now}
    account = make("olga", "organizer", "admin")
    make("carl", "organizer")  # account 2: the second person
    grant_role(username="carl", role="author", unit_id=None, **act)
    grant_role(username="carl", role="liaison", unit_id=None, **act)
    revoke_role(username="carl", role="liaison", unit_id=None, **act)
    link = make_sign_in_link(username="olga", actor="system", now=now)
    session = _session(use_sign_in_link(token=link.token, now=now))
    keeps = replace(PROFILES["length"], history=2)
    for new in ("willow-beside-water", "poplar-in-the-wind", PASSWORD):
        token = change_password(
            username="olga",
            current=None,
            new=new,
            session_id=session.id,
            profile=keeps,
            now=now,
        )
        session = _session(Entered(token, must_choose_password=False))
    own: Any = {"account_id": account, "now": now}
    _browsers(session, own)
    _second_factor(session, own)
    unlock_account(username="olga", **act)
    end_other_sessions(session_id=session.id, **own)
    sign_out(session_id=session.id, **own)
    sign_in(username="olga", password=PASSWORD, now=now)
    end_account_sessions(username="olga", **act)
    sign_in(username="olga", password=PASSWORD, now=now)
    disable_account(username="carl", actor="system", now=now)
    enable_account(username="carl", actor="system", now=now)
    _turn_on(2, 0, now)
    make_sign_in_link(username="carl", actor="system", now=now)
    return account


def _session(entered: Entered) -> LoginSession:
    found = find_login_session(token_digest(entered.token))
    assert found is not None
    return found


def _browsers(session: LoginSession, own: Any) -> None:
    """Sign-ins with browsers, one of them new, and sessions that end each way."""
    now: datetime = own["now"]
    for name in ("a", "b", "a"):
        browser = Browser(name * 64, f"浏览器{name}")
        opened = _session(
            sign_in(username="olga", password=PASSWORD, now=now, browser=browser)
        )
        if name == "b":
            end_session(session_id=opened.id, **own)
    end_moved_session(session_id=opened.id, **own)
    note_browsers(here=None, **own)
    with suppress(Refused):
        sign_in(username="olga", password="not-it-at-all", now=now)
    with suppress(Refused):
        prove(session_id=session.id, secret="not-it-at-all", key=SECRET, **own)
    prove(session_id=session.id, secret=PASSWORD, key=SECRET, **own)


def _second_factor(session: LoginSession, own: Any) -> None:
    """An authenticator, a code used and one wrong, recovery codes, all gone again."""
    now: datetime = own["now"]
    _turn_on(own["account_id"], session.id, now)
    (code, *_rest) = new_recovery_codes(key=SECRET, **own)
    half = sign_in(username="olga", password=PASSWORD, now=now).token
    with suppress(Refused):
        confirm_sign_in(token=half, code="000000", key=SECRET, now=now)
    confirm_sign_in(token=half, code=code, key=SECRET, now=now)
    turn_off(**own)
    _turn_on(own["account_id"], session.id, now)
    reset_second_factor(username="olga", actor="system", now=now)


def _turn_on(account_id: int, session_id: int, now: datetime) -> None:
    nonce = "0" * 32
    secret = second_factor.secret_of(SECRET, account_id, nonce)
    turn_on(
        account_id=account_id,
        session_id=session_id,
        nonce=nonce,
        code=pyotp.TOTP(secret).at(now),
        key=SECRET,
        now=now,
    )


def _people(now: datetime) -> None:
    people = [
        Resident(place, name, f"{n:02d}{m:02d}", "", "中层")
        for n, place in enumerate(PLACES)
        for m, name in enumerate(NAMES)
    ]
    settle(PLACES, people, now=now)
    settle([replace(PLACES[0], category="事业单位")], people[:1], now=now)
    number = add_person(
        unit_id=1,
        typed=TypedPerson("周五", "0099", "G5", ""),
        namesake=False,
        editor=SYSTEM,
        now=now,
    )
    person = db.session.get_one(Person, number)
    edit_person(
        person_id=number,
        typed=TypedPerson("周五", "0098", "G5", ""),
        seen=person_stamp(person),
        editor=SYSTEM,
        now=now,
    )
    move_person(person_id=number, unit_id=2, reason="", editor=SYSTEM, now=now)
    take_off(person_id=number, reason="退休", editor=SYSTEM, now=now)
    put_back(person_id=number, editor=SYSTEM, now=now)
    take_off(person_id=number, reason="退休", editor=SYSTEM, now=now)
    _units(now)
    _rosters(now)


def _units(now: datetime) -> None:
    """A unit that was there once."""

    def make(code: str) -> int:
        typed = TypedUnit(code, f"市{code}局", "", "")
        return make_unit(typed=typed, parent_id=1, editor=SYSTEM, now=now)

    unit_id, _sister = make("Y1"), make("Y2")
    change_unit(
        unit_id=unit_id,
        typed=TypedUnit("Y1", "市丙局", "群团", "市直"),
        seen=unit_stamp(db.session.get_one(Unit, unit_id)),
        editor=SYSTEM,
        now=now,
    )
    shift_unit(unit_id=unit_id, step=1, editor=SYSTEM, now=now)
    move_unit(unit_id=unit_id, parent_id=2, editor=SYSTEM, now=now)
    close_unit(unit_id=unit_id, editor=SYSTEM, now=now)
    reopen_unit(unit_id=unit_id, editor=SYSTEM, now=now)
    close_unit(unit_id=unit_id, editor=SYSTEM, now=now)


def _rosters(now: datetime) -> None:
    """Rank groups, deadlines, a check, and exemptions in every state."""
    add_rank(name="一般干部", editor=SYSTEM, now=now)
    rename_rank(old="中层", new="科室负责人", editor=SYSTEM, now=now)
    shift_rank(name="一般干部", step=-1, editor=SYSTEM, now=now)
    drop_rank(name="新录用", editor=SYSTEM, now=now)
    for unit_id in (None, 1):
        later = now + timedelta(days=9)
        set_window(unit_id=unit_id, closes_at=later, editor=SYSTEM, now=now)
    drop_window(unit_id=1, editor=SYSTEM, now=now)
    check_roster(unit_id=1, seen=newest_change_of(1), editor=SYSTEM, now=now)
    typed = TypedExemption("其他", "脱产学习", now + timedelta(days=1), "")
    for n, approve in enumerate((True, False)):
        number = request_exemption(person_id=n + 1, typed=typed, editor=SYSTEM, now=now)
        decide_exemption(
            exemption_id=number,
            approve=approve,
            note="",
            alone=False,
            editor=Editor("account:2", "carl", SYSTEM.scope),
            now=now,
        )
    withdraw_exemption(exemption_id=1, editor=SYSTEM, now=now)


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
    remark = remark_on_question(
        version_id=1, text="期限对吗？", actor="system", now=now
    )
    settle_remark(remark_id=remark, outcome="已核对", actor="system", now=now)


def _exam(account: int, before: datetime, opens: datetime, code: str) -> Exam:
    details = ExamDetails(
        title="法治能力测试",
        opens_at=opens,
        closes_at=opens + timedelta(hours=2),
        duration_s=3600,
        pass_mark=0,
        excellent_mark=900,
        attempts=1,
        multi_rule="half",
        show_score="at_once",
        shuffle=True,
        provisional=code == "EXAM0003",
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
    _join(exam.id, account, opens)
    for n, person in enumerate(people[:3]):
        at = opens + timedelta(minutes=n)
        begun = start_sitting(candidate_id=person, device=_device(n), now=at)
        body = _save(begun.token, _device(n), at)
        if n == 1:
            start_sitting(candidate_id=person, device=_device(50), now=at)
            allow_move(token=begun.token, reason="手机没电", account_id=account, now=at)
        if n == 0:
            submit_sitting(
                token=begun.token, device=_device(0), body=body, now=at, key=SECRET
            )
    return people[:3]


def _join(exam_id: int, account: int, now: datetime) -> None:
    """Two who are on no roster ask; one is let in. Where they may begin, one does."""
    unit_id = sitters_unit(exam_id)
    own: Any = {"exam_id": exam_id, "now": now}
    for n, name in enumerate(("何新来", "何不速")):
        device = _device(70 + n)
        asked = ask_to_join(
            unit_id=unit_id, name=name, number_digest=f"{n:064d}", device=device, **own
        )
        if asked.candidate_id is not None and n == 1:
            start_sitting(candidate_id=asked.candidate_id, device=device, now=now)
        decide = (accept_joining, decline_joining)[n]
        decide(joining_id=asked.id, reason="已看工作证", account_id=account, **own)


def sitters_unit(exam_id: int) -> int:
    """A unit with people in an exam."""
    db.session.rollback()
    query = sa.select(Candidate.unit_id).where(Candidate.exam_id == exam_id).limit(1)
    return db.session.scalars(query).one()


def _hand(account: int, before: datetime, opens: datetime) -> None:
    """Everything people can do to an exam that runs, in a third one."""
    exam = _exam(account, before, opens, "EXAM0003")
    people = [one.candidate_id for one in sitters(exam.id)]
    begun = [
        start_sitting(candidate_id=person, device=_device(n), now=opens)
        for n, person in enumerate(people[:5])
    ]
    ids = [_sitting_id(one.token) for one in begun]
    bodies = [_save(one.token, _device(n), opens) for n, one in enumerate(begun)]
    own: Any = {"exam_id": exam.id, "account_id": account, "now": opens}
    give_time(reach=Reach(), seconds=60, reason="断网", key="g1", **own)
    assign_room(candidate_ids=people[:2], room="第1考场", **own)
    admit_candidates(candidate_ids=[people[6]], reason="已核对本人", **own)
    check_in(candidate_id=people[0], how="scan", room="第1考场", now=opens)
    renew_hall_links(reason="地址外传", **own)
    _join(exam.id, account, opens)
    for n, about in enumerate((people[0], None)):
        note_incident(
            candidate_id=about, room=None, kind="device", text="手机没电",
            happened_at=opens, key=f"i{n}", **own,
        )  # fmt: skip
    pause = pause_exam(reason="火警", key="p1", **own)
    later = opens + timedelta(minutes=7)
    own["now"] = later
    resume_exam(pause_id=pause, **own)
    reassign_sitting(
        sitting_id=ids[4], candidate_id=people[5], reason="选错了人",
        account_id=account, now=later,
    )  # fmt: skip
    submit_sitting(
        token=begun[0].token, device=_device(0), body=bodies[0], now=later, key=SECRET
    )
    _reopen(ids[0], account, later)
    # One spare suffices for one, and not for two more.
    for places in ((1,), (2, 3)):
        void_sittings(
            sitting_ids=[ids[n] for n in places], reason="发错卷", fresh=True, **own
        )
    close_early(reason="误点", **own)
    sweep_exam(exam_id=exam.id, now=later + timedelta(minutes=1), key=SECRET)
    own["now"] = later + timedelta(minutes=2)
    undo_close(**own)
    over = later + timedelta(hours=3)
    sweep_exam(exam_id=exam.id, now=over, key=SECRET)
    _admit(begun[4].token, ids[4], account, over)
    version = json.loads(
        db.session.execute(sa.select(Paper.items).order_by(Paper.id)).scalars().first()
        or ""
    )[0][0]
    proposal = propose_rekey(
        exam_id=exam.id, changes=[Change(version, "key", (("A",),))], reason="答案有误",
        key="k1", account_id=account, now=over,
    )  # fmt: skip
    confirm_rekey(proposal_id=proposal, account_id=2, now=over)
    issue_certificate(sitting_id=ids[0], now=over)
    objection = make_objection(sitting_id=ids[0], q="1", text="期限已改", now=over)
    answer_objection(
        exam_id=exam.id, objection_id=objection, outcome="kept", answer="题目无误",
        account_id=account, now=over,
    )  # fmt: skip
    own["now"] = over
    publish_results(**own)
    note_proof(**own)
    archive_exam(**own)


def _sitting_id(token: str) -> int:
    db.session.rollback()
    query = sa.select(Sitting.id).where(Sitting.token == token)
    return db.session.execute(query).scalar_one()


def _reopen(sitting_id: int, account: int, now: datetime) -> None:
    asks: Any = {"sitting_id": sitting_id, "seconds": 600, "reason": "误触", "now": now}
    first = propose_reopen(key="r1", account_id=account, **asks)
    confirm_reopen(proposal_id=first, account_id=2, now=now)


def _admit(token: str, sitting_id: int, account: int, now: datetime) -> None:
    body = {
        "generation": 2, "holder": 1, "n": 1,
        "answers": [{"q": "1", "seq": 9, "value": ["B"]}],
    }  # fmt: skip
    with suppress(Closed):
        save_answers(token=token, device=_device(4), body=body, now=now)
    db.session.rollback()
    late = db.session.scalars(
        sa.select(LateMessage.id).where(LateMessage.sitting_id == sitting_id)
    ).one()
    asks: Any = {"late_id": late, "reason": "断网", "account_id": account, "now": now}
    for key, decided_by in (("a1", account), ("a2", 2)):
        dropped = propose_admission(key=key, **asks)
        drop_proposal(proposal_id=dropped, account_id=decided_by, now=now)
    admitted = propose_admission(key="a3", **asks)
    confirm_admission(proposal_id=admitted, account_id=2, now=now, key=SECRET)
