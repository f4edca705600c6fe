"""`python -m bench`: the candidate's path against the floor, in one run.

Figures are CPU of the server's processes, counts, and ratios to a floor that runs
beside it; seconds are shown where a budget is in seconds. None of them is a verdict.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.draws import draw_cpu
from bench.path import walk_path
from bench.prepare import MOULDS, Stage, copy_stage, prepare, write_moulds
from bench.server_cpu import cpu_seconds, has_pandas, worker_memory
from bench.table import Row, table
from rehearsal.crowd import Habit, Outcome, gather, hold_exam, run
from rehearsal.phone import Patience, Phone, Who
from rehearsal.server import Running, running

FLOOR = ("-m", "bench.floor")
AT_ONCE = 16
QUESTIONS = 50
TOGETHER = 5  # answers in one request, of the gathered kind: about 12 with the rest
PATIENCE = Patience(first=0.2, give_up=60.0)


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    sittings: int  # of each kind, on each server, in all rounds together
    rounds: int
    starts: int

    @property
    def people(self) -> int:
        """How many candidates that takes, and some to warm up."""
        return 2 * self.sittings + self.starts + 2 * WARM + 2


WARM = 24
FULL = Size(sittings=60, rounds=3, starts=600)
QUICK = Size(sittings=16, rounds=1, starts=150)


@dataclass
class Side:
    """One of the two servers with the people who have not sat yet."""

    server: Running
    stage: Stage
    people: list[Who]
    cpu: dict[str, float] = field(default_factory=dict)  # seconds by kind
    outcomes: dict[str, list[Outcome]] = field(default_factory=dict)

    def hold(self, kind: str, count: int, habit: Habit) -> None:
        """Let so many people sit the exam; adds to what this kind has cost."""
        who = [self.people.pop() for _ in range(count)]
        before = cpu_seconds(self.server)
        outcome = run(
            hold_exam(
                who,
                [habit] * count,
                address=self.server.address,
                code=self.stage.code,
                at_once=AT_ONCE,
                seed=len(self.people),
                patience=PATIENCE,
            )
        )
        spent = cpu_seconds(self.server) - before
        self.cpu[kind] = self.cpu.get(kind, 0.0) + spent
        self.outcomes.setdefault(kind, []).append(outcome)

    def start_all(self, count: int) -> Outcome:
        """So many phones identify and start in the same moment."""
        who = [self.people.pop() for _ in range(count)]

        async def work(phone: Phone, _n: int) -> None:
            await phone.start()
            phone.leave()

        outcome = run(
            gather(
                who,
                work,
                address=self.server.address,
                code=self.stage.code,
                at_once=count,
                seed=1,
                patience=PATIENCE,
            )
        )
        self.outcomes["starts"] = [outcome]
        return outcome

    def worst_save(self, kind: str) -> float:
        """The 99th percentile of one save, in milliseconds, of all rounds."""
        found = sorted(
            seconds
            for outcome in self.outcomes[kind]
            for seconds in outcome.times.seconds["save"]
        )
        return found[int(len(found) * 0.99)] * 1000

    def refused(self) -> dict[tuple[str, int], int]:
        """Everything that was not answered by 200."""
        refused: dict[tuple[str, int], int] = {}
        for outcomes in self.outcomes.values():
            for outcome in outcomes:
                for what, n in outcome.times.refused.items():
                    refused[what] = refused.get(what, 0) + n
        return refused

    def errors(self) -> list[str]:
        """What no phone got over."""
        return [
            e for some in self.outcomes.values() for one in some for e in one.errors
        ]


def measure(folder: Path, size: Size) -> tuple[list[Row], list[str]]:
    """Run everything; returns the rows of the table and what went wrong."""
    (folder / "ours").mkdir()
    stage = prepare(folder / "ours", size.people)
    say(f"{len(stage.people)} people, papers drawn")
    write_moulds(copy_stage(stage, folder / "moulds"), folder / MOULDS)
    floor_stage = copy_stage(stage, folder / "floor")
    shutil.copy(folder / MOULDS, floor_stage.instance / MOULDS)
    rows = path_rows(copy_stage(stage, folder / "path"))
    say("path counted")
    with (
        running(stage.instance) as server,
        running(floor_stage.instance, command=FLOOR) as floor_server,
    ):
        ours = Side(server, stage, list(stage.people[:-1]))
        floor = Side(floor_server, floor_stage, list(stage.people[:-1]))
        hold_all(ours, floor, size)
        rows = [*server_rows(ours, floor, size), *rows]
    rows.append(draw_row())
    return rows, [*ours.errors(), *floor.errors()]


def hold_all(ours: Side, floor: Side, size: Size) -> None:
    """All sittings, in turns, so that both meet the machine in the same moods."""
    for side in (ours, floor):
        side.hold("warm", WARM, Habit(together=QUESTIONS))
        side.hold("warm", WARM, Habit(together=TOGETHER))
    for n in range(size.rounds):
        for side in (ours, floor):
            each = size.sittings // size.rounds
            side.hold("separate", each, Habit())
            side.hold("gathered", each, Habit(together=TOGETHER))
        say(f"round {n + 1} of {size.rounds}")
    for side in (ours, floor):
        side.start_all(size.starts)
    say(f"{size.starts} starts")


def server_rows(ours: Side, floor: Side, size: Size) -> list[Row]:
    """What the servers used, and how they answered."""
    rows = []
    for kind, words in (
        ("separate", f"one sitting, {QUESTIONS} separate saves"),
        ("gathered", f"one sitting, {QUESTIONS} answers in {QUESTIONS // TOGETHER}"),
    ):
        mine, base = (side.cpu[kind] * 1000 / size.sittings for side in (ours, floor))
        rows.append(Row(f"{words}: server CPU", f"{mine:.1f} ms", f"{base:.1f} ms", ""))
        rows.append(Row("  ratio to the floor", f"{mine / base:.2f}", "1", "≤ 1.4"))
    saves = QUESTIONS - QUESTIONS // TOGETHER
    for_one = [
        (side.cpu["separate"] - side.cpu["gathered"]) * 1000 / size.sittings / saves
        for side in (ours, floor)
    ]
    worst = [side.worst_save("separate") for side in (ours, floor)]
    starts = [side.outcomes["starts"][0] for side in (ours, floor)]
    memory = [max(worker_memory(side.server)) / 2**20 for side in (ours, floor)]
    loaded = "loaded" if has_pandas(ours.server) else "not loaded"
    return [
        *rows,
        _pair("one save: server CPU", [f"{ms:.2f} ms" for ms in for_one], "≤ 1.0 ms"),
        _pair(
            f"one save: p99 at {AT_ONCE} in flight",
            [f"{ms:.0f} ms" for ms in worst],
            "≤ 50 ms",
        ),
        _pair(
            f"{size.starts} people start at once",
            [f"{outcome.elapsed:.1f} s" for outcome in starts],
            "≤ 4 s for 600",
        ),
        _pair("answers other than 200", map(_refusals, (ours, floor)), "none"),
        _pair("memory of one worker", [f"{mb:.0f} MB" for mb in memory], "< 150 MB"),
        Row("pandas in a worker", loaded, "", "not loaded"),
    ]


def _pair(what: str, figures: Iterable[str], budget: str) -> Row:
    """A row of our figure and the floor's."""
    ours, floor = figures
    return Row(what, ours, floor, budget)


def _refusals(side: Side) -> str:
    found = [f"{n}×{step} {status}" for (step, status), n in side.refused().items()]
    return ", ".join(found) or "none"


def path_rows(stage: Stage) -> list[Row]:
    """What a first visit needs, piece by piece."""
    path = walk_path(stage)
    budgets = {"save": "2", "start": "≤ 4", "paper": "≤ 3", "submit": "≤ 6"}
    queries = [
        Row(f"queries: {step}", str(n), "", budgets.get(step, ""))
        for step, n in path.queries.items()
    ]
    weights = [Row(f"  {name}", f"{size:,} B", "", "") for name, size in path.weights]
    total = Row("bytes of the whole path", f"{path.total:,} B", "", "≤ 40,960 B")
    outside = Row("addresses on other hosts", str(len(path.outside)), "", "0")
    first = Row("requests to the first question", str(path.first_question), "", "≤ 4")
    return [*queries, first, total, *weights, outside]


def draw_row() -> Row:
    """The draw of the budget."""
    spent = draw_cpu(600, 1000)
    return Row("drawing 600 papers from 1,000: CPU", f"{spent:.2f} s", "", "< 1 s")


def say(text: str) -> None:
    """A line of progress, beside the table."""
    print(f"  … {text}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; exit code 1 only if phones were turned away."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer sittings, coarser")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="lawgauge-bench-") as name:
        rows, errors = measure(Path(name), QUICK if options.quick else FULL)
    print(table(rows))
    print(f"\nin {time.monotonic() - began:.0f} s; CPU and ratios, not verdicts:")
    print("a busy machine makes both columns larger, the ratio stays")
    for error in errors[:20]:
        print(f"error: {error}")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
