"""The neutral JSON form: a list of questions, read and written.

What is read may also come from other programs: the names of the fields are known in
several words, letters may stand before the options, and the type may be missing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from core.errors import Refused
from core.filenames import shown_name
from question_bank.formats.reading import Reading
from question_bank.rules.intake import Kept, Typed, faults_of
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
)
from question_bank.rules.validity import DIFFICULTIES, Draft, Problem
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
    "group": ("group", "材料", "共用题干"),
    "items": ("items", "questions", "小题"),
}
#: Where a file holds an object around its list.
_LISTS = ("questions", "items", "data", "list", "题目", "records")
_TEXTS = ("text", "content", "value", "label", "选项", "option", "内容")

#: Why a question cannot be taken, in the words of the form.
WHY = {
    "没有答案": "no answer",
    "没有选项": "no options",
    "只有一个选项，至少要有两个": "one option only",
    "选项%(first)s和选项%(second)s相同": "identical options",
    "答案“%(key)s”不在选项之中（选项只到 %(last)s）": "key outside the options",
    "单选题有 %(n)d 个答案": "two keys",
    "没有写题型，请写单选、多选、判断或填空": "no type",
    "题型“%(kind)s”不认识，请写单选、多选、判断或填空": "unknown type",
    "没有题干": "no stem",
}


class _Misshapen(Exception):
    """A field has a value of a kind it cannot have."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.problem = Problem("“%(name)s”的写法不对", "", {"name": name})


def read_neutral(content: bytes, *, filename: str) -> Reading:
    """Read the questions of a neutral JSON file.

    :raises Refused: If it is no list in JSON.
    """
    try:
        items = find_items(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        items = None
    if items is None:
        raise Refused(
            "“%(file)s”不是题目的 JSON 文件：内容应是一个列表，编码应是 UTF-8",
            file=shown_name(filename),
        )
    return Reading([read_item(item, n) for n, item in enumerate(items, 1)], [])


def find_items(text: str) -> list[Any] | None:
    """The list in a JSON text, or None if it holds none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(found, dict):
        found = next((found[n] for n in _LISTS if isinstance(found.get(n), list)), None)
    return found if isinstance(found, list) else None


def write_neutral(questions: Sequence[Kept]) -> str:
    """Questions of the bank in the neutral form; reading it gives the same drafts."""
    items = [_kept_item(question) for question in questions]
    return json.dumps(items, ensure_ascii=False, indent=2) + "\n"


def neutral_item(one: Typed) -> dict[str, Any]:
    """A question as it was read, in the neutral form.

    One that cannot be taken is an error in its place. What the file does not say is
    left out.
    """
    if one.parts:
        return {"group": one.stem, "items": [neutral_item(part) for part in one.parts]}
    draft = one.draft
    faults = list(one.faults) if draft.kind == "essay" else faults_of(one)
    if faults:
        return {"error": WHY.get(faults[0].message, str(faults[0]))}
    item: dict[str, Any] = {"type": draft.kind, "stem": one.stem or draft.stem}
    item |= _answer(draft)
    if one.points is not None:
        points = one.points
        item["points"] = int(points) if points.denominator == 1 else float(points)
    item |= {
        name: value
        for name, value in {
            "analysis": draft.analysis,
            "tag": one.tag,
            "topic": draft.topic if draft.topic != one.tag else "",
            "difficulty": _level(one),
            "citations": list(draft.citations),
        }.items()
        if value
    }
    return item


def _level(one: Typed) -> str:
    if one.no_difficulty:
        return ""
    return DIFFICULTIES.get(one.draft.difficulty, one.draft.difficulty)


def _kept_item(question: Kept) -> dict[str, Any]:
    draft = question.draft
    item: dict[str, Any] = {"type": draft.kind, "stem": draft.stem}
    return (
        item
        | _answer(draft)
        | {
            "topic": draft.topic,
            "difficulty": DIFFICULTIES[draft.difficulty],
            "citations": list(draft.citations),
            "analysis": draft.analysis,
            "id": question.question_id,
            "version": question.number,
        }
    )


def _answer(draft: Draft) -> dict[str, Any]:
    """Options and answer as the form has them; an essay has neither."""
    found: dict[str, Any] = {}
    if draft.options:
        found["options"] = list(draft.options)
    if draft.kind == "judge":
        found["answer"] = draft.key == ("T",)
    elif draft.kind != "essay":
        found["answer"] = list(draft.key)
    return found


# Reading


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
    draft = Draft(kind="case", stem=stem, options=(), key=())
    parts = tuple(read_item(part, n) for part in items)
    return Typed(draft, "", n, stem=stem, parts=parts)


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
    citations = _get(item, "citations") or []
    draft = Draft(
        kind=kind,
        stem=with_blanks(stem) if kind == "fill" else stem,
        options=options,
        key=() if kind == "essay" else key,
        topic=tidy(_text(item, "topic")) or tag,
        difficulty=read_difficulty(difficulty),
        citations=read_citations(citations)
        if isinstance(citations, str)
        else canonical_citations(_texts(citations, "citations")),
        analysis=tidy(_text(item, "analysis")),
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
