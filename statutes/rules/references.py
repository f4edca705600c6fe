"""依据: a reference to an article, read as people type it and written one way."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from core.errors import Refused
from statutes.rules.numerals import CHARACTERS, read_number, write_number

_BRACKETS = str.maketrans("()", "（）")
LONGEST = 200  # characters of one typed reference


@dataclass(frozen=True)
class Reference:
    """One place in one law."""

    law: str  # its short name, without 《》 and 中华人民共和国; empty if not named
    article: int  # 条
    sub: int | None = None  # 之一, 之二: an article put in later
    paragraph: int | None = None  # 款
    item: int | None = None  # 项


_TITLE = "(?:[^《》]|《[^《》]*》)+"  # a law may be named after another
_NUMBER = f"[{CHARACTERS}]+"
_REFERENCE = re.compile(
    rf"(?:《(?P<title>{_TITLE})》|(?P<bare>[^《》第]*))"
    rf"第(?P<article>{_NUMBER})条(?:之(?P<sub>{_NUMBER}))?"
    rf"(?:第(?P<paragraph>{_NUMBER})款)?"
    rf"(?:第[(]?(?P<item>{_NUMBER})[)]?项)?"
)
# Between two references in one cell; 、 and 和 only where an article follows, since
# laws' own names hold both.
_BETWEEN = re.compile(rf"[;\n]+|(?:[、,，和及与]+)(?=《|第{_NUMBER}条)")


def short_name(title: str) -> str:
    """A law's name as it is usually cited: without 中华人民共和国 and brackets."""
    plain = title.strip().removeprefix("《").removesuffix("》").strip()
    plain = plain.translate(_BRACKETS)
    return plain.removeprefix("中华人民共和国") or plain


def _plain(text: str) -> str:
    # NFKC makes brackets and digits one width; 《》 and Chinese numerals stay.
    return "".join(unicodedata.normalize("NFKC", text).split())


def _number(text: str | None) -> int | None:
    return None if text is None else read_number(text)


def read_reference(text: str) -> Reference:
    """Read one reference: 《行政处罚法》第六十三条第一款第（二）项.

    The law may stand without 《》 or be left out; numerals may be Arabic.

    :raises Refused: If it cannot be read, in one sentence.
    """
    plain = _plain(text)
    found = _REFERENCE.fullmatch(plain) if len(plain) <= LONGEST else None
    refused = Refused(
        "看不懂依据“%(text)s”，请写成《行政处罚法》第六十三条第一款第（二）项的样子",
        text=text.strip()[:40],
    )
    if found is None:
        raise refused
    try:
        reference = Reference(
            law=short_name(found["title"] or found["bare"] or ""),
            article=read_number(found["article"]),
            sub=_number(found["sub"]),
            paragraph=_number(found["paragraph"]),
            item=_number(found["item"]),
        )
    except ValueError:
        raise refused from None
    numbers = (reference.article, reference.sub, reference.paragraph, reference.item)
    if any(n is not None and not 0 < n < 10_000 for n in numbers):
        raise refused
    return reference


def write_reference(reference: Reference) -> str:
    """A reference in its one canonical form; reading it gives the same again."""
    text = f"《{reference.law}》" if reference.law else ""
    text += f"第{write_number(reference.article)}条"
    if reference.sub:
        text += f"之{write_number(reference.sub)}"
    if reference.paragraph:
        text += f"第{write_number(reference.paragraph)}款"
    if reference.item:
        text += f"第（{write_number(reference.item)}）项"
    return text


_CITED = re.compile(
    rf"《{_TITLE}》第{_NUMBER}条(?:之{_NUMBER})?(?:第{_NUMBER}款)?"
    rf"(?:第[(（]?{_NUMBER}[)）]?项)?"
)


def find_references(text: str) -> list[str]:
    """The references with their law in 《》 that stand somewhere in a text."""
    return _CITED.findall(text)


def split_references(text: str) -> list[str]:
    """The references of one cell, each as typed; a later one inherits its law.

    《民法典》第三条、第五条 gives 《民法典》第三条 and 《民法典》第五条.
    """
    pieces: list[str] = []
    law = ""
    for typed in _BETWEEN.split(unicodedata.normalize("NFKC", text)):
        piece = typed.strip()
        if not piece:
            continue
        title = re.match(f"《{_TITLE}》", piece)
        if title:
            law = title[0]
        pieces.append(law + piece if piece.startswith("第") else piece)
    return pieces
