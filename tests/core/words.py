"""Word documents made for tests: by python-docx, and by hand where it cannot."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import docx
from docx.document import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.text.paragraph import Paragraph

NS = nsdecls("w")
#: Levels of a list: number format and text, from the outermost.
Levels = Sequence[tuple[str, str]]


def add_list(document: Document, number: int, levels: Levels, *more: str) -> None:
    """A list of Word's automatic numbering that paragraphs can be put into."""
    root = document.part.numbering_part.element
    inner = "".join(
        f'<w:lvl w:ilvl="{n}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
        for n, (form, text) in enumerate(levels)
    )
    abstract = f'<w:abstractNum {NS} w:abstractNumId="{number}">{inner}</w:abstractNum>'
    root.insert(0, parse_xml(abstract))
    add_numbering(document, number, number, *more)


def add_numbering(document: Document, number: int, of: int, *more: str) -> None:
    """Another numbering of a list; more: elements such as a start of its own."""
    document.part.numbering_part.element.append(
        parse_xml(
            f'<w:num {NS} w:numId="{number}"><w:abstractNumId w:val="{of}"/>'
            f"{''.join(more)}</w:num>"
        )
    )


def restart(level: int, at: int = 1) -> str:
    """The element by which a numbering begins anew."""
    start = f'<w:startOverride w:val="{at}"/>'
    return f'<w:lvlOverride w:ilvl="{level}">{start}</w:lvlOverride>'


def numbered(document: Document, text: str, number: int, level: int = 0) -> Paragraph:
    """A paragraph whose number is not in its text."""
    paragraph = document.add_paragraph(text)
    paragraph._p.get_or_add_pPr().append(
        parse_xml(
            f'<w:numPr {NS}><w:ilvl w:val="{level}"/>'
            f'<w:numId w:val="{number}"/></w:numPr>'
        )
    )
    return paragraph


def add_xml(paragraph: Paragraph, xml: str) -> None:
    """Elements python-docx has no words for; the prefix w is known."""
    for element in parse_xml(f"<w:p {NS}>{xml}</w:p>"):
        paragraph._p.append(element)


def saved(document: Document, path: Path) -> Path:
    """The document as a file."""
    document.save(str(path))
    return path


def paper(path: Path, *lines: str) -> Path:
    """A document with these paragraphs."""
    document = docx.Document()
    for line in lines:
        document.add_paragraph(line)
    return saved(document, path)


def raw(path: Path, body: str, *more: tuple[str, str]) -> Path:
    """A document as other programs write it: three members, no styles, no numbering."""
    types = "http://schemas.openxmlformats.org/package/2006/content-types"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'{head}<Types xmlns="{types}"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{main}.main+xml"/>'
            "</Types>",
        )
        archive.writestr(
            "_rels/.rels",
            f'{head}<Relationships xmlns="{package}"><Relationship Id="r1" '
            f'Type="{office}/officeDocument" Target="word/document.xml"/>'
            "</Relationships>",
        )
        archive.writestr(
            "word/document.xml",
            f"{head}<w:document {NS}><w:body>{body}</w:body></w:document>",
        )
        for name, content in more:
            archive.writestr(name, content)
    return path


def rebuilt(
    source: Path,
    target: Path,
    change: Callable[[str, bytes], bytes] = lambda _name, data: data,
    extra: Sequence[tuple[str, bytes]] = (),
) -> Path:
    """A copy of a document with members changed or added."""
    with (
        zipfile.ZipFile(source) as before,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as after,
    ):
        for name in before.namelist():
            after.writestr(name, change(name, before.read(name)))
        for name, data in extra:
            after.writestr(name, data)
    return target
