"""Drawing again: what was drawn is found sound, and whatever was touched is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quiz.rules.draw import (
    DrawPlan,
    commitment_of,
    digests_of,
    draw,
    draw_further,
    seed_of,
)
from quiz.rules.redraw import (
    BROKEN,
    Account,
    Held,
    Redrawn,
    read,
    redraw,
    sentences,
    written,
)
from tests.quiz.rules.test_draw import plan_of, plans, vector

__all__ = ["vector"]

SECRET = "2a" * 32


def account_of(plan: DrawPlan, public_value: str = "", *, further: int = 0) -> Account:
    """An honest account, the draw gone on with so many times."""
    digests = digests_of(plan)
    seed = seed_of(SECRET, public_value, digests)
    papers = draw(plan, seed)
    for _ in range(further):
        papers += draw_further(plan, seed, len(papers))
    first = len(draw(plan, seed))
    return Account(
        plan=plan,
        digests=digests,
        commitment=commitment_of(SECRET),
        secret=SECRET,
        public_source="掷骰子" if public_value else "",
        public_value=public_value,
        seed=seed,
        papers=[
            # Further papers are spares until somebody gets them.
            Held(p.number, p.digest, p.person if p.number < first else None)
            for p in papers
        ],
        dealt=len(papers),
    )


@pytest.fixture
def honest(vector: dict[str, Any]) -> Account:
    return account_of(plan_of(vector), "3 0 7")


@given(plan=plans(), further=st.integers(0, 2))
def test_an_honest_draw_is_sound_also_where_it_went_on(
    plan: DrawPlan, further: int
) -> None:
    account = account_of(plan, further=further)
    assert redraw(account) == Redrawn((), len(account.papers), (), (), (), 0)
    assert redraw(account).sound
    assert "随机数、名单、题库、组卷方案和种子都与发布时固定的一致" in dict(
        sentences(redraw(account))
    )


@given(plan=plans())
def test_what_is_written_is_read_back_the_same(plan: DrawPlan) -> None:
    account = account_of(plan)
    again = read(json.loads(json.dumps(written(account))))
    assert written(again) == written(account)
    assert redraw(again).sound


def test_the_account_of_the_rule_book_is_sound(
    honest: Account, vector: dict[str, Any]
) -> None:
    theirs = replace(
        honest,
        secret=vector["secret"],
        commitment=vector["commitment"],
        seed=vector["seed"],
        papers=[Held(n, digest, who) for n, _, who, _, digest in vector["papers"]],
    )
    assert redraw(theirs).sound


def plan_changed(**changes: object) -> Callable[[Account], Account]:
    return lambda one: replace(one, plan=replace(one.plan, **changes))  # type: ignore[arg-type]


def first_card(**changes: object) -> Callable[[Account], Account]:
    def change(one: Account) -> Account:
        first, *rest = one.plan.pool
        pool = [replace(first, **changes), *rest]  # type: ignore[arg-type]
        return replace(one, plan=replace(one.plan, pool=pool))

    return change


def first_person(**changes: object) -> Callable[[Account], Account]:
    def change(one: Account) -> Account:
        first, *rest = one.plan.roster
        roster = [replace(first, **changes), *rest]  # type: ignore[arg-type]
        return replace(one, plan=replace(one.plan, roster=roster))

    return change


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        (lambda one: replace(one, secret="2b" * 32), {"commitment", "seed"}),
        (lambda one: replace(one, public_value="3 0 8"), {"seed"}),
        (lambda one: replace(one, seed="00" * 32), {"seed"}),
        (lambda one: replace(one, commitment="00" * 32), {"commitment"}),
        (first_card(used=7), {"bank"}),
        (first_card(ease=1), {"bank"}),
        (first_card(pinned=True), {"bank"}),
        (first_person(unit=99), {"roster"}),
        (first_person(tail_digest="ff"), {"roster"}),
        (plan_changed(shuffle=False), {"blueprint"}),
        (plan_changed(attempts=2), {"blueprint"}),
        (plan_changed(roster=[]), {"roster", "blueprint"}),
        (plan_changed(pool=[]), {"bank", "blueprint"}),
    ],
)
def test_what_was_touched_after_the_publishing_is_named(
    honest: Account, change: Callable[[Account], Account], broken: set[str]
) -> None:
    found = redraw(change(honest))
    assert set(found.broken) == broken
    assert not found.sound
    said = {template for template, _ in sentences(found)}
    assert {BROKEN[name] for name in broken} <= said
    assert "结论：抽卷与公布的不一致" in said


def test_a_paper_that_is_another_is_named_by_its_number(honest: Account) -> None:
    papers = list(honest.papers)
    papers[2] = replace(papers[2], digest="00" * 32)
    found = redraw(replace(honest, papers=papers))
    assert (found.different, found.missing, found.sound) == ((2,), (), False)
    assert found.papers == len(papers) - 1
    assert ("与重抽不同的试卷：%(n)d 份（卷号 %(which)s）", {"n": 1, "which": "3"}) in (
        sentences(found)
    )


def test_a_paper_that_is_gone_and_one_too_many_are_named(honest: Account) -> None:
    last = len(honest.papers)
    fewer = redraw(replace(honest, papers=honest.papers[:-1]))
    assert (fewer.missing, fewer.sound) == ((last - 1,), False)
    more = redraw(
        replace(honest, papers=[*honest.papers, Held(10**9, "00" * 32, None)])
    )
    assert (more.different, more.missing, more.sound) == ((10**9,), (), False)


def test_a_further_hand_that_is_gone_is_missed(vector: dict[str, Any]) -> None:
    account = account_of(plan_of(vector), further=1)
    first = len(draw(account.plan, account.seed))
    found = redraw(replace(account, papers=account.papers[:first]))
    assert found.missing == tuple(range(first, len(account.papers)))
    assert not found.sound


@pytest.mark.parametrize("place", [0, 1])
def test_a_number_that_is_there_twice_is_named(honest: Account, place: int) -> None:
    papers = list(honest.papers)
    papers.insert(place, replace(papers[0], digest="ff" * 32))
    found = redraw(replace(honest, papers=papers))
    assert (found.different, found.sound) == ((0,), False)


def test_two_papers_exchanged_are_told_and_the_draw_stays_sound(
    honest: Account,
) -> None:
    one, other, *rest = honest.papers
    exchanged = [replace(one, person=other.person), replace(other, person=one.person)]
    found = redraw(replace(honest, papers=[*exchanged, *rest]))
    assert (found.moved, found.sound) == ((0, 1), True)
    assert any("审计记录" in template for template, _ in sentences(found))


def test_a_spare_that_was_given_out_has_not_moved(honest: Account) -> None:
    given = [replace(p, person=p.person or 77) for p in honest.papers]
    assert redraw(replace(honest, papers=given)).moved == ()


def test_where_people_were_erased_their_digest_is_not_held_against_it(
    honest: Account,
) -> None:
    gone = first_person(tail_digest="", staff_digest="", grouped=("", "", ""))(honest)
    assert redraw(gone).broken == ("roster",)
    found = redraw(replace(gone, erased=len(honest.plan.roster) + 1))
    assert found.broken == ("roster",)  # so many have not been
    found = redraw(replace(gone, erased=1))
    assert (found.broken, found.sound) == ((), True)
    assert "结论：抽卷无误，但名单未能核对" in dict(sentences(found))
    assert sentences(found)[0][1] == {"n": 1}
    assert "随机数、题库、组卷方案和种子都与发布时固定的一致" in dict(sentences(found))


def test_long_lists_of_papers_are_cut(honest: Account) -> None:
    found = Redrawn((), 0, tuple(range(30)), (), (), 0)
    [(_, values)] = [one for one in sentences(found) if "which" in one[1]]
    assert values["which"] == "1、2、3、4、5、6、7、8、9、10…"


@pytest.mark.parametrize("told", [{"format": "lawgauge-draw-0"}, [], "x", None])
def test_something_else_is_not_read(told: Any) -> None:
    with pytest.raises(ValueError, match="not an account"):
        read(told)
