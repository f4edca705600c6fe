"""Commands: flask reports unit."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup
from flask_babel import gettext

from core.clock import now
from reports.definitions import absent_word, head_lines, notices
from reports.operations import UnitReport, note_reading, open_unit_report
from reports.rules.ledger import Figures, Rate
from reports.sheets import width_of

reports = AppGroup("reports", help="成绩报表")


@reports.command("unit", help="一场考试的单位成绩表")
@click.option("--exam", "code", required=True, help="考试代码")
@click.option(
    "--xlsx",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="写成 Excel 文件（含人员成绩）",
)
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出")
@click.option(
    "--public",
    is_flag=True,
    help="公开版：不含人员，不足 5 人的单位不列成绩",
)
@click.option(
    "--over",
    type=click.Choice(["took", "due"]),
    default="took",
    show_default=True,
    help="合格率、优秀率的分母：took 实考，due 应考",
)
def unit_command(
    code: str, target: Path | None, as_json: bool, public: bool, over: Any
) -> None:
    """Print the unit report of an exam, or write it as an xlsx file."""
    report = open_unit_report(
        code=code.strip(),
        now=now(),
        key=current_app.config["SECRET_KEY"],
        by=gettext("命令行"),
        over=over,
    )
    if target:
        _write(report, target, public=public)
        click.echo(gettext("已写入 %(file)s", file=target), err=as_json)
    report = report.published() if public else report
    if as_json:
        click.echo(json.dumps(as_plain(report), ensure_ascii=False, indent=2))
    elif not target:
        _print(report)


def as_plain(report: UnitReport) -> dict[str, Any]:
    """The figures of a report for programs: no names, points in hundredths."""
    exam = report.exam
    return {
        "exam": {
            "code": exam.code,
            "title": exam.title,
            "state": exam.state.value,
            "opens_at": exam.opens_at.isoformat(),
            "closes_at": exam.closes_at.isoformat(),
            "pass_mark": exam.marks.passing,
            "excellent_mark": exam.marks.excellent,
            "demo": exam.demo,
            "digest": exam.digest,
        },
        "over": report.over,
        "generated_at": report.generated_at.isoformat(),
        "by": report.by,
        "waiting": report.waiting,
        "total": _plain(report.total),
        "categories": [
            {"name": line.name, "units": line.units, **_plain(line.figures)}
            for line in report.categories
        ],
        "levels": [
            {"name": line.name, "units": line.units, **_plain(line.figures)}
            for line in report.levels
        ],
        "units": [
            {
                "code": line.unit.code,
                "name": line.unit.name,
                "category": line.unit.category,
                "level": line.unit.level,
                **_plain(line.figures),
            }
            for line in report.units
        ],
    }


def _plain(figures: Figures) -> dict[str, Any]:
    def rate(share: Rate) -> list[int]:
        return [share.part, share.whole]

    return {
        "due": figures.due,
        "took": figures.took,
        "absent": figures.absent,
        "exempt": figures.exempt,
        "walk_ins": figures.walk_ins,
        "unfinished": figures.unfinished,
        "turnout": rate(figures.turnout),
        "mean": figures.mean,
        "pass_rate": rate(figures.pass_rate),
        "excellence": rate(figures.excellence),
        "highest": figures.highest,
        "lowest": figures.lowest,
        "best_mean": figures.best_mean,
        "best_pass_rate": rate(figures.best_pass_rate),
    }


def _write(report: UnitReport, target: Path, *, public: bool) -> None:
    """Write the workbook in one step: a half-written file is never seen."""
    # pandas costs half a second: only who wants the file pays.
    from reports.workbook import workbook  # noqa: PLC0415

    content = workbook(
        report, current_app.config["TIMEZONE"], public=public, small=not public
    )
    note_reading(
        action="report.download",
        exam=report.exam,
        form="public" if public else "xlsx",
        people=0 if public else len(report.people),
        actor="system",
        now=report.generated_at,
    )
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
    except OSError as error:
        raise click.ClickException(_unwritable(target, error)) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise click.ClickException(_unwritable(target, error)) from error


def _unwritable(target: Path, error: OSError) -> str:
    return str(
        gettext(
            "无法写入 %(file)s（%(why)s），请换一个可写的位置",
            file=target,
            why=error.strerror,
        )
    )


def _print(report: UnitReport) -> None:
    for text in (*notices(report), *head_lines(report, current_app.config["TIMEZONE"])):
        click.echo(text)
    click.echo()
    rows = [
        (
            gettext("单位"),
            gettext("应考"),
            gettext("实考"),
            absent_word(over=report.exam.over),
            gettext("免考"),
            gettext("名单外"),
            gettext("未完成"),
            gettext("参考率"),
            gettext("平均分"),
            gettext("合格率"),
            gettext("优秀率"),
            gettext("最高分"),
            gettext("最低分"),
        ),
        *(_texts(line.unit.name, line.figures) for line in report.units),
        _texts(gettext("合计"), report.total),
    ]
    widths = [max(width_of(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        name = row[0] + " " * (widths[0] - width_of(row[0]))
        rest = (
            " " * (width - width_of(text)) + text
            for text, width in zip(row[1:], widths[1:], strict=True)
        )
        click.echo("  ".join((name, *rest)))


def _texts(name: str, figures: Figures) -> tuple[str, ...]:
    counts = (
        figures.due,
        figures.took,
        figures.absent,
        figures.exempt,
        figures.walk_ins,
        figures.unfinished,
    )
    return (
        name,
        *map(str, counts),
        str(figures.turnout),
        _points(figures.mean),
        str(figures.pass_rate),
        str(figures.excellence),
        _points(figures.highest),
        _points(figures.lowest),
    )


def _points(hundredths: int | None) -> str:
    return "—" if hundredths is None else f"{hundredths / 100:.2f}"
