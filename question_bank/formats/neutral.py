"""The neutral JSON form: a list of questions, read and written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from core.errors import Refused
from core.filenames import shown_name
from question_bank.formats.reading import Reading
from question_bank.rules.intake import Kept, Typed
from question_bank.rules.typed import (
    canonical_citations,
    join_accepted,
    read_blanks,
    read_citations,
    read_difficulty,
    read_judgement,
    read_kind,
    read_letters,
    read_options,
)
from question_bank.rules.validity import DIFFICULTIES, Draft, Problem
from question_bank.rules.wording import tidy, with_blanks

_EMPTY = Draft(kind="", stem="", options=(), key=())


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
        items = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        items = None
    if not isinstance(items, list):
        raise Refused(
            "“%(file)s”不是题目的 JSON 文件：内容应是一个列表，编码应是 UTF-8",
            file=shown_name(filename),
        )
    return Reading([_typed(item, n) for n, item in enumerate(items, 1)], [])


def write_neutral(questions: Sequence[Kept]) -> str:
    """Questions of the bank in the neutral form; reading it gives the same drafts."""
    items = [_item(question) for question in questions]
    return json.dumps(items, ensure_ascii=False, indent=2) + "\n"


def _typed(item: Any, n: int) -> Typed:
    try:
        fault = _not_a_question(item)
        if fault is None:
            return Typed(_draft(item), "", n)
    except _Misshapen as error:
        fault = error.problem
    return Typed(_EMPTY, "", n, faults=(fault,))


def _not_a_question(item: Any) -> Problem | None:
    if not isinstance(item, dict):
        return Problem("这里不是一道题", "")
    if "error" in item:
        return Problem(
            "这道题在导出时就有问题：%(why)s", "", {"why": str(item["error"])[:80]}
        )
    if "group" in item or "items" in item:
        return Problem("案例题（几问共用一个题干）还不能导入，请拆成单独的题目", "")
    return None


def _draft(item: dict[str, Any]) -> Draft:
    kind = read_kind(_text(item, "type"))
    stem = tidy(_text(item, "stem"))
    citations = item.get("citations") or []
    return Draft(
        kind=kind,
        stem=with_blanks(stem) if kind == "fill" else stem,
        options=read_options(_texts(item.get("options") or [], "options")),
        key=_key(kind, item.get("answer")),
        topic=tidy(_text(item, "topic")),
        difficulty=read_difficulty(_text(item, "difficulty")),
        citations=read_citations(citations)
        if isinstance(citations, str)
        else canonical_citations(_texts(citations, "citations")),
        analysis=tidy(_text(item, "analysis")),
    )


def _text(item: dict[str, Any], name: str) -> str:
    value = item.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _Misshapen(name)
    return value


def _texts(value: Any, name: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(x, str) for x in value):
        raise _Misshapen(name)
    return value


def _key(kind: str, answer: Any) -> tuple[str, ...]:
    if answer is None:
        return ()
    if kind == "judge":
        if isinstance(answer, bool):
            return ("T",) if answer else ("F",)
        words = [answer] if isinstance(answer, str) else _texts(answer, "answer")
        return tuple(mark for word in words for mark in read_judgement(word))
    if kind == "fill":
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


def _item(question: Kept) -> dict[str, Any]:
    draft = question.draft
    item: dict[str, Any] = {"type": draft.kind, "stem": draft.stem}
    if draft.options:
        item["options"] = list(draft.options)
    judged = draft.kind == "judge"
    item["answer"] = draft.key == ("T",) if judged else list(draft.key)
    return item | {
        "topic": draft.topic,
        "difficulty": DIFFICULTIES[draft.difficulty],
        "citations": list(draft.citations),
        "analysis": draft.analysis,
        "id": question.question_id,
        "version": question.number,
    }
