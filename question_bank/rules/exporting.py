"""What may leave the bank, how often, and the words for it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from core.errors import Refused
from question_bank.rules.lifecycle import STATES
from question_bank.rules.printed import Asked, Printed, Stamp, notes_of, sections_of
from question_bank.rules.validity import KINDS, Draft

#: Forms of an export, by the ending of its file (gettext ids).
FORMS = {
    "docx": "Word 试卷",
    "pdf": "PDF 试卷",
    "xlsx": "Excel 表（导入模板）",
    "json": "JSON（交换格式）",
}
#: What questions are for (gettext ids).
POOLS = {"open": "考试和练习", "exam": "仅考试"}
PRINTED = ("docx", "pdf")
AN_HOUR = 6  # exports of one account
LARGE = 1000  # questions; from there on a job makes the file
LONGEST_LIST = 2000  # numbers named one by one
MOST_FOUND = 20_000  # questions of a search
TITLE_LIMIT = 60  # characters
PURPOSE_LIMIT = 100
TITLE = "法治知识测试题"
#: Points of each question, where nobody says otherwise.
POINTS = {
    "single": Fraction(1),
    "multi": Fraction(2),
    "judge": Fraction(1),
    "fill": Fraction(2),
    "case": Fraction(10),
}


@dataclass(frozen=True)
class Selection:
    """Which questions, in their newest versions; what is empty narrows nothing."""

    kind: str = ""
    topic_id: int | None = None
    state: str = "approved"  # empty: all
    ids: tuple[int, ...] = ()
    pool: str = ""  # open, exam
    search: str = ""  # in words, if the ids are what was found by it

    def words(self, topic: str) -> str:
        """The selection for people.

        :param topic: The name of its topic.
        """
        said = [
            KINDS.get(self.kind, ""),
            f"知识点“{topic}”" if topic else "",
            STATES.get(self.state, ""),
            POOLS.get(self.pool, ""),
            f"题库检索（{self.search}）" if self.search else "",
            f"指定的 {len(self.ids)} 个编号" if self.ids and not self.search else "",
        ]
        return "，".join(part for part in said if part) or "全部题目"


@dataclass(frozen=True)
class Layout:
    """How an export is made."""

    form: str  # of FORMS
    stamp: Stamp | None = None
    title: str = TITLE
    #: Of each question, by kind; empty: none are said.
    points: Mapping[str, Fraction] = field(default_factory=lambda: POINTS)
    key: bool = False
    seal: bool = False

    @property
    def keyed(self) -> bool:
        """Whether the file tells what is right; workbooks and JSON always do."""
        return self.key or self.form not in PRINTED


def read_ids(text: str) -> tuple[int, ...]:
    """Numbers of questions as people type them: 3、8-12, each once, in their order.

    :raises Refused: If something else stands there, or too many are named.
    """
    found: dict[int, None] = {}
    for piece in re.split(r"[\s,，、;；]+", text.strip()):
        if not piece:
            continue
        match = re.fullmatch(r"(\d{1,9})(?:\s*[-–—~～至到]\s*(\d{1,9}))?", piece)
        if not match:
            raise Refused(
                "编号“%(text)s”看不懂，请写成 3、8-12 的样子", text=piece[:20]
            )
        first, last = int(match[1]), int(match[2] or match[1])
        if last - first >= LONGEST_LIST or len(found) > LONGEST_LIST:
            raise Refused(
                "一次最多指定 %(n)d 个编号，请按知识点或题型选择", n=LONGEST_LIST
            )
        found.update(dict.fromkeys(range(first, last + 1)))
    return tuple(found)


def found_by(search: str, ids: Sequence[int]) -> Selection:
    """What a search of the bank's list has found, whatever its state.

    :param search: The search in words.
    :raises Refused: If that is nothing, or too much.
    """
    if not ids:
        raise Refused("没有符合条件的题目，请放宽条件")
    if len(ids) > MOST_FOUND:
        raise Refused("一次最多导出 %(n)d 题，请缩小检索的范围", n=MOST_FOUND)
    return Selection(state="", ids=tuple(ids), search=search)


def given_purpose(text: str) -> str:
    """What an export is for, as it is kept and printed on it.

    :raises Refused: If nothing is said, or too much.
    """
    text = " ".join(text.split())
    if not text:
        raise Refused("请填写事由：它会印在文件上，并写入审计记录")
    if len(text) > PURPOSE_LIMIT:
        raise Refused("事由最多 %(n)d 个字，请缩短", n=PURPOSE_LIMIT)
    return text


def check_rate(exports: int) -> None:
    """Whether an account may export once more.

    :param exports: What it has exported within the last hour.
    :raises Refused: If that is enough.
    """
    if exports >= AN_HOUR:
        raise Refused(
            "一小时内已经导出 %(n)d 次，请稍后再试，或请管理员在服务器上导出",
            n=exports,
        )


def paper_of(drafts: Sequence[Draft], layout: Layout) -> Printed:
    """Questions as a paper, the kinds in their usual order."""
    order = list(POINTS)
    asked = [
        _asked(draft, layout.points.get(draft.kind))
        for draft in sorted(drafts, key=lambda one: order.index(one.kind))
    ]
    paper = Printed(
        title=layout.title,
        subtitle="",
        notes=(),
        sections=sections_of(asked),
        stamp=layout.stamp,
        key=layout.key,
        seal=layout.seal,
    )
    notes = notes_of(paper.count, paper.points, None)
    return Printed(**{**vars(paper), "notes": tuple(notes)})


def _asked(draft: Draft, points: Fraction | None) -> Asked:
    """A question with its points; the parts of a case share them in hundredths."""
    if points is None or not draft.parts:
        parts = tuple(Asked(part) for part in draft.parts)
        return Asked(draft, points, parts)
    share, rest = divmod(int(points * 100), len(draft.parts))
    return Asked(
        draft,
        points,
        tuple(
            Asked(part, Fraction(share + (n < rest), 100))
            for n, part in enumerate(draft.parts)
        ),
    )
