"""What each step of a sitting costs: all phones take the same step, then the next."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

from bench.sides import AT_ONCE, PATIENCE, Side
from bench.table import Row, beside
from rehearsal.crowd import NOTES, Outcome, Times, guess
from rehearsal.phone import Phone, Turned

PHONES = 96
ONE_SAVE = "a save of 1 answer"
Step = Callable[[Phone, random.Random], Awaitable[object]]


async def _save(phone: Phone, chance: random.Random, count: int) -> None:
    for asked in chance.sample(phone.questions, count):
        phone.tap(asked.q, guess(asked, NOTES, chance))
    await phone.save()


STEPS: dict[str, Step] = {
    "the exam's card": lambda phone, _: phone.scan(),
    "identifying": lambda phone, _: phone.identify(),
    "start, with the paper": lambda phone, _: phone.start(),
    ONE_SAVE: lambda phone, chance: _save(phone, chance, 1),
    "a save of 5 answers": lambda phone, chance: _save(phone, chance, 5),
    "a save of 50 answers": lambda phone, chance: _save(phone, chance, 50),
    "the paper again": lambda phone, _: phone.look_again(),
    "hand-in and receipt": lambda phone, _: phone.hand_in(),
}


async def walk(side: Side) -> None:
    """Let a crowd take the steps; the side notes what each has cost."""
    heard = Heard()
    people = [side.people.pop() for _ in range(PHONES)]
    crowd = [
        Phone(
            side.server.address, side.stage.code, who, chance=random.Random(n),
            patience=PATIENCE, listener=heard.note,
        )
        for n, who in enumerate(people)
    ]  # fmt: skip
    for name, step in STEPS.items():
        heard.times, heard.errors = Times(), []
        before, began, own = side.spent(), time.monotonic(), time.process_time()
        await _all(step, crowd, heard)
        passed = time.monotonic() - began, time.process_time() - own
        outcome = Outcome(heard.times, crowd, heard.errors, *passed)
        side.note(name, PHONES, side.spent() - before, outcome)
    for phone in crowd:
        phone.leave()


class Heard:
    """What came back in one step."""

    times: Times
    errors: list[str]

    def note(self, step: str, status: int, seconds: float) -> None:
        """Told by every phone of every answer."""
        self.times.heard(step, status, seconds)


async def _all(step: Step, crowd: list[Phone], heard: Heard) -> None:
    gate = asyncio.Semaphore(AT_ONCE)

    async def act(phone: Phone, n: int) -> None:
        async with gate:
            try:
                await step(phone, random.Random(n))
            except Turned as turned:
                heard.errors.append(str(turned))

    await asyncio.gather(*(act(one, n) for n, one in enumerate(crowd)))


def step_rows(product: Side, floor: Side) -> list[Row]:
    """What each step has cost, in their order."""
    both = (product, floor)
    return [
        beside(
            f"{name}: server CPU",
            [f"{one.each(name):.2f} ms" for one in both],
            "≤ 1.0 ms" if name == ONE_SAVE else "",
        )
        for name in STEPS
    ]
