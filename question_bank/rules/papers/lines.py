"""A pasted text as numbered lines without noise, and the form it is searched in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from question_bank.rules.wording import ANSWER_BRACKET


@dataclass(frozen=True)
class Line:
    """A line that holds something."""

    number: int  # as people count, from 1: of the text's line or the paragraph
    text: str


_BREAK = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb]"
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_SPACE = re.compile("[\xa0\u1680\u2000-\u200a\u202f\u205f]")
_EMPHASIS = re.compile(r"\*\*(?=\S)([^*\n]+?)\*\*")  # as chat programs write it
_PREFIX = re.compile(r"\s*(?:#{1,6}\s+|>\s+)")
_ESCAPE = re.compile(r"\\(?=[.)(_\[\]*-])")

#: Same length, other characters: full width to ASCII, every bracket to ( or [, and
#: the Greek and Cyrillic letters that look like A to H.
_FOLD = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_FOLD |= {
    ord(typed): ord(plain)
    for plain, many in {
        " ": "\u3000\t",
        "(": "（﹙❨⦅",
        ")": "）﹚❩⦆",
        "[": "【〔［〖﹝",
        "]": "】〕］〗﹞",
        ":": "：︰﹕∶",
        ".": "．。｡﹒",
        "A": "АΑ",
        "B": "ВΒ",
        "C": "С",
        "D": "Ꭰ",
        "E": "ЕΕ",
        "H": "НΗ",
        "-": "—–－―−‐‑‒",
        "~": "～∼〜",
        "_": "＿",
    }.items()
    for typed in many
}
_FOLD[ord("。")] = ord("。")  # ends a sentence, never a mark after a number
_FOLD[ord("｡")] = ord("。")


def fold(text: str) -> str:
    """The text as it is searched; every character keeps its place."""
    return text.translate(_FOLD)


def read_lines(text: str) -> list[Line]:
    """The lines of a text that hold something, without what cannot be seen."""
    found = []
    for number, line in enumerate(_BREAK.split(text), 1):
        cleaned = clean(line)
        if cleaned:
            found.append(Line(number, cleaned))
    return found


def clean(text: str) -> str:
    """One line without invisible characters, odd spaces and signs of markup."""
    text = _CONTROL.sub("", _INVISIBLE.sub("", text))
    text = _SPACE.sub(" ", text.removesuffix(ANSWER_BRACKET))
    text = _PREFIX.sub("", text, count=1) if _PREFIX.match(text) else text
    text = _ESCAPE.sub("", _EMPHASIS.sub(r"\1", text))
    return text.strip(" \t\u3000")


_STARTS_ITEM = re.compile(
    r"[①-⑳⑴-⒛㉑-㉟]|\(?\d{1,2}[.、)](?!\d)|\([一二三四五六七八九十]{1,2}\)"
    r"|[甲乙丙丁戊][:、]|[-•●◆■]\s"
)
_ENDS_SENTENCE = "。？！：；?!:;"


def join(lines: Sequence[str]) -> str:
    """Lines as one text: a sentence that was broken off goes on, others start anew."""
    text = ""
    for line in lines:
        piece = line.strip(" \t\u3000")
        if not piece:
            continue
        if not text:
            text = piece
        elif text[-1] in _ENDS_SENTENCE or _STARTS_ITEM.match(fold(piece)):
            text += "\n" + piece
        else:
            text += _between(text[-1], piece[0]) + piece
    return text


def run_on(lines: Sequence[str]) -> str:
    """Lines of a short text, such as an option, as one line."""
    text = ""
    for line in lines:
        piece = line.strip(" \t\u3000")
        if piece:
            text += (_between(text[-1], piece[0]) if text else "") + piece
    return text


def _between(last: str, first: str) -> str:
    """A space between two words in Latin letters, nothing between Chinese ones."""
    both = last.isascii() and first.isascii() and last.isalpha() and first.isalpha()
    return " " if both else ""
