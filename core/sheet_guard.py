"""Whether a workbook may be opened at all, told by walking through its archive.

Runs in the child process of core.sheet_reader, before any library sees the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from core.archives import DAMAGE, PIECE, Sentences, members
from core.errors import Refused
from core.sheet_kinds import broken, protected

AREA_LIMIT = 4_000_000  # cells of a sheet from A1 to its last one: it is held whole

#: A row, a column description, or a cell with content; prefixes are allowed.
_XML = re.compile(
    rb"<(?:\w+:)?(?:(row|col)\s([^>]*)>"
    rb"|c(?:\s([^>]*[^/>]))?>(.*?)</(?:\w+:)?c\s*>)",
    re.DOTALL,
)
_REF = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
_VALUE = re.compile(rb"<(?:\w+:)?(?:v|t)(?:\s[^>]*)?>[^<]")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")


@dataclass
class SheetFacts:
    """What the reader's library does not tell about a sheet of an .xlsx."""

    rows: int = 0  # of the last cell with content
    columns: int = 0
    hidden_rows: int = 0
    hidden_columns: int = 0
    uncomputed: set[tuple[int, int]] = field(default_factory=set)  # from (0, 0)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)


def check_workbook(path: Path, filename: str) -> dict[str, SheetFacts]:
    """Walk through all members of an .xlsx without keeping them.

    :return: What was seen of each sheet, by the sheet's name.
    :raises Refused: If a member is larger than it says, all are too large together,
        the archive holds archives, or a sheet spreads too far.
    """
    facts: dict[str, SheetFacts] = {}
    small: dict[str, bytes] = {}
    try:
        for name, pieces in members(path, _sentences(filename)):
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                facts[name] = _scan(pieces, filename)
            elif name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"):
                small[name] = b"".join(pieces)[: 1 << 20]
            else:
                for _piece in pieces:
                    pass
        return {
            sheet: facts[part]
            for sheet, part in _sheet_parts(small).items()
            if part in facts
        }
    except (*DAMAGE, ElementTree.ParseError):
        raise broken(filename) from None


def _scan(pieces: Iterator[bytes], filename: str) -> SheetFacts:
    """Read a sheet's XML as it streams by.

    :raises Refused: If its last cell is too far from A1.
    """
    facts = SheetFacts()
    rest = b""
    for piece in pieces:
        text = rest + piece
        end = 0
        for match in _XML.finditer(text):
            end = match.end()
            tag, attributes, cell, inside = match.groups()
            if tag is None:
                _note_cell(facts, cell or b"", inside)
            elif _HIDDEN.search(attributes):
                facts.hidden_rows += tag == b"row"
                facts.hidden_columns += tag == b"col"
        rest = text[end:]
        start = max(rest.rfind(b"<c "), rest.rfind(b":c "))
        rest = rest[-256:] if start < 0 else rest[max(start - 32, 0) :]
        if len(rest) > 4 * PIECE:
            rest = b""
        if facts.rows * facts.columns > AREA_LIMIT:
            raise Refused(
                "“%(file)s”的工作表里很远的地方（第 %(rows)d 行、第 %(columns)d 列）"
                "还有内容。请删去多余的行和列，或把内容复制到新建的工作簿后再上传",
                file=filename,
                rows=facts.rows,
                columns=facts.columns,
            )
    return facts


def _note_cell(facts: SheetFacts, attributes: bytes, inside: bytes) -> None:
    found = _REF.search(attributes)
    if not found:
        return
    column = 0
    for letter in found[1]:
        column = column * 26 + letter - 64
    row = int(found[2])
    facts.rows = max(facts.rows, row)
    facts.columns = max(facts.columns, column)
    place = (row - 1, column - 1)
    if b't="e"' in attributes:
        value = re.search(rb">(#[^<]{1,20})<", inside)
        facts.errors[place] = value[1].decode("ascii", "replace") if value else "#?"
    elif (
        _FORMULA.search(inside)
        and not _VALUE.search(inside)
        and b't="str"' not in attributes  # a formula whose result is empty text
    ):
        facts.uncomputed.add(place)


def _sheet_parts(small: dict[str, bytes]) -> dict[str, str]:
    """The archive's member of each sheet, by the sheet's name."""
    # No DOCTYPE has come this far, so nothing in here can expand.
    relations = ElementTree.fromstring(small["xl/_rels/workbook.xml.rels"])  # noqa: S314
    targets = {
        str(node.get("Id")): str(node.get("Target")).lstrip("/") for node in relations
    }
    parts: dict[str, str] = {}
    for node in ElementTree.fromstring(small["xl/workbook.xml"]).iter():  # noqa: S314
        if node.tag.rpartition("}")[2] != "sheet":
            continue
        relation = next(
            (
                v
                for k, v in node.attrib.items()
                if k.startswith("{") and k.endswith("}id")
            ),
            "",
        )
        target = targets.get(relation, "")
        part = target if target.startswith("xl/") else f"xl/{target}"
        parts[str(node.get("name"))] = part
    return parts


def _sentences(filename: str) -> Sentences:
    return Sentences(
        broken=broken(filename),
        protected=protected(filename),
        too_large=Refused(
            "“%(file)s”解压后过大，已拒绝。"
            "请只保留需要导入的内容，复制到新建的工作簿，另存为 .xlsx 后再上传",
            file=filename,
        ),
        nested=Refused(
            "“%(file)s”里面还套着压缩包，已拒绝。"
            "请把内容复制到新建的工作簿，另存为 .xlsx 后再上传",
            file=filename,
        ),
        embedded="xl/embeddings/",
    )
