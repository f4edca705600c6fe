"""Whether a line of a paper begins a question: told by its number and what follows."""

from __future__ import annotations

from question_bank.rules.papers.heads import read_head
from question_bank.rules.papers.labels import find_labels
from question_bank.rules.papers.layout import LONGEST, Block, Layout, Section
from question_bank.rules.papers.lines import Line, fold
from question_bank.rules.papers.numbers import Number, read_mark
from question_bank.rules.papers.options import find_options
from question_bank.rules.papers.signs import (
    ends_judged,
    has_evidence,
    starts_with_option,
)

CHINESE = ("cn", "cnparen")  # the styles of chapters and cases: 一、 （一）
_LONGEST_TITLE = 30  # characters


class Beginnings:
    """Where a walk through the lines stands, and what its last line begins."""

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        self.folded = [fold(line.text) for line in lines]
        self.layout = Layout()
        self.at = 0
        self.main = ""  # how questions are numbered in this section
        self.block: Block | None = None
        self.chapters: dict[str, int] = {}  # the last number of each style

    @property
    def section(self) -> Section:
        """The section that goes on."""
        return self.layout.sections[-1]

    def begins(self, mark: Number) -> bool:
        """Whether the last line, with this number, begins a question."""
        block, last = self.block, self._last_number()
        if mark.style in CHINESE:
            return self._begins_chinese(mark)
        if self.in_case() and block and block.style in ("cn", "cnparen", "none"):
            return False  # the questions of a case
        if self.main and mark.style != self.main:
            return self._changes_style(mark, last)
        if last is None:
            return mark.style != "bare" or self._evidence() or mark.value == 1
        if mark.value == last + 1:
            return (
                mark.style != "bare" or self._complete() or not self._evidence_of(block)
            )
        if mark.style == "bare":
            return mark.value == 1 and self._complete() and self._evidence()
        if mark.value == 1:
            return self._complete() or (
                self._evidence() and not self._incomplete_choice()
            )
        return self._complete() or self._evidence()

    def is_chapter_here(self, mark: Number, folded: str) -> bool:
        """Whether the last line is a title between two questions: （二）行政许可法.

        The chapter before it was met, or its questions begin again at 1.
        """
        block, title = self.block, folded[mark.end :].strip()
        if mark.style not in CHINESE or not block or block.parts or self.in_case():
            return False
        if not title or len(title) > _LONGEST_TITLE or title[-1] in "。.;:?!,":
            return False
        following = read_mark("".join(self.folded[self.at : self.at + 1]))
        if following is None or following.style != self.main or not self._complete():
            return False
        if self.chapters.get(mark.style) == mark.value - 1:
            return True
        labelled = next(find_labels(fold(block.text)), None)
        return mark.value == following.value == 1 and labelled is None

    def _begins_chinese(self, mark: Number) -> bool:
        """一、 and （一） head chapters and cases; they number few questions."""
        if self.in_case():
            return True
        return self.main in ("", mark.style) and self._evidence()

    def _changes_style(self, mark: Number, last: int | None) -> bool:
        """1. 2. （3）: the number goes on, only its dress is another."""
        return (
            last is not None
            and mark.value == last + 1
            and self._complete()
            and self._evidence()
            and mark.style != "circled"
        )

    def begins_part(self, mark: Number) -> bool:
        """Whether it begins the first question of a case."""
        block = self.block
        if block is None or block.parts:
            return False
        if self.in_case() and block.style in ("cn", "cnparen", "none"):
            return mark.style not in ("cn", "cnparen", "bare")
        if mark.value != 1 or mark.style in (self.main, "bare", "cn"):
            return False
        if self._complete():
            return False
        # ① stands before statements far more often than before questions.
        return self._options_here() if mark.style == "circled" else self._evidence()

    def continues_parts(self, block: Block, mark: Number) -> bool:
        """Whether a number is the next one of a case's questions."""
        last = block.parts[-1]
        if mark.style != last.style:
            return False
        return mark.value == (last.number or 0) + 1

    def begins_unnumbered(self, folded: str) -> bool:
        """A stem without a number: what follows has options, what was is complete."""
        block = self.block
        if block is not None and not (self._complete() and not block.parts):
            return False
        if block is None and self.section.blocks and self.main:
            return False
        if self.main and block is not None and block.numbered:
            return False
        label = next(find_labels(folded), None)
        if label and label.part == "stem" and label.begin == 0:
            return True  # 【题目】…
        if label or starts_with_option(folded):
            return False
        return self._options_soon() or ends_judged(folded)

    def _options_soon(self) -> bool:
        own = self.folded[self.at - 1][:LONGEST]
        found = find_options(own)
        if found and len(found.spans) > 1 and found.start > 3 and not found.guessed:
            return True
        for folded in self.folded[self.at : self.at + 4]:
            if starts_with_option(folded):
                return True
            if read_mark(folded) or next(find_labels(folded[:200]), None):
                return False
        return False

    def in_case(self) -> bool:
        """Whether the section is one of cases."""
        return bool(self.section.head and self.section.head.kind == "case")

    def _last_number(self) -> int | None:
        for block in reversed(self.section.blocks):
            if block.shared:
                return block.shared[1]
            if block.number is not None and block.style == self.main:
                return block.number
        return None

    def _complete(self) -> bool:
        """Whether the block has all a question needs, so that another may begin."""
        block = self.block
        if block is None:
            return True
        if block.parts:
            return True
        return self._evidence_of(block)

    def _incomplete_choice(self) -> bool:
        """Whether a question has begun and its options have not come yet."""
        return self.block is not None and not self._complete()

    def _evidence_of(self, block: Block | None) -> bool:
        if block is None:
            return False
        if not block.evident and len(block.lines) <= 100:
            block.evident = has_evidence(fold(block.text))
        return block.evident

    def _evidence(self) -> bool:
        """Whether the lines from this one to the next number look like a question."""
        return has_evidence(self._ahead())

    def _options_here(self) -> bool:
        found = find_options(self._ahead())
        return bool(found and len(found.spans) > 1)

    def _ahead(self) -> str:
        """This line and those up to the next number or head."""
        text = [self.folded[self.at - 1]]
        for folded in self.folded[self.at : self.at + 40]:
            if read_mark(folded) or read_head(folded):
                break
            text.append(folded)
        return "\n".join(text)[:LONGEST]
