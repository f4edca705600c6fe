"""Unit reports: /reports."""

from __future__ import annotations

import unicodedata
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, render_template, request
from flask_babel import gettext
from flask_login import current_user

from core.access import granted, needs
from core.aside import aside
from core.clock import now
from reports.definitions import (
    absent_word,
    basis,
    bounds,
    definitions,
    grade_words,
    provisional,
    standing_words,
    withheld_words,
    zone_words,
)
from reports.operations import (
    UnitReport,
    note_reading,
    open_exam_lines,
    open_unit_people,
    open_unit_report,
)
from reports.rules.ledger import Over

blueprint = Blueprint("reports", __name__)

PER_PAGE = 20
PARTICIPATION = 50  # exams in the list of a liaison
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NAME_LENGTH = 80  # characters of a title in a file's name


# /reports


@blueprint.get("/reports")
@needs("organizer", "assessor", "auditor")
def index() -> str:
    """Published exams with their figures."""
    page = min(max(request.args.get("page", 1, type=int), 1), 10_000)
    lines, count = open_exam_lines(
        now=now(),
        key=_key(),
        offset=(page - 1) * PER_PAGE,
        limit=PER_PAGE,
        scope=granted(),
    )
    more = count > page * PER_PAGE
    return render_template("reports/index.html", lines=lines, page=page, more=more)


# /reports/<exam>


@blueprint.get("/reports/<int(max=2147483647):exam_id>")
@needs("organizer", "assessor", "auditor")
def unit(exam_id: int) -> str:
    """The unit report: figures of units, no names."""
    report = _open_report(exam_id)
    small = request.args.get("small") != "hide"
    report = report if small else report.published()
    category = _one_of(request.args.get("category"), report.categories)
    level = _one_of(request.args.get("level"), report.levels)
    lines, selected = report.part(category=category, level=level)
    counts = ("exempt", "walk_ins", "unfinished")
    return render_template(
        "reports/unit.html",
        report=report,
        lines=lines,
        selected=selected,
        category=category,
        level=level,
        show=[name for name in counts if getattr(report.total, name)],
        absent=absent_word(over=report.exam.over),
        bounds=bounds(report.within),
        withheld=withheld_words(withheld=report.withheld),
        moving=provisional(report.exam, report.total, report.waiting),
        basis=basis(report.exam, report.over),
        definitions=definitions(report.exam, report.over),
        zone=zone_words(_zone()),
    )


@blueprint.get("/reports/<int(max=2147483647):exam_id>.xlsx")
@needs("organizer", "assessor", "auditor", proof=True)
def download(exam_id: int) -> Response:
    """The unit report with its people as a workbook."""
    report = _open_report(exam_id)
    content = aside("reports.workbook", "workbook", report, _zone())
    note_reading(
        action="report.download",
        exam=report.exam,
        form="xlsx",
        people=len(report.people),
        actor=f"account:{current_user.account_id}",
        now=report.generated_at,
    )
    return Response(
        content,
        mimetype=XLSX,
        headers={"Content-Disposition": attachment(report)},
    )


@blueprint.get("/reports/<int(max=2147483647):exam_id>/public.xlsx")
@needs("organizer", "assessor", "auditor")
def download_public(exam_id: int) -> Response:
    """The unit report to be published: no people, and no result that tells of one.

    ``small=show`` leaves the results of small units in.
    """
    report = _open_report(exam_id)
    small = request.args.get("small") == "show"
    content = aside(
        "reports.workbook", "workbook", report, _zone(), public=True, small=small
    )
    note_reading(
        action="report.download",
        exam=report.exam,
        form="public",
        people=0,
        actor=f"account:{current_user.account_id}",
        now=report.generated_at,
    )
    return Response(
        content,
        mimetype=XLSX,
        headers={"Content-Disposition": attachment(report, gettext("公开版"))},
    )


# /reports/<exam>/units/<unit>


@blueprint.get(
    "/reports/<int(max=2147483647):exam_id>/units/<int(max=2147483647):unit_id>"
)
@needs("organizer", "assessor", "auditor", proof=True)
def people(exam_id: int, unit_id: int) -> str:
    """The people of a unit with their scores; each look is written down."""
    found = open_unit_people(
        exam_id=exam_id,
        unit_id=unit_id,
        now=now(),
        key=_key(),
        by=current_user.display_name,
        over=_over(),
        scope=granted(),
    )
    note_reading(
        action="report.view",
        exam=found.exam,
        form="page",
        people=len(found.people),
        actor=f"account:{current_user.account_id}",
        now=found.generated_at,
        unit_id=unit_id,
    )
    return render_template(
        "reports/people.html",
        found=found,
        moving=provisional(found.exam, found.line.figures, found.waiting),
        absent=absent_word(over=found.exam.over),
        basis=basis(found.exam, found.line.figures.over),
        standings=standing_words(over=found.exam.over),
        grades=grade_words(),
        zone=zone_words(_zone()),
    )


# /reports/participation: who takes part, without any score


@blueprint.get("/reports/participation")
@needs("liaison")
def participation() -> str:
    """Published exams that one's own people are in, and how many came."""
    lines, _count = open_exam_lines(
        now=now(), key=_key(), offset=0, limit=PARTICIPATION, scope=granted()
    )
    return render_template("reports/participation.html", lines=lines)


@blueprint.get("/reports/participation/<int:exam_id>")
@needs("liaison")
def participants(exam_id: int) -> str:
    """Who of one's own people has come, who has not, who is excused."""
    report = _open_report(exam_id)
    over = report.exam.over
    return render_template(
        "reports/participants.html",
        exam=report.exam,
        total=report.total,
        people=[
            (one.entrant.unit.name, one.name, one.entrant.standing.value)
            for one in report.people
        ],
        several=len(report.units) > 1,
        moving=provisional(report.exam, report.total, report.waiting),
        absent=absent_word(over=over),
        standings=standing_words(over=over),
        zone=zone_words(_zone()),
    )


def attachment(report: UnitReport, kind: str = "") -> str:
    """Content-Disposition by RFC 6266: the exam's title, and a plain name beside.

    The name is of the server's making: no path, no control character, no more than
    what a file system takes.
    """
    kept = (
        "_" if char in '/\\:*?"<>|' or unicodedata.category(char)[0] == "C" else char
        for char in report.exam.title
    )
    title = "".join(kept).strip(" .")[:NAME_LENGTH] or report.exam.code
    at = f"{report.generated_at.astimezone(_zone()):%Y%m%d-%H%M}"
    name = f"{title} 单位成绩表{kind} {at}.xlsx"
    return (
        f'attachment; filename="report-{report.exam.code}.xlsx"; '
        f"filename*=UTF-8''{quote(name, safe='')}"
    )


def _open_report(exam_id: int) -> UnitReport:
    return open_unit_report(
        exam_id=exam_id,
        now=now(),
        key=_key(),
        by=current_user.display_name,
        over=_over(),
        scope=granted(),
    )


def _over() -> Over:
    return "due" if request.args.get("over") == "due" else "took"


def _one_of(wanted: str | None, lines: list[Any]) -> str:
    """What was asked for, if the report has it; else nothing, which is all."""
    return next((line.name for line in lines if line.name and line.name == wanted), "")


def _zone() -> ZoneInfo:
    zone: ZoneInfo = current_app.config["TIMEZONE"]
    return zone


def _key() -> str:
    key: str = current_app.config["SECRET_KEY"]
    return key
