"""The text of a Word document in its order: paragraphs with their numbers, tables.

Runs in a child process only (core.child). What is not text is not taken, and each
place where something was left out is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.word_kinds import broken, check_document, too_large
from core.word_numbering import Numbering, W

MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_NO_MEMORY = 2  # libxml2's number of that error
_DEEPEST = 12  # tables and controls inside one another

#: What is not taken, by its name in the file; the Chinese words are gettext ids.
LOST = {
    "picture": "图片",
    "object": "嵌入的对象",
    "footnote": "脚注或尾注",
    "comment": "批注",
    "textbox": "文本框",
    "formula": "公式的格式",
    "chunk": "插入的其他文件",
    "symbol": "特殊符号",
    "header": "页眉或页脚里的文字",
}
#: What was read in a certain way.
TOLD = {
    "revision": "有修订痕迹，按接受全部修订后的文字读取",
    "hidden": "有隐藏的文字，也一起读取了",
}
#: Ticks and crosses of the symbol fonts, as people put them into 判断题.
_SYMBOLS = {
    ("wingdings", "FC"): "√",
    ("wingdings", "FB"): "×",
    ("wingdings", "FE"): "√",
    ("wingdings", "FD"): "×",
    ("wingdings 2", "50"): "√",
    ("wingdings 2", "4F"): "×",
    ("wingdings 2", "52"): "√",
    ("wingdings 2", "51"): "×",
    ("symbol", "D6"): "√",
    ("symbol", "B4"): "×",
}
#: Elements that only hold others.
_THROUGH = {
    f"{W}{name}"
    for name in (
        *("hyperlink", "smartTag", "customXml", "fldSimple", "sdt", "sdtContent"),
        *("ins", "moveTo", "bdo", "dir", "rubyBase"),
    )
} | {f"{MC}AlternateContent", f"{MC}Choice"}
_BLOCKS = {f"{W}sdt", f"{W}sdtContent", f"{W}customXml", f"{W}ins", f"{W}moveTo"}


@dataclass
class Paragraph:
    """One paragraph; its text may have line breaks."""

    number: int  # as counted in the document, tables included, from 1
    text: str
    lost: list[str] = field(default_factory=list)  # of LOST and TOLD


@dataclass
class WordTable:
    """A table: rows of cells, each the paragraphs it holds."""

    rows: list[list[list[Paragraph]]]


Block = Paragraph | WordTable


def read_document(path: Path, filename: str) -> list[Block]:
    """The paragraphs and tables of a document in their order.

    :raises Refused: With one sentence, if it is no document that may be opened.
    """
    check_document(path, filename)
    # Imported only when the guard has let the file pass: it costs nothing before.
    import docx  # noqa: PLC0415
    from docx.opc.constants import RELATIONSHIP_TYPE  # noqa: PLC0415
    from docx.opc.exceptions import PackageNotFoundError  # noqa: PLC0415

    try:
        document = docx.Document(str(path))
        part = document.part
        reader = _Reader(
            Numbering(
                _related(part, RELATIONSHIP_TYPE.NUMBERING),
                _related(part, RELATIONSHIP_TYPE.STYLES),
            )
        )
        return [*_edges(part), *reader.blocks(document.element.body, 0)]
    except MemoryError:
        raise too_large(filename) from None
    # lxml's errors of parsing are SyntaxErrors; so is having no memory left.
    except (
        PackageNotFoundError,
        SyntaxError,
        KeyError,
        ValueError,
        AttributeError,
    ) as e:
        if getattr(e, "code", None) == _NO_MEMORY or "huge" in str(e):
            raise too_large(filename) from None
        raise broken(filename) from None


def _related(part: Any, kind: str) -> Any | None:
    """The root element of a part that belongs to another; None if there is none."""
    try:
        return part.part_related_by(kind).element
    except (KeyError, AttributeError):
        return None


def _edges(part: Any) -> Iterator[Block]:
    """That headers and footers hold words, if they do; page numbers are none."""
    for relation in part.rels.values():
        if relation.is_external or not relation.reltype.endswith(
            ("/header", "/footer")
        ):
            continue
        texts = relation.target_part.element.iter(f"{W}t")
        words = "".join(text.text or "" for text in texts)
        if words.strip(" \t\u3000第页共/-—0123456789"):
            yield Paragraph(0, "", ["header"])
            return


class _Reader:
    """Walks through the elements of a document's body."""

    def __init__(self, numbering: Numbering) -> None:
        self._numbering = numbering
        self._paragraphs = 0

    def blocks(self, parent: Any, depth: int) -> Iterator[Block]:
        if depth > _DEEPEST:
            return
        for element in parent:
            if element.tag == f"{W}p":
                yield self._paragraph(element)
            elif element.tag == f"{W}tbl":
                yield self._table(element, depth)
            elif element.tag == f"{W}altChunk":
                yield Paragraph(self._paragraphs, "", ["chunk"])
            elif element.tag in _BLOCKS:
                yield from self.blocks(element, depth + 1)

    def _table(self, table: Any, depth: int) -> WordTable:
        rows = []
        for row in _rows(table, 0):
            cells = []
            for cell in _cells(row, 0):
                merged = cell.find(f"{W}tcPr/{W}vMerge")
                goes_on = merged is not None and merged.get(f"{W}val") != "restart"
                cells.append([] if goes_on else list(self._flat(cell, depth + 1)))
            rows.append(cells)
        return WordTable(rows)

    def _flat(self, cell: Any, depth: int) -> Iterator[Paragraph]:
        """The paragraphs of a cell, those of tables inside it too."""
        for block in self.blocks(cell, depth):
            if isinstance(block, Paragraph):
                yield block
            else:
                for row in block.rows:
                    for inner in row:
                        yield from inner

    def _paragraph(self, element: Any) -> Paragraph:
        self._paragraphs += 1
        paragraph = Paragraph(self._paragraphs, "")
        mark = element.find(f"{W}pPr/{W}rPr")
        if mark is not None and _has(mark, "ins", "del", "moveFrom", "moveTo"):
            paragraph.lost.append("revision")
        pieces = list(_pieces(element, paragraph.lost, 0))
        text = "".join(pieces)
        label = self._numbering.label(element)
        if label and text.strip():
            glue = "" if label[-1] in "、，.．)）：:" else " "
            text = f"{label}{glue}{text.lstrip()}"
        paragraph.text = text
        paragraph.lost = list(dict.fromkeys(paragraph.lost))
        return paragraph


def _rows(table: Any, depth: int) -> Iterator[Any]:
    yield from _inside(table, f"{W}tr", depth)


def _cells(row: Any, depth: int) -> Iterator[Any]:
    yield from _inside(row, f"{W}tc", depth)


def _inside(parent: Any, tag: str, depth: int) -> Iterator[Any]:
    """Children of a kind, also where a control stands around them."""
    for element in parent:
        if element.tag == tag:
            yield element
        elif element.tag in _BLOCKS and depth < _DEEPEST:
            yield from _inside(element, tag, depth + 1)


def _has(parent: Any, *names: str) -> bool:
    return any(parent.find(f"{W}{name}") is not None for name in names)


def _pieces(parent: Any, lost: list[str], depth: int) -> Iterator[str]:
    """The texts in a paragraph; what is not text is noted."""
    if depth > 4 * _DEEPEST:
        return
    for element in parent:
        tag = element.tag
        if tag == f"{W}r":
            yield from _run(element, lost, depth)
        elif tag in (f"{W}del", f"{W}moveFrom"):
            lost.append("revision")
        elif tag in _THROUGH:
            if tag in (f"{W}ins", f"{W}moveTo"):
                lost.append("revision")
            yield from _pieces(element, lost, depth + 1)
        elif tag == f"{W}ruby":
            yield from _pieces(element, lost, depth + 1)
        elif tag in (f"{MATH}oMath", f"{MATH}oMathPara"):
            lost.append("formula")
            yield "".join(text.text or "" for text in element.iter(f"{MATH}t"))


def _run(run: Any, lost: list[str], depth: int) -> Iterator[str]:
    properties = run.find(f"{W}rPr")
    if properties is not None and _is_on(properties, "vanish"):
        lost.append("hidden")
    text = "".join(_run_pieces(run, lost, depth))
    underline = None if properties is None else properties.find(f"{W}u")
    if underline is not None and underline.get(f"{W}val") not in (None, "none"):
        text = _on_a_line(text)
    yield text


def _on_a_line(text: str) -> str:
    """Underlined spaces are a blank to write on, with or without a text in it."""
    if not text.strip(" \t\u3000\xa0"):
        return "____" if text else ""
    head = "____" if text[0] in " \t\u3000\xa0" else ""
    tail = "____" if text[-1] in " \t\u3000\xa0" else ""
    return f"{head}{text.strip()}{tail}" if head and tail else text


def _is_on(properties: Any, name: str) -> bool:
    element = properties.find(f"{W}{name}")
    return element is not None and element.get(f"{W}val") not in ("0", "false", "off")


def _run_pieces(run: Any, lost: list[str], depth: int) -> Iterator[str]:
    for element in run:
        name = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
        if element.tag == f"{W}t":
            yield element.text or ""
        elif element.tag == f"{W}tab":
            yield "\t"
        elif element.tag in (f"{W}br", f"{W}cr"):
            if element.get(f"{W}type") not in ("page", "column"):
                yield "\n"
        elif element.tag == f"{W}noBreakHyphen":
            yield "-"
        elif element.tag == f"{W}sym":
            sign = _symbol(element)
            if not sign:
                lost.append("symbol")
            yield sign
        elif element.tag == f"{W}ruby":
            yield from _pieces(element, lost, depth + 1)
        elif name in _LOSES:
            lost.append(_what(element, _LOSES[name]))
        elif element.tag == f"{MC}AlternateContent":
            lost.append(_what(element, "picture"))


_LOSES = {
    "drawing": "picture",
    "pict": "picture",
    "object": "object",
    "footnoteReference": "footnote",
    "endnoteReference": "footnote",
    "commentReference": "comment",
}


def _what(element: Any, otherwise: str) -> str:
    """A drawing may be a picture or hold a text box."""
    return (
        "textbox"
        if next(element.iter(f"{W}txbxContent"), None) is not None
        else otherwise
    )


def _symbol(element: Any) -> str:
    font = str(element.get(f"{W}font") or "").lower()
    code = str(element.get(f"{W}char") or "")[-2:].upper()
    return _SYMBOLS.get((font, code), "")


def shown_places(numbers: Sequence[int]) -> str:
    """Paragraph numbers as people read them, not too many."""
    listed = list(dict.fromkeys(numbers))
    text = "、".join(map(str, listed[:20]))
    return f"{text} 等" if len(listed) > 20 else text
