"""Long work of this package: the file of a large export."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from flask_babel import gettext, lazy_gettext

from core.db import end_reading
from core.jobs.kinds import Kind, Result, Work
from core.jobs.progress import progress
from question_bank.export_queries import selected_questions
from question_bank.rules.exporting import Layout, Selection
from question_bank.rules.printed import Stamp


def arguments_of(
    selection: Selection, layout: Layout, filename: str, account_id: int
) -> dict[str, Any]:
    """An export as a job is told it."""
    return {
        "account_id": account_id,
        "filename": filename,
        "selection": vars(selection) | {"ids": list(selection.ids)},
        "layout": vars(layout)
        | {
            "stamp": layout.stamp and vars(layout.stamp),
            "points": {kind: str(each) for kind, each in layout.points.items()},
        },
    }


def make_export(work: Work) -> Result:
    """The file of an export that was noted when it was asked for."""
    # The writers of documents are needed by nobody else who loads this module.
    from question_bank.formats.exporting import export_file  # noqa: PLC0415

    asked = work.arguments
    selection = Selection(
        **asked["selection"] | {"ids": tuple(asked["selection"]["ids"])}
    )
    told = asked["layout"]
    layout = Layout(
        **told
        | {
            "stamp": told["stamp"] and Stamp(**told["stamp"]),
            "points": {kind: Fraction(each) for kind, each in told["points"].items()},
        }
    )
    progress(0, 2, gettext("正在读取题目"))
    questions = selected_questions(selection)
    end_reading()
    progress(1, 2, gettext("正在排版"))
    file = work.folder / f"export.{layout.form}"
    file.write_bytes(export_file(questions, layout))
    return Result(gettext("共 %(n)d 题", n=len(questions)), file, asked["filename"])


def _account(arguments: Mapping[str, Any]) -> str:
    return f"account:{arguments['account_id']}"


EXPORT = Kind(
    name="bank_export",
    title=lazy_gettext("导出题目"),
    steps=(make_export,),
    object_of=_account,
    tries=2,
)
