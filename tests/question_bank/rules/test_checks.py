"""Each check finds what it is for, and nothing in a sound bank."""

from __future__ import annotations

from dataclasses import replace

import pytest

from question_bank.rules.checks import CHECKS, Checked, Need, Thin, check_bank
from question_bank.rules.intake import Kept
from question_bank.rules.validity import Draft
from tests.question_bank.drafts import ALL_KINDS, CASE, MULTI, SINGLE, single


def checked(*drafts: Draft, needs: tuple[Need, ...] = ()) -> Checked:
    kept = [Kept(n, 1, draft) for n, draft in enumerate(drafts, 1)]
    return check_bank(kept, needs, {"行政处罚": None, "民法典": None})


def found(*drafts: Draft) -> list[tuple[str, tuple[int, ...], str]]:
    return [
        (one.check, one.questions, str(one.problem))
        for one in checked(*drafts).findings
    ]


def test_a_sound_bank_has_no_findings() -> None:
    assert found(*ALL_KINDS, CASE) == []


@pytest.mark.parametrize(
    ("draft", "check", "reason"),
    [
        (single(key=()), "no_key", "没有答案"),
        (single(key=("E",)), "key_outside", "答案“E”不在选项之中（选项只到 D）"),
        (
            single(options=("九十", "六 十", "六十"), key=("A",)),
            "same_options",
            "选项B和选项C相同",
        ),
        (single(key=("A", "B")), "faulty", "单选题有 2 个答案"),
        (single(analysis=""), "no_analysis", "没有解析"),
        (single(citations=()), "no_citation", "没有依据"),
        (
            single(citations=("某文件",)),
            "odd_citation",
            "依据“某文件”看不懂，请写成《行政处罚法》第六十条的样子",
        ),
        (
            single(options=("一日", "二日", "自行政处罚案件立案之日起九十日", "三日")),
            "length",
            "正确选项 C 比其他选项长得多，不用懂也能猜中",
        ),
        (
            replace(CASE, parts=(*CASE.parts[:2], replace(CASE.parts[2], key=()))),
            "no_key",
            "第 3 小题：没有答案",
        ),
        (
            replace(CASE, parts=(*CASE.parts[:2], replace(CASE.parts[2], analysis=""))),
            "no_analysis",
            "第 3 小题：没有解析",
        ),
    ],
)
def test_what_is_wrong_with_a_question_is_told_with_its_number(
    draft: Draft, check: str, reason: str
) -> None:
    assert found(SINGLE, draft) == [(check, (2,), reason)]
    assert check in CHECKS


def test_a_long_option_that_is_not_alone_gives_nothing_away() -> None:
    long = ("自行政处罚案件立案之日起六十日", "一日", "自行政处罚案件立案之日起九十日")
    assert found(single(options=long)) == []
    assert found(single(options=("六十日", "三十日", "九十个工作日"))) == []


def test_too_many_questions_whose_options_are_all_right_are_told() -> None:
    whole = [
        replace(MULTI, stem=f"第{n}题", key=("A", "B", "C", "D")) for n in range(4)
    ]
    part = [replace(MULTI, stem=f"其他第{n}题") for n in range(9)]
    ((check, ids, reason),) = found(*whole, *part)
    assert (check, ids) == ("all_right", (1, 2, 3, 4))
    assert reason == "13 道多选题里有 4 道的答案是全选（30%），全选也能得分"
    assert found(*whole[:3], *part) == []  # a quarter is no more than it should be
    assert found(*whole) == []  # too few to say anything


def test_keys_that_gather_at_one_letter_are_told() -> None:
    same = [single(stem=f"第{n}题（ ）") for n in range(12)]
    other = [
        single(stem=f"其他第{n}题（ ）", key=(x,)) for n, x in enumerate("ABD" * 4)
    ]
    ((check, ids, reason),) = found(*same, *other)
    assert (check, len(ids)) == ("position", 12)
    assert "24 道单选题里有 12 道的答案是 C（50%）" in reason
    assert found(*same[:9], *other, single(key=("A",))) == []


def test_topics_that_cannot_fill_a_paper_of_a_usual_exam_are_told() -> None:
    needs = (Need("现场抽测", "single", 2), Need("现场抽测", "multi", 1))
    thin = checked(
        SINGLE, single(stem="另一题（ ）"), MULTI, single(topic="民法典"), needs=needs
    ).thin
    assert thin == [
        Thin("现场抽测", "民法典", {"single": (2, 1), "multi": (1, 0)}),
    ]
