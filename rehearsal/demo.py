"""The demo: an invented city with one closed exam and one that is open.

Everything is done by the operations people use, at moments of the past, so the
demo is what the product makes and nothing else. People, units and how everybody
answers are always the same; the papers differ between installations, because a
draw is bound to the installation's own secret.

Every step finds out what is there already: a demo that was cut off goes on.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

import click
from flask import current_app

from accounts.operations.accounts import create_account
from accounts.queries import find_account
from core.errors import Refused
from quiz.rules.lifecycle import State, state_of
from rehearsal.hall import hold_closed_exam
from rehearsal.people import CITY, KNOWN, places, residents
from rehearsal.queries import exam_titled, exams_of_demo, unit_codes
from rehearsal.stage import (
    ACTOR,
    Booking,
    book,
    publish_and_draw,
    settle,
    stock_bank,
)

USERNAME = "demo"
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
    units, people = settle(places(), residents(), now=opens - timedelta(days=6))
    say(f"单位 {units} 个，人员 {people} 人")
    questions = stock_bank(now=opens - timedelta(days=5))
    say(f"题目 {questions} 道")
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
    account_id = account.id if account else None
    booking = Booking(
        title=OPEN_TITLE,
        opens=now,
        closes=now + OPEN_FOR,
        attempts=ATTEMPTS,
        show_score="at_once",
    )
    exam = book(booking, account_id=account_id, now=now)
    publish_and_draw(exam, account_id=account_id, now=now)
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


def _closed_exam(opens: datetime, account_id: int) -> None:
    exam = exam_titled(CLOSED_TITLE)
    published = opens - timedelta(days=2)
    if exam is None:
        booking = Booking(
            title=CLOSED_TITLE,
            opens=opens,
            closes=opens + timedelta(hours=2, minutes=30),
            attempts=1,
            show_score="when_published",
        )
        exam = book(booking, account_id=account_id, now=published)
    if exam.drawn_at is None:
        publish_and_draw(exam, account_id=account_id, now=published)
        say("已抽取试卷")
    if exam.results_at is None:
        say("模拟作答 …")
        took = hold_closed_exam(exam_id=exam.id, account_id=account_id)
        say(f"已收卷 {took} 份，成绩已公布")
