"""A short run of `make chaos` on each database, and that its verdicts mean something.

What a run is, and what each of its promises means: docs/reliability.md.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from chaos.__main__ import main
from chaos.control import POINTS, Control
from chaos.defects import DEFECTS
from chaos.ground import Ground
from chaos.oracle import CHECKS
from chaos.plan import FULL, KINDS, SHORT, plan_of
from chaos.trial import FAIL, INCONCLUSIVE, PASS, Result, Trial, lines_of
from quiz.queries.cards import known

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="prlimit is Linux's")

SEEDS = {"sqlite": 11, "postgresql": 12}


@pytest.fixture(scope="module")
def result(
    backend: str,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Result:
    """One run for all tests below."""
    server = None
    if backend == "postgresql":
        server = request.getfixturevalue("durable_postgres")
    ground = Ground(tmp_path_factory.mktemp("chaos"), server)
    done = Trial(ground, SEEDS[backend], SHORT, "").run()
    known.clear()
    return done


def test_P1_P2_P3_P4_P5_P6_P13_P14_nothing_promised_is_broken(result: Result) -> None:
    assert result.broken == {}, lines_of(result)
    assert result.verdict == PASS, lines_of(result)


def test_enough_has_befallen_it(result: Result) -> None:
    assert result.acknowledged >= 10 * SHORT.phones
    assert all(result.faults[point] for point in POINTS)
    assert all(result.line.values())


# --- that a verdict means something: without a run ---------------------------------


def verdict(**found: Any) -> Result:
    return Result(7, "sqlite", "", FULL, **found)


def test_a_run_in_which_too_little_happened_is_red() -> None:
    one = verdict(short=["kill: 2 of 3"])
    assert one.verdict == INCONCLUSIVE
    assert "too few: kill: 2 of 3" in "\n".join(lines_of(one))


def test_a_broken_promise_counts_however_short_the_run_was() -> None:
    one = verdict(short=["kill: 2 of 3"], broken={"O1": ["lost"]})
    assert one.verdict == FAIL
    assert one.command == "python -m chaos --seed 7 --database sqlite"
    assert one.command in "\n".join(lines_of(one))


@pytest.mark.parametrize(
    ("found", "code"),
    [({}, 0), ({"short": ["x"]}, 1), ({"broken": {"O1": ["lost"]}}, 1)],
)
def test_only_a_run_that_passed_ends_with_0(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, found: Any, code: int
) -> None:
    done = verdict(folder=tmp_path / "run", **found)
    monkeypatch.setattr("chaos.__main__.Trial.run", lambda _: done)
    monkeypatch.setattr("chaos.__main__.Trial.__init__", lambda *_: None)
    assert main(["--seed", "7", "--database", "sqlite", "--no-teeth"]) == code


@pytest.mark.parametrize(
    ("broken", "code"), [(set(CHECKS), 0), ({"P14 trouble is loud"}, 1), (set(), 1)]
)
def test_a_defect_that_is_not_caught_by_its_promise_is_red(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, broken: set[str], code: int
) -> None:
    done = verdict(folder=tmp_path / "run", broken={one: ["seen"] for one in broken})
    monkeypatch.setattr("chaos.__main__.Trial.run", lambda _: done)
    monkeypatch.setattr("chaos.__main__.Trial.__init__", lambda *_: None)
    assert main(["--teeth", "--database", "sqlite"]) == code
    assert len(DEFECTS) >= 6


@pytest.mark.parametrize("postgres", [False, True])
def test_a_seed_says_what_happens(postgres: bool) -> None:
    plan = plan_of(3, FULL, postgres=postgres)
    assert plan == plan_of(3, FULL, postgres=postgres)
    assert plan != plan_of(4, FULL, postgres=postgres)
    kinds = {*KINDS, *POINTS} - (set() if postgres else {"postgres"})
    assert Counter(plan.faults) == dict.fromkeys(kinds, FULL.hits)
    swept = [one for one in plan.habits if one.bell or not one.hands_in]
    assert len(swept) >= 0.4 * FULL.phones


def test_an_order_is_for_one_process_at_one_point(tmp_path: Path) -> None:
    harness, worker = Control(tmp_path), Control(tmp_path)
    harness.order("before COMMIT", 42)
    place = POINTS.index("before COMMIT")
    assert worker.ordered(place, 42)
    assert not worker.ordered(place, 43)
    assert not worker.ordered(place - 1, 42)
    harness.clock, harness.pages = -7200.0, 3
    assert (worker.clock, worker.pages) == (-7200.0, 3)
    assert worker.deaths() == []
