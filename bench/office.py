"""What is done at a desk: drawing, publishing for 10,000 people, their report."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from flask import current_app

from bench.clerk import Clerk, sign_in
from bench.draws import draw_cpu
from bench.fill import close_all
from bench.server_cpu import cpu_seconds
from bench.sides import say
from bench.stages import OPEN_FOR, Ground, application, exam_id_of
from bench.table import Row, ours
from core.db import write_core
from quiz.operations.draw import draw_exam, publish_exam
from quiz.tokens import new_secret
from rehearsal.crowd import run
from rehearsal.server import running
from rehearsal.stage import Booking, book

FULL, QUICK = 10_000, 1_500  # people


def measure(ground: Ground, parts: Sequence[str], *, quick: bool) -> list[Row]:
    """Each as somebody waits for it, in seconds.

    :param parts: Those whose rows are wanted: draw, publish, report.
    """
    rows = []
    if "draw" in parts and ground.postgres is None:  # it knows no database
        spent = draw_cpu(600, 1000)
        what = "drawing 600 papers from 1,000: CPU"
        rows.append(ours(what, f"{spent:.2f} s", "< 1 s"))
    if set(parts) == {"draw"}:
        return rows
    people = QUICK if quick else FULL
    stage = ground.stage(people)
    say(f"{people} people on {ground.name}")
    with application(stage):
        code, seconds, drawing = _publish()
        if "publish" in parts:
            what = f"publishing an exam for {people:,} people"
            total = f"{seconds + drawing:.1f} s"
            rows.append(ours(f"{what}: freezing", f"{seconds:.1f} s"))
            rows.append(ours(f"{what}: drawing {people:,} papers", f"{drawing:.1f} s"))
            rows.append(ours(f"{what}: both", total, "< 30 s"))
        with write_core() as connection:
            close_all(connection, code)
        exam = exam_id_of(code)
    if "report" in parts:
        cookie = sign_in(stage)
        with running(stage.instance, settings=stage.settings) as server:
            clerk = Clerk(server.address, cookie, exam)
            before = cpu_seconds(server)
            run(clerk.twice())
            each = (cpu_seconds(server) - before) / 2
            rows += clerk.rows(people, "", "< 5 s")
            what = f"unit report of {people:,} sittings, page and xlsx: CPU"
            rows.append(ours(what, f"{each:.1f} s"))
    return rows


def _publish() -> tuple[str, float, float]:
    """Publish and draw an exam for everybody; its code, and how long both took."""
    now = datetime.now(UTC)
    booking = Booking("性能测量", now, now + OPEN_FOR, 1, "at_once")
    exam = book(booking, account_id=None, now=now)
    publishing = _timed(
        lambda: publish_exam(
            exam_id=exam.id,
            unit_ids=None,
            public_source="",
            secret=new_secret(),
            key=str(current_app.secret_key),
            account_id=None,
            now=now,
        )
    )
    drawing = _timed(
        lambda: draw_exam(exam_id=exam.id, public_value="", account_id=None, now=now)
    )
    return exam.code, publishing, drawing


def _timed(act: Callable[[], object]) -> float:
    began = time.monotonic()
    act()
    return time.monotonic() - began
