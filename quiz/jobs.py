"""Long work of this package: drawing the papers of a large exam."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext

from core.clock import now
from core.jobs.kinds import Kind, Result, Work
from core.jobs.progress import progress
from quiz.operations.draw import draw_exam
from quiz.queries.exams import exam_by_id, exam_figures

LARGE = 1000  # people of an exam; from there on its papers are drawn by a job


def draw_papers(work: Work) -> Result:
    """Draw all papers. Begun again after they were written, it finds them."""
    exam_id = work.arguments["exam_id"]
    progress(0, 0, gettext("正在核对名单和题库，抽取并写入试卷"))
    if exam_by_id(exam_id).drawn_at is None:
        papers = draw_exam(
            exam_id=exam_id,
            public_value=work.arguments["public_value"],
            account_id=work.account_id,
            now=now(),
        )
    else:
        papers = exam_figures(exam_id).papers
    return Result(gettext("%(n)d 份试卷已抽好", n=papers))


def _page(arguments: Mapping[str, Any]) -> str:
    return f"/console/exams/{arguments['exam_id']}"


DRAW = Kind(
    name="draw",
    title=lazy_gettext("抽卷"),
    steps=(draw_papers,),
    object_of=lambda arguments: f"exam:{arguments['exam_id']}",
    page_of=_page,
)
