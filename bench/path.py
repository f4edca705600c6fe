"""The candidate's path counted: bytes, requests and queries. No clock in here."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from werkzeug.test import Client, TestResponse

from bench.moulds import GZIP, found, text_of
from bench.stages import Ground, Stage, application
from bench.table import Row, ours
from core.db import db
from rehearsal.phone import Who

DOOR = ("entry", "identify", "start")  # the pages until the first question
CSRF = r'(?<=name="csrf" value=")[0-9a-f]+'
TICKET = r'(?<=name="ticket" value=")[^"]+'
STATE = r'(?<=id="state">).*?(?=</script>)'
_FILE = re.compile(r'<(?:link|script)[^>]+?(?:href|src)="(/[^"]+)"[^>]*>')
_OUTSIDE = re.compile(r'(?:src|href|action)="((?:https?:)?//[^"]+)"')
_CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA")


@dataclass(frozen=True)
class Path:
    """What one whole first visit needs."""

    #: Every page and file with the bytes of its body as sent.
    weights: list[tuple[str, int]]
    #: Requests until the first question can be seen: pages and what holds them up.
    first_question: int
    #: Statements of each step, once the contents of the questions are in memory.
    queries: Counter[str]
    outside: list[str]  # addresses on other hosts; there must be none

    @property
    def total(self) -> int:
        """Compressed bytes of the whole path."""
        return sum(size for _, size in self.weights)


@dataclass
class _Visit:
    """One candidate, answering through the application in this process."""

    client: Client
    code: str
    who: Who
    pages: dict[str, str] = field(default_factory=dict)
    weights: list[tuple[str, int]] = field(default_factory=list)
    queries: Counter[str] = field(default_factory=Counter)
    step: str = ""

    def count(self, statement: str) -> None:
        """Note one statement, as the driver runs it."""
        self.queries[self.step] += not statement.startswith(_CONTROL)

    def listen(self, connection: Any, *_rest: Any) -> None:
        """Hear of every statement of a connection."""
        connection.set_trace_callback(self.count)

    def go(self, step: str, method: str, path: str, **what: Any) -> str:
        """One request of the path; returns its page."""
        self.step = step
        reply = self.client.open(path, method=method, headers=GZIP, **what)
        if reply.status_code != 200:
            raise RuntimeError(f"{step}: {reply.status}")
        raw = reply.get_data()
        self.weights.append((step, len(raw)))
        self.pages[step] = text_of(reply)
        return self.pages[step]

    def walk(self) -> None:
        """From the code to the receipt, with one save and the page loaded twice."""
        path = f"/e/{self.code}"
        form = {"csrf": found(CSRF, self.go("entry", "GET", path))}
        form |= {"unit": self.who.unit, "name": self.who.name}
        form["number"] = self.who.number
        page = self.go("identify", "POST", path, data=form)
        form = {"csrf": found(CSRF, page), "ticket": found(TICKET, page)}
        page = self.go("start", "POST", f"{path}/start", data=form)
        sheet = "/s/" + json.loads(found(STATE, page))["token"]
        state = json.loads(found(STATE, self.go("paper", "GET", sheet)))
        self.go("save", "PUT", f"{sheet}/answers", json=_body(state, 1))
        self.go("submit", "POST", f"{sheet}/submit", json=_body(state, state["count"]))
        self.go("receipt", "GET", f"{sheet}/receipt")


def path_rows(ground: Ground) -> list[Row]:
    """What a first visit needs, piece by piece."""
    path = walk_path(ground.stage(120))  # of all units
    budgets = {"save": "2", "start": "≤ 4", "paper": "≤ 3", "submit": "≤ 6"}
    queries = [
        ours(f"queries: {step}", str(n), budgets.get(step, ""))
        for step, n in path.queries.items()
    ]
    weights = [ours(f"bytes: {name}", f"{size:,} B") for name, size in path.weights]
    return [
        *queries,
        ours("requests to the first question", str(path.first_question), "≤ 4"),
        ours("bytes of the whole path, compressed", f"{path.total:,} B", "≤ 40,960 B"),
        *weights,
        ours("addresses on other hosts", str(len(path.outside)), "0"),
    ]


def walk_path(stage: Stage) -> Path:
    """Walk the path, the second time counting.

    :param stage: A copy: two of its people use up their attempts.
    """
    with application(stage) as app:
        for who in stage.people[:2]:
            visit = _Visit(Client(app, TestResponse), stage.code, who)
            sa.event.listen(db.engine, "checkout", visit.listen)
            visit.walk()
            sa.event.remove(db.engine, "checkout", visit.listen)
        files, holding = _files(visit)
        weights = [(step, size) for step, size in visit.weights if step != "paper"]
        for name in files:
            reply = visit.client.get(name, headers=GZIP)
            weights.append((name.partition("?")[0], len(reply.get_data())))
        outside = [a for page in visit.pages.values() for a in _OUTSIDE.findall(page)]
        return Path(weights, len(DOOR) + holding, visit.queries, outside)


def _files(visit: _Visit) -> tuple[list[str], int]:
    """The files of all pages, and how many hold up the first question."""
    files: list[str] = []
    holding = 0
    for step, page in visit.pages.items():
        for tag in _FILE.finditer(page):
            if tag[1] not in files:
                files.append(tag[1])
                holding += step in DOOR and "defer" not in tag[0]
    return files, holding


def _body(state: dict[str, Any], count: int) -> dict[str, Any]:
    """A message with answers to the first questions."""
    values = {"judge": ["T"], "multi": ["A", "B"], "single": ["A"], "fill": ["x"]}
    entries = [
        {"q": str(n), "seq": n, "value": values[state["kinds"][n - 1]], "at_ms": n}
        for n in range(1, count + 1)
    ]
    numbers = {"generation": state["generation"], "holder": state["holder"]}
    return {**numbers, "n": count, "answers": entries}
