"""One file of questions in any form; in a process of its own for the web (core.aside).

Each form loads the library it needs, and no other.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

from question_bank.rules.exporting import Layout, paper_of
from question_bank.rules.intake import Kept


def export_file(questions: Sequence[Kept], layout: Layout) -> bytes:
    """The file of an export."""
    drafts = [question.draft for question in questions]
    if layout.form == "json":
        from question_bank.formats.neutral import write_neutral  # noqa: PLC0415

        return write_neutral(questions, layout.points, layout.stamp).encode()
    if layout.form == "pdf":
        from question_bank.formats.printed_pdf import write_pdf  # noqa: PLC0415

        return write_pdf(paper_of(drafts, layout))
    out = io.BytesIO()
    if layout.form == "docx":
        from question_bank.formats.printed_docx import write_docx  # noqa: PLC0415

        write_docx(out, paper_of(drafts, layout))
    else:
        from question_bank.formats.template import write_workbook  # noqa: PLC0415

        write_workbook(out, drafts, points=layout.points, stamp=layout.stamp)
    return out.getvalue()
