"""What is written as a key: letters, a judgement, the texts of blanks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from question_bank.rules.papers.lines import fold
from question_bank.rules.wording import comparable

_LETTERS = re.compile(r"[A-J](?:[\s、,;/.和与及&+|]*[A-J])*", re.IGNORECASE)
_WRAPPED = re.compile(r"^[(\[{<]\s*(.*?)\s*[)\]}>]$", re.DOTALL)
_LEAD = re.compile(
    r"^(?:[:：\s]|(?:正确|参考|标准)?答案\s*(?:为|是|选)?\s*[::]?|应?选|为(?=\s*[A-J:])"
    r"|是(?=\s*[A-J:]))+"
)
_TRAIL = " \t\u3000\n。.;；,，、!"
_JUDGEMENTS = {
    word: mark
    for mark, words in {
        "T": "√ ✓ ✔ ☑ 对 正确 是 T TRUE Y YES 正确的 对的 说法正确 本题正确 该说法正确",
        "F": "× ✗ ✘ ✕ ╳ ☒ 错 错误 否 X F FALSE N NO 错误的 错的 不对 不正确 不是 非"
        " 说法错误 本题错误 该说法错误",
    }.items()
    for word in words.split()
}
_NOTHING = {"", "略", "无", "见解析", "详见解析", "暂无", "-", "—", "/"}
_ITEM = re.compile(r"[①-⑳]|[⑴-⒇]|\(\s*\d{1,2}\s*\)|(?<!\d)\d{1,2}\s*[.、](?!\d)")


def bare(text: str) -> str:
    """A key's text without brackets, lead-in words and full stops around it."""
    text = text.strip(_TRAIL + ":：")
    for _ in range(3):
        shorter = _LEAD.sub("", fold(text))
        text = text[len(text) - len(shorter) :].strip(_TRAIL)
        wrapped = _WRAPPED.match(fold(text))
        if not wrapped or _closes_early(fold(text)):
            break
        text = text[wrapped.start(1) : wrapped.end(1)].strip(_TRAIL)
    return text


def _closes_early(folded: str) -> bool:
    """Whether the first bracket is not the partner of the last: (65)(2025)."""
    return any(mark in folded[1:-1] for mark in ")]}>")


def is_empty(text: str) -> bool:
    """Whether a key says that there is none here: 略."""
    return bare(text) in _NOTHING


def read_letters(text: str) -> tuple[str, ...]:
    """The letters of a key in their order: AB, A、B, （a b）; empty if it is none."""
    plain = fold(bare(text))
    if not _LETTERS.fullmatch(plain):
        return ()
    if plain.islower() and len(plain) > 1 and re.search(r"[a-j]{9}", plain):
        return ()
    return tuple(re.sub(r"[^A-J]", "", plain.upper()))


def read_judgement(text: str) -> str:
    """T or F; empty if it is neither."""
    plain = "".join(fold(bare(text)).upper().split()).strip("()[]。.")
    return _JUDGEMENTS.get(plain, "")


def letter_with_text(text: str, options: Sequence[str]) -> tuple[str, ...]:
    """The letter of ``C.九十日``, where the option says so; or of ``九十日`` alone."""
    plain = bare(text)
    found = re.match(r"([A-J])\s*[.、:)\s]\s*(\S.*)", fold(plain), re.DOTALL)
    if found:
        letter, rest = found[1], plain[found.start(2) :]
        index = ord(letter) - ord("A")
        if index < len(options) and comparable(rest) == comparable(options[index]):
            return (letter,)
        return ()
    same = [n for n, option in enumerate(options) if _same(plain, option)]
    return (chr(ord("A") + same[0]),) if len(same) == 1 else ()


def _same(text: str, option: str) -> bool:
    marks = "。.;；,，"
    return bool(text) and comparable(text).strip(marks) == comparable(option).strip(
        marks
    )


def split_blanks(text: str, blanks: int) -> tuple[str, ...]:
    """The texts of the blanks of a 填空 question.

    Separators are tried from the surest to the least: numbers ①②, brackets (甲)(乙),
    semicolons, lines, then commas and spaces where they give as many as there are
    blanks.

    :param blanks: How many blanks the stem has; 0 if that is not known.
    """
    whole = text.strip(_TRAIL)
    if not whole:
        return ()
    for pieces in _splittings(whole, blanks):
        texts = [piece.strip(_TRAIL) for piece in pieces]
        texts = [one for one in texts if one]
        if len(texts) > 1 and (not blanks or len(texts) == blanks):
            return tuple(map(_unwrapped, texts))
    surest = [p.strip(_TRAIL) for p in re.split(r"[;；\n]", whole)]
    if blanks != 1 and len([p for p in surest if p]) > 1:
        return tuple(_unwrapped(p) for p in surest if p)
    return (_unwrapped(whole),)


def _splittings(whole: str, blanks: int) -> list[list[str]]:
    folded = fold(whole)
    marks = list(_ITEM.finditer(folded))
    found: list[list[str]] = []
    if len(marks) > 1 and marks[0].start() == 0:
        ends = [mark.start() for mark in marks[1:]] + [len(whole)]
        found.append([whole[m.end() : end] for m, end in zip(marks, ends, strict=True)])
    if re.fullmatch(r"(?:\s*[(\[][^()\[\]]*[)\]]\s*[;,、]?)+", folded):
        inner = re.finditer(r"[(\[]([^()\[\]]*)[)\]]", folded)
        found.append([whole[m.start(1) : m.end(1)] for m in inner])
    found += [re.split(r"[;；]", whole), whole.split("\n")]
    if blanks > 1:
        found += [
            re.split(pattern, whole) for pattern in (r"[,，、]", r"[、]", r"[,，]")
        ]
        found.append(re.split(r"[ \t\u3000]{2,}|\t", whole))
        found.append(whole.split())
    return found


def _unwrapped(text: str) -> str:
    wrapped = _WRAPPED.match(fold(text))
    if wrapped and not _closes_early(fold(text)):
        return text[wrapped.start(1) : wrapped.end(1)].strip()
    return text
