"""Cutting a paper into sections, questions and keys, line by line.

Nothing is read of a question here; it is only decided which lines are its own. Every
line lands in exactly one place: a section's heading, a block, a list of keys, or
what is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from question_bank.rules.papers.heads import (
    INSIDE,
    Head,
    is_chapter,
    is_furniture,
    is_key_head,
    read_head,
)
from question_bank.rules.papers.keylists import (
    Key,
    is_key,
    is_number_row,
    read_keys,
    read_list,
    read_rows,
)
from question_bank.rules.papers.labels import find_labels
from question_bank.rules.papers.layout import (
    LONGEST,
    Block,
    KeyList,
    Layout,
    Section,
)
from question_bank.rules.papers.lines import Line, fold
from question_bank.rules.papers.numbers import Number, read_mark
from question_bank.rules.papers.options import find_options
from question_bank.rules.papers.signs import (
    SHARED,
    ends_judged,
    has_evidence,
    shared_by,
    starts_with_option,
)


def cut(lines: list[Line]) -> Layout:
    """Cut a paper into sections, blocks and key lists."""
    return _Cutter([*_split_heads(lines)]).run()


def _split_heads(lines: list[Line]) -> Iterator[Line]:
    """Lines with a section head in their middle become several."""
    for line in lines:
        begin = 0
        for found in INSIDE.finditer(fold(line.text)):
            if line.text[begin : found.start()].strip():
                yield replace(line, text=line.text[begin : found.start()].strip())
                begin = found.start()
        yield replace(line, text=line.text[begin:].strip())


class _Cutter:
    """Walks through the lines once, looking ahead where a line alone cannot tell."""

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        self.folded = [fold(line.text) for line in lines]
        self.layout = Layout()
        self.at = 0
        self.main = ""  # how questions are numbered in this section
        self.block: Block | None = None

    @property
    def section(self) -> Section:
        return self.layout.sections[-1]

    def run(self) -> Layout:
        while self.at < len(self.lines):
            line, folded = self.lines[self.at], self.folded[self.at]
            self.at += 1
            if is_furniture(folded):
                self.layout.left.append(line)
            elif self._take_keys(line, folded) or self._take_head(line, folded):
                continue
            else:
                self._take(line, folded)
        return self.layout

    # Heads and keys

    def _take_head(self, line: Line, folded: str) -> bool:
        head = read_head(folded)
        if head is None:
            if not is_chapter(folded):
                return False
            self.layout.headings.append(line)
            self.block = None
            return True
        title = line.text[: head.end] if head.end else line.text
        self.layout.headings.append(replace(line, text=title.strip()))
        self.layout.sections.append(Section(head, title.strip()))
        self.main, self.block = "", None
        if head.end and line.text[head.end :].strip():
            self.lines.insert(
                self.at, replace(line, text=line.text[head.end :].strip())
            )
            self.folded.insert(self.at, fold(self.lines[self.at].text))
        return True

    def _take_keys(self, line: Line, folded: str) -> bool:
        keys = read_list(folded) if len(folded) <= LONGEST else None
        rows = 1
        if keys is None and self.at < len(self.lines):
            keys, rows = read_rows(folded, self.folded[self.at]), 2
        if keys and not self._is_parts_key(keys):
            for key in keys:
                key.line = line.number
            self.layout.headings += self.lines[self.at - 1 : self.at - 1 + rows]
            self.at += rows - 1
            self.layout.key_lists.append(KeyList(keys, None, self.section))
            self.block = None
            return True
        if read_head(folded) or not is_key_head(folded) or not self._keys_follow():
            return False
        self.layout.headings.append(line)
        self.block = None
        self._take_key_section()
        return True

    def _is_parts_key(self, keys: list[Key]) -> bool:
        """Whether keys are those of the parts of the case they stand in."""
        if self.block is None or not self.block.parts:
            return False
        return [key.number for key in keys] == [p.number for p in self.block.parts]

    def _keys_follow(self) -> bool:
        """Whether the next lines list keys; else 答案 is a question's own label."""
        for folded in self.folded[self.at : self.at + 4]:
            if read_head(folded) or read_list(folded) or is_number_row(folded):
                return True
            mark = read_mark(folded, 1)
            if mark is None:
                if is_key(folded):
                    return False
                continue
            if mark.style in ("cn", "cnparen"):
                continue
            rest = folded[mark.end :].strip()
            labelled = any(
                f.part in ("key", "both", "answer") for f in find_labels(rest)
            )
            return is_key(rest) or labelled or mark.value == 1
        return False

    def _take_key_section(self) -> None:
        """Everything from here on is keys, by section, until questions come again."""
        head: Head | None = None
        pending: list[Line] = []

        def close() -> None:
            keys, left = read_keys(pending)
            self.layout.left += left
            self.layout.headings += [x for x in pending if x not in left]
            if keys:
                self.layout.key_lists.append(KeyList(keys, head, None))
            pending.clear()

        while self.at < len(self.lines):
            line, folded = self.lines[self.at], self.folded[self.at]
            found = read_head(folded)
            if found and self._questions_follow():
                break
            self.at += 1
            if found or is_chapter(folded):
                close()
                head = found
                title = line.text[: found.end] if found and found.end else line.text
                self.layout.headings.append(replace(line, text=title.strip()))
                rest = line.text[found.end :].strip() if found and found.end else ""
                if rest:
                    pending.append(replace(line, text=rest))
            elif is_furniture(folded):
                self.layout.left.append(line)
            else:
                pending.append(line)
        close()

    def _questions_follow(self) -> bool:
        """Whether options stand in the lines after a head: a second paper begins."""
        text = "\n".join(self.folded[self.at + 1 : self.at + 8])[:LONGEST]
        found = find_options(text)
        return bool(found and len(found.spans) > 1 and not found.guessed)

    # Questions

    def _take(self, line: Line, folded: str) -> None:
        block = self.block
        if (span := shared_by(folded)) and (mark := read_mark(folded)) is None:
            self._start_shared(line, span)
            return
        due = block.number + 1 if block and block.number is not None else 1
        if block and block.shared:
            if self._take_shared(line, folded, block, block.shared):
                return
            due = block.shared[1] + 1
        if block and block.parts and block.parts[-1].number is not None:
            mark = read_mark(folded, block.parts[-1].number + 1)
            if mark and self._continues_parts(block, mark):
                self._start_part(line, mark)
                return
        mark = read_mark(folded, due)
        if mark and self._begins(mark):
            self._start(line, mark)
        elif mark and self._begins_part(mark):
            self._start_part(line, mark)
        elif self._begins_unnumbered(folded):
            self._start(line, Number("none", 0, 0))
        elif block:
            target = block.parts[-1] if block.parts else block
            target.lines.append(line)
            block.whole.append(line)
            if target is not block:
                target.whole.append(line)
        elif self.section.head is not None and not self.section.blocks:
            self._before_first(line)
        else:
            self._between(line, folded)

    def _before_first(self, line: Line) -> None:
        """Between a head and its first question: instructions, or a case's stem."""
        if self.section.head and self.section.head.kind == "case":
            self._start(line, Number("none", 0, 0))
        else:
            self.layout.headings.append(line)

    def _between(self, line: Line, folded: str) -> None:
        if not self.section.blocks and len(folded) <= 60:  # the paper's title
            self.layout.headings.append(line)
            return
        chapter = read_mark(folded)
        if chapter and chapter.style in ("cn", "cnparen"):
            self.layout.headings.append(line)
        else:
            self.layout.left.append(line)

    def _start(self, line: Line, mark: Number) -> None:
        rest = replace(line, text=line.text[mark.end :].strip())
        numbered = mark.style != "none"
        self.block = Block(
            [rest],
            mark.value if numbered else None,
            mark.style,
            mark.before,
            numbered=numbered,
            whole=[line],
        )
        if numbered and not self.main:
            self.main = mark.style
        self.section.blocks.append(self.block)

    def _start_part(self, line: Line, mark: Number) -> None:
        block = self.block
        assert block is not None
        rest = replace(line, text=line.text[mark.end :].strip())
        block.whole.append(line)
        block.parts.append(
            Block(
                [rest],
                mark.value,
                mark.style,
                mark.before,
                whole=[line],
            )
        )

    def _start_shared(self, line: Line, span: tuple[int, int]) -> None:
        """根据以下材料，回答1-2题: what follows is their stem."""
        text = SHARED.sub("", line.text).strip()
        said = SHARED.search(line.text)
        self.layout.headings.append(replace(line, text=said[0] if said else line.text))
        self.block = Block(
            [replace(line, text=text)] if text else [],
            style="shared",
            whole=[line] if text else [],
            shared=span,
        )
        self.section.blocks.append(self.block)

    def _take_shared(
        self, line: Line, folded: str, block: Block, span: tuple[int, int]
    ) -> bool:
        """Whether a line belongs to the questions that share a stem."""
        due = block.parts[-1].number if block.parts else span[0] - 1
        mark = read_mark(folded, (due or 0) + 1)
        if mark is None:
            return False
        if mark.value == (due or 0) + 1 and mark.value <= span[1]:
            self._start_part(line, mark)
            self.main = self.main or mark.style
            return True
        if due == span[1] and mark.value == span[1] + 1:
            self._start(line, mark)
            return True
        return False

    # Whether a line begins something

    def _begins(self, mark: Number) -> bool:
        block, last = self.block, self._last_number()
        if mark.style in ("cn", "cnparen"):
            return self._begins_chinese(mark)
        if self._in_case() and block and block.style in ("cn", "cnparen", "none"):
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

    def _begins_chinese(self, mark: Number) -> bool:
        """一、 and （一） head chapters and cases; they number few questions."""
        if self._in_case():
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

    def _begins_part(self, mark: Number) -> bool:
        block = self.block
        if block is None or block.parts:
            return False
        if self._in_case() and block.style in ("cn", "cnparen", "none"):
            return mark.style not in ("cn", "cnparen", "bare")
        if mark.value != 1 or mark.style in (self.main, "bare", "cn"):
            return False
        if self._complete():
            return False
        # ① stands before statements far more often than before questions.
        return self._options_here() if mark.style == "circled" else self._evidence()

    def _continues_parts(self, block: Block, mark: Number) -> bool:
        last = block.parts[-1]
        if mark.style != last.style:
            return False
        return mark.value == (last.number or 0) + 1

    def _begins_unnumbered(self, folded: str) -> bool:
        """A stem without a number: what follows has options, what was is complete."""
        block = self.block
        if block is not None and not (self._complete() and not block.parts):
            return False
        if block is None and self.section.blocks and self.main:
            return False
        if self.main and block is not None and block.numbered:
            return False
        if starts_with_option(folded) or next(find_labels(folded), None):
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

    def _in_case(self) -> bool:
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
