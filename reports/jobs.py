"""Long work of this package: the workbook of a large exam."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import current_app
from flask_babel import gettext, lazy_gettext

from core.access import Scope
from core.clock import now
from core.db import end_reading
from core.jobs.kinds import Kind, Result, Work
from core.jobs.progress import progress
from reports.naming import file_name
from reports.operations import note_reading, open_unit_report

LARGE = 1000  # people of an exam; from there on its workbook is made by a job


def make_workbook(work: Work) -> Result:
    """The unit report with its people as a workbook, for whoever asked for it."""
    # pandas costs half a second: nobody else who loads this module needs it.
    from reports.workbook import workbook  # noqa: PLC0415

    asked = work.arguments
    progress(0, 3, gettext("正在收卷和统计"))
    report = open_unit_report(
        exam_id=asked["exam_id"],
        now=now(),
        key=current_app.config["SECRET_KEY"],
        by=work.by,
        over=asked["over"],
        scope=Scope(asked["everywhere"], frozenset(asked["units"])),
    )
    end_reading()
    progress(1, 3, gettext("正在制作工作簿"))
    zone = current_app.config["TIMEZONE"]
    content = workbook(report, zone)
    progress(2, 3, gettext("正在保存"))
    note_reading(
        action="report.download",
        exam=report.exam,
        form="xlsx",
        people=len(report.people),
        actor=work.actor,
        now=report.generated_at,
    )
    file = work.folder / "report.xlsx"
    file.write_bytes(content)
    told = gettext(
        "共 %(units)d 个单位、%(people)d 人",
        units=len(report.units),
        people=len(report.people),
    )
    return Result(told, file, file_name(report, zone))


def _exam(arguments: Mapping[str, Any]) -> str:
    """An exam, for one account: others may see other units of it."""
    return f"exam:{arguments['exam_id']}:{arguments['account_id']}"


WORKBOOK = Kind(
    name="unit_workbook",
    title=lazy_gettext("单位成绩表（Excel）"),
    steps=(make_workbook,),
    object_of=_exam,
    tries=2,
)
