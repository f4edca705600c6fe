"""Cutting a paper into sections, questions and keys, line by line.

Nothing is read of a question here; it is only decided which lines are its own. Every
line lands in exactly one place: a section's heading, a block, a list of keys, or
what is left.
"""

from __future__ import annotations

from dataclasses import replace

from question_bank.rules.papers.beginnings import CHINESE, Beginnings
from question_bank.rules.papers.heads import (
    Head,
    is_chapter,
    is_furniture,
    is_key_head,
    read_head,
    split_heads,
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
    begins_key,
    belongs_to_question,
    shared_by,
)


def cut(lines: list[Line]) -> Layout:
    """Cut a paper into sections, blocks and key lists."""
    return _Cutter([*split_heads(lines)]).run()


class _Cutter(Beginnings):
    """Walks through the lines once, looking ahead where a line alone cannot tell."""

    def run(self) -> Layout:
        while self.at < len(self.lines):
            line, folded = self.lines[self.at], self.folded[self.at]
            self.at += 1
            if is_furniture(folded):
                self.layout.left.append(line)
            elif not (
                self._take_keys(line, folded)
                or self._take_head(line, folded)
                or self._take_title(line, folded)
            ):
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

    def _take_title(self, line: Line, folded: str) -> bool:
        mark = read_mark(folded)
        if mark is None or not self.is_chapter_here(mark, folded):
            return False
        self._note_heading(line, mark)
        self.block = None
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
            rest = folded[mark.end :].strip()
            if mark.style in CHINESE:
                if read_list(rest):
                    return True
                continue
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
            if mark and self.continues_parts(block, mark):
                self._start_part(line, mark)
                return
        mark = read_mark(folded, due)
        if mark and self.begins(mark):
            self._start(line, mark)
        elif mark and self.begins_part(mark):
            self._start_part(line, mark)
        elif self.begins_unnumbered(folded):
            self._start(line, Number("none", 0, 0))
        elif block:
            target = block.parts[-1] if block.parts else block
            target.lines.append(line)
            block.whole.append(line)
            if target is not block:
                target.whole.append(line)
        elif self.section.head is not None and not self.section.blocks:
            self._before_first(line, folded)
        else:
            self._between(line, folded)

    def _before_first(self, line: Line, folded: str) -> None:
        """Between a head and its first question: instructions, or a case's stem."""
        if self.section.head and self.section.head.kind == "case":
            self._start(line, Number("none", 0, 0))
        elif self._take_early(line, folded):
            return
        elif belongs_to_question(folded):
            self.layout.left.append(line)  # of one that was not seen
        else:
            self._note_heading(line, read_mark(folded))

    def _take_early(self, line: Line, folded: str) -> bool:
        """Whether a line is a key before the first question, or goes on after one."""
        if self.section.blocks or read_mark(folded):
            return False
        if not (self.section.early or begins_key(folded) or is_key(folded)):
            return False
        self.section.early.append(line)
        self.layout.left.append(line)
        return True

    def _between(self, line: Line, folded: str) -> None:
        if self._take_early(line, folded):
            return
        mark = read_mark(folded)
        title = not self.section.blocks and len(folded) <= 60  # of the paper
        chapter = mark is not None and mark.style in CHINESE
        if (title and not belongs_to_question(folded)) or chapter:
            self._note_heading(line, mark)
        else:
            self.layout.left.append(line)

    def _note_heading(self, line: Line, mark: Number | None) -> None:
        self.layout.headings.append(line)
        if mark and mark.style in CHINESE:
            self.chapters[mark.style] = mark.value

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
