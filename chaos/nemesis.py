"""What befalls the server, in the order of the seed, paced by acknowledgements."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psutil
import sqlalchemy as sa

from chaos.control import POINTS, Control
from chaos.ground import DATABASE, Site
from chaos.history import History
from chaos.house import House
from chaos.plan import Plan
from core.db import engine_options
from tests.postgres import limit_files

TICK = 0.02  # seconds between two looks at the acknowledgements
BETWEEN = (10, 22)  # acknowledgements from one fault to the next
WAIT_LONGEST = 6.0  # seconds; when nothing is acknowledged any more
BEFORE_KILL = 1.0  # an answer was acknowledged so shortly before
RARE = "between close and score"
TINY = 8192  # bytes a file may have on a disk that is full
JUMPS = (-7200.0, 900.0)  # seconds


class Nemesis:
    """The faults of one run."""

    def __init__(
        self, plan: Plan, site: Site, house: House, control: Control, history: History
    ) -> None:
        self.hits: Counter[str] = Counter()
        #: Kills with an answer acknowledged within a second before.
        self.after_ack = 0
        #: Whether all has come that does not wait for hand-ins.
        self.over = False
        self._plan = plan
        self._site = site
        self._house = house
        self._control = control
        self._history = history
        self._chance = random.Random(f"{plan.seed}|nemesis")
        self._pending: list[str] = []
        self._turn: Counter[str] = Counter()

    async def run(self) -> None:
        """Bring all faults of the plan; the run is whole afterwards."""
        until = time.monotonic() + self._plan.size.longest
        standing = asyncio.ensure_future(self._stand())
        left = [kind for kind in self._plan.faults if kind != RARE]
        try:
            while time.monotonic() < until and (left := left or self._missing()):
                await self._wait_for_acks(self._chance.randint(*BETWEEN))
                await self._bring(left.pop(0))
            self.over = True  # now everybody hands in
            await standing
        finally:
            self.over = True
            standing.cancel()
            self._count_deaths()
            await asyncio.to_thread(self._heal)

    def _missing(self) -> list[str]:
        self._count_deaths()
        wanted, kinds = self._plan.size.hits, sorted({*self._plan.faults} - {RARE})
        return [kind for kind in kinds if self.hits[kind] < wanted]

    async def _wait_for_acks(self, count: int) -> None:
        goal, end = self._history.acknowledged + count, time.monotonic() + WAIT_LONGEST
        for _ in iter(lambda: self._history.acknowledged >= goal, True):
            if time.monotonic() > end:
                return
            await asyncio.sleep(TICK)

    async def _bring(self, kind: str) -> None:
        if kind in POINTS:
            await self._order(kind)
            return
        act: Callable[[], bool] = getattr(self, f"_{kind}")
        if kind == "kill":
            await self._wait_for_acks(1)
        if await asyncio.to_thread(act):
            self.hits[kind] += 1

    # --- dying at a point ----------------------------------------------------------

    async def _order(self, point: str) -> None:
        """Let the oldest worker die there; every save comes by."""
        before = self._control.deaths().count(point)
        end = time.monotonic() + WAIT_LONGEST
        while time.monotonic() < end:
            await self._order_oldest(point)
            if self._control.deaths().count(point) > before:
                self._note_kill()
                break
        self._control.order(point, 0)

    async def _stand(self) -> None:
        """Hand-ins are rare: their order stands until it has been met often enough."""
        while self._control.deaths().count(RARE) < self._plan.size.hits:
            await self._order_oldest(RARE)
        self._control.order(RARE, 0)

    async def _order_oldest(self, point: str) -> None:
        workers = await asyncio.to_thread(self._house.workers)
        if workers:
            self._control.order(point, workers[0].pid)
        await asyncio.sleep(0.1)

    def _count_deaths(self) -> None:
        found = Counter(self._control.deaths())
        for point in POINTS:
            self.hits[point] = found[point]

    # --- faults ----------------------------------------------------------------------

    def _next(self, kind: str, *ways: Any) -> Any:
        """The ways of a fault in turn."""
        self._turn[kind] += 1
        return ways[(self._turn[kind] + self._plan.seed) % len(ways)]

    def _note_kill(self) -> None:
        if time.time() - self._history.last_acknowledged < BEFORE_KILL:
            self.after_ack += 1

    def _kill(self) -> bool:
        workers = self._house.workers()
        for worker in workers[: self._next("kill", 1, 1, len(workers))]:
            worker.send_signal(signal.SIGKILL)
        self._note_kill()
        return bool(workers)

    def _stop(self) -> bool:
        """A worker stands still, in the middle of whatever it was doing."""
        workers = self._house.workers()
        if not workers:
            return False
        stopped = self._chance.choice(workers)
        stopped.send_signal(signal.SIGSTOP)
        time.sleep(self._chance.uniform(0.5, 2.6))
        with suppress(psutil.NoSuchProcess):
            stopped.send_signal(signal.SIGCONT)
        return True

    def _lock(self) -> bool:
        """A second connection holds the writers' lock."""
        url = self._site.url or f"sqlite:///{self._site.instance / DATABASE}"
        engine = sa.create_engine(url, **engine_options(url, 1))
        sql = "LOCK TABLE sitting IN EXCLUSIVE MODE"
        try:
            with engine.connect() as connection:
                if not self._site.url:
                    driver: Any = connection.connection.dbapi_connection
                    driver.isolation_level = None
                    sql = "BEGIN IMMEDIATE"
                connection.exec_driver_sql(sql)
                time.sleep(self._chance.uniform(0.8, 2.6))
                connection.exec_driver_sql("ROLLBACK")
        except sa.exc.OperationalError:
            return False  # somebody else had it all the time
        finally:
            engine.dispose()
        return True

    def _disk(self) -> bool:
        """The disk is full, for a second or two."""
        server = self._site.server
        if server is not None:
            limit = server.limit_files
            pids = [one.pid for one in psutil.Process(server.pid).children()]
        else:
            limit = limit_files
            pids = [one.pid for one in self._house.workers()]
        if server is None and self._next("disk", True, False):
            self._control.pages = 1  # SQLite takes it for as many as there are
        else:
            limit(pids, TINY)
        time.sleep(self._chance.uniform(0.8, 1.6))
        self._control.pages = 0
        limit(pids, None)
        return bool(pids)

    def _clock(self) -> bool:
        """Somebody sets the clock on the wall, and back."""
        self._control.clock = self._next("clock", *JUMPS)
        time.sleep(self._chance.uniform(1.0, 2.5))
        self._control.clock = 0.0
        return True

    def _restart(self) -> bool:
        house = self._house
        ways = (house.kill_parent, house.stop_and_start, house.renew)
        self._next("restart", *ways)()
        return True

    def _postgres(self) -> bool:
        """The database server ends as if the power had gone, and starts again."""
        assert self._site.server is not None
        self._site.server.crash()
        self._note_kill()
        self._site.server.start()
        return True

    def _heal(self) -> None:
        """Take every fault back."""
        self._control.clock = 0.0
        self._control.pages = 0
        for point in POINTS:
            self._control.order(point, 0)
        for worker in self._house.workers():
            with suppress(psutil.NoSuchProcess):
                worker.send_signal(signal.SIGCONT)
