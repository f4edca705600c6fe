"""A paper as it is printed: sections, numbers, options side by side. Pure.

One form for Word, PDF and the drawn papers of an exam. What a paper must not show is
not in it: a question that is printed for candidates comes without a key.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby

from question_bank.rules.validity import LETTERS, Draft, typed_key
from question_bank.rules.wording import BLANK, count_blanks
from statutes.rules.numerals import write_number

#: What a section of each kind is called, and what it asks for.
HEADS = {
    "single": ("单项选择题", "每题只有一个正确答案"),
    "multi": ("多项选择题", "每题有两个或两个以上正确答案"),
    "judge": ("判断题", "正确的填“√”，错误的填“×”"),
    "fill": ("填空题", ""),
    "case": ("案例分析题", ""),
}
LINE = 40  # full-width characters that fit into a line of a paper
GAP = 2  # between two options of a line, and for the letter of each


@dataclass(frozen=True)
class Asked:
    """A question as a paper asks it: its options and its key in the paper's order.

    Without a key where it is printed for those who answer.
    """

    draft: Draft
    points: Fraction | None = None  # of a case: of all its parts
    parts: tuple[Asked, ...] = ()  # of a case; its draft's stem is what they share


@dataclass(frozen=True)
class Placed:
    """A question in its place on a paper."""

    label: str  # "12", "一" for a case, "12.2" for a part of one
    asked: Asked
    columns: int = 1  # options side by side
    parts: tuple[Placed, ...] = ()


@dataclass(frozen=True)
class Section:
    """一、单项选择题: questions of one kind and of the same points."""

    title: str
    kind: str
    placed: tuple[Placed, ...]


@dataclass(frozen=True)
class Stamp:
    """水印: who took it out of the system, when and what for."""

    by: str
    at: str  # a moment as people here read it
    purpose: str

    @property
    def line(self) -> str:
        """One line for the head of every page."""
        return f"内部资料　{self.by} {self.at} 导出　事由：{self.purpose}"


@dataclass(frozen=True)
class Printed:
    """A whole paper."""

    title: str
    subtitle: str
    notes: tuple[str, ...]  # 注意事项, without their numbers
    sections: tuple[Section, ...]
    stamp: Stamp | None = None
    key: bool = False  # a page with the keys follows
    seal: bool = False  # 密封线 on the left
    fields: tuple[str, ...] = field(default=("单位", "姓名", "得分"))  # to fill in

    @property
    def count(self) -> int:
        """How many questions; a case is one."""
        return sum(len(section.placed) for section in self.sections)

    @property
    def points(self) -> Fraction | None:
        """What it is worth; None if some question has no points."""
        each = [one.asked.points for s in self.sections for one in s.placed]
        known = [points for points in each if points is not None]
        return sum(known, Fraction(0)) if len(known) == len(each) else None


def sections_of(
    asked: Sequence[Asked],
    *,
    tells: Callable[[str], str] = lambda kind: "",
    inner: bool = False,
) -> tuple[Section, ...]:
    """Questions in their order, cut where the kind or the points change.

    Their numbers run through the whole paper.

    :param tells: What else the head of a kind says: the rule for 多选.
    :param inner: A case has a number and its parts 12.1, 12.2, as phones have them;
        else the parts of cases are counted as questions.
    """
    found: list[Section] = []
    number = 0
    runs = groupby(asked, key=lambda one: (one.draft.kind, one.points))
    for n, ((kind, points), run) in enumerate(runs, 1):
        placed: list[Placed] = []
        questions = list(run)
        for m, one in enumerate(questions, 1):
            if not one.parts:
                number += 1
                placed.append(_placed(str(number), one))
                continue
            label = str(number := number + 1) if inner else write_number(m)
            parts = []
            for k, part in enumerate(one.parts, 1):
                number += not inner
                parts.append(_placed(f"{label}.{k}" if inner else str(number), part))
            placed.append(Placed(label, one, parts=tuple(parts)))
        title = f"{write_number(n)}、{_head(kind, points, len(questions), tells(kind))}"
        found.append(Section(title, kind, tuple(placed)))
    return tuple(found)


def _placed(label: str, one: Asked) -> Placed:
    return Placed(label, one, option_columns(one.draft.options))


def _head(kind: str, points: Fraction | None, count: int, more: str) -> str:
    name, tells = HEADS[kind]
    said = [f"共 {count} 题"]
    if points is not None:
        each, all_ = written(points), written(points * count)
        said.append(f"每题 {each} 分，共 {all_} 分")
    text = "，".join(said)
    rest = "，".join(part for part in (tells, more) if part)
    return f"{name}（{text}{'。' + rest if rest else ''}）"


def option_columns(options: Sequence[str]) -> int:
    """How many options stand side by side: 4, 2 or 1, by the longest of them."""
    if not options or any("\n" in option for option in options):
        return 1
    longest = max(map(width, options)) + GAP
    if longest <= LINE / 4 - 1 and len(options) > 2:
        return 4
    return 2 if longest <= LINE / 2 - 1 else 1


def width(text: str) -> float:
    """The width of a text in full-width characters."""
    narrow = sum(unicodedata.east_asian_width(char) in "NaH" for char in text)
    return len(text) - narrow * 0.45


def written(points: Fraction) -> str:
    """Points as people write them: 2, 1.5."""
    return f"{float(points):.2f}".rstrip("0").rstrip(".")


def lettered(options: Sequence[str]) -> Iterator[str]:
    """Options with their letters: A．三十."""
    for letter, option in zip(LETTERS, options, strict=False):
        yield f"{letter}．{option}"


def stem_pieces(draft: Draft) -> list[str]:
    """The stem as printed, cut at its blanks: between two pieces one writes.

    Only those of 填空; in other kinds a bracket is a part of the text.
    """
    if draft.kind != "fill":
        return [draft.stem]
    # Two blanks side by side would look like one.
    return draft.stem.replace(BLANK * 2, f"{BLANK} {BLANK}").split(BLANK)


def is_bracketed(draft: Draft) -> bool:
    """Whether a bracket to answer in follows the stem: it has none of its own."""
    if draft.kind == "judge":
        return True
    return bool(draft.options) and not count_blanks(draft.stem)


def key_line(asked: Asked, *, inner: bool = False) -> str:
    """What the page of keys says of a question, in labels that can be read back.

    A case has the answers of its parts on their own lines.

    :param inner: It is a part of a case: its points stand in no head, and topic and
        difficulty are the case's.
    """
    draft = asked.draft
    said = [] if asked.parts else [f"【答案】{typed_key(draft)}"]
    if inner and asked.points is not None:
        said.append(f"【分值】{written(asked.points)}")
    if draft.citations:
        said.append(f"【依据】{'；'.join(draft.citations)}")
    if draft.topic:
        said.append(f"【知识点】{draft.topic}")
    if not inner:
        said.append(f"【难度】{_LEVELS.get(draft.difficulty, draft.difficulty)}")
    if draft.tags:
        said.append(f"【标签】{'；'.join(draft.tags)}")
    if draft.analysis:
        said.append(f"【解析】{' '.join(draft.analysis.split())}")
    return "".join(said)


_LEVELS = {"easy": "易", "medium": "中", "hard": "难"}


def notes_of(count: int, points: Fraction | None, minutes: int | None) -> list[str]:
    """注意事项 every paper has. Each is known as one when the paper is read again."""
    size = f"本试卷共 {count} 题"
    if points is not None:
        size += f"，满分 {written(points)} 分"
    if minutes:
        size += f"，考试时间 {minutes} 分钟"
    return [
        f"{size}。",
        "答题前请写清单位和姓名。",
        "请用黑色签字笔答题，字迹清楚；修改时把原来写的划去，在旁边重写。",
    ]
