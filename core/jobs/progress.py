"""How far long work has come: said where the work is done, heard by who shows it.

``progress`` may be called from anywhere below a job or a command; without either
it does nothing. It only sets variables, so it is cheap, and it writes nothing: a
transaction that is open stays alone with what it does.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

import click


class Cancelled(Exception):
    """Somebody asked for the end of this work. Nothing half-done is committed."""


class Listener(Protocol):
    """Who hears of progress."""

    def heard(self, n: int, of: int, message: str) -> None:
        """Take note.

        :raises Cancelled: If the work is to end here.
        """


_listeners: ContextVar[tuple[Listener, ...]] = ContextVar("progress", default=())


def progress(n: int, of: int, message: str = "") -> None:
    """Say that n of so many parts are done.

    :param of: 0 if it is not known.
    :param message: What is being done, for people.
    :raises Cancelled: If somebody asked for the end of this work.
    """
    for listener in _listeners.get():
        listener.heard(n, of, message)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Let somebody hear of the progress inside the block."""
    before = _listeners.get()
    token = _listeners.set((*before, listener))
    try:
        yield
    finally:
        _listeners.reset(token)


@contextmanager
def terminal_bar(title: str) -> Iterator[None]:
    """Show the progress inside the block as a bar, where there is a terminal."""
    if not sys.stdout.isatty():
        yield
        return
    bar: Any = click.progressbar(
        length=1, label=title, item_show_func=lambda message: message or ""
    )
    with bar, listening(_Bar(bar)):
        yield


class _Bar:
    def __init__(self, bar: Any) -> None:
        self._bar = bar

    def heard(self, n: int, of: int, message: str) -> None:
        self._bar.length = max(of, 1)
        self._bar.pos = 0
        self._bar.update(min(n, self._bar.length), message)
