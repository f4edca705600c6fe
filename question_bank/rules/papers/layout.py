"""The pieces of a paper: sections, blocks of lines, lists of keys."""

from __future__ import annotations

from dataclasses import dataclass, field

from question_bank.rules.papers.heads import Head
from question_bank.rules.papers.keylists import Key
from question_bank.rules.papers.lines import Line

LONGEST = 20_000  # characters of one question; far above what the bank takes


@dataclass
class Block:
    """The lines of one question, or of a case with its questions."""

    lines: list[Line]  # the first one without its number; it may be empty then
    number: int | None = None
    style: str = ""
    before: str = ""  # a key in brackets before the number
    parts: list[Block] = field(default_factory=list)
    numbered: bool = True  # False: where it begins was guessed
    whole: list[Line] = field(default_factory=list)  # all lines as they stand there
    #: The numbers of the questions that share it: 回答1-2题.
    shared: tuple[int, int] | None = None
    evident: bool = False  # it holds a question's options or key

    @property
    def text(self) -> str:
        """Its lines without those of its parts."""
        return "\n".join(line.text for line in self.lines)


@dataclass
class Section:
    """A section of the paper: from one head to the next."""

    head: Head | None = None
    title: str = ""
    blocks: list[Block] = field(default_factory=list)
    #: A key before its first question, and what follows it up to there.
    early: list[Line] = field(default_factory=list)


@dataclass
class KeyList:
    """Keys that stand apart from their questions."""

    keys: list[Key]
    head: Head | None  # the section they are said to be of
    after: Section | None  # the section they stand in; None: under 参考答案


@dataclass
class Layout:
    """A paper cut into its pieces."""

    sections: list[Section] = field(default_factory=lambda: [Section()])
    key_lists: list[KeyList] = field(default_factory=list)
    headings: list[Line] = field(default_factory=list)
    left: list[Line] = field(default_factory=list)
