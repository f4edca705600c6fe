"""The demo and the rehearsal from the terminal."""

from __future__ import annotations

import sys
import time
from urllib.parse import urlsplit

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_babel import gettext

from core.cli import upgrade_database
from core.clock import now
from core.config import Settings
from quiz.queries.exams import exam_by_code
from quiz.rules.lifecycle import State, state_of
from rehearsal.queries import people_of_exam, unit_codes


@click.command("demo", help="载入示例数据：虚构的城市、题库和两场考试")
@click.option("--if-empty", is_flag=True, help="数据库里已有单位时什么也不做")
@with_appcontext
def demo(*, if_empty: bool) -> None:
    """Load the demo, or go on with one that was cut off; names a candidate to be."""
    # Imported here: workers that serve candidates need none of it.
    from rehearsal.demo import (  # noqa: PLC0415
        ensure_open_exam,
        known_candidate,
        load_demo,
    )

    upgrade_database()
    if if_empty and unit_codes():
        click.echo(gettext("数据库里已有单位，没有载入示例数据"))
        return
    began = time.monotonic()
    click.echo(gettext("正在载入示例数据"))
    load_demo(now=now())
    code = ensure_open_exam(now=now())
    seconds = round(time.monotonic() - began)
    unit, name, number = known_candidate()
    click.echo(gettext("示例数据已就绪，用时 %(n)d 秒", n=seconds))
    click.echo(gettext("开放的考试：/e/%(code)s", code=code))
    click.echo(
        gettext(
            "可用这位虚构人员进入：%(unit)s，%(name)s，手机后四位 %(number)s",
            unit=unit, name=name, number=number,
        )
    )  # fmt: skip


@click.command("rehearse", help="让模拟手机参加一场示例考试，服务要先启动")
@click.option("--exam", "code", required=True, help="考试代码，必须是示例考试")
@click.option("--people", default=60, show_default=True, help="多少人参加")
@click.option("--at-once", default=16, show_default=True, help="同时有多少人在线")
@click.option("--url", default="", help="服务的地址，默认是本机")
@with_appcontext
def rehearse(code: str, people: int, at_once: int, url: str) -> None:
    """Let simulated phones sit a demo exam on the running server."""
    # Imported here, as above.
    from rehearsal.crowd import Habit, hold_exam, run  # noqa: PLC0415
    from rehearsal.phone import Patience, Who  # noqa: PLC0415
    from rehearsal.wire import Address  # noqa: PLC0415

    exam = exam_by_code(code)
    if not exam.demo:
        raise click.ClickException(
            gettext("这不是示例考试：演练会留下虚构的成绩，只能在示例考试上进行")
        )
    if state_of(exam, now()) is not State.OPEN:
        raise click.ClickException(gettext("这场考试现在没有开放"))
    who = [Who(*typed) for typed in people_of_exam(exam.id)][:people]
    outcome = run(
        hold_exam(
            who,
            [Habit(together=4, second_thoughts=0.1)] * len(who),
            address=Address(*_address(url)),
            code=exam.code,
            at_once=at_once,
            seed=1,
            patience=Patience(),
        )
    )
    for line in outcome.lines():
        click.echo(line)
    if outcome.errors:
        sys.exit(1)


def _address(url: str) -> tuple[str, int]:
    settings: Settings = current_app.config["SETTINGS"]
    parts = urlsplit(url or f"http://127.0.0.1:{settings.port}")
    if parts.scheme != "http" or not parts.hostname:
        raise click.ClickException(gettext("地址应当像 http://127.0.0.1:8000"))
    return parts.hostname, parts.port or 80
