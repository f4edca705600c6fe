"""Whole sittings beside the floor: CPU of one, of one save, of the paper's page."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import dataclass

from bench.moulds import MOULDS, write_moulds
from bench.server_cpu import has_pandas, worker_memory
from bench.sides import AT_ONCE, Side, check, say, side
from bench.stages import Ground
from bench.table import Row, beside, ours
from rehearsal.crowd import Habit

QUESTIONS = 50
TOGETHER = 5  # answers in one request, of the gathered kind: with the rest about 12
SAVES = QUESTIONS - QUESTIONS // TOGETHER  # how many fewer
WARM = 24  # sittings of each kind that are not counted
LOOKERS, RELOADS = 10, 20  # people who load their paper again, and how often


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    sittings: int  # of each kind, on each server, in all rounds together
    rounds: int
    starts: int


FULL = Size(sittings=60, rounds=3, starts=600)
QUICK = Size(sittings=16, rounds=1, starts=150)


def measure(ground: Ground, *, quick: bool) -> list[Row]:
    """Sittings and starts on the product and on the floor, in turns."""
    size = QUICK if quick else FULL
    people = 2 * (size.sittings + WARM) + size.starts + 2 * LOOKERS + 1
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
        _hold_all(product, floor, size)
        paper = _paper(product)
        check(product, floor)
        return [*_rows(product, floor, size), paper]


def _hold_all(product: Side, floor: Side, size: Size) -> None:
    """All sittings, in turns, so that both meet the machine in the same moods."""
    for one in (product, floor):
        one.hold("warm", WARM, Habit(together=QUESTIONS))
        one.hold("warm", WARM, Habit(together=TOGETHER))
    for n in range(size.rounds):
        for one in (product, floor):
            each = size.sittings // size.rounds
            one.hold("separate", each, Habit())
            one.hold("gathered", each, Habit(together=TOGETHER))
        say(f"round {n + 1} of {size.rounds}")
    for one in (product, floor):
        one.start("starts", size.starts, at_once=size.starts)
    say(f"{size.starts} starts")


def _rows(product: Side, floor: Side, size: Size) -> list[Row]:
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
    save = [(one.each("separate") - one.each("gathered")) / SAVES for one in both]
    worst = [one.percentile("separate", "save", 0.99) for one in both]
    starts = [one.outcomes["starts"][0].elapsed for one in both]
    memory = [max(worker_memory(one.server)) / 2**20 for one in both]
    loaded = "loaded" if has_pandas(product.server) else "not loaded"
    return [
        *rows,
        beside("one save: server CPU", [f"{ms:.2f} ms" for ms in save], "≤ 1.0 ms"),
        beside(
            f"one save: p99 at {AT_ONCE} in flight",
            [f"{ms:.0f} ms" for ms in worst],
            "≤ 50 ms",
        ),
        beside(
            f"{size.starts} people start at once",
            [f"{seconds:.1f} s" for seconds in starts],
            "≤ 4 s for 600",
        ),
        beside("answers other than 200", [one.refused() for one in both], "none"),
        beside("memory of one worker", [f"{mb:.0f} MB" for mb in memory], "< 150 MB"),
        ours("pandas in a worker", loaded, "not loaded"),
    ]


def _paper(product: Side) -> Row:
    """The paper's page alone: a start with reloads, less a start without."""
    product.start("start", LOOKERS, at_once=1)
    product.start("reload", LOOKERS, at_once=1, reload=RELOADS)
    each = (product.each("reload") - product.each("start")) / RELOADS
    what = f"the paper's page, {QUESTIONS} questions: server CPU"
    return ours(what, f"{each:.2f} ms")
