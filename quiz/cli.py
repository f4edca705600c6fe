"""Exams from the terminal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
from flask import current_app, json
from flask.cli import AppGroup
from flask_babel import gettext

from core.clock import clock_step, now
from core.config import Settings
from core.errors import Refused
from core.network import public_address
from core.pages import clock, points
from core.qr import qr_png, qr_svg, qr_text
from quiz.models import Exam
from quiz.operations.closing import sweep_exam
from quiz.operations.draw import draw_exam, publish_exam
from quiz.operations.exams import create_exam
from quiz.promises import promise_lines, promises
from quiz.queries.exams import exam_by_code, exam_figures, exams_listed
from quiz.queries.stock import outlook_of, rows_of, units_with_people
from quiz.rules.blueprint import maximum
from quiz.rules.details import ExamDetails
from quiz.rules.lifecycle import state_of
from quiz.rules.presets import PRESETS, preset_named
from quiz.rules.presets import rows_of as preset_rows
from quiz.tokens import new_code, new_secret
from units.queries.units import unit_by_code

MOMENT = "%Y-%m-%d %H:%M"

exams = AppGroup("exams", help="考试：预设、新建、发布、抽卷、二维码、收卷、核对")
as_json = click.option("--json", "as_json", is_flag=True, help="以 JSON 输出")


@exams.command("presets", help="列出预设")
@as_json
def presets(*, as_json: bool) -> None:
    """List the presets."""
    facts = [
        {
            "name": preset.name,
            "questions": sum(row.count for row in preset.rows),
            "points": points(maximum(preset_rows(preset))),
            "minutes": preset.minutes,
            "pass": points(preset.pass_mark),
            "excellent": points(preset.excellent_mark),
            "attempts": preset.attempts,
            "note": preset.note,
        }
        for preset in PRESETS
    ]
    _report(facts, _preset_line, as_json=as_json)


@exams.command("new", help="按预设新建一场考试（草稿）")
@click.option("--preset", "preset_name", default=PRESETS[0].name, help="预设名称")
@click.option("--title", required=True, help="考试名称")
@click.option("--opens", required=True, help="开始时间，例如 2026-11-24 09:00")
@click.option("--closes", help="结束时间，默认开始后作答时长再加 30 分钟")
@click.option("--minutes", type=int, help="作答时长（分钟），默认同预设")
@click.option("--attempts", type=int, help="每人作答次数，默认同预设")
@click.option("--unit", "unit_code", help="主办单位的编码；默认属于全部单位")
@as_json
def new(
    preset_name: str,
    title: str,
    opens: str,
    closes: str | None,
    minutes: int | None,
    attempts: int | None,
    unit_code: str | None,
    *,
    as_json: bool,
) -> None:
    """Make a draft from a preset."""
    preset = preset_named(preset_name)
    duration = timedelta(minutes=preset.minutes if minutes is None else minutes)
    opens_at = typed_moment(opens)
    later = opens_at + duration + timedelta(minutes=30)
    details = ExamDetails(
        title=title,
        opens_at=opens_at,
        closes_at=typed_moment(closes) if closes else later,
        duration_s=int(duration.total_seconds()),
        pass_mark=preset.pass_mark,
        excellent_mark=preset.excellent_mark,
        attempts=preset.attempts if attempts is None else attempts,
        multi_rule="exact",
        show_score="at_once",
        shuffle=True,
    )
    exam = create_exam(
        details=details,
        preset=preset.name,
        rows=preset_rows(preset),
        code=new_code(),
        account_id=None,
        now=now(),
        unit_id=None if unit_code is None else unit_by_code(unit_code).id,
    )
    _report(
        _facts(exam),
        lambda facts: gettext("已新建草稿，考试码 %(code)s", code=facts["code"]),
        as_json=as_json,
    )


@exams.command("publish", help="发布：固定名单和题库；没有约定公开值就立即抽卷")
@click.argument("code")
@click.option("--unit", "units", multiple=True, help="只考这些单位（名称），可多次给出")
@click.option("--public-source", default="", help="约定的公开值是什么；给出则先不抽卷")
@as_json
def publish(
    code: str, units: tuple[str, ...], public_source: str, *, as_json: bool
) -> None:
    """Freeze an exam, and draw unless a public value is awaited."""
    moment = now()
    papers = None
    exam = exam_by_code(code)
    publish_exam(
        exam_id=exam.id,
        unit_ids=_unit_ids(exam, units),
        public_source=public_source,
        secret=new_secret(),
        key=current_app.config["SECRET_KEY"],
        account_id=None,
        now=moment,
    )
    if not public_source.strip():
        papers = draw_exam(
            exam_id=exam.id, public_value="", account_id=None, now=moment
        )
    exam = exam_by_code(code)
    facts = _facts(exam) | {
        "commitment": exam.commitment,
        "roster_digest": exam.roster_digest,
        "bank_digest": exam.bank_digest,
        "blueprint_digest": exam.blueprint_digest,
        "papers": papers,
    }
    done = (
        gettext("已发布。公开值公布后运行 flask exams draw %(code)s", code=exam.code)
        if papers is None
        else gettext("已发布，%(n)d 份试卷已抽好", n=papers)
    )
    _report(facts, lambda _facts: done, as_json=as_json)


@exams.command("draw", help="抽卷（约定了公开值的考试）")
@click.argument("code")
@click.option("--public-value", default="", help="公布的公开值，照原样")
@as_json
def draw(code: str, public_value: str, *, as_json: bool) -> None:
    """Draw the papers of a published exam."""
    papers = draw_exam(
        exam_id=exam_by_code(code).id,
        public_value=public_value,
        account_id=None,
        now=now(),
    )
    facts = _facts(exam_by_code(code)) | {"papers": papers}
    _report(
        facts,
        lambda facts: gettext("%(n)d 份试卷已抽好", n=facts["papers"]),
        as_json=as_json,
    )


@exams.command("guarantee", help="抽卷保证：一组几份、最高出现率、缺哪些题")
@click.argument("code")
@as_json
def guarantee(code: str, *, as_json: bool) -> None:
    """What the draw promises, or what the bank lacks."""
    outlook = outlook_of(exam_by_code(code))
    facts = promises(outlook)
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
    else:
        for line in promise_lines(facts):
            click.echo(line)
    if outlook.guarantee is None:
        raise SystemExit(1)


@exams.command("qr", help="二维码：存成 .svg 或 .png，或显示在终端")
@click.argument("code")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="文件")
@click.option("--base", help="手机能打开的地址，例如 http://10.0.0.5:8000")
def qr(code: str, out: Path | None, base: str | None) -> None:
    """Write an exam's QR code to a file, or show it here."""
    settings: Settings = current_app.config["SETTINGS"]
    exam = exam_by_code(code)
    address = f"{(base or public_address(settings)).rstrip('/')}/e/{exam.code}"
    if out is None:
        click.echo(qr_text(address))
    elif out.suffix.lower() == ".svg":
        out.write_text(qr_svg(address), encoding="utf-8")
    elif out.suffix.lower() == ".png":
        out.write_bytes(qr_png(address))
    else:
        raise click.ClickException(gettext("文件名请以 .svg 或 .png 结尾"))
    click.echo(address)


@exams.command("list", help="列出考试")
@as_json
def listed(*, as_json: bool) -> None:
    """List the exams, newest first."""
    facts = [_facts(exam) for exam, _people in exams_listed()]
    _report(facts, _exam_line, as_json=as_json)


@exams.command("sweep", help="收卷：结束并评分已到时间的作答")
@click.argument("code")
@click.option("--confirm", is_flag=True, help="服务器时钟被拨动过：核对之后仍要收卷")
@as_json
def sweep(code: str, *, confirm: bool, as_json: bool) -> None:
    """Close and score the sittings whose time is over."""
    exam = exam_by_code(code)
    left = sweep_exam(
        exam_id=exam.id,
        now=now(),
        key=str(current_app.secret_key),
        limit=100_000,
        confirmed=confirm,
    )
    figures = exam_figures(exam.id)
    facts = {"code": exam.code, "submitted": figures.submitted, "left": left}
    _report(facts, _sweep_line, as_json=as_json)
    if left and clock_step():
        hint = gettext("时钟被拨动过，没有收卷；请核对时间后加 --confirm 再运行")
        click.echo(hint, err=True)


def _sweep_line(facts: dict[str, Any]) -> str:
    text: str = gettext("已交卷 %(submitted)d 份，还有 %(left)d 份待收", **facts)
    return text


def _report(facts: Any, line: Callable[[Any], str], *, as_json: bool) -> None:
    """Print facts as JSON, or a line for each."""
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    for one in facts if isinstance(facts, list) else [facts]:
        click.echo(line(one))


def _preset_line(facts: dict[str, Any]) -> str:
    text: str = gettext(
        "%(name)s：%(questions)d 题 %(points)s 分，%(minutes)d 分钟，"
        "合格 %(pass)s，%(attempts)d 次。%(note)s",
        **facts,
    )
    return text


def _exam_line(facts: dict[str, Any]) -> str:
    return "  ".join((facts["code"], facts["state"], facts["opens_at"], facts["title"]))


def typed_moment(text: str) -> datetime:
    """A local time as it is typed."""
    try:
        read = datetime.strptime(text.strip(), MOMENT)  # noqa: DTZ007 - zone follows
    except ValueError:
        raise Refused(
            "时间“%(text)s”读不懂，请写成 2026-11-24 09:00 的样子", text=text
        ) from None
    return read.replace(tzinfo=current_app.config["TIMEZONE"])


def _unit_ids(exam: Exam, names: tuple[str, ...]) -> list[int] | None:
    if not names:
        return None
    known = {unit.name: unit.id for unit in units_with_people(exam.scope)}
    for name in names:
        if name not in known:
            raise Refused("名单里没有单位“%(name)s”，请核对全称", name=name)
    return [known[name] for name in names]


def _facts(exam: Exam) -> dict[str, Any]:
    figures = exam_figures(exam.id)
    return {
        "id": exam.id,
        "code": exam.code,
        "title": exam.title,
        "state": state_of(exam, now()).value,
        "opens_at": clock(exam.opens_at, MOMENT),
        "closes_at": clock(exam.closes_at, MOMENT),
        "questions": sum(row.count for row in exam.rows),
        "maximum": points(maximum(rows_of(exam))),
        "due": figures.due,
        "started": figures.started,
        "submitted": figures.submitted,
    }
