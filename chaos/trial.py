"""One run: a site, a server, phones, a bad line, faults; and what the oracle says."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chaos.candidates import Candidate
from chaos.control import POINTS, Control
from chaos.defects import loosened
from chaos.evidence import Evidence, gather, structure
from chaos.ground import Ground, Held, Site, hold
from chaos.history import History
from chaos.house import House
from chaos.nemesis import Nemesis
from chaos.oracle import Case, judge
from chaos.plan import SHORT, Plan, Size, plan_of
from chaos.proxy import KINDS as LINE_KINDS
from chaos.proxy import Odds, Proxy
from core.db import db
from quiz.operations.closing import sweep_exam
from rehearsal.crowd import run as run_loop
from rehearsal.wire import Address

SWEEP_EVERY = 0.7  # seconds
AFTER = timedelta(hours=5)  # the long exam is over then
PASS, FAIL, INCONCLUSIVE = "PASS", "FAIL", "INCONCLUSIVE"


@dataclass
class Result:
    """What came of one run."""

    seed: int
    database: str
    defect: str
    size: Size
    started: int = 0
    acknowledged: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    line: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    broken: dict[str, list[str]] = field(default_factory=dict)
    short: list[str] = field(default_factory=list)  # floors that were not reached
    seconds: float = 0.0
    folder: Path = Path()

    @property
    def verdict(self) -> str:
        """A defect that is seen counts, however short the run was."""
        if self.broken:
            return FAIL
        return INCONCLUSIVE if self.short else PASS

    @property
    def command(self) -> str:
        """What repeats it."""
        options = f"--seed {self.seed} --database {self.database}"
        options += f" --defect {self.defect}" if self.defect else ""
        options += " --short" if self.size is SHORT else ""
        return f"python -m chaos {options}"


class Trial:
    """One run of the harness."""

    def __init__(self, ground: Ground, seed: int, size: Size, defect: str) -> None:
        self._plan: Plan = plan_of(seed, size, postgres=ground.server is not None)
        self._site: Site = ground.site()
        self._control = Control(self._site.control)
        self._history = History(self._site.instance / "history.jsonl")
        self._defect = defect
        self.result = Result(
            seed, ground.name, defect, size, folder=self._site.instance
        )

    def run(self) -> Result:
        """All of it."""
        began = time.monotonic()
        bells = sum(habit.bell for habit in self._plan.habits)
        house = House(self._site, self._defect)
        with self._site.application():
            if self._defect:
                loosened(self._defect, db.engine)
            people = slice(bells, None)
            long = hold("演练", people, closes=_in(3 * 3600), lasts=AFTER)
        try:
            house.start()
            with self._site.application():
                # The bell: drawn last, for it rings soon.
                bell_closes = _in(self._plan.size.bell_after)
                bell = hold(
                    "铃响", slice(bells), closes=bell_closes, lasts=timedelta(hours=1)
                )
            run_loop(self._sit(house, long, bell))
        finally:
            house.close()
            self._history.close()
        self._judge(long, bell)
        self.result.seconds = time.monotonic() - began
        return self.result

    # --- the run ------------------------------------------------------------------

    async def _sit(self, house: House, long: Held, bell: Held) -> None:
        proxy = Proxy(house.address, self._plan.seed, Odds())
        nemesis = Nemesis(self._plan, self._site, house, self._control, self._history)
        address = await proxy.start()
        phones = self._phones(address, long, bell, nemesis)
        sweeper = asyncio.ensure_future(self._sweeping(house, bell))
        fate = asyncio.ensure_future(nemesis.run())
        gate = asyncio.Semaphore(self._plan.size.at_once)

        async def one(phone: Candidate) -> None:
            if phone.habit.bell:
                await phone.sit()
                return
            async with gate:
                await phone.sit()

        try:
            await asyncio.gather(*(one(phone) for phone in phones))
            fate.cancel()
            with suppress(asyncio.CancelledError):
                await fate
            if sweeper.done():
                sweeper.result()  # the server could not be started again
            proxy.healed = True
            await proxy.settle()
        finally:
            for task in (sweeper, fate):
                task.cancel()
            await proxy.stop()
        self._note(phones, proxy, nemesis)

    def _phones(
        self, address: Address, long: Held, bell: Held, nemesis: Nemesis
    ) -> list[Candidate]:
        phones = []
        people = {True: iter(bell.people), False: iter(long.people)}
        for n, habit in enumerate(self._plan.habits):
            text = f"{self._plan.seed}|phone|{n}"
            phones.append(
                Candidate(
                    n,
                    address,
                    (bell if habit.bell else long).code,
                    next(people[habit.bell]),
                    habit=habit,
                    chance=random.Random(text),
                    history=self._history,
                    go_on=lambda habit=habit: habit.stays and not nemesis.over,  # type: ignore[misc]
                )
            )
        return phones

    async def _sweeping(self, house: House, bell: Held) -> None:
        """Somebody watches the board of the exam that ends, and the server itself."""
        while True:
            await asyncio.sleep(SWEEP_EVERY)
            await asyncio.to_thread(house.ensure)
            await asyncio.to_thread(house.sweep, bell.id)

    def _note(self, phones: list[Candidate], proxy: Proxy, nemesis: Nemesis) -> None:
        result, size = self.result, self._plan.size
        result.started = sum(phone.started for phone in phones)
        result.acknowledged = self._history.acknowledged
        result.faults = nemesis.hits
        result.line = proxy.counts
        result.statuses = Counter(
            f"{one.step} {one.status}" for one in self._history.tries
        )
        errors = [error for phone in phones for error in phone.errors]
        if errors:
            result.broken["phones"] = errors
        floors = {"acknowledged": (result.acknowledged, 10 * len(phones))}
        for kind in sorted(set(self._plan.faults)):
            floors[kind] = nemesis.hits[kind], size.hits
        for kind in LINE_KINDS:
            floors[kind] = proxy.counts[kind], size.hits
        doubled = sum(phone.doubled for phone in phones)
        floors["handed in twice"] = doubled, max(1, len(phones) // 10)
        floors["acknowledged before a kill"] = nemesis.after_ack, 1
        self._floors(floors)

    def _floors(self, floors: dict[str, tuple[int, int]]) -> None:
        self.result.short += [
            f"{name}: {found} of {wanted}"
            for name, (found, wanted) in floors.items()
            if found < wanted
        ]

    # --- the verdict --------------------------------------------------------------

    def _judge(self, long: Held, bell: Held) -> None:
        with self._site.application() as app:
            key = str(app.secret_key)
            later = datetime.now(UTC) + AFTER
            for exam in (bell, long):
                while sweep_exam(exam_id=exam.id, now=later, key=key):
                    pass
            db.session.remove()  # it would hold locks on what is made anew
            with db.engine.connect() as connection:
                evidence = gather(connection)
                whole = structure(connection)
            case = Case(self._history, evidence, whole, key)
            self.result.broken |= judge(case)
        self._walked_away(evidence)

    def _walked_away(self, evidence: Evidence) -> None:
        swept = sum(row["state"] == "auto" for row in evidence.rows["sitting"])
        wanted = -(-3 * len(self._plan.habits) // 10)
        self._floors({"walked away": (swept, wanted)})


def _in(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def lines_of(result: Result) -> list[str]:
    """A report for the terminal."""
    faults = result.faults
    others = [kind for kind in faults if kind not in POINTS]
    told = ", ".join(f"{kind} {faults[kind]}" for kind in sorted(others))
    deaths = ", ".join(f"{point} {faults[point]}" for point in POINTS)
    line = ", ".join(f"{kind} {result.line[kind]}" for kind in LINE_KINDS)
    named = f" defect {result.defect}" if result.defect else ""
    done = (
        f"{result.acknowledged} acknowledged, {result.started} phones, "
        f"{result.seconds:.0f} s"
    )
    lines = [
        f"{result.verdict:<13}seed {result.seed} on {result.database}{named}: {done}",
        f"  faults: {told}",
        f"  deaths: {deaths}",
        f"  line:   {line}",
    ]
    for name, found in result.broken.items():
        lines.append(f"  BROKEN {name}: {len(found)}")
        lines += [f"    {text[:160]}" for text in found[:4]]
    if result.short:
        lines.append(f"  too few: {'; '.join(result.short)}")
    return [*lines, f"  again:  {result.command}"]
