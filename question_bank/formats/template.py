"""Writing question workbooks: the template, and the bank in the same columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import IO, Any

import xlsxwriter

from question_bank.formats.columns import (
    ALSO_READ,
    GUIDE,
    HEADINGS,
    PLACE,
    REASON,
    STAMP,
)
from question_bank.formats.examples import EXAMPLES
from question_bank.rules.cases import PART
from question_bank.rules.intake import Place, Verdict
from question_bank.rules.printed import Stamp, written
from question_bank.rules.validity import (
    DIFFICULTIES,
    KINDS,
    LETTERS,
    PART_KINDS,
    Draft,
    typed_key,
)

SHEET = "题目"
ROWS = 5000  # rows of the template whose cells are text and offer the words
_WIDTHS = {"kind": 8, "stem": 60, "key": 16, "difficulty": 8, "citations": 30}
_WIDTHS |= {"analysis": 40, "topic": 16}

_GUIDE = (
    (
        "题型",
        "单选、多选、判断、填空、案例。工作表以题型命名（如“单选题”）时可以不写。",
    ),
    (
        "",
        "案例先写一行：题型写“案例”，题干写材料，选项和答案空着。",
    ),
    (
        "",
        "紧接着每个小题写一行，题型写“小题单选”“小题判断”等，共 2 至 5 个小题。",
    ),
    ("题干", "必填。填空题在要填的地方写【】，也可以写____或（ ）；一题可以有几个空。"),
    ("选项A 至 选项H", "单选和多选至少两个，从 A 起连续填写；判断和填空不填。"),
    ("答案", "单选写一个字母，多选写全部字母（如 ABD），判断写正确或错误。"),
    (
        "",
        "填空题各空的答案用“；”隔开，同一空的几种写法用“|”隔开，如：九十|90；三。",
    ),
    ("知识点", "如 民法典、行政处罚。没有的会自动新建；不写的归入“未分类”。"),
    ("难度", "易、中、难。不写的按中。"),
    ("依据", "如《行政处罚法》第六十条。几条之间用“；”隔开。"),
    ("解析", "为什么是这个答案，可以不写。"),
    ("标签", "如 应知应会第3条；执法人员。几个之间用“；”隔开，可以不写。"),
    ("题目来源", "从哪份材料来的，可以不写。"),
    ("", ""),
    ("示例", "“题目”表里标有（示例）的行不会被导入，可以留着，也可以删去。"),
    (
        "单元格格式",
        "各列已设为文本。从别处粘贴时请选“只保留文本”，否则 1/2 会变成日期。",
    ),
    ("导入", "整份文件检查无误后才会写入；同一份文件导入两次不会重复。"),
)


def write_template(out: IO[bytes]) -> None:
    """Write the empty template with its examples and its guide."""
    with xlsxwriter.Workbook(out, _options()) as book:
        sheet = _sheet(book, EXAMPLES, rows=ROWS)
        kinds = [*KINDS.values(), *(PART + word for word in PART_KINDS.values())]
        for part, words in (("kind", kinds), ("difficulty", [*DIFFICULTIES.values()])):
            column = list(HEADINGS).index(part)
            rule = {"validate": "list", "source": words}
            sheet.data_validation(1, column, ROWS, column, rule)
        _write_guide(book)


def write_workbook(
    out: IO[bytes],
    drafts: Sequence[Draft],
    *,
    points: Mapping[str, Fraction] | None = None,
    stamp: Stamp | None = None,
) -> None:
    """Write questions in the template's columns; reading it gives the same drafts.

    :param points: Of each question, by kind; a column of its own.
    :param stamp: Who takes them out and what for: a sheet of its own, and the head of
        every printed page.
    """
    with xlsxwriter.Workbook(out, _options()) as book:
        sheet = _sheet(book, drafts, rows=_height(drafts))
        if points:
            _write_points(book, sheet, drafts, points)
        if stamp is not None:
            _write_stamp(book, sheet, stamp, len(drafts))


def _write_points(
    book: Any, sheet: Any, drafts: Sequence[Draft], points: Mapping[str, Fraction]
) -> None:
    head, text = _formats(book)
    column = len(HEADINGS)
    sheet.set_column(column, column, 8, text)
    sheet.write_string(0, column, ALSO_READ["points"][0], head)
    row = 1
    for draft in drafts:
        if draft.kind in points:
            sheet.write_string(row, column, written(points[draft.kind]), text)
        row += 1 + len(draft.parts)


def _write_stamp(book: Any, sheet: Any, stamp: Stamp, count: int) -> None:
    name = book.add_format({"bold": True, "valign": "top"})
    text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    page = book.add_worksheet(STAMP)
    page.set_column(0, 0, 18)
    page.set_column(1, 1, 90)
    rows = (
        ("导出人", stamp.by),
        ("导出时间", stamp.at),
        ("事由", stamp.purpose),
        ("题数", str(count)),
        ("", "内部资料。导出已写入审计记录；请妥善保管，用后删除。"),
    )
    for row, (what, said) in enumerate(rows):
        page.write_string(row, 0, what, name)
        page.write_string(row, 1, said, text)
    # & begins a code in a page's head, and 255 characters is all it takes.
    head = stamp.line.replace("&", "&&")[:200]
    for one in (sheet, page):
        one.set_header(f"&C&8{head}")
        one.set_footer("&C第 &P 页　共 &N 页")
        one.set_paper(9)  # A4
        one.set_landscape()
        one.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def write_refused(out: IO[bytes], verdicts: Sequence[Verdict]) -> None:
    """Write questions that cannot be taken, with the reasons; it can be imported."""
    with xlsxwriter.Workbook(out, _options()) as book:
        drafts = [one.typed.draft for one in verdicts]
        sheet = _sheet(book, drafts, rows=_height(drafts))
        head = book.add_format({"bold": True, "bg_color": "#FCE9E7", "border": 1})
        text = book.add_format({"text_wrap": True, "valign": "top"})
        column = len(HEADINGS)
        sheet.set_column(column, column, 50)
        sheet.set_column(column + 1, column + 1, 16)
        sheet.write_string(0, column, REASON, head)
        sheet.write_string(0, column + 1, PLACE, head)
        row = 1
        for verdict in verdicts:
            reasons = "；".join(str(problem) for problem in verdict.problems)
            sheet.write_string(row, column, reasons, text)
            sheet.write_string(row, column + 1, _place(verdict.typed.place()), text)
            row += 1 + len(verdict.typed.draft.parts)


def _place(place: Place) -> str:
    if place.cell:
        return f"{place.sheet} {place.cell}".strip()
    units = {"paragraph": "段", "line": "行", "row": "行"}
    unit = units.get(place.counted or ("row" if place.sheet else ""), "题")
    return f"{place.sheet} 第 {place.number} {unit}".strip()


def _options() -> dict[str, Any]:
    # What people typed is text, never a formula or a link.
    return {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}


def _formats(book: Any) -> tuple[Any, Any]:
    """Of a heading, of a text."""
    head = {"bold": True, "bg_color": "#E2F1EE", "border": 1, "border_color": "#B9CFCA"}
    text = {"num_format": "@", "text_wrap": True, "valign": "top"}
    return book.add_format(head), book.add_format(text)


def _sheet(book: Any, drafts: Sequence[Draft], *, rows: int) -> Any:
    head, text = _formats(book)
    # Excel shows the mark ' before such a text, so that it is not made a formula
    # when the cell is edited.
    quoted = book.add_format(
        {
            "num_format": "@",
            "text_wrap": True,
            "valign": "top",
            "quote_prefix": True,
        }
    )
    sheet = book.add_worksheet(SHEET)
    sheet.freeze_panes(1, 2)
    for column, (part, names) in enumerate(HEADINGS.items()):
        sheet.set_column(column, column, _WIDTHS.get(part, 18), text)
        sheet.write_string(0, column, names[0], head)
    lines = (line for draft in drafts for line in _lines(draft))
    for row, cells in enumerate(lines, 1):
        for column, value in enumerate(cells):
            if value:
                risky = value.startswith(("=", "+", "-", "@"))
                sheet.write_string(row, column, value, quoted if risky else text)
    if rows:
        sheet.autofilter(0, 0, rows, len(HEADINGS) - 1)
    return sheet


def _height(drafts: Sequence[Draft]) -> int:
    return sum(1 + len(draft.parts) for draft in drafts)


def _lines(draft: Draft) -> Iterator[list[str]]:
    """A question as its row; a case as its row and one for each of its questions."""
    topic = [draft.topic, DIFFICULTIES.get(draft.difficulty, draft.difficulty)]
    yield _cells(draft, KINDS.get(draft.kind, draft.kind), topic)
    for part in draft.parts:
        yield _cells(part, PART + PART_KINDS.get(part.kind, part.kind), ["", ""])


def _cells(draft: Draft, kind: str, topic: Sequence[str]) -> list[str]:
    options = [*draft.options, *[""] * len(LETTERS)][: len(LETTERS)]
    return [
        kind,
        draft.stem,
        *options,
        "" if draft.parts else typed_key(draft),
        *topic,
        "；".join(draft.citations),
        draft.analysis,
        "；".join(draft.tags),
        draft.source,
    ]


def _write_guide(book: Any) -> None:
    name = book.add_format({"bold": True, "valign": "top"})
    text = book.add_format({"text_wrap": True, "valign": "top"})
    sheet = book.add_worksheet(GUIDE)
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 90)
    for row, (what, how) in enumerate(_GUIDE):
        sheet.write_string(row, 0, what, name)
        sheet.write_string(row, 1, how, text)
