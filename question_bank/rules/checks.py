"""What a bank gives away, lacks or says twice: the checks, one by one.

A finding about a question names it; one about the bank as a whole names all questions
it was found from. Nothing here knows a database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from core.errors import Refused
from question_bank.rules.intake import Kept
from question_bank.rules.validity import LETTERS, Draft, Problem, problems
from question_bank.rules.wording import comparable
from statutes.rules.references import read_reference
from units.rules.tree import ancestors

#: The checks in the order they are told, with what they look for (gettext ids).
CHECKS = {
    "no_key": "没有答案",
    "key_outside": "答案不在选项之中",
    "same_options": "选项相同",
    "faulty": "其他错误",
    "length": "正确选项明显最长",
    "all_right": "“全选”过多",
    "position": "答案集中在一个字母",
    "no_analysis": "没有解析",
    "no_citation": "没有依据",
    "odd_citation": "看不懂的依据",
    "thin": "知识点题量不足",
    "alike": "相似的题",
}
#: The first four keep a question out of use; the others are worth a look.
GRAVE = ("no_key", "key_outside", "same_options", "faulty")

#: The right option is given away where it is longer than any other by half and by so
#: many characters.
LONGER, BY = 1.5, 8
#: Of the 多选 of a bank, how many may have all options right; of fewer than so many
#: nothing is said.
ALL_RIGHT, FEWEST = 0.25, 12
#: Of the 单选, how often one letter may be right: a quarter is chance with four.
ONE_LETTER = 0.4

_NAMES = {
    "没有答案": "no_key",
    "答案“%(key)s”不在选项之中（选项只到 %(last)s）": "key_outside",
    "选项%(first)s和选项%(second)s相同": "same_options",
}


@dataclass(frozen=True)
class CheckFinding:
    """One thing that was found."""

    check: str  # of CHECKS
    questions: tuple[int, ...]  # ids
    problem: Problem

    @property
    def grave(self) -> bool:
        """Whether the question must not be used as it is."""
        return self.check in GRAVE


@dataclass(frozen=True)
class Need:
    """What one paper of a usual exam takes of a kind."""

    preset: str
    kind: str
    count: int


@dataclass(frozen=True)
class Thin:
    """A topic that cannot fill a paper of a usual exam by itself."""

    preset: str
    topic: str
    #: By kind: how many a paper takes, and how many the topic has with all below it.
    lacks: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Checked:
    """All that was found in a bank."""

    findings: list[CheckFinding] = field(default_factory=list)
    thin: list[Thin] = field(default_factory=list)

    def of(self, check: str) -> list[CheckFinding]:
        """The findings of one check."""
        return [one for one in self.findings if one.check == check]


def check_bank(
    questions: Sequence[Kept],
    needs: Iterable[Need],
    parents: Mapping[str, str | None],
) -> Checked:
    """Look through the questions of a bank.

    :param questions: Those that exams may use or may soon.
    :param needs: What usual exams take; for each, the topics that are too thin.
    :param parents: What stands above each topic: an exam about a topic takes the
        questions of all below it, too.
    """
    found = [one for kept in questions for one in _of_question(kept)]
    found += _all_right(questions)
    found += _one_letter(questions)
    order = list(CHECKS)
    found.sort(key=lambda one: (order.index(one.check), one.questions))
    return Checked(found, _thin(questions, list(needs), parents))


def _of_question(kept: Kept) -> Iterator[CheckFinding]:
    draft, ids = kept.draft, (kept.question_id,)
    for problem in problems(draft):
        message = str(problem.values.get("fault", problem.message))
        name = _NAMES.get(problem.message) or _inner(message)
        yield CheckFinding(name, ids, problem)
    asked = list(enumerate(draft.parts, 1)) or [(0, draft)]
    for n, one in asked:
        yield from (
            CheckFinding(check, ids, _of(n, problem)) for check, problem in _look(one)
        )
    if not any(one.citations for one in (draft, *draft.parts)):
        yield CheckFinding("no_citation", ids, Problem("没有依据", "citations"))
    for citation in (c for one in (draft, *draft.parts) for c in one.citations):
        if not _is_readable(citation):
            problem = Problem(
                "依据“%(text)s”看不懂，请写成《行政处罚法》第六十条的样子",
                "citations",
                {"text": citation[:40]},
            )
            yield CheckFinding("odd_citation", ids, problem)


def _inner(fault: str) -> str:
    """The check a fault of a part of a case belongs to."""
    if fault == "没有答案":
        return "no_key"
    if "不在选项之中" in fault:
        return "key_outside"
    if fault.startswith("选项") and fault.endswith("相同"):
        return "same_options"
    return "faulty"


def _look(draft: Draft) -> Iterator[tuple[str, Problem]]:
    if draft.kind == "single" and (letter := _longest(draft)):
        yield (
            "length",
            Problem("正确选项 %(key)s 比其他选项长得多，不用懂也能猜中", "option A",
                    {"key": letter}),
        )  # fmt: skip
    if not draft.analysis:
        yield "no_analysis", Problem("没有解析", "analysis")


def _of(n: int, problem: Problem) -> Problem:
    if not n:
        return problem
    values = {"n": n, "fault": str(problem)}
    return Problem("第 %(n)d 小题：%(fault)s", problem.part, values)


def _longest(draft: Draft) -> str:
    """The letter of the right option, if its length gives it away."""
    if len(draft.key) != 1 or draft.key[0] not in LETTERS[: len(draft.options)]:
        return ""
    right = LETTERS.index(draft.key[0])
    lengths = [len(comparable(option)) for option in draft.options]
    others = max((n for at, n in enumerate(lengths) if at != right), default=0)
    own = lengths[right]
    return draft.key[0] if own >= others * LONGER and own >= others + BY else ""


def _choices(questions: Sequence[Kept], kind: str) -> list[tuple[int, Draft]]:
    return [
        (kept.question_id, one)
        for kept in questions
        for one in (kept.draft, *kept.draft.parts)
        if one.kind == kind and one.options
    ]


def _all_right(questions: Sequence[Kept]) -> Iterator[CheckFinding]:
    multi = _choices(questions, "multi")
    whole = [id for id, one in multi if len(set(one.key)) == len(one.options)]
    if len(multi) >= FEWEST and len(whole) > ALL_RIGHT * len(multi):
        problem = Problem(
            "%(all)d 道多选题里有 %(n)d 道的答案是全选（%(share)d%%），全选也能得分",
            "key",
            {
                "all": len(multi),
                "n": len(whole),
                "share": 100 * len(whole) // len(multi),
            },
        )
        yield CheckFinding("all_right", tuple(dict.fromkeys(whole)), problem)


def _one_letter(questions: Sequence[Kept]) -> Iterator[CheckFinding]:
    single = _choices(questions, "single")
    for letter in LETTERS:
        ids = [id for id, one in single if one.key == (letter,)]
        if len(single) >= 2 * FEWEST and len(ids) > ONE_LETTER * len(single):
            problem = Problem(
                "%(all)d 道单选题里有 %(n)d 道的答案是 %(letter)s（%(share)d%%）；"
                "考试打乱选项时不受影响，打印的试卷会受影响",
                "key",
                {
                    "all": len(single),
                    "n": len(ids),
                    "letter": letter,
                    "share": 100 * len(ids) // len(single),
                },
            )
            yield CheckFinding("position", tuple(dict.fromkeys(ids)), problem)


def _thin(
    questions: Sequence[Kept],
    needs: Sequence[Need],
    parents: Mapping[str, str | None],
) -> list[Thin]:
    have: dict[str, dict[str, int]] = {}
    for kept in questions:
        topic, kind = kept.draft.topic, kept.draft.kind
        for one in (topic, *ancestors(parents, topic)):
            counted = have.setdefault(one, {})
            counted[kind] = counted.get(kind, 0) + 1
    found = []
    for preset in dict.fromkeys(need.preset for need in needs):
        for topic, counted in have.items():
            lacks = {
                need.kind: (need.count, counted.get(need.kind, 0))
                for need in needs
                if need.preset == preset and counted.get(need.kind, 0) < need.count
            }
            if lacks:
                found.append(Thin(preset, topic, lacks))
    return found


def _is_readable(citation: str) -> bool:
    try:
        read_reference(citation)
    except Refused:
        return False
    return True
