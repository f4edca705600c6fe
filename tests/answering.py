"""An open exam with everybody of the demo, and phones that answer until told."""

from __future__ import annotations

import asyncio
import itertools
import random
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app import create_app
from core.cli import upgrade_database
from core.db import db
from quiz.queries.cards import known
from rehearsal.crowd import Outcome, gather, guess, run
from rehearsal.people import places, residents
from rehearsal.phone import Patience, Phone, Who
from rehearsal.queries import people_of_exam
from rehearsal.server import environment
from rehearsal.stage import Booking, book, publish_and_draw, settle, stock_bank
from rehearsal.wire import Address

PAUSE, LONGEST = 0.1, 180.0  # seconds between two answers of one, and of all this


@dataclass(frozen=True)
class Prepared:
    """An open exam."""

    exam_id: int
    code: str
    people: list[Who]


def prepare(instance: Path, people: int) -> Prepared:
    """Migrate, settle, publish and draw; this process holds nothing afterwards."""
    known.clear()  # contents of another database
    now = datetime.now(UTC)
    with create_app(environment(instance), testing=True).app_context():
        upgrade_database()
        settle(places(), residents(), now=now)
        stock_bank(now=now)
        booking = Booking("演练", now, now + timedelta(hours=3), 1, "at_once")
        exam = book(booking, account_id=None, now=now)
        publish_and_draw(exam, account_id=None, now=now)
        who = [Who(*typed) for typed in people_of_exam(exam.id)][:people]
        db.session.remove()
        db.engine.dispose()
        return Prepared(exam.id, exam.code, who)


class Crowd:
    """Phones in a thread: they answer all over again until ``stop``.

    :param walk_away: So many of them do not hand in.
    """

    def __init__(
        self, exam: Prepared, address: Address, *, walk_away: int, give_up: float
    ) -> None:
        self._exam = exam
        self._address = address
        self._walk_away = walk_away
        self._patience = Patience(first=0.1, longest=1.0, give_up=give_up)
        self._enough = threading.Event()
        self._found: list[Outcome] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> Outcome:
        """Let them hand in; what became of all."""
        self._enough.set()
        self._thread.join()
        return self._found[0]

    def _run(self) -> None:
        crowd = gather(
            self._exam.people,
            self._sit,
            address=self._address,
            code=self._exam.code,
            at_once=len(self._exam.people),
            seed=11,
            patience=self._patience,
        )
        self._found.append(run(crowd))

    async def _sit(self, phone: Phone, n: int) -> None:
        chance = random.Random(n)
        await phone.scan()
        await phone.identify()
        await phone.start()
        left = LONGEST
        for one in itertools.cycle(phone.questions):
            left -= PAUSE
            if self._enough.is_set() or left < 0:
                break
            phone.tap(one.q, guess(one, ("依法行政",), chance))
            await phone.save()
            await asyncio.sleep(PAUSE)
        if n >= self._walk_away:
            await phone.hand_in()
        phone.leave()
