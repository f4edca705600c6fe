"""The neutral JSON form: a list of questions, read and written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from core.errors import Refused
from core.filenames import shown_name
from question_bank.formats.items import read_item
from question_bank.formats.reading import Reading
from question_bank.rules.intake import Kept, Typed, faults_of
from question_bank.rules.printed import Stamp
from question_bank.rules.validity import DIFFICULTIES, Draft

#: Where a file holds an object around its list.
_LISTS = ("questions", "items", "data", "list", "题目", "records")

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


def write_neutral(
    questions: Sequence[Kept],
    points: Mapping[str, Fraction] | None = None,
    stamp: Stamp | None = None,
) -> str:
    """Questions of the bank in the neutral form; reading it gives the same drafts.

    :param points: Of each question, by kind; the bank itself keeps none.
    :param stamp: Who takes them out: an object around the list says so.
    """
    items: Any = [_kept_item(question, points or {}) for question in questions]
    if stamp is not None:
        items = {"exported": vars(stamp), "questions": items}
    return json.dumps(items, ensure_ascii=False, indent=2) + "\n"


def neutral_item(one: Typed) -> dict[str, Any]:
    """A question as it was read, in the neutral form.

    One that cannot be taken is an error in its place. What the file does not say is
    left out.
    """
    if one.parts:
        group = {"group": one.stem or one.draft.stem}
        return group | {"items": [neutral_item(part) for part in one.parts]}
    draft = one.draft
    faults = list(one.faults) if draft.kind == "essay" else faults_of(one)
    if faults:
        return {"error": WHY.get(faults[0].message, str(faults[0]))}
    item: dict[str, Any] = {"type": draft.kind, "stem": one.stem or draft.stem}
    item |= _answer(draft)
    if one.points is not None:
        item["points"] = _number(one.points)
    item |= {
        name: value
        for name, value in {
            "analysis": draft.analysis,
            "tag": one.tag,
            "topic": draft.topic if draft.topic != one.tag else "",
            "difficulty": _level(one),
            "citations": list(draft.citations),
            "tags": list(draft.tags),
            "source": draft.source,
        }.items()
        if value
    }
    return item


def _level(one: Typed) -> str:
    if one.no_difficulty:
        return ""
    return DIFFICULTIES.get(one.draft.difficulty, one.draft.difficulty)


def _number(points: Fraction) -> int | float:
    return int(points) if points.denominator == 1 else float(points)


def _kept_item(question: Kept, points: Mapping[str, Fraction]) -> dict[str, Any]:
    draft = question.draft
    item = _asked(draft)
    if draft.kind == "case":
        item = {"group": draft.stem, "items": list(map(_kept_part, draft.parts))}
    worth = points.get(draft.kind)
    labels = {"tags": list(draft.tags), "source": draft.source}
    return (
        item
        | ({} if worth is None else {"points": _number(worth)})
        | {name: value for name, value in labels.items() if value}
        | {
            "topic": draft.topic,
            "difficulty": DIFFICULTIES[draft.difficulty],
            "citations": list(draft.citations),
            "analysis": draft.analysis,
            "id": question.question_id,
            "version": question.number,
        }
    )


def _kept_part(part: Draft) -> dict[str, Any]:
    own = {"citations": list(part.citations), "analysis": part.analysis}
    return _asked(part) | {name: value for name, value in own.items() if value}


def _asked(draft: Draft) -> dict[str, Any]:
    return {"type": draft.kind, "stem": draft.stem} | _answer(draft)


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
