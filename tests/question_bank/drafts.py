"""Questions in a few words; every default is valid."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from question_bank.rules.intake import Typed
from question_bank.rules.validity import Draft

SINGLE = Draft(
    kind="single",
    stem="行政机关应当自立案之日起（ ）日内作出行政处罚决定。",
    options=("三十", "六十", "九十", "一百二十"),
    key=("C",),
    topic="行政处罚",
    difficulty="easy",
    citations=("《行政处罚法》第六十条",),
    analysis="自立案之日起算。",
)
MULTI = replace(
    SINGLE,
    kind="multi",
    stem="下列属于行政处罚的有",
    options=("警告", "罚款", "行政拘留", "查封场所"),
    key=("A", "B", "C"),
)
JUDGE = replace(
    SINGLE, kind="judge", stem="当事人有权陈述和申辩。", options=(), key=("T",)
)
FILL = replace(
    SINGLE,
    kind="fill",
    stem="应当自收到申请之日起【】日内决定，决定后【】日内指派。",
    options=(),
    key=("七|7", "三|3"),
)
ALL_KINDS = (SINGLE, MULTI, JUDGE, FILL)  # asked by themselves
PARTS = tuple(
    replace(part, topic="", difficulty="medium") for part in (SINGLE, JUDGE, FILL)
)
CASE = Draft(
    kind="case",
    stem="某县市场监督管理局对某商店立案调查。\n拟处五万元罚款。",
    options=(),
    key=(),
    topic="行政处罚",
    difficulty="hard",
    citations=("《行政处罚法》第六十三条",),
    analysis="处罚程序的综合题。",
    parts=PARTS,
    tags=("应知应会第3条", "执法人员"),
    source="2026年执法资格考试",
)


def single(**changes: Any) -> Draft:
    """A sound 单选 question with these changes."""
    return replace(SINGLE, **changes)


def typed(*drafts: Draft) -> list[Typed]:
    """Drafts as if read from the rows of a sheet."""
    return [
        Typed(draft, "题目", row, {"stem": f"B{row}", "key": f"K{row}"})
        for row, draft in enumerate(drafts, 2)
    ]


def many(n: int) -> list[Typed]:
    """So many different questions."""
    return typed(*(single(stem=f"第{i}题，期限是（ ）日。") for i in range(n)))
