"""The guarantee card without a page: plain facts, and lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask_babel import gettext

from core.pages import points
from quiz.queries.stock import Outlook
from quiz.rules.blueprint import cell_name


def promises(outlook: Outlook) -> dict[str, Any]:
    """The guarantee card as plain facts; thousandths as decimals."""

    def lacks(shortages: Any) -> list[dict[str, Any]]:
        return [
            {
                "cell": "、".join(cell_name(row, outlook.topics) for row in one.rows),
                "need": one.need,
                "have": one.have,
                "lack": one.lack,
            }
            for one in shortages
        ]

    g = outlook.guarantee
    if g is None:
        return {"possible": False, "shortages": lacks(outlook.shortages)}
    return {
        "possible": True,
        "questions": g.questions,
        "maximum": points(g.maximum),
        "hand": g.hand,
        "exposure": g.exposure / 1000,
        "overlap": g.overlap / 1000,
        "widest": g.widest / 1000,
        "bottleneck": g.bottleneck and cell_name(g.bottleneck, outlook.topics),
        "largest_unit": g.largest_unit,
        "lacks": lacks(g.lacks),
        "large_units": [
            {
                "unit": outlook.units[one.unit],
                "people": one.people,
                "hands": one.hands,
                "clean": one.clean / 1000,
            }
            for one in g.large_units
        ],
    }


def promise_lines(facts: dict[str, Any]) -> Iterator[str]:
    """The facts of ``promises`` as lines for a terminal."""
    if not facts["possible"]:
        if not facts["shortages"]:
            yield gettext("组卷方案还是空的，请至少填一行")
        for one in facts["shortages"]:
            yield gettext(
                "%(cell)s需要 %(need)d 题，题库只有 %(have)d 题，"
                "请补 %(lack)d 题或减少题数",
                **one,
            )
        return
    yield gettext("每份试卷 %(questions)d 题，满分 %(maximum)s 分", **facts)
    yield gettext("一组 %(hand)d 份试卷，彼此没有相同题目", **facts)
    yield gettext(
        "同组任意两份试卷的预期得分最多相差 %(x)s 分", x=f"{facts['widest']:.2f}"
    )
    share = f"{100 * facts['exposure']:.1f}"
    yield gettext("一道题最多出现在 %(x)s%% 的试卷中", x=share)
    for one in facts["large_units"]:
        yield gettext("%(unit)s有 %(people)d 人，分在 %(hands)d 组", **one)
    for one in facts["lacks"]:
        yield gettext("%(cell)s再补 %(lack)d 题，可保证同单位零重题", **one)
