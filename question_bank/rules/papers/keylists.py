"""Keys listed apart from their questions: 1-5 ABCDE, 1.A 2.B, 1.【答案】A【解析】…."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from question_bank.rules.papers.keys import read_judgement, read_letters
from question_bank.rules.papers.lines import Line, fold
from question_bank.rules.papers.numbers import CN, read_mark

_MARK = "√✓×✗✘╳✔☑☒"
_WORDS = "正确|错误"
#: One key without spaces in it.
_ONE = rf"(?:[A-J]{{1,10}}|[A-J](?:[、,][A-J])+|[{_MARK}对错TFtf]|{_WORDS})"
_RANGE = re.compile(
    rf"(?<!\d)(?P<from>\d{{1,4}})\s*[.、]?\s*(?:-|~|至|到)\s*(?P<to>\d{{1,4}})\s*题?\s*[:.、)]?\s*"
    rf"(?P<keys>[A-Ja-j{_MARK}对错TF正确误\s、,;/]+?)(?=[。.;]?\s*(?:$|\n|\(?\d|[第【\[]))"
)
_SINGLE = re.compile(
    rf"[(\[]?\s*(?:第\s*)?(?P<n>(?<!\d)\d{{1,4}}|[①-⑳]|[⑴-⒇])\s*题?\s*[)\]]?\s*[.、:)\]]*\s*"
    rf"[(\[]?\s*(?P<key>{_ONE}|[a-j]{{1,10}}(?![a-z]))\s*[)\]]?(?=[\s;,、。.|/]|$|[(\[]?\s*\d|[①-⑳⑴-⒇])"
)
_BETWEEN = " \t\u3000\n;,、。.|/"
_LEAD = re.compile(
    r"^\s*[-•]?\s*[\[(]?\s*(?:[^\d:]{0,12}?(?:参考|标准|正确)?答案(?:如下)?|[^\d:\[\](){}]{0,10}题)?\s*[\])]?"
    r"\s*(?:\([^()]*\))?\s*[:：]?\s*"
)


@dataclass
class Key:
    """What a list says of one question."""

    number: int
    text: str
    rest: list[str] = field(default_factory=list)  # lines of its analysis
    line: int = 0
    case: bool = False  # what a case says beside the keys of its questions


def read_list(folded: str) -> list[Key] | None:
    """The keys of a line that holds nothing but keys of several questions."""
    lead = _LEAD.match(folded)
    for start in {lead.end() if lead else 0, 0}:
        keys = _read(folded[start:])
        if keys and (len(keys) > 1):
            return keys
    return None


def _read(text: str) -> list[Key] | None:
    found: list[Key] = []
    at = 0
    while at < len(text):
        if text[at] in _BETWEEN:
            at += 1
            continue
        spread = _RANGE.match(text, at)
        if spread:
            keys = _spread(spread)
            if keys is None:
                return None
            found += keys
            at = spread.end()
            continue
        single = _SINGLE.match(text, at)
        if not single:
            return None
        number = read_mark(single["n"] + "、")
        if number is None:
            return None
        found.append(Key(number.value, single["key"]))
        at = single.end()
    return found


def _spread(found: re.Match[str]) -> list[Key] | None:
    """The keys of a range: one letter each, or one group each."""
    first, last = int(found["from"]), int(found["to"])
    count = last - first + 1
    typed = found["keys"].strip(_BETWEEN)
    if not 2 <= count <= 500:
        return None
    for groups in (
        re.split(r"[\s;/]+", typed),
        re.split(r"[\s;/,、]+", typed),
        re.findall(rf"[A-Ja-j{_MARK}对错]|正确|错误", typed),
    ):
        if len(groups) == count and all(map(is_key, groups)):
            return [
                Key(number, key)
                for number, key in zip(range(first, last + 1), groups, strict=True)
            ]
    return None


_NUMBER_ROW = re.compile(
    r"\s*(?:题\s*[号目]|序\s*号)?[:\s|]*((?:\d{1,4}[\s|、,]+)+\d{1,4})[\s|]*$"
)
_KEY_ROW = re.compile(r"\s*(?:(?:正确|参考)?答\s*案|选\s*项)?[:\s|]*(\S.*?)[\s|]*$")


def is_number_row(folded: str) -> bool:
    """Whether a line holds numbers alone: 题号 1 2 3 4 5."""
    return bool(_NUMBER_ROW.match(folded))


def read_rows(numbers: str, keys: str) -> list[Key] | None:
    """The keys of two rows of a table: numbers above, keys below."""
    first, second = _NUMBER_ROW.match(numbers), _KEY_ROW.match(keys)
    if not first or not second:
        return None
    left = [int(n) for n in re.findall(r"\d+", first[1])]
    right = re.split(r"[\s|]+", second[1])
    if len(left) != len(right) or not all(map(is_key, right)):
        return None
    return [Key(number, key) for number, key in zip(left, right, strict=True)]


_PART = re.compile(rf"\s*\(\s*[{CN}]{{1,3}}\s*\)\s*")
_OF_CASES = ("cn", "cnparen")
#: A label that is not 答案: （一）【依据】…
_OWN = re.compile(r"\[\s*(?:依据|法律依据|考点|知识点|难度|解析)\s*\]")


def is_key(text: str) -> bool:
    """Whether a text can only be a key: letters or a judgement."""
    return bool(read_letters(text) or read_judgement(text))


def read_keys(lines: list[Line]) -> tuple[list[Key], list[Line]]:
    """The keys of the lines under 参考答案, and the lines that belong to none.

    A line that begins with a number is that question's key; lines without one go on
    with what was said last.
    """
    keys: list[Key] = []
    left: list[Line] = []
    rows = [fold(line.text) for line in lines]
    numbers = ""  # a row of numbers, its keys stand in the next line
    for n, line in enumerate(lines):
        folded = rows[n]
        due = next((key.number + 1 for key in reversed(keys) if not key.case), 1)
        of_part = _PART.match(folded)
        several = (
            read_list(folded)
            or read_rows(numbers, folded)
            or (read_list(folded[of_part.end() :]) if of_part else None)
        )
        numbers = ""
        if is_number_row(folded) and read_rows(folded, "".join(rows[n + 1 : n + 2])):
            numbers = folded
            continue
        if several:
            for key in several:
                key.line = line.number
            keys += several
            continue
        mark = read_mark(folded, due)
        if mark and (mark.style not in _OF_CASES or _OWN.match(folded, mark.end)):
            case = mark.style in _OF_CASES
            text = line.text[mark.end :].strip()
            keys.append(Key(mark.value, text, [], line.number, case=case))
        elif keys:
            keys[-1].rest.append(line.text)
        else:
            left.append(line)
    return keys, left
