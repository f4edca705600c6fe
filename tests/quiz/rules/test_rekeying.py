"""Scoring by corrected keys: worked examples, and the promises as properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from quiz.rules.rekeying import (
    Change,
    changes_digest,
    check_changes,
    in_force,
    read_changes,
    score_rekeyed,
)
from quiz.rules.scoring import Card, score_sheet

CARDS = [
    Card(11, "single", ["A"], "", 200),
    Card(12, "single", ["B"], "BADC", 200),
    Card(13, "multi", ["A", "B"], "", 300),
    Card(14, "judge", ["T"], "", 100),
    Card(15, "fill", [["九十"], ["书面"]], "", 200),
]
ANSWERS = {"1": ["B"], "2": ["A"], "3": ["A", "B"], "4": ["F"], "5": ["九十", "口头"]}
BASE = [0, 200, 300, 0, 100]


def key(version: int, *keys: list[object]) -> Change:
    return Change(version, "key", tuple(map(tuple, keys)))


def scored(*changes: Change, answers: dict[str, list[str]] | None = None) -> list[int]:
    sheet = ANSWERS if answers is None else answers
    return score_rekeyed(CARDS, sheet, "exact", in_force([changes]))


def test_without_changes_a_sheet_is_scored_as_ever() -> None:
    assert scored() == score_sheet(CARDS, ANSWERS, "exact") == BASE


def test_a_corrected_key_is_in_the_banks_letters() -> None:
    assert scored(key(11, ["B"])) == [200, 200, 300, 0, 100]
    # On this paper the bank's A is shown as B.
    assert scored(key(12, ["A"])) == [0, 0, 300, 0, 100]
    assert scored(key(15, [["六十"], ["口头"]])) == [0, 200, 300, 0, 100]


def test_of_several_right_keys_the_best_one_earns() -> None:
    assert scored(key(11, ["A"], ["B"]))[0] == 200
    assert scored(key(13, ["A", "C"], ["A", "B"]))[2] == 300
    assert scored(key(15, [["六十"], ["口头"]], [["九十"], ["口头"]]))[4] == 200


def test_L6_all_credit_is_for_everybody_answered_or_not() -> None:
    assert scored(Change(14, "full"))[3] == 100
    assert scored(Change(14, "full"), answers={}) == [0, 0, 0, 100, 0]


def test_L6_a_dropped_question_earns_in_the_proportion_of_the_rest() -> None:
    # Without question 1: 600 of 800 earned, so 200 × 600 / 800 = 150.
    assert scored(Change(11, "drop")) == [150, 200, 300, 0, 100]
    # Without 1 and 4: 600 of 700; 171.43 and 85.71, each rounded half-up.
    assert scored(Change(11, "drop"), Change(14, "drop")) == [171, 200, 300, 86, 100]
    # All credit counts as earned in the rest.
    assert scored(Change(11, "drop"), Change(14, "full"))[0] == 175  # 700 of 800


def test_L6_whoever_has_all_the_rest_right_keeps_the_full_marks() -> None:
    perfect = {"2": ["A"], "3": ["A", "B"], "4": ["T"], "5": ["九十", "书面"]}
    assert sum(scored(Change(11, "drop"), answers=perfect)) == 1000


def test_where_everything_is_dropped_everybody_has_full_marks() -> None:
    drops = [Change(card.version_id, "drop") for card in CARDS]
    assert scored(*drops, answers={}) == [card.points for card in CARDS]


def test_the_later_word_counts() -> None:
    first = [key(11, ["B"]), Change(14, "full")]
    second = [Change(11, "drop")]
    assert in_force([first, second]) == {(11, 0): second[0], (14, 0): first[1]}


CASE = [
    Card(16, "single", ["A"], "", 67, part=1),
    Card(16, "judge", ["T"], "", 67, part=2),
    Card(16, "single", ["B"], "", 66, part=3),
]
SHEET = {"1.1": ["B"], "1.2": ["F"], "1.3": ["B"]}


def test_P9_a_part_of_a_case_is_corrected_by_itself() -> None:
    changes = in_force([[Change(16, "key", (("B",),), part=1)]])
    assert score_rekeyed(CASE, SHEET, "exact", changes) == [67, 0, 66]
    changes = in_force([[Change(16, "full", part=2)]])
    assert score_rekeyed(CASE, SHEET, "exact", changes) == [0, 67, 66]


def test_P9_what_is_said_of_a_whole_case_is_said_of_its_parts() -> None:
    part, whole = Change(16, "key", (("B",),), part=1), Change(16, "full")
    assert score_rekeyed(CASE, SHEET, "exact", in_force([[whole]])) == [67, 67, 66]
    assert in_force([[part], [whole]]) == {(16, 0): whole}
    both = in_force([[whole], [part]])
    assert score_rekeyed(CASE, SHEET, "exact", both) == [67, 67, 66]
    assert set(both) == {(16, 0), (16, 1)}


def test_changes_survive_storage_and_have_one_digest_whatever_their_order() -> None:
    changes = [key(15, [["九十", "90"], ["书面"]]), key(11, ["A"], ["B"])]
    inner = Change(16, "drop", part=2)
    assert read_changes([inner.stored()]) == [inner]
    assert changes_digest([inner]) != changes_digest([Change(16, "drop")])
    assert read_changes([one.stored() for one in changes]) == [
        key(15, [["九十", "90"], ["书面"]]),
        key(11, ["A"], ["B"]),
    ]
    assert changes_digest(changes) == changes_digest(changes[::-1])
    # printf '11|key|[["A"],["B"]]\n14|full|[]' | sha256sum
    assert changes_digest([Change(14, "full"), changes[1]]) == (
        "7cc4d51b23a91663acf8aab77de403c0af7711c083d304cbeaf35361376f3c76"
    )


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [Change(1, "full"), Change(1, "drop")],
        [Change(1, "double")],
        [Change(1, "key")],
        [Change(1, "full", (("A",),))],
        [Change(n, "full") for n in range(201)],
    ],
)
def test_changes_that_cannot_be_meant(changes: list[Change]) -> None:
    with pytest.raises(Refused):
        check_changes(changes)


VERSIONS = [card.version_id for card in CARDS]
KEYS: dict[int, list[list[object]]] = {
    11: [["A"], ["B"], ["C"], ["D"]],
    12: [["A"], ["B"], ["C"], ["D"]],
    13: [["A", "B"], ["A", "C"], ["B", "C", "D"]],
    14: [["T"], ["F"]],
    15: [[["九十"], ["书面"]], [["六十", "60"], ["口头"]]],
}


@st.composite
def revisions(draw: st.DrawFn) -> list[Change]:
    chosen = draw(st.lists(st.sampled_from(VERSIONS), unique=True, max_size=5))
    changes = []
    for version in chosen:
        kind = draw(st.sampled_from(["key", "full", "drop"]))
        keys = draw(
            st.lists(st.sampled_from(KEYS[version]), min_size=1, max_size=2)
            if kind == "key"
            else st.just([])
        )
        changes.append(Change(version, kind, tuple(map(tuple, keys))))
    return changes


SHEETS = st.fixed_dictionaries(
    {},
    optional={
        "1": st.sampled_from([["A"], ["B"], []]),
        "2": st.sampled_from([["A"], ["B"], ["D"]]),
        "3": st.sampled_from([["A", "B"], ["A"], ["A", "B", "C"]]),
        "4": st.sampled_from([["T"], ["F"]]),
        "5": st.sampled_from([["九十", "书面"], ["60", "口头"], ["九十"]]),
    },
)
RULES = st.sampled_from(["exact", "half", "proportional"])


@given(first=revisions(), second=revisions(), sheet=SHEETS, rule=RULES)
def test_P9_rekeying_twice_is_rekeying_once_to_the_final_keys(
    first: list[Change], second: list[Change], sheet: dict[str, list[str]], rule: str
) -> None:
    final = list(in_force([first, second]).values())
    twice = score_rekeyed(CARDS, sheet, rule, in_force([first, second]))
    once = score_rekeyed(CARDS, sheet, rule, in_force([final]))
    assert twice == once
    again = score_rekeyed(CARDS, sheet, rule, in_force([first, second, second]))
    assert again == twice


@given(changes=revisions(), sheet=SHEETS, rule=RULES)
def test_P9_questions_that_were_not_touched_keep_their_points(
    changes: list[Change], sheet: dict[str, list[str]], rule: str
) -> None:
    before = score_sheet(CARDS, sheet, rule)
    after = score_rekeyed(CARDS, sheet, rule, in_force([changes]))
    touched = {one.version_id for one in changes}
    for card, old, new in zip(CARDS, before, after, strict=True):
        assert 0 <= new <= card.points
        if card.version_id not in touched:
            assert new == old


@given(changes=revisions(), sheet=SHEETS, rule=RULES)
def test_P9_the_old_keys_put_back_give_the_old_points(
    changes: list[Change], sheet: dict[str, list[str]], rule: str
) -> None:
    back = [key(card.version_id, list(card.key)) for card in CARDS]
    after = score_rekeyed(CARDS, sheet, rule, in_force([changes, back]))
    assert after == score_sheet(CARDS, sheet, rule)
