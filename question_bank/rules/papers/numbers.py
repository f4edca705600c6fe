"""The number a question begins with, in all the ways it is written."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from statutes.rules.numerals import read_number

CN = "零〇一二三四五六七八九十百两"


@dataclass(frozen=True)
class Number:
    """A number at the beginning of a line."""

    style: str  # item, arabic, paren, cn, cnparen, circled, bare
    value: int
    end: int  # where the text after it begins
    before: str = ""  # what stood in brackets before it: the key, or nothing


_BULLET = r"(?:[-•·●○◆◇■□▪▶►★☆※]\s*)?"
_KEY_BEFORE = r"(?:\(\s*(?P<key>[A-Ja-j]{0,8}|[√×✓✗对错TF]|正确|错误)\s*\)\s*)?"
#: Not a question's number but a quantity: 3日内, 5万元.
_UNIT = "年月日时分秒天周岁个项条款章节名人次元万亿倍度级种类件份号届%‰"
_STYLES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (style, re.compile(_BULLET + _KEY_BEFORE + pattern))
    for style, pattern in (
        (
            "item",
            (
                rf"[\[(]?\s*(?:第\s*(?P<n>\d{{1,5}}|[{CN}]{{1,5}})\s*[小道]?题"
                rf"|(?:试题|题目|问题|小题|题)\s*(?P<n2>\d{{1,4}})|Q\s*(?P<n3>\d{{1,4}}))"
                r"\s*[\])]?\s*[.、,:)]*\s*(?=\S|$)"
            ),
        ),
        ("arabic", r"(?P<n>\d{1,5})\s*(?:[.、:,]\s*){1,2}(?P<tail>\d?)"),
        ("arabic", r"(?P<n>[⒈-⒛])\s*[.、]?\s*"),
        ("paren", r"\(\s*(?P<n>\d{1,3})\s*\)\s*[.、:,]?\s*"),
        ("paren", r"(?P<n>[⑴-⒇])\s*[.、]?\s*"),
        ("paren", r"\[\s*(?P<n>\d{1,3})\s*\]\s*[.、:,]?\s*"),
        ("paren", r"(?P<n>\d{1,3})\s*\)\s*[.、]?\s*"),
        ("cnparen", rf"\(\s*(?P<n>[{CN}]{{1,4}})\s*\)\s*[.、:,]?\s*"),
        (
            "cnparen",
            (
                rf"[\[(]?\s*(?:案例|材料|情景|案情)\s*(?P<n>[{CN}]{{1,4}}|\d{{1,2}})"
                r"\s*[\])]?\s*[.、:,]*\s*"
            ),
        ),
        ("cn", rf"(?P<n>[{CN}]{{1,4}})\s*[、.,:]\s*"),
        ("circled", r"(?P<n>[①-⑳㉑-㉟㊱-㊿])\s*[.、]?\s*"),
        # As a scanner reads them; only where that number is due.
        ("arabic", r"(?P<n>\d{1,4})(?P<odd>。)\s*(?=\S)"),
        ("arabic", r"(?P<n>[lI|])(?P<odd>[.、,])\s*(?=[\u3400-\u9fff])"),
        (
            "bare",
            rf"(?P<n>\d{{1,4}})(?:\s+(?=\D)|(?=[^\W\d_a-zA-Z{_UNIT}]|[《“\"(（]))",
        ),
    )
)


def read_mark(folded: str, expected: int | None = None) -> Number | None:
    """The number at the beginning of a folded line.

    :param expected: The number that would follow: 2.5 begins question 2 only where
        the second one is due.
    """
    for style, pattern in _STYLES:
        found = pattern.match(folded)
        if not found:
            continue
        groups = found.groupdict()
        value = _value(groups["n"] or groups.get("n2") or groups.get("n3") or "")
        if value is None or (groups.get("odd") and value != expected):
            continue
        end = found.end()
        if groups.get("tail"):  # 2.5万元, or question 2 that begins with a digit
            if value != expected:
                return None
            end -= 1
        return Number(style, value, end, groups.get("key") or "")
    return None


def _value(typed: str) -> int | None:
    if typed in ("l", "I", "|"):
        return 1
    if len(typed) == 1 and not typed.isdecimal():
        digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", typed))
        if digits:
            return int(digits)
    try:
        return read_number(typed)
    except ValueError:
        return None
