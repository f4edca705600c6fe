"""The blanks of a stem, and the key that people write into them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from question_bank.rules.papers.keys import read_judgement, read_letters
from question_bank.rules.papers.lines import fold

_BRACKETS = re.compile(r"[(\[]([^()\[\]\n]{0,60})[)\]]")
_LINE = re.compile(r"_{1,}\s*([A-J](?:[\s、,]*[A-J])*)\s*_{1,}")
_FILLED_LINE = re.compile(r"_{2,}\s*([^_\n]{1,40}?)\s*_{2,}")
_EMPTY = re.compile(r"[(\[]\s*[)\]]|_{2,}")
#: A bracket before these words is a blank: （B）是国家的根本法.
_GOES_ON = "是属为应当不可以有负由对在的和与或及所将须必能会依经向按违行实享具"
_CLOSING = "。.?!：:；; \n"


@dataclass(frozen=True)
class InStem:
    """A key that was found in a stem, and the stem without it."""

    stem: str
    key: str  # as written; empty if there was none
    #: Several brackets held several keys: nobody knows which counts.
    unclear: bool = False


def has_blank(stem: str) -> bool:
    """Whether there is an empty bracket or a line to write on."""
    return bool(_EMPTY.search(fold(stem)))


def take_letters(stem: str) -> InStem:
    """The letters that stand in a bracket of a stem: （B）, ____B____."""
    folded = fold(stem)
    found = [
        *((m, m[1]) for m in _BRACKETS.finditer(folded) if _are_letters(m[1])),
        *((m, m[1]) for m in _LINE.finditer(folded)),
    ]
    if not found:
        return InStem(stem, "")
    found.sort(key=lambda pair: pair[0].start())
    keys = {read_letters(text) for _, text in found}
    if len(keys) > 1:
        return InStem(stem, "", unclear=True)
    for match, _text in reversed(found):
        stem = _emptied(stem, match)
    return InStem(stem, found[0][1])


def _are_letters(text: str) -> bool:
    # Capitals, or small letters alone: (a) but never a word.
    return bool(read_letters(text)) and (
        not re.search("[a-z]", text) or len(text.strip()) == 1
    )


def take_judgement(stem: str) -> InStem:
    """The judgement at the end or the beginning of a stem; its bracket goes."""
    folded = fold(stem)
    key = ""
    at_end = re.search(r"[(\[]([^()\[\]\n]{0,6})[)\]]\s*[。.]?\s*$", folded)
    if at_end and (not at_end[1].strip() or read_judgement(at_end[1])):
        key = at_end[1].strip()
        stem = stem[: at_end.start()].rstrip()
    else:
        at_end = re.search(r"_{2,}\s*[。.]?\s*$", folded)
        if at_end:
            stem = stem[: at_end.start()].rstrip()
    folded = fold(stem)
    at_start = re.match(r"\s*[(\[]([^()\[\]\n]{0,6})[)\]]\s*(?=\S)", folded)
    if at_start and (not at_start[1].strip() or read_judgement(at_start[1])):
        key = key or at_start[1].strip()
        stem = stem[at_start.end() :]
    return InStem(stem, key)


def take_blanks(stem: str) -> tuple[str, tuple[str, ...]]:
    """The texts that stand in the blanks of a 填空 stem, and the stem with them empty.

    Only lines with a text on them count for sure; brackets do where no blank is
    empty.
    """
    folded = fold(stem)
    lines = list(_FILLED_LINE.finditer(folded))
    if lines:
        texts = tuple(stem[m.start(1) : m.end(1)].strip() for m in lines)
        for match in reversed(lines):
            stem = stem[: match.start()] + "____" + stem[match.end() :]
        return stem, texts
    if has_blank(stem):
        return stem, ()
    brackets = [m for m in _BRACKETS.finditer(folded) if m[1].strip()]
    texts = tuple(stem[m.start(1) : m.end(1)].strip() for m in brackets)
    for match in reversed(brackets):
        stem = stem[: match.start(1)] + " " + stem[match.end(1) :]
    return stem, texts


def clear_key(stem: str, key: tuple[str, ...]) -> str:
    """A stem whose brackets do not tell a key that stands elsewhere too."""
    folded = fold(stem)
    for match in reversed(list(_told(folded, key))):
        stem = _emptied(stem, match)
    return stem


def _told(folded: str, key: tuple[str, ...]) -> Iterator[re.Match[str]]:
    for match in _BRACKETS.finditer(folded):
        if _are_letters(match[1]) and set(read_letters(match[1])) == set(key):
            yield match


def _emptied(stem: str, match: re.Match[str]) -> str:
    """The stem with one bracket empty, or without it if it was only for the key."""
    before, after = stem[: match.start()], stem[match.end() :]
    if match[0][0] == "_":
        return f"{before}____{after}"
    alone = has_blank(before + "\n" + after)
    if alone and not after.strip(_CLOSING):
        return before.rstrip() + after.strip()
    if not before.strip() and (alone or not after.lstrip()[:1] or _is_lead(after)):
        return after.lstrip()
    return f"{before}{stem[match.start()]} {stem[match.end() - 1]}{after}"


def _is_lead(after: str) -> bool:
    """Whether a bracket at the beginning stands before a whole sentence."""
    return after.lstrip()[0] not in _GOES_ON
