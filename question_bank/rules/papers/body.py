"""The stem of a question and its options."""

from __future__ import annotations

import re

from question_bank.rules.papers.keys import bare
from question_bank.rules.papers.lines import fold, join, run_on
from question_bank.rules.papers.options import LETTERS, Found, find_options
from question_bank.rules.papers.parts import Parts, add_text
from question_bank.rules.validity import Problem


def take_options(body: str, reading: Parts) -> None:
    """Part a question's text into its stem and its options."""
    folded = fold(body)
    found = find_options(folded)
    if found is None:
        if not _take_circled(body, reading):
            reading.stem = join(body.split("\n"))
        return
    reading.stem = join(body[: found.start].split("\n")).rstrip("-•●*· \n")
    spans = list(found.spans)
    last_start, last_end = spans[-1]
    last, rest = _until_gap(body[last_start:last_end])
    texts = [body[start:end] for start, end in spans[:-1]] + [last]
    reading.options = [_option(text) for text in texts]
    if rest:
        add_text(reading, "rest", rest)
    _note_options(found, reading)


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
