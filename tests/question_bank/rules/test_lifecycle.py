from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from question_bank.rules.differences import Difference, differences
from question_bank.rules.lifecycle import (
    NO_WAY,
    OWN,
    STATES,
    after_edit,
    first_state,
    may_become,
    obstacle,
)
from tests.question_bank.drafts import CASE, FILL, SINGLE, single

ANNA, RITA = "account:1", "account:2"


def test_nobody_approves_what_they_wrote_themselves() -> None:
    assert obstacle("review", "approved", actor=ANNA, author=ANNA) == OWN
    assert obstacle("review", "approved", actor=RITA, author=ANNA) is None
    assert obstacle("parked", "approved", actor=ANNA, author=ANNA) == OWN
    assert obstacle("retired", "approved", actor=ANNA, author=ANNA) == OWN
    # An older version names nobody, and the terminal is both persons.
    assert obstacle("review", "approved", actor=ANNA, author="") is None
    assert obstacle("review", "approved", actor="system", author="system") is None


@given(
    state=st.sampled_from([*STATES]),
    wanted=st.sampled_from([*STATES]),
    actor=st.sampled_from([ANNA, RITA]),
)
def test_a_question_goes_no_way_that_is_not_there(
    state: str, wanted: str, actor: str
) -> None:
    why = obstacle(state, wanted, actor=actor, author=ANNA)
    assert (why == NO_WAY) is not may_become(state, wanted)


def test_the_terminal_approves_a_draft_without_its_being_given_to_review() -> None:
    assert obstacle("draft", "approved", actor="system", author=ANNA) is None
    assert obstacle("draft", "approved", actor=RITA, author=ANNA) == NO_WAY


def test_what_a_person_brings_waits_for_another_and_so_does_what_is_edited() -> None:
    assert first_state(ANNA, ready=True) == "review"
    assert first_state(ANNA, ready=False) == "draft"
    assert first_state("system", ready=True) == "approved"
    assert {state: after_edit(state, ANNA) for state in STATES} == {
        "draft": "draft",
        "review": "review",
        "approved": "review",
        "parked": "parked",
        "retired": "retired",
    }
    assert after_edit("approved", "system") == "approved"


def test_differences_are_told_piece_by_piece() -> None:
    old = single(stem="应当自立案之日起60日内作出决定（ ）")
    new = single(stem="应当自立案之日起90日内作出决定（ ）", key=("B",))
    assert differences(old, new) == [
        Difference(
            "题干",
            None,
            (
                ("same", "应当自立案之日起"),
                ("gone", "60"),
                ("new", "90"),
                ("same", "日内作出决定（ ）"),
            ),
        ),
        Difference("答案", None, (("gone", "C"), ("new", "B"))),
    ]


def test_differences_name_the_question_of_a_case() -> None:
    better = replace(
        CASE, parts=(*CASE.parts[:2], replace(CASE.parts[2], key=("七", "五")))
    )
    (found,) = differences(CASE, better)
    assert (found.name, found.n) == ("答案", 3)
    added = replace(CASE, parts=(*CASE.parts, SINGLE))
    assert {one.n for one in differences(CASE, added)} == {4}


@pytest.mark.parametrize("draft", [SINGLE, FILL, CASE])
def test_one_version_has_no_difference_from_itself(draft: object) -> None:
    assert differences(draft, draft) == []  # type: ignore[arg-type]


@given(old=st.text(max_size=40), new=st.text(max_size=40))
def test_the_pieces_of_a_difference_give_both_texts_back(old: str, new: str) -> None:
    for found in differences(single(stem=old), single(stem=new)):
        said = found.pieces
        assert "".join(text for what, text in said if what != "new") == old
        assert "".join(text for what, text in said if what != "gone") == new
