"""What a report's file is called."""

from __future__ import annotations

import unicodedata
from zoneinfo import ZoneInfo

from reports.operations import UnitReport

NAME_LENGTH = 80  # characters of a title in a file's name


def file_name(report: UnitReport, zone: ZoneInfo, kind: str = "") -> str:
    """The exam's title and the moment: no path, no control character, not too long.

    :param kind: What sets it apart from the usual one.
    """
    kept = (
        "_" if char in '/\\:*?"<>|' or unicodedata.category(char)[0] == "C" else char
        for char in report.exam.title
    )
    title = "".join(kept).strip(" .")[:NAME_LENGTH] or report.exam.code
    at = f"{report.generated_at.astimezone(zone):%Y%m%d-%H%M}"
    return f"{title} 单位成绩表{kind} {at}.xlsx"
