"""Finding the options of a question in its text."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass

LETTERS = "ABCDEFGHIJ"  # the bank takes eight; more are read so that it can be said
_CIRCLED = "ⒶⒷⒸⒹⒺⒻⒼⒽⒾⒿ"
_HAN = '\u3400-\u9fff\U00020000-\U0003ffff《“"「(（'

_TRIES = 30  # marks of one letter that are tried: more is no question

#: With a mark of its own: A. A、 A: A) (A) [A] Ⓐ; small letters only in front.
_MARKED = re.compile(
    rf"[(\[]\s*(?P<a>[A-J])\s*[)\]]\s*[.、:]?|(?P<b>[{_CIRCLED}])\s*[.、:]?"
    r"|(?<![A-Za-z0-9])(?P<c>[A-J])\s*(?:[.、:)]|,(?=\S))(?!\s*[A-J]\s*[)\]])"
    r"|(?:(?<=^)|(?<=[\s]))(?P<f>[A-J])\s*[·。](?=\S)"
    r"|(?:(?<=^)|(?<=[\s]))(?:[(\[]\s*(?P<d>[a-j])\s*[)\]]|(?P<e>[a-j])\s*[.、:)])",
)
#: A letter and a space, or a letter alone, at the beginning or after a space.
_SPACED = re.compile(rf"(?:(?<=^)|(?<=\s))(?P<a>[A-J])(?:\s+(?=\S)|(?=[{_HAN}\d]))")
#: A letter between Chinese words.
_GLUED = re.compile(rf"(?<![A-Za-z0-9])(?P<a>[A-J])(?=[{_HAN}\d])")


@dataclass(frozen=True)
class Found:
    """The options of a text, as places in it."""

    start: int  # where the first one's letter stands: the stem ends there
    spans: tuple[tuple[int, int], ...]  # of their texts
    guessed: bool = False  # there was nothing but letters between them
    missing: str = ""  # a letter that should have come
    after: str = ""  # the letter that came instead


@dataclass(frozen=True)
class _Mark:
    letter: int
    begin: int
    end: int
    line: bool  # at the beginning of a line
    space: bool  # after a space


def find_options(folded: str) -> Found | None:
    """The options of a folded text, or None; at least one, in the order of letters."""
    for pattern in (_MARKED, _SPACED, _GLUED):
        marks = _marks(pattern, folded)
        best: list[_Mark] = []
        for first in marks[0][:_TRIES]:
            found = _sequence(marks, first, folded)
            if _worth(found) >= _worth(best):
                best = found
        if len(best) >= 2 or (best and pattern is _MARKED and best[0].line):
            return _found(best, marks, folded, guessed=pattern is _GLUED)
    return None


_Marks = list[list[_Mark]]  # by letter, each in the order of the text


def _marks(pattern: re.Pattern[str], folded: str) -> _Marks:
    found: _Marks = [[] for _ in LETTERS]
    for match in pattern.finditer(folded):
        letter = next(text for text in match.groups() if text)
        index = _CIRCLED.find(letter)
        begin = match.start()
        head = folded[max(folded.rfind("\n", 0, begin) + 1, begin - 12) : begin]
        mark = _Mark(
            index if index >= 0 else LETTERS.index(letter.upper()),
            begin,
            match.end(),
            not head.strip(" -•●*·★☆"),
            begin == 0 or folded[begin - 1].isspace(),
        )
        found[mark.letter].append(mark)
    return found


def _sequence(marks: _Marks, first: _Mark, folded: str) -> list[_Mark]:
    """The options that begin with a certain A: B after it, C after that."""
    chosen = [first]
    while len(chosen) < len(LETTERS):
        last = chosen[-1]
        following = _after(marks[last.letter + 1], last.end)
        while following and _is_empty(folded, last.end, following[0].begin):
            following = following[1:]  # the C of "A.B、C都对" is no option
        if not following:
            break
        chosen.append(_next(following, marks, last, first))
    return chosen


def _after(marks: list[_Mark], at: int) -> list[_Mark]:
    start = bisect_left(marks, at, key=lambda mark: mark.begin)
    return marks[start : start + _TRIES]


def _is_empty(folded: str, start: int, end: int) -> bool:
    return not folded[start : min(end, start + 40)].strip(" \n;,。.、:")


def _next(following: list[_Mark], marks: _Marks, last: _Mark, first: _Mark) -> _Mark:
    """Which of several B follows A: at the beginning of a line where A is."""
    if first.line:
        lines = [mark for mark in following if mark.line]
        if lines:
            return lines[0]
    spaced = [mark for mark in following if mark.space]
    if spaced and first.space and not first.line:
        return spaced[0]
    if spaced and last.letter + 2 < len(LETTERS):
        later = [m for m in _after(marks[last.letter + 2], last.end) if m.space]
        if not later or spaced[0].begin < later[0].begin:
            return spaced[0]
    return following[0]


def _worth(marks: list[_Mark]) -> tuple[int, int, int]:
    return (
        len(marks),
        sum(mark.line for mark in marks),
        sum(mark.space for mark in marks),
    )


def _found(best: list[_Mark], marks: _Marks, folded: str, guessed: bool) -> Found:
    ends = [mark.begin for mark in best[1:]] + [len(folded)]
    spans = tuple((mark.end, end) for mark, end in zip(best, ends, strict=True))
    last = best[-1]
    odd = min(
        (
            mark
            for letter, some in enumerate(marks)
            if letter != last.letter + 1
            for mark in _after(some, last.end)
            if mark.line
        ),
        key=lambda mark: mark.begin,
        default=None,
    )
    if odd is None or last.letter + 1 >= len(LETTERS):
        return Found(best[0].begin, spans, guessed)
    return Found(
        best[0].begin, spans, guessed, LETTERS[last.letter + 1], LETTERS[odd.letter]
    )
