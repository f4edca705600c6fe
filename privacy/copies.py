"""One person's data as a file to hand over: JSON, a workbook, a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from io import BytesIO

from flask import render_template
from xlsxwriter import Workbook

from privacy.queries.person import Record
from privacy.telling import parts
from reports.sheets import Column, Styles, put_table
from reports.workbook import OPTIONS

FORMS: Mapping[str, str] = {
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html",
}


def copy_as(
    form: str, record: Record, actions: Mapping[str, str], now: datetime
) -> bytes:
    """The record in one of ``FORMS``."""
    if form == "json":
        text = json.dumps(
            {"made_at": now.isoformat(), **record}, ensure_ascii=False, indent=2
        )
        return text.encode()
    if form == "xlsx":
        return _workbook(record, actions)
    page = render_template(
        "privacy/copy.html", person=record["person"], now=now,
        parts=list(parts(record, actions)),
    )  # fmt: skip
    return page.encode()


def _workbook(record: Record, actions: Mapping[str, str]) -> bytes:
    target = BytesIO()
    book = Workbook(target, OPTIONS)
    styles = Styles(book)
    for part in parts(record, actions):
        sheet = book.add_worksheet(part.title)
        columns = [Column(name, name, "text") for name in part.headings]
        put_table(sheet, styles, 0, columns, part.rows)
        sheet.freeze_panes(1, 0)
    book.close()
    return target.getvalue()
