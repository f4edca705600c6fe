from hypothesis import given
from hypothesis import strategies as st

from question_bank.rules.content import content_digest
from question_bank.rules.intake import Place, Typed, sort_out
from question_bank.rules.lifecycle import NEXT, STATES, may_become
from question_bank.rules.validity import Draft, Problem
from tests.question_bank.drafts import ALL_KINDS, SINGLE, single, typed

drafts = st.lists(
    st.sampled_from([*ALL_KINDS, single(stem="另一题（ ）"), single(key=())]),
    max_size=12,
)


@given(drafts, st.sets(st.sampled_from(ALL_KINDS), max_size=4))
def test_every_question_is_counted_exactly_once(
    found: list[Draft], known: set[Draft]
) -> None:
    plan = sort_out(typed(*found), {content_digest(draft): 7 for draft in known})
    assert plan.total == len(found)
    assert {one.draft for one in plan.good} == {d for d in found if d.key} - known


def test_a_second_one_in_the_file_is_reported_with_the_first() -> None:
    plan = sort_out(typed(SINGLE, single(stem=f" {SINGLE.stem}")), {})
    (repeat,) = plan.repeated
    assert repeat.place == Place("题目", 3, "B3")
    assert repeat.first == Place("题目", 2, "B2")
    assert len(plan.good) == 1


def test_a_bad_question_is_reported_by_cell_and_never_as_a_repeat() -> None:
    bad = single(key=())
    plan = sort_out(typed(bad, bad), {})
    assert plan.bad == 2
    assert [finding.place.cell for finding in plan.findings] == ["K2", "K3"]
    assert not plan.repeated


def test_what_is_wrong_with_a_cell_is_said_alone() -> None:
    """A damaged cell makes further problems that would only confuse."""
    fault = Problem("这里是公式", "key")
    plan = sort_out([Typed(single(key=()), "题目", 2, {}, (fault,))], {})
    assert [finding.problem for finding in plan.findings] == [fault]


def test_beside_a_damaged_cell_everything_else_is_said_too() -> None:
    fault = Problem("这里是公式", "option B")
    draft = single(options=("三十", ""), key=("D",), difficulty="五星", stem="")
    plan = sort_out([Typed(draft, "题目", 2, {}, (fault,))], {})
    parts = [finding.problem.part for finding in plan.findings]
    assert parts == ["option B", "stem", "difficulty"]
    assert plan.bad == 1


def test_a_sound_question_with_a_damaged_cell_is_not_taken() -> None:
    fault = Problem("这里是日期", "option A")
    assert sort_out([Typed(SINGLE, "题目", 2, {}, (fault,))], {}).bad == 1


def test_the_states_have_the_ways_between_them_that_people_need() -> None:
    ways = {(a, b) for a in STATES for b in STATES if may_become(a, b)}
    assert ways == {
        ("draft", "review"),
        ("draft", "retired"),
        ("review", "approved"),
        ("review", "draft"),
        ("review", "retired"),
        ("approved", "parked"),
        ("approved", "retired"),
        ("parked", "approved"),
        ("parked", "retired"),
        ("retired", "approved"),
    }
    assert set(NEXT) == set(STATES)
    assert not may_become("no such state", "approved")
