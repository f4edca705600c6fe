"""What one sitting costs when hundreds of thousands are stored already."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass

from bench.fill import IN_ONE, past_exam
from bench.sides import Side, check, say, side
from bench.stages import DATABASE, Ground, Stage, application
from bench.table import Row, ours
from core.db import db, write_core
from rehearsal.crowd import Habit

TOGETHER = 5
WARM = 16


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    stored: tuple[int, ...]  # sittings, the first of them the one to compare with
    sittings: int  # in one round, on each
    rounds: int


FULL = Size(stored=(0, 100_000, 1_000_000), sittings=24, rounds=5)
QUICK = Size(stored=(0, 20_000), sittings=16, rounds=2)
FEW = 600  # are stored at the least


def measure(ground: Ground, *, quick: bool) -> list[Row]:
    """The same sittings on databases that hold few, many and very many."""
    size = QUICK if quick else FULL
    empty = ground.stage(FEW + WARM + size.sittings * size.rounds + 1)
    with ExitStack() as stack:
        sides = []
        for count in size.stored:
            stage = ground.copy(empty)
            _fill(stage, count)
            sides.append(stack.enter_context(side(ground, stage)))
        for one in sides:
            one.hold("stored", FEW, Habit(together=50))
            one.hold("warm", WARM, Habit(together=TOGETHER))
        for n in range(size.rounds):
            for one in sides:
                one.hold("measured", size.sittings, Habit(together=TOGETHER))
            say(f"round {n + 1} of {size.rounds}")
        check(*sides)
        return _rows(size, sides)


def _fill(stage: Stage, count: int) -> None:
    began = time.monotonic()
    with application(stage):
        for n in range(1, count // IN_ONE + 1):
            with write_core() as connection:
                past_exam(connection, stage.code, n)
        if stage.url:  # as autovacuum will have done by then
            engine = db.engine.execution_options(isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                connection.exec_driver_sql("ANALYZE")
    say(f"{count:,} past sittings in {time.monotonic() - began:.0f} s")


def _rows(size: Size, sides: list[Side]) -> list[Row]:
    base = sides[0].each("measured")
    rows = []
    for count, one in zip(size.stored, sides, strict=True):
        what = f"one sitting with {count + FEW:,} stored"
        rows.append(ours(f"{what}: server CPU", f"{one.each('measured'):.1f} ms"))
        if count:
            ratio = one.each("measured") / base
            rows.append(ours(f"{what}: ratio", f"{ratio:.2f}", "≤ 1.2"))
        if not one.stage.url:
            weight = (one.stage.instance / DATABASE).stat().st_size / 1e9
            rows.append(ours(f"{what}: size of the database", f"{weight:.2f} GB"))
    return rows
