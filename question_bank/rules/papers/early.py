"""Keys that stand before their questions: 答案：B, question 1, 答案：A, question 2, ….

Line by line such a paper looks like any other, only shifted: each question would get
the key of the next one. What tells it is a key before the first question. It is read so
where nothing speaks against it, and that is said; else every key is in doubt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from question_bank.rules.papers.labels import find_labels
from question_bank.rules.papers.layout import Block, Layout, Section
from question_bank.rules.papers.lines import Line, fold
from question_bank.rules.papers.options import find_options
from question_bank.rules.papers.question import read_question
from question_bank.rules.papers.signs import begins_key
from question_bank.rules.validity import Problem, problems

READ_SO = "答案写在题目前面，是按这样读取的"
SHIFTED = "第一题前面有一处答案：答案可能写在题目前面，各题的答案可能错了一题"


def move_keys(layout: Layout) -> dict[int, Problem]:
    """Give keys that stand before their questions to these questions.

    :return: What is to be said of the questions of a section, by its identity.
    """
    first = next((n for n, one in enumerate(layout.sections) if one.early), None)
    if first is None:
        return {}
    asking = [section for section in layout.sections if section.blocks]
    moved = [_moved(section) for section in asking]
    if layout.key_lists or not all(moved):
        doubt = Problem(SHIFTED, "key")
        return {id(section): doubt for section in layout.sections[first:]}
    for section, blocks in zip(asking, moved, strict=True):
        section.blocks = blocks
        layout.left = [line for line in layout.left if line not in section.early]
    return {id(section): Problem(READ_SO, "key") for section in asking}


def _moved(section: Section) -> list[Block]:
    """The questions of a section with the keys before them; empty if that is not sure.

    It is sure if each has one key that way and none any other, the last one is
    followed by none, each key can be the answer of its question, and the first one is
    number 1: of an extract the first key might be that of a question before it.
    """
    if section.blocks[0].number != 1 or not all(map(_is_plain, section.blocks)):
        return []
    heads = [section.early]
    bodies = []
    for block in section.blocks:
        at = next(
            (n for n, line in enumerate(block.lines) if n and _begins_key(line)),
            len(block.lines),
        )
        heads.append(block.whole[at:])
        bodies.append(replace(block, lines=block.lines[:at], whole=block.whole[:at]))
    if heads.pop() or not all(map(_is_one_key, heads)):
        return []
    if not all(any(find_labels(fold(line.text))) for line in section.early):
        return []
    moved = []
    for body, head in zip(bodies, heads, strict=True):
        # In its text the key comes last, where what follows it cannot be taken for it.
        whole = replace(body, lines=[*body.lines, *head], whole=[*head, *body.whole])
        if read_question(body, section.head, None).draft.key:
            return []
        if not _can_be_right(whole, section):
            return []
        moved.append(whole)
    return moved


def _is_plain(block: Block) -> bool:
    return bool(block.whole) and not block.parts and not block.before


def _begins_key(line: Line) -> bool:
    return begins_key(fold(line.text))


def _is_one_key(lines: Sequence[Line]) -> bool:
    """Whether lines begin with a key and hold neither another nor options."""
    if not lines or not _begins_key(lines[0]):
        return False
    text = fold("\n".join(line.text for line in lines))
    options = find_options(text)
    if options and len(options.spans) > 1:
        return False
    return not any(map(_begins_key, lines[1:]))


def _can_be_right(block: Block, section: Section) -> bool:
    """Whether a question has a key, and one that can be the answer."""
    typed = read_question(block, section.head, None)
    wrong = [*typed.faults, *problems(typed.draft)]
    return bool(typed.draft.key) and not any(one.part == "key" for one in wrong)
