"""A server with the people who have not sat yet, and what they have cost it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench.server_cpu import cpu_seconds
from bench.stages import Ground, Stage
from rehearsal.crowd import Habit, Outcome, gather, hold_exam, run
from rehearsal.phone import Patience, Phone, Who
from rehearsal.server import SERVE, Running, running
from tests.postgres import PostgresServer

FLOOR = ("-m", "bench.floor")
AT_ONCE = 16
PATIENCE = Patience(first=0.2, give_up=60.0)


@dataclass
class Side:
    """One server among those that are compared."""

    server: Running
    stage: Stage
    people: list[Who]
    postgres: PostgresServer | None
    cpu: dict[str, float] = field(default_factory=dict)  # seconds by kind
    sat: dict[str, int] = field(default_factory=dict)  # people by kind
    outcomes: dict[str, list[Outcome]] = field(default_factory=dict)

    def spent(self) -> float:
        """CPU seconds so far."""
        return cpu_seconds(self.server, self.postgres)

    def hold(self, kind: str, count: int, habit: Habit) -> None:
        """Let so many people sit the exam; adds to what this kind has cost."""
        who = [self.people.pop() for _ in range(count)]
        before = self.spent()
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
        self.note(kind, count, self.spent() - before, outcome)

    def start(self, kind: str, count: int, *, at_once: int) -> None:
        """So many phones identify and start, so many in the same moment."""
        who = [self.people.pop() for _ in range(count)]

        async def work(phone: Phone, _n: int) -> None:
            await phone.start()
            phone.leave()

        before = self.spent()
        outcome = run(
            gather(
                who,
                work,
                address=self.server.address,
                code=self.stage.code,
                at_once=at_once,
                seed=1,
                patience=PATIENCE,
            )
        )
        self.note(kind, count, self.spent() - before, outcome)

    def note(self, kind: str, count: int, spent: float, outcome: Outcome) -> None:
        """Add what so many people have cost, in CPU seconds."""
        self.cpu[kind] = self.cpu.get(kind, 0.0) + spent
        self.sat[kind] = self.sat.get(kind, 0) + count
        self.outcomes.setdefault(kind, []).append(outcome)

    def each(self, kind: str) -> float:
        """Milliseconds of server CPU for one person of a kind."""
        return self.cpu[kind] / self.sat[kind] * 1000

    def percentile(self, kind: str, step: str, share: float) -> float:
        """Milliseconds that so large a share of a step's answers took, all rounds."""
        found = sorted(
            seconds
            for outcome in self.outcomes[kind]
            for seconds in outcome.times.seconds[step]
        )
        return found[min(len(found) - 1, int(len(found) * share))] * 1000

    def refused(self) -> str:
        """Everything that was not answered by 200."""
        refused: dict[tuple[str, int], int] = {}
        for outcomes in self.outcomes.values():
            for outcome in outcomes:
                for what, n in outcome.times.refused.items():
                    refused[what] = refused.get(what, 0) + n
        found = [f"{n}×{step} {status}" for (step, status), n in refused.items()]
        return ", ".join(found) or "none"

    def errors(self) -> list[str]:
        """What no phone got over."""
        return [
            e for some in self.outcomes.values() for one in some for e in one.errors
        ]


@contextmanager
def side(ground: Ground, stage: Stage, *, floor: bool = False) -> Iterator[Side]:
    """Serve a stage; the last of its people is left out (see bench/moulds.py)."""
    command = FLOOR if floor else SERVE
    with running(stage.instance, command=command, settings=stage.settings) as server:
        yield Side(server, stage, list(stage.people[:-1]), ground.postgres)


def say(text: str) -> None:
    """A line of progress, beside the tables."""
    print(f"  … {text}", file=sys.stderr, flush=True)


class Failed(Exception):
    """Phones were turned away: what was measured is not what was meant."""


def check(*sides: Side) -> None:
    """See that everybody got through.

    :raises Failed: With the first of those who did not.
    """
    errors = [error for one in sides for error in one.errors()]
    if errors:
        raise Failed(f"{len(errors)} turned away, first: {errors[0]}")
