import pytest
from hypothesis import given
from hypothesis import strategies as st

from question_bank.rules.ease import (
    ENOUGH,
    LABELS,
    WEIGHT,
    disagrees,
    learned,
    level_of,
    strays,
)


@pytest.mark.parametrize(
    ("label", "outcomes", "share"),
    [
        ("medium", [], (700, 0)),
        ("medium", [(0, 0, 0)], (700, 0)),
        ("easy", [(8, 0, 1600)], (425, 8)),  # (8·850 + 0) / 16
        ("hard", [(8, 1600, 1600)], (750, 8)),
        ("medium", [(92, 9200, 18_400)], (516, 92)),  # (5600 + 46 000) / 100
        ("medium", [(46, 4600, 9200), (46, 6900, 13_800)], (516, 92)),
    ],
)
def test_the_label_counts_as_eight_answers(
    label: str, outcomes: list[tuple[int, int, int]], share: tuple[int, int]
) -> None:
    assert learned(label, outcomes) == share


@given(
    label=st.sampled_from([*LABELS]),
    n=st.integers(1, 10_000),
    points=st.integers(1, 500),
    right=st.floats(0, 1),
)
def test_what_is_learned_lies_between_label_and_data(
    label: str, n: int, points: int, right: float
) -> None:
    got = int(n * right) * points
    share, answers = learned(label, [(n, got, n * points)])
    data = 1000 * got / (n * points)
    assert answers == n
    assert min(LABELS[label], data) - 1 <= share <= max(LABELS[label], data) + 1
    assert abs(share - data) <= 1 + 1000 * WEIGHT / (WEIGHT + n)


def test_a_label_is_doubted_only_when_there_are_answers_enough() -> None:
    assert [level_of(LABELS[label]) for label in LABELS] == list(LABELS)
    assert disagrees("easy", 500, 30)
    assert not disagrees("easy", 500, 29)
    assert not disagrees("easy", 800, 1000)


@given(
    label=st.sampled_from([*LABELS]),
    share=st.integers(0, 1000),
    answers=st.integers(0, 2 * ENOUGH),
)
def test_a_question_strays_towards_the_label_it_is_nearest_to(
    label: str, share: int, answers: int
) -> None:
    found = strays(label, share, answers)
    assert (found != "") == (answers >= ENOUGH and level_of(share) != label)
    if found:
        assert (found == "harder") == (LABELS[level_of(share)] < LABELS[label])
