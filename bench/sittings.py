"""Whole sittings beside the floor: CPU of one, of its steps, of a start at once."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import dataclass

from bench.moulds import MOULDS, write_moulds
from bench.server_cpu import has_pandas, worker_memory
from bench.sides import AT_ONCE, Side, check, say, side
from bench.stages import Ground
from bench.steps import PHONES, step_rows, walk
from bench.table import Row, beside, ours
from rehearsal.crowd import Habit, run

QUESTIONS = 50
#: Answers in one request, of the gathered kind: 10 saves, two fewer than the budget
#: speaks of. So the doors and the hand-in weigh more in the ratio, not less.
TOGETHER = 5
WARM = 24  # sittings of each kind that are not counted


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    sittings: int  # of each kind, on each server, in one round
    rounds: int
    starts: int


FULL = Size(sittings=12, rounds=6, starts=600)
QUICK = Size(sittings=16, rounds=1, starts=150)


def measure(ground: Ground, *, quick: bool) -> list[Row]:
    """Sittings and starts on the product and on the floor, in turns."""
    size = QUICK if quick else FULL
    counted = size.rounds * (2 * size.sittings + PHONES)
    people = counted + 2 * WARM + size.starts + 1
    stage = ground.stage(people)
    plain = ground.on_sqlite
    base = plain.stage(people) if ground.postgres else stage
    write_moulds(plain.copy(base), plain.folder / MOULDS)
    floor_stage = plain.copy(base)
    shutil.copy(plain.folder / MOULDS, floor_stage.instance / MOULDS)
    say(f"{people} people, papers drawn on {ground.name}")
    with ExitStack() as stack:
        product = stack.enter_context(side(ground, stage))
        floor = stack.enter_context(side(plain, floor_stage, floor=True))
        _hold_all((product, floor), size)
        check(product, floor)
        return [*_sitting_rows(product, floor), *_rows(product, floor, size)]


def _hold_all(both: tuple[Side, Side], size: Size) -> None:
    """All sittings, in turns, so that both meet the machine in the same moods."""
    for one in both:
        one.hold("warm", WARM, Habit(together=QUESTIONS))
        one.hold("warm", WARM, Habit(together=TOGETHER))
    for n in range(size.rounds):
        for one in both if n % 2 else reversed(both):
            one.hold("separate", size.sittings, Habit())
            one.hold("gathered", size.sittings, Habit(together=TOGETHER))
            run(walk(one))
        say(f"round {n + 1} of {size.rounds}")
    for one in both:
        one.start("starts", size.starts, at_once=size.starts)
    say(f"{size.starts} starts")


def _sitting_rows(product: Side, floor: Side) -> list[Row]:
    both = (product, floor)
    rows = []
    for kind, words in (
        ("separate", f"one sitting, {QUESTIONS} separate saves"),
        ("gathered", f"one sitting, {QUESTIONS} answers in {QUESTIONS // TOGETHER}"),
    ):
        figures = [f"{one.each(kind):.1f} ms" for one in both]
        ratio = product.each(kind) / floor.each(kind)
        rows.append(beside(f"{words}: server CPU", figures))
        rows.append(ours(f"{words}: ratio to the floor", f"{ratio:.2f}", "≤ 1.4"))
    return rows


def _rows(product: Side, floor: Side, size: Size) -> list[Row]:
    both = (product, floor)
    worst = [one.percentile("separate", "save", 0.99) for one in both]
    starts = [one.outcomes["starts"][0].elapsed for one in both]
    memory = [max(worker_memory(one.server)) / 2**20 for one in both]
    loaded = "loaded" if has_pandas(product.server) else "not loaded"
    at_once = f"{size.starts} people start at once"
    return [
        *step_rows(product, floor),
        beside(
            f"one save: p99 at {AT_ONCE} in flight",
            [f"{ms:.0f} ms" for ms in worst],
            "≤ 50 ms",
        ),
        beside(
            at_once,
            [f"{seconds:.1f} s" for seconds in starts],
            "≤ 4 s for 600",
        ),
        beside(f"{at_once}: server CPU", [f"{s.cpu['starts']:.1f} s" for s in both]),
        beside("answers other than 200", [one.refused() for one in both], "none"),
        beside("memory of one worker", [f"{mb:.0f} MB" for mb in memory], "< 150 MB"),
        ours("pandas in a worker", loaded, "not loaded"),
    ]
