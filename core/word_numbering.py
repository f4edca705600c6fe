"""The numbers Word puts before paragraphs by itself: they are not in the text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DEPTH = 20  # styles that are based on one another


@dataclass(frozen=True)
class _Level:
    start: int
    form: str  # w:numFmt
    text: str  # w:lvlText: %1. or （%2）
    legal: bool  # all its numbers in digits
    restarts: bool


@dataclass(frozen=True)
class _List:
    """One w:num: which counter it drives, and how it looks."""

    counter: str
    levels: Mapping[int, _Level]
    starts: Mapping[int, int]  # where it begins anew


class Numbering:
    """Counts through the paragraphs of a document, in their order."""

    def __init__(self, numbering: Any | None, styles: Any | None) -> None:
        self._styles = {s.get(f"{W}styleId"): s for s in _all(styles, "style")}
        self._abstract = {
            a.get(f"{W}abstractNumId"): a for a in _all(numbering, "abstractNum")
        }
        self._lists: dict[str, _List] = {}
        for num in _all(numbering, "num"):
            found = self._read_list(num)
            if found:
                self._lists[str(num.get(f"{W}numId"))] = found
        self._counts: dict[str, dict[int, int]] = {}
        self._begun: set[str] = set()

    def label(self, paragraph: Any) -> str:
        """The number of the next paragraph as Word shows it; empty if it has none."""
        name, depth = self._membership(paragraph)
        which = self._lists.get(name)
        if which is None or depth not in which.levels:
            return ""
        counts = self._counts.setdefault(which.counter, {})
        if name not in self._begun:
            self._begun.add(name)
            for level, start in which.starts.items():
                counts[level] = start - 1
        count = counts[depth] + 1 if depth in counts else _start(which, depth)
        counts[depth] = count
        for deeper in [level for level in counts if level > depth]:
            if deeper not in which.levels or which.levels[deeper].restarts:
                del counts[deeper]
        return _shown(which, depth, counts)

    def _membership(self, paragraph: Any) -> tuple[str, int]:
        """The list a paragraph is in and its level, told by itself or its style."""
        properties = paragraph.find(f"{W}pPr")
        if properties is None:
            properties = ()
        own, depth = _number_properties(properties)
        if own is not None:
            return own, depth or 0
        style = _value(_child(properties, "pStyle"))
        for _ in range(_DEPTH):
            element = self._styles.get(style)
            if element is None:
                break
            name, level = _number_properties(_child(element, "pPr"))
            if name is not None:
                if depth is None:
                    depth = level if level is not None else self._level_of(name, style)
                return name, depth or 0
            style = _value(_child(element, "basedOn"))
        return "0", 0

    def _level_of(self, name: str, style: str | None) -> int:
        """The level of a list that a style is tied to."""
        which = self._lists.get(name)
        abstract = self._abstract.get(which.counter) if which else None
        for level in _all(abstract, "lvl"):
            if _value(_child(level, "pStyle")) == style:
                return _number(level.get(f"{W}ilvl"))
        return 0

    def _read_list(self, num: Any) -> _List | None:
        counter = _value(_child(num, "abstractNumId")) or ""
        abstract = self._abstract.get(counter)
        if abstract is None:
            return None
        linked = _value(_child(abstract, "numStyleLink"))
        if linked:
            for name, other in self._abstract.items():
                if _value(_child(other, "styleLink")) == linked:
                    counter, abstract = str(name), other
        levels = dict(_levels(abstract))
        starts: dict[int, int] = {}
        for override in _all(num, "lvlOverride"):
            depth = _number(override.get(f"{W}ilvl"))
            levels |= dict(_levels(override))
            start = _value(_child(override, "startOverride"))
            if start is not None:
                starts[depth] = _number(start)
        return _List(counter, levels, starts)


def _levels(parent: Any) -> Iterator[tuple[int, _Level]]:
    for level in _all(parent, "lvl"):
        restart = _value(_child(level, "lvlRestart"))
        legal = _child(level, "isLgl")
        yield (
            _number(level.get(f"{W}ilvl")),
            _Level(
                _number(_value(_child(level, "start")) or "1"),
                _value(_child(level, "numFmt")) or "decimal",
                _value(_child(level, "lvlText")) or "",
                legal is not None and _value(legal) not in ("0", "false"),
                restart != "0",
            ),
        )


def _start(which: _List, depth: int) -> int:
    return which.starts.get(depth, which.levels[depth].start)


def _shown(which: _List, depth: int, counts: dict[int, int]) -> str:
    level = which.levels[depth]
    if level.form in ("bullet", "none"):
        return ""

    def number(found: re.Match[str]) -> str:
        at = int(found[1]) - 1
        other = which.levels.get(at)
        if other is None:
            return ""
        count = counts.get(at, _start(which, at))
        return write_count(count, "decimal" if level.legal else other.form)

    return re.sub(r"%([1-9])", number, level.text).strip()


def write_count(count: int, form: str) -> str:
    """A count in one of Word's forms; digits where the form is not known."""
    writer = _WRITERS.get(form)
    return writer(count) if writer and count > 0 else str(count)


def _letters(count: int) -> str:
    """1 → A, 26 → Z, 27 → AA, 28 → BB: as Word does it."""
    repeats, letter = divmod(count - 1, 26)
    return chr(65 + letter) * min(repeats + 1, 20)


def _roman(count: int) -> str:
    text = ""
    for value, sign in (
        *((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C")),
        *((90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V")),
        *((4, "IV"), (1, "I")),
    ):
        times, count = divmod(count, value) if count < 4000 else (0, count)
        text += sign * times
    return text


def _chinese(count: int) -> str:
    """1 → 一, 15 → 十五, 23 → 二十三; digits from 100 on."""
    if count >= 100:
        return str(count)
    tens, ones = divmod(count, 10)
    digits = "零一二三四五六七八九"
    head = ("" if tens == 1 else digits[tens]) + "十" if tens else ""
    return head + (digits[ones] if ones or not tens else "")


def _from(signs: str) -> Callable[[int], str]:
    def write(count: int) -> str:
        return signs[count - 1] if count <= len(signs) else str(count)

    return write


_WRITERS: dict[str, Callable[[int], str]] = {
    "upperLetter": _letters,
    "lowerLetter": lambda count: _letters(count).lower(),
    "upperRoman": _roman,
    "lowerRoman": lambda count: _roman(count).lower(),
    "decimalZero": lambda count: f"{count:02d}",
    "ideographTraditional": _from("甲乙丙丁戊己庚辛壬癸"),
    "ideographZodiac": _from("子丑寅卯辰巳午未申酉戌亥"),
    "ideographDigital": lambda count: "".join(
        "〇一二三四五六七八九"[int(d)] for d in str(count)
    ),
    **dict.fromkeys(
        (
            "chineseCounting",
            "chineseCountingThousand",
            "chineseLegalSimplified",
            "taiwaneseCounting",
            "taiwaneseCountingThousand",
            "japaneseCounting",
        ),
        _chinese,
    ),
    **dict.fromkeys(
        ("decimalEnclosedCircle", "decimalEnclosedCircleChinese"),
        _from("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"),
    ),
    "decimalEnclosedParen": _from("⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽⑾⑿⒀⒁⒂⒃⒄⒅⒆⒇"),
    "decimalEnclosedFullstop": _from("⒈⒉⒊⒋⒌⒍⒎⒏⒐⒑⒒⒓⒔⒕⒖⒗⒘⒙⒚⒛"),
}


def _all(parent: Any | None, name: str) -> list[Any]:
    return [] if parent is None else parent.findall(f"{W}{name}")


def _child(parent: Any | None, name: str) -> Any | None:
    if parent is None or isinstance(parent, tuple):
        return None
    return parent.find(f"{W}{name}")


def _value(element: Any | None) -> str | None:
    return None if element is None else element.get(f"{W}val")


def _number(text: Any) -> int:
    return int(text) if text and re.fullmatch(r"-?\d{1,6}", str(text)) else 0


def _number_properties(properties: Any | None) -> tuple[str | None, int | None]:
    """The list and level that properties name; None: they say nothing."""
    found = _child(properties, "numPr")
    if found is None:
        return None, None
    level = _value(_child(found, "ilvl"))
    return _value(_child(found, "numId")), None if level is None else _number(level)
