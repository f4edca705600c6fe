"""What kinds of long work there are: each package says its own, app.py names them.

A step does something that may be done twice: the process may be killed at any
moment, and the step it was in is begun again. What a step has to write goes through
operations, each with a transaction of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from flask_babel import LazyString


@dataclass(frozen=True)
class Work:
    """What the steps of one job are told."""

    job_id: int
    account_id: int | None
    by: str  # the name of that account; empty: the system
    arguments: Mapping[str, Any]
    folder: Path  # the job's own; what is left in it goes after some days

    @property
    def actor(self) -> str:
        """Who it is done for, as the audit log names them."""
        return "system" if self.account_id is None else f"account:{self.account_id}"


@dataclass(frozen=True)
class Result:
    """What came of a job."""

    message: str  # one sentence for people
    file: Path | None = None  # in the job's folder
    filename: str = ""  # what the file is called when it is downloaded


Step = Callable[[Work], Result | None]


@dataclass(frozen=True)
class Kind:
    """One kind of long work."""

    name: str
    title: LazyString
    #: In their order; each may be begun again after a crash. The last gives the
    #: result. A step is known by its function's name.
    steps: Sequence[Step]
    #: What a job of these arguments works on: one job of a kind and object at a time.
    object_of: Callable[[Mapping[str, Any]], str] = lambda arguments: ""
    #: The address of the page that shows what came of it; empty: its own is enough.
    page_of: Callable[[Mapping[str, Any]], str] = lambda arguments: ""
    #: How often a process may be lost (memory, a kill) before it is given up.
    tries: int = 3


@dataclass(frozen=True)
class Wiring:
    """What the application tells this package."""

    kinds: Mapping[str, Kind]
    #: Names of accounts by their ids.
    names: Callable[[set[int]], Mapping[int, str]]
    #: The settings a child process needs, as environment variables.
    environment: Mapping[str, str]


def init_jobs(
    app: Flask,
    *,
    kinds: Sequence[Kind],
    names: Callable[[set[int]], Mapping[int, str]],
    environment: Mapping[str, str],
) -> None:
    """Tell the application its kinds of long work."""
    known = {kind.name: kind for kind in kinds}
    if len(known) != len(kinds):
        raise ValueError("two kinds of work have one name")
    app.extensions["jobs"] = Wiring(known, names, environment)


def wiring() -> Wiring:
    """What this application was told."""
    found: Wiring = current_app.extensions["jobs"]
    return found


def kind_named(name: str) -> Kind:
    """A kind by its name.

    :raises KeyError: If the application has no such kind (any more).
    """
    return wiring().kinds[name]


def folder_of(job_id: int) -> Path:
    """The folder of one job."""
    return Path(current_app.instance_path, "jobs", str(job_id))
