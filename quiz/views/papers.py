"""Codes and posters of an exam: /console/exams/<id>/code."""

from __future__ import annotations

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from core.access import granted, needs
from core.errors import Refused
from core.qr import qr_png, qr_svg
from quiz.models import Exam
from quiz.queries.exams import exam_for
from quiz.views.addresses import entry_address, only_this_computer

blueprint = Blueprint("papers", __name__, url_prefix="/console/exams/<int:exam_id>")


@blueprint.get("/code")
@needs("organizer")
def code(exam_id: int) -> ResponseReturnValue:
    """The code, large, with its address and its files."""
    exam = _published(exam_id)
    return render_template(
        "quiz/console/code.html",
        exam=exam,
        address=entry_address(exam.code),
        only_here=only_this_computer(),
    )


@blueprint.get("/code.svg")
@needs("organizer")
def code_svg(exam_id: int) -> ResponseReturnValue:
    """The code as a drawing, for print."""
    exam = _published(exam_id)
    return _file(qr_svg(entry_address(exam.code)), "image/svg+xml", exam, "svg")


@blueprint.get("/code.png")
@needs("organizer")
def code_png(exam_id: int) -> ResponseReturnValue:
    """The code as a picture, for notices and slides."""
    exam = _published(exam_id)
    return _file(qr_png(entry_address(exam.code)), "image/png", exam, "png")


@blueprint.get("/poster")
@needs("organizer")
def poster(exam_id: int) -> ResponseReturnValue:
    """One A4 page for the door of the hall."""
    exam = _published(exam_id)
    return render_template(
        "quiz/console/poster.html",
        exam=exam,
        address=entry_address(exam.code),
        only_here=only_this_computer(),
    )


def _published(exam_id: int) -> Exam:
    """An exam that people can enter; a draft's code leads nowhere yet."""
    exam = exam_for(granted(), exam_id)
    if exam.published_at is None:
        raise Refused("考试发布后才有二维码，请先发布")
    return exam


def _file(content: str | bytes, kind: str, exam: Exam, suffix: str) -> Response:
    response = Response(content, mimetype=kind)
    name = f'inline; filename="{exam.code}.{suffix}"'  # letters and digits only
    response.headers["Content-Disposition"] = name
    return response
