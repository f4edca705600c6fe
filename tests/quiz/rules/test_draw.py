"""The draw as a whole: the vector of docs/algorithms/deal.md, and its promises."""

from __future__ import annotations

import hashlib
import json
import random
import re
from dataclasses import asdict, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quiz.rules.blueprint import BankCard, Row, allot, ease_of
from quiz.rules.deal import lot
from quiz.rules.draw import (
    DrawPlan,
    PoolCard,
    RosterEntry,
    commitment_of,
    digests_of,
    draw,
    draw_further,
    hand_size,
    one_field,
    option_order,
    seed_of,
)

RULE_BOOK = Path(__file__).parents[3] / "docs" / "algorithms" / "deal.md"


@pytest.fixture(scope="module")
def vector() -> dict[str, Any]:
    text = RULE_BOOK.read_text(encoding="utf-8")
    found = re.search(r"```json vector\n(.*?)```", text, re.DOTALL)
    assert found
    read: dict[str, Any] = json.loads(found[1])
    return read


def plan_of(vector: dict[str, Any]) -> DrawPlan:
    return DrawPlan(
        code=vector["code"],
        rows=[Row(**row) for row in vector["rows"]],
        pool=[PoolCard(**card) for card in vector["pool"]],
        roster=[RosterEntry(**person) for person in vector["roster"]],
        attempts=vector["attempts"],
        shuffle=vector["shuffle"],
    )


def test_the_digest_binds_what_people_are_grouped_by() -> None:
    text = RULE_BOOK.read_text(encoding="utf-8")
    found = re.search(r"```json roster\n(.*?)```", text, re.DOTALL)
    assert found
    read = json.loads(found[1])
    for known, lines in ((True, read), (False, read["before"])):
        people = [
            RosterEntry(**{**one, "grouped": tuple(one["grouped"]) if known else None})
            for one in read["roster"]
        ]
        plan = DrawPlan("K7MPX4QW", [], [], people, 1, True)
        assert digests_of(plan).roster == lines["digest"]
        joined = "\n".join(lines["lines"]).encode()
        assert hashlib.sha256(joined).hexdigest() == lines["digest"]


def test_a_bar_in_a_word_is_no_end_of_a_field() -> None:
    assert one_field("甲|乙") == "甲｜乙"


def test_the_vector_of_the_rule_book(vector: dict[str, Any]) -> None:
    plan = plan_of(vector)
    digests = digests_of(plan)
    assert asdict(digests) == vector["digests"]
    assert hand_size(plan) == vector["hand_size"]
    assert commitment_of(vector["secret"]) == vector["commitment"]
    seed = seed_of(vector["secret"], vector["public_value"], digests)
    assert seed == vector["seed"]
    assert lot(seed, 0, "s", 0).hex() == vector["lot"]
    papers = draw(plan, seed)
    found = [[p.number, p.attempt, p.person, p.items, p.digest] for p in papers]
    assert found == vector["papers"]


def sha(*fields: object) -> str:
    return hashlib.sha256("|".join(str(field) for field in fields).encode()).hexdigest()


def redeal(vector: dict[str, Any], hands: int) -> list[set[int]]:
    """The deal once more, written from the prose of the rule book alone."""
    seed, m = vector["seed"], vector["hand_size"]
    strata = []
    for row in vector["rows"]:
        cell = [card for card in vector["pool"] if card["row"] == row["position"]]
        cell.sort(key=lambda card: (card["ease"], card["version"]))
        n, k = len(cell), row["count"]
        strata += [cell[n * j // k : n * (j + 1) // k] for j in range(k)]
    used = {card["version"]: card["used"] for card in vector["pool"]}
    papers: list[set[int]] = []
    for r in range(hands):
        hand: list[set[int]] = [set() for _ in range(m)]
        total = [0] * m
        for s in sorted(range(len(strata)), key=lambda s: sha(seed, r, "s", s)):
            cards = sorted(
                strata[s],
                key=lambda c: (used[c["version"]], sha(seed, r, "q", c["version"])),
            )[:m]
            cards.sort(key=lambda c: c["ease"])
            order = sorted(range(m), key=lambda p: (-total[p], sha(seed, r, "h", s, p)))
            for p, card in zip(order, cards, strict=True):
                hand[p].add(card["version"])
                total[p] += card["ease"]
                used[card["version"]] += 1
        papers += hand
    return papers


def test_the_prose_alone_leads_to_the_same_papers(vector: dict[str, Any]) -> None:
    papers = [{item[0] for item in json.loads(row[3])} for row in vector["papers"]]
    assert redeal(vector, hands=2) == papers


def test_the_prose_alone_leads_to_the_same_digests(vector: dict[str, Any]) -> None:
    assert sha(vector["secret"]) == vector["commitment"]
    digests = vector["digests"].values()
    seed = sha(vector["secret"], vector["public_value"], *digests)
    assert seed == vector["seed"]
    for number, _attempt, _person, items, digest in vector["papers"]:
        assert sha(vector["code"], number, items) == digest


@st.composite
def plans(draw_from: st.DrawFn) -> DrawPlan:
    """Two overlapping rows over a bank of single choices, and some units."""
    wide = Row(1, "single", None, None, draw_from(st.integers(1, 4)), 200)
    narrow = Row(2, "single", 1, None, draw_from(st.integers(1, 3)), 100)
    bank = [
        BankCard(n, n, "single", topic, level, 4, pinned, used)
        for n, (topic, level, pinned, used) in enumerate(
            draw_from(
                st.lists(
                    st.tuples(
                        st.sampled_from([1, 1, 2]),
                        st.sampled_from(["easy", "medium", "hard"]),
                        st.booleans(),
                        st.integers(0, 2),
                    ),
                    min_size=30,
                    max_size=60,
                )
            ),
            1,
        )
    ]
    bank += [
        replace(bank[0], version=900 + n, question=900 + n, topic=1) for n in (1, 2, 3)
    ]
    below = {1: frozenset({1}), 2: frozenset({2})}
    rows = [wide, narrow]
    points = {row.position: row.points for row in rows}
    allotted = allot(rows, bank, below)
    sizes = draw_from(st.lists(st.integers(1, 9), min_size=1, max_size=6))
    return DrawPlan(
        code="K7MPX4QW",
        rows=rows,
        pool=[
            PoolCard(
                c.version, c.question, at, ease_of(c, points[at]), c.used, 4, c.pinned
            )
            for at, cards in allotted.items()
            for c in cards
        ],
        roster=[
            RosterEntry(100 * unit + n, unit, "", "")
            for unit, size in enumerate(sizes, 1)
            for n in range(size)
        ],
        attempts=draw_from(st.integers(1, 3)),
        shuffle=True,
    )


@given(plan=plans())
def test_every_paper_has_the_blueprint_and_the_maximum_and_no_question_twice(
    plan: DrawPlan,
) -> None:
    rows = {card.version: card.row for card in plan.pool}
    wanted = {row.position: row.count for row in plan.rows}
    for paper in draw(plan, "seed"):
        items = json.loads(paper.items)
        versions = [item[0] for item in items]
        assert len(versions) == len(set(versions))
        served = [rows[version] for version in versions]
        assert {position: served.count(position) for position in wanted} == wanted
        assert sum(item[2] for item in items) == sum(
            row.count * row.points for row in plan.rows
        )


@given(plan=plans())
def test_everybody_has_a_paper_for_every_attempt_and_there_are_spares(
    plan: DrawPlan,
) -> None:
    papers = draw(plan, "seed")
    given_out = sorted((p.person, p.attempt) for p in papers if p.person is not None)
    assert given_out == sorted(
        (entry.person, attempt)
        for entry in plan.roster
        for attempt in range(1, plan.attempts + 1)
    )
    assert [paper.number for paper in papers] == list(range(len(papers)))
    spares = sum(paper.person is None for paper in papers)
    assert spares * 20 >= len(plan.roster)


@given(plan=plans())
def test_colleagues_in_one_hand_share_nothing(plan: DrawPlan) -> None:
    size = hand_size(plan)
    papers = [p for p in draw(plan, "seed") if p.attempt == 1 and p.person is not None]
    for one, other in combinations(papers, 2):
        if one.number // size == other.number // size:
            assert not set(one.versions) & set(other.versions)


@given(plan=plans(), rnd=st.randoms(use_true_random=False))
def test_the_order_of_bank_roster_and_rows_is_nothing(
    plan: DrawPlan, rnd: random.Random
) -> None:
    shuffled = replace(
        plan,
        pool=rnd.sample(list(plan.pool), len(plan.pool)),
        roster=rnd.sample(list(plan.roster), len(plan.roster)),
        rows=rnd.sample(list(plan.rows), len(plan.rows)),
    )
    assert digests_of(plan) == digests_of(shuffled)
    assert draw(plan, "seed") == draw(shuffled, "seed")


@given(plan=plans())
def test_only_questions_that_may_be_shuffled_are(plan: DrawPlan) -> None:
    pinned = {card.version for card in plan.pool if card.pinned}
    for paper in draw(plan, "seed"):
        for version, order, _points in json.loads(paper.items):
            assert sorted(order) == ([] if version in pinned else list("ABCD"))
    for paper in draw(replace(plan, shuffle=False), "seed"):
        assert all(item[1] == "" for item in json.loads(paper.items))


def test_whatever_the_draw_reads_is_in_a_digest(vector: dict[str, Any]) -> None:
    plan = plan_of(vector)
    card, person, row = plan.pool[0], plan.roster[0], plan.rows[0]
    rest, others = list(plan.pool[1:]), list(plan.roster[1:])
    changed = [
        replace(plan, code="X" * 8),
        replace(plan, attempts=2),
        replace(plan, shuffle=False),
        replace(plan, rows=[replace(row, points=300), plan.rows[1]]),
        *(
            replace(plan, pool=[replace(card, **change), *rest])
            for change in (
                {"ease": 1},
                {"used": 9},
                {"options": 5},
                {"pinned": True},
                {"question": 99},
                {"version": 99},
            )
        ),
        *(
            replace(plan, roster=[replace(person, **change), *others])
            for change in (
                {"unit": 9},
                {"person": 9},
                {"tail_digest": "x"},
                {"staff_digest": "x"},
            )
        ),
    ]
    found = {digests_of(one) for one in [plan, *changed]}
    assert len(found) == len(changed) + 1


def test_the_public_value_and_the_secret_both_change_the_seed(
    vector: dict[str, Any],
) -> None:
    digests = digests_of(plan_of(vector))
    seeds = {seed_of(s, p, digests) for s in ("a", "b") for p in ("", "1", "2")}
    assert len(seeds) == 6


def test_every_order_of_four_options_comes_up_about_as_often() -> None:
    """Chi-square with 23 degrees of freedom over 4,800 papers: 49.7 is .001."""
    counts: dict[str, int] = {}
    for number in range(4800):
        order = option_order("seed", number, 7, 4)
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 24
    assert sum((count - 200) ** 2 / 200 for count in counts.values()) < 49.7


def test_a_pool_too_small_is_an_error(vector: dict[str, Any]) -> None:
    plan = plan_of(vector)
    with pytest.raises(ValueError, match="cannot fill"):
        draw(replace(plan, pool=plan.pool[-3:]), "seed")
    with pytest.raises(ValueError, match="nobody is due"):
        draw(replace(plan, roster=[]), "seed")


@pytest.mark.parametrize("attempts", [1, 2])
def test_the_draw_goes_on_where_it_ended(vector: dict[str, Any], attempts: int) -> None:
    plan = replace(plan_of(vector), attempts=attempts)
    seed = vector["seed"]
    first = draw(plan, seed)
    further = draw_further(plan, seed, len(first))
    longer = draw(replace(plan, attempts=attempts + 1), seed)
    # With one attempt more the same hands follow: same questions, same seats.
    assert [p.versions for p in longer] == [p.versions for p in first + further]
    assert [p.person for p in longer[len(first) :]] == [p.person for p in further]
    again = draw_further(plan, seed, len(first) + len(further))
    assert again[0].number == further[-1].number + 1
    assert {p.digest for p in again}.isdisjoint(p.digest for p in first + further)
