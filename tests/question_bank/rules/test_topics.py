from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from question_bank.rules.topics import (
    NO_TOPIC,
    check_empty,
    check_place,
    check_renamed,
    given_name,
)
from question_bank.rules.validity import TOPIC_LIMIT
from units.rules.tree import ancestors, stands_below_itself


def test_a_name_is_tidied() -> None:
    assert given_name(" \u3000行政\n处罚\u200b ", ["民法典"]) == "行政 处罚"
    assert given_name("知" * TOPIC_LIMIT, []) == "知" * TOPIC_LIMIT


@pytest.mark.parametrize(
    ("text", "others", "merged", "why"),
    [
        (" \u200b", [], [], "请填写"),
        ("知" * (TOPIC_LIMIT + 1), [], [], "最多 60 个字"),
        (" 民法典", ["民法典"], [], "已经有知识点“民法典”"),
        ("民法", ["民法典"], ["民法"], "“民法”已并入别的知识点"),
    ],
)
def test_a_name_that_says_nothing_or_is_taken_is_refused(
    text: str, others: Iterable[str], merged: Iterable[str], why: str
) -> None:
    with pytest.raises(Refused) as refusal:
        given_name(text, others, merged)
    assert why in refusal.value.message % refusal.value.values


def test_where_questions_without_a_topic_go_keeps_its_name() -> None:
    check_renamed("民法典")
    with pytest.raises(Refused, match="不能改名或并入别的"):
        check_renamed(NO_TOPIC)


@given(
    st.dictionaries(st.integers(1, 8), st.none() | st.integers(1, 8), min_size=2),
    st.integers(1, 8),
    st.integers(1, 8),
)
def test_no_topic_is_put_below_itself(
    parents: dict[int, int | None], topic: int, parent: int
) -> None:
    below = stands_below_itself(parents, topic, parent)
    try:
        check_place(topic, parent, ancestors(parents, parent))
    except Refused:
        assert below
    else:
        assert not below


def test_only_an_empty_topic_is_removed() -> None:
    check_empty(0, 0)
    for questions, children, why in ((1, 0, "还有 1 题"), (0, 2, "还有 2 个下级")):
        with pytest.raises(Refused) as refusal:
            check_empty(questions, children)
        assert why in refusal.value.message % refusal.value.values
