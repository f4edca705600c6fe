"""When phones were heard of last, kept in memory and stored now and then.

Every save and every beat of a page tells that a phone is there. To write that down
each time would cost as much as saving an answer; so a process remembers it, and
whichever request comes ``STORE_EVERY`` after the last one stored writes for all, or
earlier for ``MOST``: in a full hall nobody waits for a thousand rows. What is stored is
that much late at the most, which ``rules.whereabouts`` allows for.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock

from flask import current_app

from core.errors import Busy
from quiz.operations.heard import store_heard

STORE_EVERY = timedelta(seconds=5)
MOST = 100  # phones


class Ear:
    """What one process has heard and not yet stored."""

    def __init__(self) -> None:
        self._heard: dict[int, datetime] = {}
        self._new = 0  # phones since it was last to be stored, kept ones not among them
        self._stored: datetime | None = None
        self._lock = Lock()

    def note(self, sitting_id: int, now: datetime) -> dict[int, datetime] | None:
        """Remember a phone.

        :return: What is to be stored now; None: nothing yet.
        """
        with self._lock:
            self._new += sitting_id not in self._heard
            self._heard[sitting_id] = now
            # The first request of a process stores nothing: what is known of a
            # sitting that has just begun is its beginning.
            if self._stored is None or now < self._stored:
                self._stored = now
            if now - self._stored < STORE_EVERY and self._new < MOST:
                return None
            due, self._heard, self._new, self._stored = self._heard, {}, 0, now
            return due

    def keep(self, heard: dict[int, datetime]) -> None:
        """Remember again what could not be stored."""
        with self._lock:
            self._heard = heard | self._heard


def hear(sitting_id: int, now: datetime) -> None:
    """The phone of a sitting has said something."""
    ear: Ear = current_app.extensions.setdefault("ear", Ear())
    due = ear.note(sitting_id, now)
    if due is None:
        return
    try:
        store_heard(due)
    except Busy:  # no reason to let a phone wait; the next one stores it
        ear.keep(due)
