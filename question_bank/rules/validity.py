"""What makes a question one that can be asked and scored.

Nothing is repaired here and nothing guessed: a draft is judged as it was typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from core.errors import Refused
from question_bank.rules.wording import comparable, count_blanks, is_writable
from statutes.rules.references import read_reference

#: 题型 of a question that is asked by itself, and 难度, with their Chinese words
#: (gettext ids).
PART_KINDS = {"single": "单选", "multi": "多选", "judge": "判断", "fill": "填空"}
KINDS = PART_KINDS | {"case": "案例"}
DIFFICULTIES = {"easy": "易", "medium": "中", "hard": "难"}
LETTERS = "ABCDEFGH"  # as many options as a question may have

STEM_LIMIT = 2000  # characters
OPTION_LIMIT = 500
BLANK_LIMIT = 200  # of one accepted text; a phone may send as much
TOPIC_LIMIT = 60
ANALYSIS_LIMIT = 5000
CITATION_LIMIT = 20  # references of one question
TAG_LIMIT, TAG_LENGTH = 10, 40  # of one question, and of one tag
SOURCE_LIMIT = 200
FEWEST_PARTS, MOST_PARTS = 2, 5  # of a case


@dataclass(frozen=True)
class Draft:
    """A question as somebody typed it, before the bank has it."""

    kind: str  # single, multi, judge, fill, case; else the word that was typed
    stem: str  # of a case: what its parts share
    options: tuple[str, ...]  # empty for judge, fill and case
    #: Letters; T or F; for fill the accepted texts of each blank, joined by "|"; empty
    #: for a case. What could not be read stands there as it was typed.
    key: tuple[str, ...]
    topic: str = ""
    difficulty: str = "medium"  # easy, medium, hard; else the word that was typed
    citations: tuple[str, ...] = ()
    analysis: str = ""
    #: The questions of a case, each with its own key, citations and analysis; topic
    #: and difficulty are the case's.
    parts: tuple[Draft, ...] = ()
    #: 应知应会清单 item, 适用对象 and the like, in people's own words.
    tags: tuple[str, ...] = ()
    source: str = ""  # where the question comes from


@dataclass(frozen=True)
class Problem:
    """One reason why a draft is refused, and the part it lies in."""

    message: str  # gettext id
    #: kind, stem, option A …, key, topic, difficulty, citations, analysis, parts; of a
    #: part of a case "part 2 key".
    part: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message % self.values if self.values else self.message


NO_CASE_INSIDE = Problem("小题不能又是案例题", "kind")
UNWRITABLE = Problem("文字里有无法保存的字符，请删去后重新填写", "stem")


def problems(draft: Draft) -> list[Problem]:
    """Every reason why a draft cannot be taken, one sentence each; empty if none."""
    found = [*_kind(draft), *_stem(draft)]
    if draft.kind in ("single", "multi"):
        found += [*_options(draft), *_choice_key(draft)]
    elif draft.kind == "judge":
        found += [*_no_options(draft), *_judge_key(draft)]
    elif draft.kind == "fill":
        found += [*_no_options(draft), *_fill_key(draft)]
    elif draft.kind == "case":
        found += _case(draft)
    if draft.kind != "case" and draft.parts:
        found.append(
            Problem("只有案例题才有小题，请清空小题，或把题型改为案例", "parts")
        )
    return found + list(_particulars(draft))


def of_part(n: int, problem: Problem) -> Problem:
    """A problem of the n-th part of a case as one of the case."""
    values = {"n": n, "fault": str(problem)}
    part = f"part {n} {problem.part}".rstrip()
    return Problem("第 %(n)d 小题：%(fault)s", part, values)


def warnings(draft: Draft) -> list[Problem]:
    """What is allowed and yet worth a look."""
    found = []
    if draft.kind == "multi" and len(draft.key) == len(draft.options):
        found.append(Problem("所有选项都是正确答案，请核对", "key"))
    for citation in draft.citations:
        try:
            read_reference(citation)
        except Refused as refusal:
            found.append(Problem(refusal.message, "citations", refusal.values))
    for n, part in enumerate(draft.parts, 1):
        found += [of_part(n, warning) for warning in warnings(part)]
    return found


def accepted(entry: str) -> list[str]:
    """The accepted texts of one blank: 九十|90."""
    return [text.strip() for text in entry.split("|") if text.strip()]


def stored_key(draft: Draft) -> list[str] | list[list[str]]:
    """The key of a sound draft as the bank keeps it; a case has none of its own."""
    if draft.kind == "fill":
        return [accepted(entry) for entry in draft.key]
    return sorted(draft.key)


def typed_key(draft: Draft) -> str:
    """A key as people type it; of a case those of its parts."""
    if draft.kind == "case":
        keys = (f"({n}) {typed_key(part)}" for n, part in enumerate(draft.parts, 1))
        return "  ".join(keys)
    if draft.kind == "judge":
        return "".join({"T": "正确", "F": "错误"}.get(x, x) for x in draft.key)
    return ("；" if draft.kind == "fill" else "").join(draft.key)


def _kind(draft: Draft) -> Iterator[Problem]:
    if not draft.kind:
        yield Problem("没有写题型，请写单选、多选、判断或填空", "kind")
    elif draft.kind == "essay":
        yield Problem(
            "问答题（简答、论述等）不能自动评分，题库不收；请改成单选、多选、判断或填空",
            "kind",
        )
    elif draft.kind not in KINDS:
        yield Problem(
            "题型“%(kind)s”不认识，请写单选、多选、判断或填空",
            "kind",
            {"kind": draft.kind[:20]},
        )


def _stem(draft: Draft) -> Iterator[Problem]:
    if not comparable(draft.stem):
        yield Problem("没有题干", "stem")
    elif len(draft.stem) > STEM_LIMIT:
        yield _too_long("题干", "stem", draft.stem, STEM_LIMIT)
    texts = (draft.stem, *draft.options, *draft.key, draft.topic, draft.analysis)
    if not all(is_writable(text) for text in (*texts, *draft.citations)):
        yield UNWRITABLE
    if draft.kind in ("single", "multi", "judge") and _tells_its_key(draft):
        yield Problem("题干的括号里写着答案，请清空括号，只把答案填在答案里", "stem")


def _tells_its_key(draft: Draft) -> bool:
    if draft.kind == "judge":
        return bool(re.search(r"[(（]\s*[√×✓✔✗✘]\s*[)）]", draft.stem))
    inside = re.findall(r"[(（]([\sA-Ha-hＡ-Ｈ、,，]+)[)）]", draft.stem)
    key = set("".join(draft.key).casefold())
    return any(
        key and set(comparable(text)) - set("、,") == key and len(text) < 20
        for text in inside
    )


def _too_long(what: str, where: str, text: str, limit: int) -> Problem:
    return Problem(
        "%(what)s有 %(length)d 个字，超过了 %(limit)d 个字的上限",
        where,
        {"what": what, "length": len(text), "limit": limit},
    )


def _options(draft: Draft) -> Iterator[Problem]:
    if not draft.options:
        yield Problem("没有选项", "option A")
    elif len(draft.options) == 1:
        yield Problem("只有一个选项，至少要有两个", "option A")
    if len(draft.options) > len(LETTERS):
        yield Problem(
            "有 %(n)d 个选项，最多 %(limit)d 个",
            "option A",
            {"n": len(draft.options), "limit": len(LETTERS)},
        )
    seen: dict[str, str] = {}
    for letter, option in zip(LETTERS, draft.options, strict=False):
        where = f"option {letter}"
        text = comparable(option)
        if not text:
            yield Problem("选项%(letter)s是空的", where, {"letter": letter})
        elif text in seen:
            yield Problem(
                "选项%(first)s和选项%(second)s相同",
                where,
                {"first": seen[text], "second": letter},
            )
        elif len(option) > OPTION_LIMIT:
            yield _too_long(f"选项{letter}", where, option, OPTION_LIMIT)
        seen.setdefault(text, letter)


def _no_options(draft: Draft) -> Iterator[Problem]:
    if draft.options:
        yield Problem("这种题型不应有选项，请清空选项或改正题型", "option A")


def _choice_key(draft: Draft) -> Iterator[Problem]:
    if not draft.key:
        yield Problem("没有答案", "key")
        return
    last = LETTERS[max(0, min(len(draft.options), len(LETTERS)) - 1)]
    for letter in dict.fromkeys(draft.key):
        if not re.fullmatch("[A-Z]", letter):
            yield Problem(
                "答案“%(key)s”看不懂，请写选项的字母，如 B 或 ABD",
                "key",
                {"key": letter[:20]},
            )
            return
        if letter > last:
            yield Problem(
                "答案“%(key)s”不在选项之中（选项只到 %(last)s）",
                "key",
                {"key": letter, "last": last},
            )
    if len(set(draft.key)) < len(draft.key):
        yield Problem("答案里有重复的字母", "key")
    elif draft.kind == "single" and len(draft.key) > 1:
        yield Problem("单选题有 %(n)d 个答案", "key", {"n": len(draft.key)})
    elif draft.kind == "multi" and len(draft.key) < 2:
        yield Problem("多选题只有一个答案，至少要有两个", "key")


def _judge_key(draft: Draft) -> Iterator[Problem]:
    if not draft.key:
        yield Problem("没有答案", "key")
    elif draft.key not in (("T",), ("F",)):
        yield Problem(
            "答案“%(key)s”看不懂，判断题请写正确或错误",
            "key",
            {"key": "".join(draft.key)[:20]},
        )


def _fill_key(draft: Draft) -> Iterator[Problem]:
    blanks = count_blanks(draft.stem)
    if not draft.key:
        yield Problem("没有答案", "key")
    elif not blanks:
        yield Problem("填空题的题干里没有空，请在要填的地方写【】", "stem")
    elif blanks != len(draft.key):
        yield Problem(
            "题干有 %(blanks)d 个空，答案却有 %(answers)d 个；各空的答案用“；”隔开",
            "key",
            {"blanks": blanks, "answers": len(draft.key)},
        )
    for n, entry in enumerate(draft.key, 1):
        texts = accepted(entry)
        if not any(comparable(text) for text in texts):
            yield Problem("第 %(n)d 个空没有答案", "key", {"n": n})
        for text in texts:
            if len(text) > BLANK_LIMIT:
                yield _too_long("答案", "key", text, BLANK_LIMIT)


def _case(draft: Draft) -> Iterator[Problem]:
    if draft.options or draft.key:
        yield Problem("案例题的选项和答案写在各小题里，请清空题干下面的", "parts")
    if len(draft.parts) < FEWEST_PARTS:
        yield Problem(
            "案例题有 %(n)d 个小题，至少要有 %(least)d 个",
            "parts",
            {"n": len(draft.parts), "least": FEWEST_PARTS},
        )
    if len(draft.parts) > MOST_PARTS:
        yield Problem(
            "案例题有 %(n)d 个小题，最多 %(most)d 个，请拆成几题",
            "parts",
            {"n": len(draft.parts), "most": MOST_PARTS},
        )
    for n, part in enumerate(draft.parts, 1):
        if part.kind == "case":
            yield of_part(n, NO_CASE_INSIDE)
        else:
            yield from (of_part(n, problem) for problem in problems(part))


def _particulars(draft: Draft) -> Iterator[Problem]:
    if draft.difficulty not in DIFFICULTIES:
        yield Problem(
            "难度“%(difficulty)s”不认识，请写易、中或难",
            "difficulty",
            {"difficulty": draft.difficulty[:20]},
        )
    if len(draft.topic) > TOPIC_LIMIT:
        yield _too_long("知识点", "topic", draft.topic, TOPIC_LIMIT)
    if len(draft.tags) > TAG_LIMIT:
        yield Problem(
            "标签有 %(n)d 个，最多 %(most)d 个",
            "tags",
            {"n": len(draft.tags), "most": TAG_LIMIT},
        )
    for tag in draft.tags:
        if len(tag) > TAG_LENGTH:
            yield _too_long("标签", "tags", tag, TAG_LENGTH)
    if len(draft.source) > SOURCE_LIMIT:
        yield _too_long("来源", "source", draft.source, SOURCE_LIMIT)
    if len(draft.analysis) > ANALYSIS_LIMIT:
        yield _too_long("解析", "analysis", draft.analysis, ANALYSIS_LIMIT)
    if len(draft.citations) > CITATION_LIMIT:
        yield Problem(
            "依据有 %(n)d 条，最多 %(limit)d 条",
            "citations",
            {"n": len(draft.citations), "limit": CITATION_LIMIT},
        )
    for citation in draft.citations:
        if len(citation) > OPTION_LIMIT:
            yield _too_long("依据", "citations", citation, OPTION_LIMIT)
