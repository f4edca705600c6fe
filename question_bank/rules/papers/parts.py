"""What has been found of one question, and its labelled parts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from core.errors import Refused
from question_bank.rules.papers.keys import bare, read_judgement, read_letters
from question_bank.rules.papers.labels import Field, find_labels
from question_bank.rules.papers.lines import fold, join
from question_bank.rules.papers.options import find_options
from question_bank.rules.typed import read_citations
from question_bank.rules.validity import Problem
from statutes.rules.references import find_references, read_reference


@dataclass
class Parts:
    """What has been found of a question so far."""

    stem: str = ""
    options: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)  # part → its text
    key: str = ""
    kind: str = ""
    answer: tuple[str, ...] = ()
    faults: list[Problem] = field(default_factory=list)
    doubts: list[Problem] = field(default_factory=list)

    def doubt(self, message: str, part: str, **values: object) -> None:
        """Note that something was guessed."""
        self.doubts.append(Problem(message, part, values))


def compare_keys(reading: Parts, key: str, other: str, here: str, there: str) -> None:
    """Two keys that differ: nobody can say which one is right."""
    meant = [read_letters(text) or read_judgement(text) for text in (key, other)]
    if meant[0] != meant[1] or not meant[0]:
        reading.faults.append(
            Problem(
                "%(here)s的答案是 %(key)s，%(there)s是 %(other)s，请核对",
                "key",
                {
                    "here": here,
                    "key": bare(key)[:20],
                    "there": there,
                    "other": bare(other)[:20],
                },
            )
        )


_SHORT = re.compile(r"[\s。.;；,，、]*([^\s。;；,，]+)[\s。;；,，]*")


def short(reading: Parts, part: str) -> str:
    """The one word of a part; what stands behind it is said to be left out."""
    value = reading.fields.get(part, "")
    found = _SHORT.match(value)
    if not found:
        return ""
    rest = value[found.end() :].strip()
    if rest:
        reading.doubt("“%(text)s”没有对应的栏目，没有读取", part, text=rest)
    return found[1]


# Labelled parts


def take_fields(text: str, reading: Parts) -> str:
    """Take out the labelled parts; what is left is the stem and the options."""
    folded = fold(text)
    body, at = "", 0
    for one in find_labels(folded):
        body += text[at : one.begin]
        at = _take_field(text, folded, one, reading)
        body += "\n"
    return body + text[at:]


def _take_field(text: str, folded: str, one: Field, reading: Parts) -> int:
    """Keep the value of a labelled part; returns where it ends."""
    value = text[one.start : one.end]
    part = one.part
    if part == "both" and is_key(value):
        part = "key"
    elif part == "both":
        part = "analysis"
    if part == "answer":
        part = "key" if is_key(value) else "analysis"
    if part in ("stem", "options"):
        return one.start  # only the label goes
    if part == "key":
        return _take_key(text, folded, one, reading)
    if part == "analysis":
        add_text(reading, "analysis", value)
        return max(one.end, one.start)
    if part == "citations":
        _take_citations(value, reading)
        return one.end
    first, end = _first_line(value)
    if part == "other":
        said = text[one.begin : one.start + end].strip()
        reading.doubt("“%(text)s”没有对应的栏目，没有读取", "", text=said)
    else:
        add_text(reading, part, first)
    return one.start + end


def _take_citations(value: str, reading: Parts) -> None:
    """Keep references; where a sentence stands with them it is part of the analysis."""
    if all(map(_is_reference, read_citations(value))):
        add_text(reading, "citations", value)
        return
    found = find_references(value)
    if found:
        add_text(reading, "citations", "；".join(dict.fromkeys(found)))
        add_text(reading, "analysis", value)
    else:
        add_text(reading, "citations", value)


def _is_reference(text: str) -> bool:
    try:
        read_reference(text)
    except Refused:
        return False
    return True


def _first_line(value: str) -> tuple[str, int]:
    """The first line of a value that holds something, and where it ends."""
    skipped = len(value) - len(value.lstrip())
    line, _, _ = value[skipped:].partition("\n")
    return line.strip(), skipped + len(line)


def is_key(value: str) -> bool:
    """Whether the first line of a value is letters or a judgement."""
    first, _ = _first_line(value)
    return bool(read_letters(first) or read_judgement(first))


def _take_key(text: str, folded: str, one: Field, reading: Parts) -> int:
    """Keep a key: a line, or all lines where it is text; the rest may be options."""
    value = text[one.start : one.end]
    first, end = _first_line(value)
    closing = one.start + end
    if reading.key and first:
        if bare(first) != bare(reading.key):
            reading.faults.append(
                Problem(
                    "这里有两处答案（%(first)s 和 %(second)s），"
                    "可能有一题的题号没有认出来",
                    "key",
                    {"first": bare(reading.key)[:20], "second": bare(first)[:20]},
                )
            )
        return closing
    options = find_options(folded[one.start : one.end])
    if options and len(options.spans) > 1 and options.start > 0 and not options.guessed:
        # 答案：B A.… B.…: the options follow.
        head = value[: options.start].strip()
        if read_letters(head) or read_judgement(head):
            reading.key = reading.key or head
            return one.start + options.start
    rest = value[end:]
    alone = read_letters(first) or read_judgement(first) or not rest.strip()
    if alone or find_options(fold(rest)):
        reading.key = reading.key or first
    else:
        reading.key = reading.key or (first + rest).strip()
        return one.end
    return closing


def add_text(reading: Parts, part: str, value: str) -> None:
    """Keep a text of a part, after what it has already."""
    value = join(value.split("\n"))
    if value:
        before = reading.fields.get(part)
        reading.fields[part] = f"{before}\n{value}" if before else value
