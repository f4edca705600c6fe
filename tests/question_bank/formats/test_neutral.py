from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from question_bank.formats.neutral import (
    WHY,
    neutral_item,
    read_neutral,
    write_neutral,
)
from question_bank.rules.intake import Kept, sort_out
from question_bank.rules.validity import Draft
from tests.question_bank.drafts import ALL_KINDS, FILL, JUDGE, SINGLE

ITEM = {
    "type": "single",
    "stem": SINGLE.stem,
    "options": list(SINGLE.options),
    "answer": ["C"],
    "topic": "行政处罚",
    "difficulty": "易",
    "citations": ["《行政处罚法》第六十条"],
    "analysis": "自立案之日起算。",
}


def read(*items: object) -> list[Draft]:
    content = json.dumps(items).encode()
    return [one.draft for one in read_neutral(content, filename="题目.json").typed]


def reasons(item: object) -> list[str]:
    content = json.dumps([item]).encode()
    typed = read_neutral(content, filename="题目.json").typed
    return [str(finding.problem) for finding in sort_out(typed, {}).findings]


def test_an_item_becomes_a_draft() -> None:
    assert read(ITEM) == [SINGLE]


def test_what_is_exported_reads_back_the_same() -> None:
    kept = [Kept(n, 1, draft) for n, draft in enumerate(ALL_KINDS, 1)]
    text = write_neutral(kept)
    reading = read_neutral(text.encode(), filename="题目.json")
    assert [one.draft for one in reading.typed] == list(ALL_KINDS)
    items = json.loads(text)
    assert [(item["id"], item["version"]) for item in items] == [
        (1, 1),
        (2, 1),
        (3, 1),
        (4, 1),
    ]
    assert items[0]["difficulty"] == "易"
    assert items[2]["answer"] is True
    assert items[3]["answer"] == ["七|7", "三|3"]


@pytest.mark.parametrize(
    ("kind", "answer", "key"),
    [
        ("single", "C", ("C",)),
        ("multi", ["a", "Ｃ"], ("A", "C")),
        ("multi", ["AC"], ("A", "C")),
        ("judge", True, ("T",)),
        ("judge", False, ("F",)),
        ("judge", "错误", ("F",)),
        ("judge", ["T"], ("T",)),
        ("fill", ["九十|90", "三"], ("九十|90", "三")),
        ("fill", [["九十", "90"], ["三"]], ("九十|90", "三")),
        ("fill", "九十|90；三", ("九十|90", "三")),
        ("single", None, ()),
    ],
)
def test_answers_are_read_in_every_form(
    kind: str, answer: object, key: tuple[str, ...]
) -> None:
    (draft,) = read({"type": kind, "stem": "题干", "answer": answer})
    assert draft.key == key


def test_missing_particulars_have_their_defaults() -> None:
    (draft,) = read({"type": "judge", "stem": "题干", "answer": True})
    assert (draft.topic, draft.difficulty, draft.citations) == ("", "medium", ())


def test_blanks_of_other_papers_take_our_form() -> None:
    (draft,) = read(
        {"type": "fill", "stem": "应在____日内，（ ）年内", "answer": ["1", "2"]}
    )
    assert draft.stem == "应在【】日内，【】年内"


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ("文字", "这里不是一道题"),
        (None, "这里不是一道题"),
        ({"error": "没有答案"}, "这道题在导出时就有问题：没有答案"),
        (
            {"group": "共用题干", "items": [ITEM]},
            "案例题有 1 个小题，至少要有 2 个",
        ),
        (
            ITEM | {"type": "essay"},
            "问答题（简答、论述等）不能自动评分，题库不收；请改成单选、多选、判断或填空",
        ),
        (ITEM | {"type": "连线"}, "题型“连线”不认识，请写单选、多选、判断或填空"),
        (ITEM | {"options": "三十"}, "“options”的写法不对"),
        (ITEM | {"options": ["三十", 60]}, "“options”的写法不对"),
        (ITEM | {"stem": 5}, "“stem”的写法不对"),
        (ITEM | {"answer": 3}, "“answer”的写法不对"),
        (ITEM | {"answer": True}, "“answer”的写法不对"),
        (ITEM | {"citations": [1]}, "“citations”的写法不对"),
        (ITEM | {"stem": "题\ud800"}, "文字里有无法保存的字符，请删去后重新填写"),
    ],
)
def test_F12_a_bad_item_is_refused_in_its_place(item: object, reason: str) -> None:
    assert reasons(item) == [reason]


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"5", b"[", b"\xff\xfe[", "[]".encode("utf-16"), b"[" * 99_999],
)
def test_what_is_no_list_in_json_is_refused_in_one_sentence(content: bytes) -> None:
    with pytest.raises(Refused) as caught:
        read_neutral(content, filename="题目.json")
    assert "题目.json" in str(caught.value)


def test_a_byte_order_mark_does_no_harm() -> None:
    content = b"\xef\xbb\xbf" + json.dumps([ITEM]).encode()
    assert len(read_neutral(content, filename="题目.json").typed) == 1


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(list(ITEM)), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.lists(values, max_size=4))
def test_any_json_is_read_and_judged(items: list[Any]) -> None:
    content = json.dumps(items).encode()
    typed = read_neutral(content, filename="题目.json").typed
    assert sort_out(typed, {}).total == len(items)


def test_cases_and_essays_are_read_and_written_in_their_own_form() -> None:
    case = {"group": "共用题干", "items": [ITEM, {"error": "没有答案"}]}
    essay = {"type": "essay", "stem": "简述法治。", "analysis": "依法而治。"}
    content = json.dumps([case, essay]).encode()
    typed = read_neutral(content, filename="题目.json").typed
    shown = [neutral_item(one) for one in typed]
    assert shown[0]["group"] == "共用题干"
    assert shown[0]["items"][0] == ITEM
    assert list(shown[0]["items"][1]) == ["error"]
    assert shown[1] == essay


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"answer": []}, "no answer"),
        ({"options": []}, "no options"),
        ({"options": ["三十"]}, "one option only"),
        ({"options": ["三十", "三 十", "六十"]}, "identical options"),
        ({"answer": ["H"]}, "key outside the options"),
        ({"answer": ["A", "B"]}, "two keys"),
        ({"type": "连线题"}, "unknown type"),
        ({"stem": ""}, "no stem"),
    ],
)
def test_F12_what_cannot_be_taken_is_an_error_in_the_words_of_the_form(
    changes: dict[str, Any], why: str
) -> None:
    (one,) = read_neutral(json.dumps([ITEM | changes]).encode(), filename="a").typed
    assert neutral_item(one) == {"error": why}
    assert why in WHY.values()


def test_judge_and_fill_are_exported_without_options() -> None:
    items = json.loads(write_neutral([Kept(1, 1, JUDGE), Kept(2, 3, FILL)]))
    assert all("options" not in item for item in items)
