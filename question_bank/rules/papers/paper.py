"""A whole question paper, typed or pasted as text.

Every line of it is accounted for: it belongs to a question, it is a heading (a
section's head, instructions, a list of keys), or it is reported as left over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from question_bank.rules.cases import as_case
from question_bank.rules.intake import Typed
from question_bank.rules.papers.blocks import cut
from question_bank.rules.papers.early import move_keys
from question_bank.rules.papers.glued import split_glued
from question_bank.rules.papers.heads import Head
from question_bank.rules.papers.keylists import Key
from question_bank.rules.papers.layout import Block, KeyList, Layout, Section
from question_bank.rules.papers.lines import Line, join, read_lines
from question_bank.rules.papers.question import read_case_fields, read_question
from question_bank.rules.validity import Problem


@dataclass(frozen=True)
class Paper:
    """What was read of a text."""

    typed: list[Typed]
    headings: list[Line]
    left: list[Line]  # belongs to nothing that was understood
    doubts: list[Problem]  # about the paper as a whole


def read_paper(text: str) -> Paper:
    """Read the questions of a text."""
    return read_paper_lines(read_lines(text))


def read_paper_lines(lines: Sequence[Line]) -> Paper:
    """Read the questions of lines, such as the paragraphs of a document."""
    layout = cut(list(lines))
    for section in layout.sections:
        section.blocks = [
            piece for block in section.blocks for piece in split_glued(block)
        ]
    of_sections = move_keys(layout)
    doubts: list[Problem] = []
    keys = _assign(layout, doubts)
    typed: list[Typed] = []
    left = list(layout.left)
    headings = list(layout.headings)
    first_head = next((i for i, s in enumerate(layout.sections) if s.head), None)
    for index, section in enumerate(layout.sections):
        before_heads = first_head is not None and index < first_head
        for block in section.blocks:
            if not block.whole:
                continue  # 回答1-2题, and no question came
            if before_heads and _is_notice(block):
                headings += block.whole
                continue
            one = _read_block(block, section, keys)
            if doubt := of_sections.get(id(section)):
                one = replace(one, doubts=(*one.doubts, doubt))
            typed.append(one)
    return Paper(typed, headings, left, doubts)


_NOTICE = re.compile(
    r"考试时间|满分|答题|本试卷|本卷|考生|姓名|准考证|注意事项|密封线|得分|评卷|答卷"
)


def _is_notice(block: Block) -> bool:
    """Whether a numbered line before the first section is a rule of the exam."""
    return not block.parts and len(block.whole) < 3 and bool(_NOTICE.search(block.text))


def _read_block(block: Block, section: Section, keys: dict[int, Key]) -> Typed:
    if not block.parts:
        return read_question(block, section.head, keys.get(id(block)))
    parts = tuple(
        read_question(part, section.head, keys.get(id(part))) for part in block.parts
    )
    stem = join([line.text for line in block.lines])
    own = read_case_fields(keys.get(id(block)))
    first = block.whole[0]
    case = replace(
        own,
        draft=replace(own.draft, stem=stem),
        number=first.number,
        counted="line",
        points=_sum(parts),
        stem=stem,
        source="\n".join(line.text for line in block.whole),
        lines=tuple(dict.fromkeys(line.number for line in block.whole)),
    )
    return as_case(case, parts)


def _sum(parts: Sequence[Typed]) -> Fraction | None:
    points = [part.points for part in parts if part.points is not None]
    return sum(points, Fraction(0)) if len(points) == len(parts) else None


# Keys that stand apart


def _assign(layout: Layout, doubts: list[Problem]) -> dict[int, Key]:
    """The listed key of each block, by the block's identity."""
    found: dict[int, Key] = {}
    used: set[int] = set()
    for index, listed in enumerate(layout.key_lists):
        sections = _sections_of(listed, index, layout)
        _assign_cases(listed.keys, sections, found, doubts)
        for run in _runs([key for key in listed.keys if not key.case]):
            _assign_run(run, sections, found, used, doubts)
    return found


def _assign_cases(
    keys: Sequence[Key],
    sections: Sequence[Section],
    found: dict[int, Key],
    doubts: list[Problem],
) -> None:
    """Give what is said of whole cases to the cases."""
    cases = {b.number: b for s in sections for b in s.blocks if b.parts}
    for key in keys:
        if key.case and key.number in cases:
            found[id(cases[key.number])] = key
        elif key.case:
            what = {"n": key.number}
            doubts.append(Problem("答案表里案例 %(n)d 没有对应的题目", "", what))


def _sections_of(listed: KeyList, index: int, layout: Layout) -> list[Section]:
    """The sections whose questions a list may mean, the likeliest first."""
    if listed.after is not None and listed.head is None:
        own = [listed.after]
        upto = layout.sections[: _place(layout, listed.after) + 1]
        return own if _fits(listed.keys, own) else list(upto)
    if listed.head is not None:
        same = [s for s in layout.sections if s.head and _alike(s.head, listed.head)]
        if same:
            earlier = sum(
                bool(other.head and _alike(other.head, listed.head))
                for other in layout.key_lists[:index]
            )
            return same[earlier : earlier + 1] or same
    return list(layout.sections)


def _place(layout: Layout, section: Section) -> int:
    return next(i for i, one in enumerate(layout.sections) if one is section)


def _fits(keys: Sequence[Key], sections: Sequence[Section]) -> bool:
    numbers = {block.number for block in _blocks(sections)}
    return all(key.number in numbers for key in keys)


def _alike(one: Head, other: Head) -> bool:
    return one.kind == other.kind and (one.kind != "" or one.word == other.word)


def _runs(keys: Sequence[Key]) -> Iterator[list[Key]]:
    """Keys up to where their numbers begin again."""
    run: list[Key] = []
    for key in keys:
        if run and key.number <= run[-1].number:
            yield run
            run = []
        run.append(key)
    if run:
        yield run


def _assign_run(
    run: list[Key],
    sections: Sequence[Section],
    found: dict[int, Key],
    used: set[int],
    doubts: list[Problem],
) -> None:
    """Give the keys of one run to questions without a key."""
    open_ = [s for s in sections if id(s) not in used] or list(sections)
    by_number: dict[int, list[Block]] = {}
    for block in _blocks(open_):
        if block.number is not None and id(block) not in found:
            by_number.setdefault(block.number, []).append(block)
    fitting = [s for s in open_ if s.blocks and _fits(run, [s])]
    unique = all(len(by_number.get(key.number, [])) == 1 for key in run)
    if unique:
        chosen = [block for s in open_ for block in _blocks([s])]
    elif fitting:
        chosen = list(_blocks([fitting[0]]))
        used.add(id(fitting[0]))
        if len(fitting) > 1:
            doubts.append(
                Problem(
                    "各部分的题号都从 1 开始，答案表按先后次序对应到各部分，请核对答案",
                    "",
                )
            )
    else:
        chosen = [block for s in open_ for block in _blocks([s])]
    numbered = {block.number: block for block in reversed(chosen)}
    lost: list[str] = []
    for key in run:
        if key.number in numbered:
            found[id(numbered[key.number])] = key
        else:
            lost.append(str(key.number))
    if lost:
        doubts.append(
            Problem(
                "答案表里第 %(n)s 题没有对应的题目", "", {"n": "、".join(lost[:20])}
            )
        )


def _blocks(sections: Sequence[Section]) -> Iterator[Block]:
    for section in sections:
        for block in section.blocks:
            if block.parts:
                yield from block.parts
            else:
                yield block
