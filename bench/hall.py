"""A full hall: thousands start at once, keep their seats and save every 20 seconds.

The phones run in this process on the same cores: raw asyncio on uvloop, so that the
server is measured and not the client. What the client used is said beside it.
"""

from __future__ import annotations

import asyncio
import gc
import random
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field

from bench.clerk import Clerk, sign_in
from bench.fill import close_all
from bench.server_cpu import cpu_seconds, worker_memory
from bench.sides import Failed, say
from bench.stages import Ground, Stage, application, exam_id_of, open_exam
from bench.table import Row, ours
from core.db import write_core
from rehearsal.crowd import Times, guess, run
from rehearsal.phone import Patience, Phone, Turned
from rehearsal.server import Running, running
from serve import connection_limit

EVERY = 20.0  # seconds between two saves of one phone
SEATED = 3.0  # seconds until all phones have set their clocks
BACK, SPREAD = 500, 2.0  # phones of one room, and the seconds their pages spread over
IN_FLIGHT = 1000  # phones at the door at the same time
#: A browser waits for a page much longer than a script for the answer to a save.
PATIENCE = Patience(first=0.2, give_up=400.0, answer=300.0)
WORDS = ("依法行政", "三十日", "九十", "书面", "不知道")


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    seats: int
    seconds: float  # of holding them


FULL = Size(seats=10_000, seconds=60.0)
QUICK = Size(seats=1_500, seconds=20.0)


@dataclass
class Hall:
    """All phones, and what they have heard since last asked."""

    server: Running
    phones: list[Phone] = field(default_factory=list)
    times: Times = field(default_factory=Times)
    errors: list[str] = field(default_factory=list)

    def heard(self, step: str, status: int, seconds: float) -> None:
        """Told by every phone of every answer."""
        self.times.heard(step, status, seconds)

    async def all_do(self, acts: Sequence[Awaitable[None]]) -> Spell:
        """Wait for all; what has happened meanwhile."""
        self.times = Times()
        began, own, used = time.monotonic(), time.process_time(), self._used()
        await asyncio.gather(*acts)
        return Spell(
            self.times,
            time.monotonic() - began,
            time.process_time() - own,
            self._used() - used,
        )

    def _used(self) -> float:
        return cpu_seconds(self.server)

    async def trying(self, act: Awaitable[object]) -> None:
        """One phone's act; that it was turned away is an error."""
        try:
            await act
        except Turned as turned:
            self.errors.append(str(turned))


@dataclass(frozen=True)
class Spell:
    """A while in the hall."""

    times: Times
    elapsed: float  # seconds
    client: float  # CPU seconds
    server: float  # CPU seconds, without those of PostgreSQL

    def ms(self, step: str, share: float) -> float:
        """Milliseconds that so large a share of a step's answers took."""
        return self.times.percentile(step, share) * 1000

    @property
    def refused(self) -> str:
        """Everything that was not answered by 200."""
        found = sorted(self.times.refused.items())
        return ", ".join(f"{n}×{step} {s}" for (step, s), n in found) or "none"


def measure(ground: Ground, parts: Sequence[str], *, quick: bool) -> list[Row]:
    """The storm, the full house, and the same with a report made beside it.

    :param parts: Those whose rows are wanted: storm, house, beside.
    """
    size = QUICK if quick else FULL
    stage = ground.stage(size.seats)
    desk = _desk(stage) if "beside" in parts else None
    say(f"{size.seats} people on {ground.name}")
    connection_limit()  # raises this process's own
    # To look through ten thousand phones for garbage takes this process most of a
    # second, in which no phone hears its answer; what there is of it has room.
    gc.disable()
    try:
        with running(stage.instance, settings=stage.settings) as server:
            return run(_measure(server, stage, desk, size, parts))
    finally:
        gc.enable()


def _desk(stage: Stage) -> tuple[str, int]:
    """Somebody signed in, and a second exam that everybody has handed in."""
    with application(stage):
        code = open_exam()
        with write_core() as connection:
            close_all(connection, code)
        exam = exam_id_of(code)
    return sign_in(stage), exam


async def _measure(
    server: Running,
    stage: Stage,
    desk: tuple[str, int] | None,
    size: Size,
    parts: Sequence[str],
) -> list[Row]:
    hall = Hall(server)
    hall.phones = [
        Phone(
            server.address, stage.code, who, chance=random.Random(n),
            patience=PATIENCE, listener=hall.heard,
        )
        for n, who in enumerate(stage.people)
    ]  # fmt: skip
    gate = asyncio.Semaphore(IN_FLIGHT)

    async def start(phone: Phone) -> None:
        async with gate:
            await hall.trying(phone.start())

    storm = await hall.all_do([start(phone) for phone in hall.phones])
    say(f"{size.seats} started in {storm.elapsed:.0f} s")
    rows = _storm_rows(storm, size) if "storm" in parts else []
    if "house" in parts:
        house = await hall.all_do(_seated(hall, size))
        rows += _house_rows("", house, size)
        rows.append(await _back_at_once(hall))
    memory = max(worker_memory(server)) / 2**20
    what = f"memory of one worker that holds half of {size.seats:,} seats"
    rows.append(ours(what, f"{memory:.0f} MB", "< 150 MB"))
    if desk is not None:
        clerk = Clerk(server.address, *desk)
        making = asyncio.create_task(clerk.work())
        house = await hall.all_do(_seated(hall, size))
        making.cancel()
        rows += _house_rows(", reports made beside", house, size)
        rows += clerk.rows(size.seats, ", beside a full hall")
    for phone in hall.phones:
        phone.leave()
    if hall.errors:
        raise Failed(f"{len(hall.errors)} turned away, first: {hall.errors[0]}")
    return rows


def _seated(hall: Hall, size: Size) -> list[Awaitable[None]]:
    # All sit before the first one saves, or what this process takes to set thousands
    # of clocks would be measured as a crowd that comes at once.
    begin = time.monotonic() + SEATED
    end = begin + size.seconds
    return [
        hall.trying(_sit(phone, n, begin, end)) for n, phone in enumerate(hall.phones)
    ]


async def _sit(phone: Phone, n: int, begin: float, end: float) -> None:
    """Save one answer every 20 seconds, by the clock, from a moment of one's own."""
    chance = random.Random(n)
    at = begin + chance.uniform(0, EVERY)
    while at < end:
        await asyncio.sleep(at - time.monotonic())
        asked = chance.choice(phone.questions)
        phone.tap(asked.q, guess(asked, WORDS, chance))
        await phone.save()
        at += EVERY


async def _back_at_once(hall: Hall) -> Row:
    """N14: the network of a room comes back, each phone with three answers unsaved."""
    phones = hall.phones[:BACK]
    for phone in phones:
        phone.leave()
    since = time.monotonic()
    waited = await asyncio.gather(
        *(_come_back(hall, phone, n, since) for n, phone in enumerate(phones))
    )
    most = sorted(waited)[int(0.95 * len(waited))]
    what = f"{len(phones)} phones come back at one moment: all saved for 95 of 100"
    return ours(what, f"{most:.1f} s", "< 3 s")


async def _come_back(hall: Hall, phone: Phone, n: int, since: float) -> float:
    """Save what was answered without a network; the seconds until all of it is."""
    chance = random.Random(n)
    for asked in chance.sample(phone.questions, 3):
        phone.tap(asked.q, guess(asked, WORDS, chance))
    await asyncio.sleep(chance.uniform(0, SPREAD))
    await hall.trying(phone.save())
    return time.monotonic() - since


def _storm_rows(storm: Spell, size: Size) -> list[Row]:
    words = f"{size.seats:,} people start, {IN_FLIGHT:,} in flight"
    return [
        ours(words, f"{storm.elapsed:.0f} s", "≤ 90 s for 10,000"),
        ours(f"{words}: answers other than 200", storm.refused, "none"),
        ours(f"{words}: the slowest answer", f"{_slowest(storm):.0f} s"),
        ours(f"{words}: CPU of the workers", f"{storm.server:.0f} s"),
        ours(f"{words}: CPU of the client", f"{storm.client:.0f} s"),
    ]


def _slowest(spell: Spell) -> float:
    return max(max(found) for found in spell.times.seconds.values())


def _house_rows(words: str, house: Spell, size: Size) -> list[Row]:
    saves, seconds = len(house.times.seconds["save"]), house.elapsed - SEATED
    what = f"{size.seats:,} seats, a save each {EVERY:.0f} s{words}"
    return [
        ours(f"{what}: p50", f"{house.ms('save', 0.5):.1f} ms"),
        ours(f"{what}: p99", f"{house.ms('save', 0.99):.0f} ms", "< 300 ms"),
        ours(f"{what}: the slowest", f"{house.ms('save', 1.0):.0f} ms"),
        ours(f"{what}: saves a second", f"{saves / seconds:.0f}"),
        ours(f"{what}: answers other than 200", house.refused, "none"),
        ours(f"{what}: CPU of the workers", f"{house.server / seconds:.2f} cores"),
    ]
