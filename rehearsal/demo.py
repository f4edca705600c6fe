"""The demo: an invented city with one closed exam and one that is open.

Everything is done by the operations people use, at moments of the past, so the
demo is what the product makes and nothing else. People, units and how everybody
answers are always the same; the papers differ between installations, because a
draw is bound to the installation's own secret.

Every step finds out what is there already: a demo that was cut off goes on.
"""

from __future__ import annotations

import tempfile
from datetime import datetime, time, timedelta
from pathlib import Path

import click
from flask import current_app

from accounts.operations.accounts import create_account
from accounts.queries import find_account
from core.errors import Refused
from question_bank.formats.files import read_file
from question_bank.operations.intake import import_questions
from quiz.models import Exam
from quiz.operations.draw import draw_exam, publish_exam
from quiz.operations.exams import create_exam
from quiz.rules.details import ExamDetails
from quiz.rules.lifecycle import State, state_of
from quiz.rules.presets import Preset, preset_named, rows_of
from quiz.tokens import new_code, new_secret
from rehearsal.hall import hold_closed_exam
from rehearsal.people import CITY, KNOWN, UNITS_FILE, places, residents, roster_csv
from rehearsal.queries import exam_titled, exams_of_demo, unit_codes
from units.files import read_people_file, read_units_file
from units.operations.people import import_people
from units.operations.results import digest_of
from units.operations.units import import_units

USERNAME = "demo"
ACTOR = "system"
STARTER = Path(__file__).resolve().parent.parent / "question_bank" / "starter"
PRESET = "现场抽测"
CLOSED_TITLE = f"{CITY}法治能力现场抽测（第一批）"
OPEN_TITLE = f"{CITY}法治能力在线测试（体验场）"
OPEN_FOR = timedelta(hours=12)
STILL_OPEN = timedelta(minutes=90)  # one that closes sooner than that is no welcome
DAYS_AGO = 4  # when the closed exam was held
ATTEMPTS = 3  # of the open exam: several visitors share the known candidate


def load_demo(*, now: datetime) -> None:
    """Make the demo, or go on where making it was cut off. Prints what it does.

    :raises Refused: If the database holds units that are not the demo's.
    """
    if unit_codes() - {place.code for place in places()}:
        raise Refused("数据库里已有自己的单位，示例数据只能载入空的数据库")
    opens = _day_of(now)
    account_id = _account(opens - timedelta(days=7))
    _city(opens - timedelta(days=6))
    _bank(opens - timedelta(days=5))
    _closed_exam(opens, account_id)
    ensure_open_exam(now=now)


def is_unfinished() -> bool:
    """Whether a demo was begun and cut off before its closed exam was complete."""
    codes = unit_codes()
    if not codes or codes - {place.code for place in places()}:
        return False
    exam = exam_titled(CLOSED_TITLE)
    return exam is None or exam.results_at is None


def ensure_open_exam(*, now: datetime) -> str:
    """See to it that a demo exam is open for a while yet; returns its code."""
    for exam in exams_of_demo():
        if state_of(exam, now) is State.OPEN and exam.closes_at - now >= STILL_OPEN:
            return exam.code
    account = find_account(USERNAME)
    exam = _new_exam(
        OPEN_TITLE,
        preset_named(PRESET),
        opens=now,
        closes=now + OPEN_FOR,
        attempts=ATTEMPTS,
        show_score="at_once",
        account_id=account.id if account else None,
        now=now,
    )
    _publish_and_draw(exam, now=now, account_id=account.id if account else None)
    say(f"已发布开放的示例考试 {exam.code}")
    return exam.code


def known_candidate() -> tuple[str, str, str]:
    """Unit, name and last four digits of somebody who is on the demo's roster."""
    return KNOWN[0], KNOWN[1], KNOWN[2]


def say(text: str) -> None:
    """A line of progress."""
    click.echo(f"  {text}")


def _day_of(now: datetime) -> datetime:
    """Nine o'clock of a working day a few days ago."""
    day = (now - timedelta(days=DAYS_AGO)).astimezone(current_app.config["TIMEZONE"])
    while day.weekday() >= 5:
        day -= timedelta(days=1)
    return datetime.combine(day.date(), time(9), tzinfo=day.tzinfo)


def _account(now: datetime) -> int:
    found = find_account(USERNAME)
    if found is not None:
        return found.id
    return create_account(
        username=USERNAME,
        display_name="示例组织者",
        roles=("organizer", "admin"),
        actor=ACTOR,
        now=now,
    )


def _city(now: datetime) -> None:
    units = read_units_file(UNITS_FILE, filename=UNITS_FILE.name)
    result = import_units(
        reading=units,
        accept_good=False,
        source=digest_of(UNITS_FILE),
        actor=ACTOR,
        now=now,
    )
    say(f"单位 {result.added + result.unchanged} 个")
    with tempfile.TemporaryDirectory() as folder:
        roster = Path(folder, "roster.csv")
        roster.write_text(roster_csv(residents()), encoding="utf-8")
        result = import_people(
            reading=read_people_file(roster, filename=roster.name),
            accept_good=False,
            source=digest_of(roster),
            actor=ACTOR,
            now=now + timedelta(minutes=20),
        )
    if not result.done:
        raise Refused("示例名单有误：%(why)s", why=result.bad[0])
    say(f"人员 {result.added + result.unchanged} 人")


def _bank(now: datetime) -> None:
    total = 0
    for n, path in enumerate(sorted(STARTER.glob("*.json"))):
        result = import_questions(
            drafts=read_file(path, filename=path.name).typed,
            accept_good=False,
            actor=ACTOR,
            now=now + timedelta(minutes=n),
        )
        total += result.plan.total
    say(f"题目 {total} 道")


def _closed_exam(opens: datetime, account_id: int) -> None:
    exam = exam_titled(CLOSED_TITLE)
    published = opens - timedelta(days=2)
    if exam is None:
        exam = _new_exam(
            CLOSED_TITLE,
            preset_named(PRESET),
            opens=opens,
            closes=opens + timedelta(hours=2, minutes=30),
            attempts=1,
            show_score="when_published",
            account_id=account_id,
            now=published,
        )
    if exam.drawn_at is None:
        _publish_and_draw(exam, now=published, account_id=account_id)
        say("已抽取试卷")
    if exam.results_at is None:
        say("模拟作答 …")
        took = hold_closed_exam(exam_id=exam.id, account_id=account_id)
        say(f"已收卷 {took} 份，成绩已公布")


def _new_exam(
    title: str,
    preset: Preset,
    *,
    opens: datetime,
    closes: datetime,
    attempts: int,
    show_score: str,
    account_id: int | None,
    now: datetime,
) -> Exam:
    details = ExamDetails(
        title=title,
        opens_at=opens,
        closes_at=closes,
        duration_s=preset.minutes * 60,
        pass_mark=preset.pass_mark,
        excellent_mark=preset.excellent_mark,
        attempts=attempts,
        multi_rule="exact",
        show_score=show_score,
        shuffle=True,
    )
    return create_exam(
        details=details,
        preset=preset.name,
        rows=rows_of(preset),
        code=new_code(),
        account_id=account_id,
        now=now,
        demo=True,
    )


def _publish_and_draw(exam: Exam, *, now: datetime, account_id: int | None) -> None:
    if exam.published_at is None:
        publish_exam(
            exam_id=exam.id,
            unit_ids=None,
            public_source="",
            secret=new_secret(),
            key=str(current_app.secret_key),
            account_id=account_id,
            now=now,
        )
    draw_exam(exam_id=exam.id, public_value="", account_id=account_id, now=now)
