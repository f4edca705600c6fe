"""Writers who stand in line together share one commit.

An answer is acknowledged when the disk has it. Disks of rented machines take 2 ms to
10 ms for that, so one commit for each answer would be 100 to 500 answers a second,
whatever the processors do. So a thread of the line may leave its transaction open for
the next, who goes on in it behind a savepoint; the last one, or the one whose turn is
over, commits for all, and only then is anybody answered. Who stands alone commits at
once, as if there were no such thing.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

log = logging.getLogger(__name__)

Act = Callable[[], None]


class Shared:
    """One transaction of several writers, one after the other.

    All but ``wait`` is called by whoever has the turn.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.connection = engine.connect()
        try:
            self._transaction = self.connection.begin()
        except BaseException:
            self.connection.close()
            raise
        self._driver: Any = self.connection.connection.dbapi_connection
        self._parts = 0
        self._acts: list[Act] = []
        self._over = threading.Event()
        self._failure: BaseException | None = None

    @property
    def holds(self) -> bool:
        """Whether there is something in it to commit."""
        return self._parts > 0 and not self._over.is_set()

    @contextmanager
    def part(self) -> Iterator[None]:
        """What one writer does: all of it or nothing, whatever the others do."""
        try:
            if self._parts:
                self._driver.execute("SAVEPOINT part")
            yield
            if self._parts:
                self._driver.execute("RELEASE part")
        except BaseException as error:
            self._undo(error)
            raise
        self._parts += 1

    def _undo(self, error: BaseException) -> None:
        # Of a full disk or an error of the disk SQLite may end the whole transaction:
        # then there is no savepoint to go back to, and all have to be told.
        if self._parts:
            try:
                self._driver.execute("ROLLBACK TO part")
                self._driver.execute("RELEASE part")
            except Exception:
                log.warning("what was saved together is undone", exc_info=True)
            else:
                return
        self._end(error)

    def then(self, act: Act) -> None:
        """Do something once all is committed, and only then."""
        self._acts.append(act)

    def finish(self, check: Act) -> None:
        """Commit for all; they learn by ``wait`` what came of it.

        :param check: Called before; may refuse.
        """
        try:
            check()
            self._transaction.commit()
            for act in self._acts:
                act()
        except BaseException as error:
            self._end(error)
        else:
            self._over.set()
            self.connection.close()

    def _end(self, error: BaseException) -> None:
        self._failure = error
        try:
            self._transaction.rollback()
            self.connection.close()
        except Exception:
            self.connection.invalidate()
            self.connection.close()
        finally:
            self._over.set()

    def wait(self) -> None:
        """Wait until it is committed.

        :raises BaseException: If it could not be; then nothing of it is stored.
        """
        self._over.wait()
        if self._failure is not None:
            raise self._failure
