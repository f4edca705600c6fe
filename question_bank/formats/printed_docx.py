"""A paper as a Word document. Our own reader reads its questions back.

The keys stand on a page at the end, by the same numbers; without them the paper is
one to be answered.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import IO, Any

import docx
from docx.enum.section import WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from question_bank.rules.printed import (
    Placed,
    Printed,
    Section,
    key_line,
    lettered,
    stem_pieces,
)

BODY, HEAD = "宋体", "黑体"
SIZE = Pt(10.5)  # 五号
TEXT_WIDTH = 16.0  # centimetres
BLANK = "________"
SEAL = "密封线内不要答题"

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


def write_docx(out: IO[bytes], paper: Printed) -> None:
    """Write a paper, and the page of its keys if it has one."""
    document = docx.Document()
    _page(document, paper)
    _styles(document)
    _text(document, paper.title, font=HEAD, size=Pt(18), centre=True, after=4)
    if paper.subtitle:
        _text(document, paper.subtitle, centre=True, after=6)
    if paper.fields:
        blanks = "　　".join(f"{name}：______________" for name in paper.fields)
        _text(document, blanks, centre=True, after=8)
    if paper.notes:
        _text(document, "注意事项", font=HEAD, after=2)
        for n, note in enumerate(paper.notes, 1):
            _text(document, f"{n}．{note}", after=1)
    for section in paper.sections:
        _section(document, section)
    if paper.key:
        _keys(document, paper)
    _properties(document, paper)
    document.save(out)


def _properties(document: Any, paper: Printed) -> None:
    """What Word shows of a file; at most 255 characters each."""
    told = {"title": paper.title}
    if paper.stamp:
        told |= {"author": paper.stamp.by, "comments": paper.stamp.line}
    for name, text in told.items():
        setattr(document.core_properties, name, _CONTROL.sub("", text)[:255])


# Questions


def _section(document: Any, section: Section) -> None:
    _text(
        document, section.title, font=HEAD, size=Pt(12), before=10, after=4, keep=True
    )
    for placed in section.placed:
        if not placed.parts:
            _question(document, placed)
            continue
        _text(document, f"（{placed.label}）{placed.asked.draft.stem}", after=3)
        for part in placed.parts:
            _question(document, part)


def _question(document: Any, placed: Placed) -> None:
    draft = placed.asked.draft
    stem = BLANK.join(stem_pieces(draft))
    if draft.kind == "judge":
        stem += "（　　）"
    has_options = bool(draft.options)
    _text(
        document,
        f"{placed.label}．{stem}",
        hanging=True,
        after=1 if has_options else 4,
        keep=has_options,
    )
    options = [re.sub(r"\s*\n\s*", " ", text) for text in lettered(draft.options)]
    for at in range(0, len(options), placed.columns):
        last = at + placed.columns >= len(options)
        row = options[at : at + placed.columns]
        paragraph = _text(
            document, "\t".join(row), indent=0.75, after=4 if last else 1, keep=not last
        )
        for n in range(1, placed.columns):
            step = (TEXT_WIDTH - 0.75) / placed.columns
            paragraph.paragraph_format.tab_stops.add_tab_stop(Cm(0.75 + n * step))


def _keys(document: Any, paper: Printed) -> None:
    document.add_section(WD_SECTION.NEW_PAGE)
    _text(document, "参考答案及解析", font=HEAD, size=Pt(15), centre=True, after=8)
    for section in paper.sections:
        _text(document, section.title.partition("（")[0], font=HEAD, before=6, after=2)
        for placed in section.placed:
            for n, one in enumerate(placed.parts or (placed,)):
                points = one.asked.points if placed.parts else None
                # Those of a case have no line of their own.
                tags = placed.asked.draft.tags if n == 0 else ()
                line = key_line(replace(one.asked.draft, tags=tags), points)
                line = f"{one.label}．{line}"
                _text(document, line, hanging=True, after=2)


# The page


def _page(document: Any, paper: Printed) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.5)
    section.top_margin, section.bottom_margin = Cm(2.2), Cm(2.0)
    if paper.stamp:
        paragraph = section.header.paragraphs[0]
        _runs(paragraph, paper.stamp.line, size=Pt(8), grey=True)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for piece in ("第 ", "PAGE", " 页　共 ", "NUMPAGES", " 页"):
        if piece.isupper():
            _page_field(footer, piece)
        else:
            _runs(footer, piece, size=Pt(9))
    if paper.seal:
        _seal(section)


def _seal(section: Any) -> None:
    """密封线: a dashed line at the left of every page, and words across it."""
    borders = OxmlElement("w:pgBorders")
    borders.set(qn("w:offsetFrom"), "text")
    left = OxmlElement("w:left")
    for name, value in (("val", "dashed"), ("sz", "6"), ("space", "18")):
        left.set(qn(f"w:{name}"), value)
    left.set(qn("w:color"), "808080")
    borders.append(left)
    # The order of a section's elements is fixed: borders follow the margins.
    section._sectPr.find(qn("w:pgMar")).addnext(borders)
    # A frame needs a paragraph after it that is none: the header's own.
    last = section.header.paragraphs[0]
    for n, char in enumerate(SEAL):
        paragraph = last.insert_paragraph_before()
        _runs(paragraph, char, size=Pt(9), grey=True)
        frame = OxmlElement("w:framePr")
        for name, value in (
            ("w", "300"), ("h", "300"), ("hRule", "exact"), ("wrap", "around"),
            ("hAnchor", "page"), ("vAnchor", "page"),
            ("x", "700"), ("y", str(3200 + 1300 * n)),
        ):  # fmt: skip
            frame.set(qn(f"w:{name}"), value)
        paragraph._p.get_or_add_pPr().insert(0, frame)


def _page_field(paragraph: Any, name: str) -> None:
    """A number that Word works out."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), name)
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = "1"
    run.append(text)
    field.append(run)
    paragraph._p.append(field)


def _styles(document: Any) -> None:
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Times New Roman", SIZE
    normal.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), BODY)
    normal.paragraph_format.line_spacing = 1.3
    normal.paragraph_format.space_after = Pt(0)


def _text(
    document: Any,
    text: str,
    *,
    font: str = "",
    size: Any = None,
    centre: bool = False,
    before: float = 0,
    after: float = 0,
    indent: float = 0,
    hanging: bool = False,
    keep: bool = False,
) -> Any:
    """A paragraph; the lines of its text are parted by soft breaks."""
    paragraph = document.add_paragraph()
    form = paragraph.paragraph_format
    form.space_before, form.space_after = Pt(before), Pt(after)
    form.keep_with_next = keep
    if centre:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if hanging:
        form.left_indent, form.first_line_indent = Cm(0.75), Cm(-0.75)
    elif indent:
        form.left_indent = Cm(indent)
    _runs(paragraph, text, font=font, size=size)
    return paragraph


def _runs(
    paragraph: Any, text: str, *, font: str = "", size: Any = None, grey: bool = False
) -> None:
    lines: Sequence[str] = _CONTROL.sub("", text).split("\n")
    for n, line in enumerate(lines):
        run = paragraph.add_run(line)
        if n + 1 < len(lines):
            run.add_break()
        if size:
            run.font.size = size
        if grey:
            run.font.color.rgb = RGBColor(0x66, 0x66, 0x66)
        if font:
            run.font.name = font
            run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
