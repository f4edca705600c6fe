"""The audit log as a workbook."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from zoneinfo import ZoneInfo

from flask_babel import gettext
from xlsxwriter import Workbook

from audit.telling import Told
from core.pages import clock
from reports.sheets import Column, Styles, put_table, set_up_print
from reports.workbook import OPTIONS


def workbook(
    entries: Sequence[Told], zone: ZoneInfo, by: str, generated_at: datetime
) -> bytes:
    """Entries as the bytes of an xlsx file; what they hold stays text."""
    target = BytesIO()
    book = Workbook(target, OPTIONS)
    sheet = book.add_worksheet(gettext("审计记录"))
    columns = [
        Column("n", gettext("编号"), "whole"),
        Column("at", gettext("时间"), "moment"),
        Column("who", gettext("谁"), "text"),
        Column("what", gettext("做了什么"), "text"),
        Column("object", gettext("对象"), "text"),
        Column("details", gettext("内容"), "text"),
        Column("hash", gettext("链头"), "text"),
    ]
    rows = [
        (
            one.n,
            one.at.astimezone(zone).replace(tzinfo=None),
            one.who,
            one.what,
            one.object,
            one.details,
            one.hash,
        )
        for one in entries
    ]
    put_table(sheet, Styles(book), 0, columns, rows)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    set_up_print(
        sheet,
        header=gettext("审计记录"),
        footer=gettext("%(at)s　%(by)s 导出", at=clock(generated_at), by=by[:20]),
    )
    book.close()
    return target.getvalue()
