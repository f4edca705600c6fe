"""One item of a JSON list read as a question: in the neutral form, or another's.

Programs name the fields in their own words, put letters before the options, and may
leave out the type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from question_bank.rules.cases import as_case
from question_bank.rules.intake import Typed
from question_bank.rules.typed import (
    are_judgements,
    canonical_citations,
    join_accepted,
    kind_of_key,
    read_blanks,
    read_citations,
    read_difficulty,
    read_judgement,
    read_kind,
    read_letters,
    read_options,
    read_points,
    read_tags,
)
from question_bank.rules.validity import NO_CASE_INSIDE, Draft, Problem
from question_bank.rules.wording import tidy, with_blanks

_EMPTY = Draft(kind="", stem="", options=(), key=())

#: Other names of the fields; the first one that is there counts.
_NAMES = {
    "type": ("type", "题型", "kind", "questionType", "question_type", "类型"),
    "stem": ("stem", "题干", "question", "title", "题目", "content", "试题", "问题"),
    "options": ("options", "选项", "choices", "answers"),
    "answer": (
        *("answer", "答案", "key", "correct", "correctAnswer", "correct_answer"),
        *("正确答案", "参考答案"),
    ),
    "analysis": ("analysis", "解析", "explanation", "explain", "答案解析"),
    "points": ("points", "分值", "score", "分数"),
    "tag": ("tag", "考点"),
    "topic": ("topic", "知识点", "分类", "category"),
    "difficulty": ("difficulty", "难度", "level"),
    "citations": ("citations", "依据", "法律依据"),
    "tags": ("tags", "标签", "labels"),
    "source": ("source", "题目来源", "来源"),
    "group": ("group", "材料", "共用题干"),
    "items": ("items", "questions", "小题"),
}
_TEXTS = ("text", "content", "value", "label", "选项", "option", "内容")


class _Misshapen(Exception):
    """A field has a value of a kind it cannot have."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.problem = Problem("“%(name)s”的写法不对", "", {"name": name})


def read_item(item: Any, n: int) -> Typed:
    """One item of a list; whatever it is, something comes of it."""
    try:
        fault = _not_a_question(item)
        if fault is None:
            items = _get(item, "items")
            if isinstance(items, list):
                return _case(item, items, n)
            return _question(item, n)
    except _Misshapen as error:
        fault = error.problem
    return Typed(_EMPTY, "", n, faults=(fault,))


def _get(item: dict[str, Any], name: str) -> Any:
    """A field under any of its names."""
    for known in _NAMES[name]:
        if item.get(known) is not None:
            return item[known]
    return None


def _not_a_question(item: Any) -> Problem | None:
    if not isinstance(item, dict):
        return Problem("这里不是一道题", "")
    if "error" in item:
        return Problem(
            "这道题在导出时就有问题：%(why)s", "", {"why": str(item["error"])[:80]}
        )
    return None


def _case(item: dict[str, Any], items: list[Any], n: int) -> Typed:
    stem = tidy(_text(item, "group") or _text(item, "stem"))
    difficulty = _text(item, "difficulty")
    draft = Draft(
        kind="case",
        stem=stem,
        options=(),
        key=(),
        topic=tidy(_text(item, "topic")) or tidy(_text(item, "tag")),
        difficulty=read_difficulty(difficulty),
        citations=_citations(item),
        analysis=tidy(_text(item, "analysis")),
        tags=_tags(item),
        source=tidy(_text(item, "source")),
    )
    points = _points(item)
    case = Typed(draft, "", n, points=points, stem=stem, no_difficulty=not difficulty)
    if not items:
        return case
    return as_case(case, [_part(part, n) for part in items])


def _part(item: Any, n: int) -> Typed:
    one = read_item(item, n)
    if one.draft.kind == "case":
        return replace(one, faults=(NO_CASE_INSIDE,), parts=())
    return one


def _question(item: dict[str, Any], n: int) -> Typed:
    options = read_options(_options(item))
    answer = _get(item, "answer")
    typed_kind = _text(item, "type")
    kind = read_kind(typed_kind) if typed_kind else _kind_of(answer, options)
    key = _key(kind, answer, options)
    if kind == "judge" and are_judgements(options):
        options = ()
    stem = tidy(_text(item, "stem"))
    tag = tidy(_text(item, "tag"))
    difficulty = _text(item, "difficulty")
    draft = Draft(
        kind=kind,
        stem=with_blanks(stem) if kind == "fill" else stem,
        options=options,
        key=() if kind == "essay" else key,
        topic=tidy(_text(item, "topic")) or tag,
        difficulty=read_difficulty(difficulty),
        citations=_citations(item),
        analysis=tidy(_text(item, "analysis")),
        tags=_tags(item),
        source=tidy(_text(item, "source")),
    )
    if kind == "essay" and key and not draft.analysis:
        draft = replace(draft, analysis="\n".join(key))
    return Typed(
        draft,
        "",
        n,
        points=_points(item),
        tag=tag,
        no_difficulty=not difficulty,
        stem=stem,
    )


def _kind_of(answer: Any, options: Sequence[str]) -> str:
    """The kind of a question that does not say it, from its options and key."""
    if isinstance(answer, bool):
        return "judge"
    if isinstance(answer, list) and not options and len(answer) > 1:
        return "fill"
    texts = [answer] if isinstance(answer, str) else answer
    flat = isinstance(texts, list) and all(isinstance(text, str) for text in texts)
    return kind_of_key("".join(texts) if flat else "", options)


def _options(item: dict[str, Any]) -> list[str]:
    """Options as a list of texts, of objects with a text, or by their letters."""
    found = _get(item, "options") or []
    if isinstance(found, dict):
        found = [found[letter] for letter in sorted(found)]
    if isinstance(found, list):
        found = [_inner(one) if isinstance(one, dict) else one for one in found]
    return _texts(found, "options")


def _inner(one: dict[str, Any]) -> Any:
    return next((one[name] for name in _TEXTS if isinstance(one.get(name), str)), one)


def _citations(item: dict[str, Any]) -> tuple[str, ...]:
    found = _get(item, "citations") or []
    if isinstance(found, str):
        return read_citations(found)
    return canonical_citations(_texts(found, "citations"))


def _tags(item: dict[str, Any]) -> tuple[str, ...]:
    found = _get(item, "tags") or []
    texts = [found] if isinstance(found, str) else _texts(found, "tags")
    return tuple(dict.fromkeys(tag for text in texts for tag in read_tags(text)))


def _points(item: dict[str, Any]) -> Fraction | None:
    found = _get(item, "points")
    if isinstance(found, bool) or not isinstance(found, int | float | str):
        return None
    return read_points(str(found)[:20])


def _text(item: dict[str, Any], name: str) -> str:
    value = _get(item, name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _Misshapen(name)
    return value


def _texts(value: Any, name: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(x, str) for x in value):
        raise _Misshapen(name)
    return value


def _key(kind: str, answer: Any, options: Sequence[str]) -> tuple[str, ...]:
    if answer is None:
        return ()
    if kind == "judge":
        if isinstance(answer, bool):
            return ("T",) if answer else ("F",)
        words = [answer] if isinstance(answer, str) else _texts(answer, "answer")
        return tuple(mark for word in words for mark in read_judgement(word, options))
    if kind in ("fill", "essay"):
        if isinstance(answer, str):
            return read_blanks(answer)
        return tuple(_blank(entry) for entry in _list(answer))
    if isinstance(answer, str):
        return read_letters(answer)
    letters = _texts(answer, "answer")
    return tuple(letter for text in letters for letter in read_letters(text))


def _list(answer: Any) -> list[Any]:
    if not isinstance(answer, list):
        raise _Misshapen("answer")
    return answer


def _blank(entry: Any) -> str:
    texts = entry.split("|") if isinstance(entry, str) else entry
    return join_accepted(_texts(texts, "answer"))
