"""Unit reports: /reports."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from core.access import granted, needs
from core.aside import aside
from core.clock import now
from core.jobs.starting import start_job
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
from reports.jobs import LARGE, WORKBOOK
from reports.naming import file_name
from reports.operations import (
    UnitReport,
    note_reading,
    open_exam_lines,
    open_unit_people,
    open_unit_report,
)
from reports.queries import exam_facts, roster_count
from reports.rules.ledger import Over

blueprint = Blueprint("reports", __name__)

PER_PAGE = 20
PARTICIPATION = 50  # exams in the list of a liaison
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


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
        large=len(report.people) >= LARGE,
    )


@blueprint.post("/reports/<int(max=2147483647):exam_id>/workbook")
@needs("organizer", "assessor", "auditor", proof=True)
def submit_workbook(exam_id: int) -> ResponseReturnValue:
    """Have the workbook of a large exam made; its page shows how far it is."""
    moment, scope = now(), granted()
    exam = exam_facts(moment, exam_id=exam_id, scope=scope)
    job_id = start_job(
        kind=WORKBOOK.name,
        arguments={
            "exam_id": exam.id,
            "over": _over(),
            "account_id": current_user.account_id,
            "everywhere": scope.everywhere,
            "units": sorted(scope.units),
        },
        about=exam.title,
        account_id=current_user.account_id,
        now=moment,
    )
    return redirect(url_for("jobs.job", job_id=job_id), 303)


@blueprint.get("/reports/<int(max=2147483647):exam_id>.xlsx")
@needs("organizer", "assessor", "auditor", proof=True)
def download(exam_id: int) -> ResponseReturnValue:
    """The unit report with its people as a workbook; of a large exam, by a job."""
    if roster_count(exam_id, granted()) >= LARGE:
        flash(gettext("人数较多，请点“生成 Excel 表”，在后台生成"), "info")
        return redirect(url_for("reports.unit", exam_id=exam_id), 303)
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
    """Content-Disposition by RFC 6266: the file's name, and a plain one beside."""
    name = quote(file_name(report, _zone(), kind), safe="")
    return (
        f'attachment; filename="report-{report.exam.code}.xlsx"; '
        f"filename*=UTF-8''{name}"
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
