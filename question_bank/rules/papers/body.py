"""The stem of a question and its options."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from question_bank.rules.papers.keys import bare, read_judgement
from question_bank.rules.papers.lines import fold, join, run_on
from question_bank.rules.papers.options import LETTERS, Found, find_options
from question_bank.rules.papers.parts import Parts, add_text, compare_keys
from question_bank.rules.papers.stars import are_marks, find_stars
from question_bank.rules.validity import Problem


def take_options(body: str, reading: Parts) -> None:
    """Part a question's text into its stem and its options."""
    folded = fold(body)
    found = find_options(folded)
    if found is None:
        lines = [line for line in body.split("\n") if line.strip()]
        if not (
            _take_circled(body, reading)
            or _take_judgements(lines, reading)
            or _take_ticked(lines, reading)
            or _take_judged(lines, reading)
        ):
            reading.stem = join(lines)
        return
    stars = find_stars(folded, found)
    stem = body[: stars.get(0, found.start)]
    reading.stem = join(stem.split("\n")).rstrip("-•●*· \n")
    # The star of the next option is no part of an option's text.
    spans = [
        (start, stars.get(n, end)) for n, (start, end) in enumerate(found.spans, 1)
    ]
    last_start, last_end = spans[-1]
    last, rest = _until_gap(body[last_start:last_end])
    texts = [body[start:end] for start, end in spans[:-1]] + [last]
    reading.options = [_option(text) for text in texts]
    if rest:
        add_text(reading, "rest", rest)
    _take_marked_right(reading)
    if are_marks(folded, found, stars):
        _take_marks(reading, stars, "选项前面")
    _note_options(found, reading)


_RIGHT = re.compile(r"\s*[(\[]\s*(?:正确|参考)?答案\s*[)\]]\s*$")


def _take_marked_right(reading: Parts) -> None:
    """Options with （正确答案） behind them are the key."""
    ends = [_RIGHT.search(fold(option)) for option in reading.options]
    if not any(ends):
        _take_ticks_behind(reading)
        return
    key = "".join(letter for letter, end in zip(LETTERS, ends, strict=False) if end)
    reading.options = _cut_off(reading.options, ends)
    if reading.key:
        compare_keys(reading, key, reading.key, "选项后面", "答案里")
    reading.key = reading.key or key


#: Behind an option. One that is nothing but a mark, or ends in 打√, is none.
_MARK_BEHIND = re.compile(
    r"(?<=\S)(?:\s*\(\s*(?:(?P<a>[√✓✔☑])|[×✗✘])\s*\)"
    r"|\s+(?P<b>[√✓✔☑])|\s+[×✗✘]|(?P<c>[✓✔☑]))\s*$"
)


def _take_ticks_behind(reading: Parts) -> None:
    """Options with （√） or ✓ behind them are taken for the key, and that is said.

    Crosses are marks too where every option has a mark.
    """
    ends = [_MARK_BEHIND.search(fold(option)) for option in reading.options]
    right = {n for n, end in enumerate(ends) if end and any(end.groups())}
    if not right or (len(right) < len([*filter(None, ends)]) and not all(ends)):
        return
    reading.options = _cut_off(reading.options, ends)
    _take_marks(reading, right, "选项后面")


def _take_marks(reading: Parts, right: Collection[int], where: str) -> None:
    """Take marked options for the key, and say so."""
    key = "".join(LETTERS[n] for n in sorted(right))
    if reading.key:
        compare_keys(reading, key, reading.key, where, "答案里")
        return
    reading.key = key
    reading.doubt("%(where)s的记号当作答案：%(key)s", "key", where=where, key=key)


def _cut_off(options: Sequence[str], ends: Sequence[re.Match[str] | None]) -> list[str]:
    return [
        option[: end.start()] if end else option
        for option, end in zip(options, ends, strict=True)
    ]


_TICK = re.compile(r"[○◯●□☐■◎]\s*(?=\S)")


def _take_ticked(lines: list[str], reading: Parts) -> bool:
    """Options behind ○ or □, as online questionnaires write them."""
    first = next((n for n, line in enumerate(lines) if _TICK.match(line)), 0)
    ticks = [_TICK.match(line) for line in lines[first:]]
    if first == 0 or len(ticks) < 2 or not all(ticks):
        return False
    stem = join(lines[:first])
    # [单选题] * : the star says that it must be answered.
    reading.stem = re.sub(r"(?<=[)\]】）])\s*\*$", "", stem)
    reading.options = [
        _option(line[tick.end() :])
        for line, tick in zip(lines[first:], ticks, strict=True)
        if tick
    ]
    _take_marked_right(reading)
    return True


_ENDS_JUDGED = re.compile(r"[(\[]\s*(?:[√×✓✗✘✔]|[对错]|正确|错误)\s*[)\]]\s*[。.]?\s*$")


def _take_judged(lines: list[str], reading: Parts) -> bool:
    """A sentence with its judgement in brackets, and other lines behind it."""
    places = [n for n, line in enumerate(lines) if _ENDS_JUDGED.search(fold(line))]
    if len(places) != 1 or places[0] == len(lines) - 1:
        return False
    reading.stem = join(lines[: places[0] + 1])
    add_text(reading, "rest", "\n".join(lines[places[0] + 1 :]))
    return True


def _take_judgements(lines: list[str], reading: Parts) -> bool:
    """Options 正确 and 错误 on lines of their own, without letters."""
    if len(lines) < 3 or {read_judgement(line) for line in lines[-2:]} != {"T", "F"}:
        return False
    reading.stem = join(lines[:-2])
    reading.options = [_option(line) for line in lines[-2:]]
    return True


_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩"


def _take_circled(body: str, reading: Parts) -> bool:
    """Options ① ② ③, where the key names them so."""
    key = re.sub(r"[\s、,，;；]", "", bare(reading.key))
    if not key or set(key) - set(_CIRCLED):
        return False
    places = [body.find(mark) for mark in _CIRCLED if mark in body]
    if len(places) < 2 or places != sorted(places):
        return False
    ends = [*places[1:], len(body)]
    reading.stem = join(body[: places[0]].split("\n"))
    reading.options = [
        _option(body[start + 1 : end]) for start, end in zip(places, ends, strict=True)
    ]
    reading.key = "".join(LETTERS[_CIRCLED.index(mark)] for mark in key)
    return True


def _until_gap(text: str) -> tuple[str, str]:
    """The last option: its line and those that go on with the sentence."""
    lines = text.split("\n")
    kept = [lines[0]]
    for n, line in enumerate(lines[1:], 1):
        if not kept[-1].strip() or (line.strip() and not _ended(kept[-1])):
            kept.append(line)
            continue
        return "\n".join(kept), "\n".join(lines[n:]).strip()
    return "\n".join(kept), ""


def _ended(line: str) -> bool:
    return line.rstrip().endswith(("。", "；", ";", "！", "？"))


def _option(text: str) -> str:
    return run_on(text.strip(" \t\u3000\n-•●*·").split("\n"))


def _note_options(found: Found, reading: Parts) -> None:
    if found.guessed:
        reading.doubt("选项之间没有标点，是按字母拆开的", "option A")
    if found.missing:
        reading.faults.append(
            Problem(
                "选项的字母不连续：应是 %(missing)s 的地方写着 %(after)s",
                "option A",
                {"missing": found.missing, "after": found.after},
            )
        )
