"""Many phones at once, each with a habit; counts, times and what went wrong."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rehearsal.phone import Asked, Patience, Phone, Turned, Who
from rehearsal.wire import Address

try:
    import uvloop
except ImportError:  # Windows; the client then costs twice as much
    uvloop = None  # type: ignore[assignment]

Result = TypeVar("Result")

NOTES = ("依法行政", "三十日", "九十", "书面", "不知道")


@dataclass(frozen=True)
class Habit:
    """How one person sits the exam."""

    together: int = 1  # answers in one request
    answers: int | None = None  # how many questions are answered; None: all
    second_thoughts: float = 0.0  # share of answers changed afterwards
    hands_in: bool = True  # else walks away and is swept
    words: Sequence[str] = NOTES  # what is typed into blanks


@dataclass
class Times:
    """How often each step was answered, how, and how long it took."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def heard(self, step: str, status: int, seconds: float) -> None:
        """Note one answer; status 0 is a broken connection."""
        self.statuses[step, status] += 1
        self.seconds.setdefault(step, []).append(seconds)

    @property
    def requests(self) -> int:
        """Answered and broken ones."""
        return self.statuses.total()

    @property
    def refused(self) -> dict[tuple[str, int], int]:
        """Everything that was not answered by 200."""
        return {key: n for key, n in self.statuses.items() if key[1] != 200}

    def percentile(self, step: str, share: float) -> float:
        """The time that so large a share of a step's answers took at the most."""
        found = sorted(self.seconds.get(step, [0.0]))
        return found[min(len(found) - 1, int(share * len(found)))]


@dataclass
class Outcome:
    """What became of a crowd."""

    times: Times
    phones: list[Phone]
    errors: list[str]
    elapsed: float  # seconds
    own_cpu: float  # seconds of user and system time of this client

    @property
    def acknowledged(self) -> int:
        """Answers the server has named."""
        return sum(len(phone.acknowledged) for phone in self.phones)

    @property
    def receipts(self) -> int:
        """Sheets handed in."""
        return sum(bool(phone.receipt) for phone in self.phones)

    def lines(self) -> list[str]:
        """A report for the terminal."""
        seen = sorted(self.times.seconds)
        lines = [f"{'step':<10}{'n':>8}{'p50 ms':>10}{'p95 ms':>10}{'p99 ms':>10}"]
        for step in seen:
            shown = [self.times.percentile(step, s) * 1000 for s in (0.5, 0.95, 0.99)]
            count = len(self.times.seconds[step])
            lines.append(
                f"{step:<10}{count:>8}" + "".join(f"{t:>10.1f}" for t in shown)
            )
        lines.append(
            f"{len(self.phones)} phones, {self.receipts} receipts, "
            f"{self.acknowledged} answers acknowledged, {self.times.requests} requests "
            f"in {self.elapsed:.1f} s; client CPU {self.own_cpu:.2f} s "
            f"({self.own_cpu / max(1, self.times.requests) * 1000:.2f} ms a request)"
        )
        lines += [f"{step} {status}: {n}" for (step, status), n in self._refused()]
        return lines + [f"error: {error}" for error in self.errors[:10]]

    def _refused(self) -> Sequence[tuple[tuple[str, int], int]]:
        return sorted(self.times.refused.items())


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end, on uvloop where it is installed."""
    factory = uvloop.new_event_loop if uvloop else None
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(work)


def guess(asked: Asked, words: Sequence[str], chance: random.Random) -> list[str]:
    """An answer of the right shape, by chance."""
    if asked.control == "radio":
        return [chance.choice(asked.letters)]
    if asked.control == "checkbox":
        several = chance.randint(2, max(2, len(asked.letters) - 1))
        return sorted(chance.sample(asked.letters, several))
    return [chance.choice(words) for _ in asked.letters]


async def sit(phone: Phone, habit: Habit, chance: random.Random) -> None:
    """One whole sitting: the door, the paper, the answers, the receipt."""
    await phone.scan()
    await phone.identify()
    await phone.start()
    await answer(phone, habit, chance)
    if habit.hands_in:
        await phone.hand_in()
    phone.leave()


async def answer(phone: Phone, habit: Habit, chance: random.Random) -> None:
    """Answer the questions in order, so many in one request."""
    asked = phone.questions[: habit.answers]
    again = [one for one in asked if chance.random() < habit.second_thoughts]
    for n, one in enumerate([*asked, *again], 1):
        phone.tap(one.q, guess(one, habit.words, chance))
        if n % habit.together == 0:
            await phone.save()
    await phone.save()


async def gather(
    people: Sequence[Who],
    work: Callable[[Phone, int], Awaitable[None]],
    *,
    address: Address,
    code: str,
    at_once: int,
    seed: int,
    patience: Patience,
) -> Outcome:
    """Let every person do some work on a phone of their own, so many at once.

    :param work: Called with the phone and its number; :class:`Turned` is an error.
    """
    times = Times()
    errors: list[str] = []
    phones = [
        Phone(
            address,
            code,
            who,
            chance=random.Random(seed * 1_000_003 + n),  # noqa: S311 - a rehearsal
            patience=patience,
            listener=times.heard,
        )
        for n, who in enumerate(people)
    ]
    gate = asyncio.Semaphore(at_once)

    async def one(n: int, phone: Phone) -> None:
        async with gate:
            try:
                await work(phone, n)
            except Turned as turned:
                errors.append(f"{phone.who.unit} {phone.who.name}: {turned}")

    began, before = time.monotonic(), time.process_time()
    await asyncio.gather(*(one(n, phone) for n, phone in enumerate(phones)))
    return Outcome(
        times, phones, errors, time.monotonic() - began, time.process_time() - before
    )


async def hold_exam(
    people: Sequence[Who],
    habits: Sequence[Habit],
    *,
    address: Address,
    code: str,
    at_once: int,
    seed: int,
    patience: Patience,
) -> Outcome:
    """Let people sit an exam, each with the habit of the same place."""

    async def work(phone: Phone, n: int) -> None:
        chance = random.Random(f"{seed}|{n}")  # noqa: S311 - a rehearsal
        await sit(phone, habits[n], chance)

    return await gather(
        people,
        work,
        address=address,
        code=code,
        at_once=at_once,
        seed=seed,
        patience=patience,
    )
