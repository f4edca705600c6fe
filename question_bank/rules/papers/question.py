"""One block of lines read as a question."""

from __future__ import annotations

import re
from fractions import Fraction

from question_bank.rules.intake import Typed
from question_bank.rules.papers.body import take_options
from question_bank.rules.papers.deciding import decide
from question_bank.rules.papers.heads import Head
from question_bank.rules.papers.keylists import Key
from question_bank.rules.papers.layout import LONGEST, Block
from question_bank.rules.papers.lines import Line, fold
from question_bank.rules.papers.parts import (
    Parts,
    add_text,
    compare_keys,
    short,
    take_fields,
)
from question_bank.rules.papers.tags import Tags, strip_tags
from question_bank.rules.typed import read_citations, read_difficulty, read_tags
from question_bank.rules.validity import Draft, Problem
from question_bank.rules.wording import count_blanks, with_blanks

#: Two questions in two columns: 1.甲（ ）⇥2.乙（ ）.
_SIDE_BY_SIDE = re.compile(r"\t\s*\d{1,3}\s*[.．、](?!\d)")


def read_question(block: Block, head: Head | None, listed: Key | None) -> Typed:
    """Read a block.

    :param head: The head of its section.
    :param listed: What a list of keys says of it.
    """
    text = block.text
    reading = Parts()
    if len(text) > LONGEST:
        reading.faults.append(
            Problem("这一题有 %(n)d 个字，太长了，没有读取", "", {"n": len(text)})
        )
        text = text[:LONGEST]
    body = take_fields(text, reading)
    take_options(body, reading)
    if _SIDE_BY_SIDE.search(reading.stem):
        reading.faults.append(Problem("这一行并排写着几道题，没有分开", "stem"))
    reading.stem, tags = strip_tags(reading.stem)
    _take_listed(reading, listed)
    if block.before and reading.key:
        compare_keys(reading, block.before, reading.key, "题号前", "后面写的")
    reading.key = reading.key or block.before
    decide(reading, tags, head)
    if not block.numbered:
        reading.doubt("这一题没有题号，从哪里开始是推断的", "stem")
    return _typed(block, reading, tags, head)


def read_case_fields(listed: Key | None) -> Typed:
    """What a list of keys says of a whole case; its stem and its parts are not here."""
    reading = Parts(kind="case")
    _take_listed(reading, listed)
    add_text(reading, "analysis", reading.key)  # a sentence; a case has no key
    return _typed(Block([Line(0, "")]), reading, Tags(), None)


def _take_listed(reading: Parts, listed: Key | None) -> None:
    """Take the key that a list gives, with its own labels."""
    if listed is None:
        return
    inner = Parts()
    rest = take_fields("\n".join([listed.text, *listed.rest]), inner)
    for part, value in inner.fields.items():
        add_text(reading, part, value)
    key, more = inner.key, rest
    if not key:
        key, _, more = rest.strip().partition("\n")
    if reading.key and key:
        compare_keys(reading, reading.key, key, "题目里", "答案表里")
    reading.key = reading.key or key
    add_text(reading, "analysis", more)


def _typed(block: Block, reading: Parts, tags: Tags, head: Head | None) -> Typed:
    fields = reading.fields
    if rest := fields.pop("rest", ""):
        analysis = fields.get("analysis", "")
        fields["analysis"] = f"{rest}\n{analysis}".strip()
        after = "选项" if reading.options else "题目"
        reading.doubt("%(after)s后面的文字当作解析", "analysis", after=after)
    level = short(reading, "difficulty") or tags.difficulty
    topic = fields.get("topic") or fields.get("tag", "")
    points = _points(reading, tags, head)
    draft = Draft(
        kind=reading.kind,
        stem=with_blanks(reading.stem) if reading.kind == "fill" else reading.stem,
        options=tuple(reading.options),
        key=reading.answer,
        topic=topic,
        difficulty=_difficulty(level, reading),
        citations=read_citations(fields.get("citations", "")),
        analysis=fields.get("analysis", ""),
        tags=read_tags(fields.get("tags", "")),
    )
    first = block.whole[0] if block.whole else block.lines[0]
    return Typed(
        draft,
        "",
        first.number,
        faults=tuple(reading.faults),
        doubts=tuple(reading.doubts),
        counted="line",
        points=points,
        tag=fields.get("tag", ""),
        no_difficulty=not level,
        stem=reading.stem,
        source="\n".join(line.text for line in block.whole),
        lines=tuple(dict.fromkeys(line.number for line in block.whole)),
    )


def _points(reading: Parts, tags: Tags, head: Head | None) -> Fraction | None:
    typed = short(reading, "points")
    found = re.fullmatch(r"(\d{1,3}(?:\.\d{1,2})?)分?", fold(typed))
    if typed and not found:
        reading.doubt("“%(text)s”没有对应的栏目，没有读取", "points", text=typed)
    if found:
        return Fraction(found[1])
    if tags.points is not None:
        return tags.points
    if head is None or head.points is None:
        return None
    if head.per_blank:
        return head.points * max(1, count_blanks(reading.stem))
    return head.points


def _difficulty(text: str, reading: Parts) -> str:
    """A difficulty; stars and coefficients are translated, and that is said."""
    stars = len(re.findall("[★⭐]", text))
    number = re.fullmatch(r"0?\.\d{1,2}|1\.0|[01]", fold(text))
    if stars:
        level = "easy" if stars <= 2 else "medium" if stars == 3 else "hard"
    elif number:
        value = float(number[0])
        level = "easy" if value >= 0.7 else "medium" if value >= 0.4 else "hard"
    else:
        return read_difficulty(text)
    reading.doubt(
        "难度写的是“%(text)s”，是换算的", "difficulty", text=text.strip()[:20]
    )
    return level
