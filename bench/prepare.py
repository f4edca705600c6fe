"""A fresh database with an open exam, and what the floor is to send."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from werkzeug.test import Client, TestResponse

from app import create_app
from core.cli import upgrade_database
from core.db import db
from question_bank.models import QuestionVersion
from quiz.queries.cards import known
from quiz.views.paper import Fragment
from rehearsal.people import FIRST, SECOND, SURNAMES, Resident, places
from rehearsal.phone import Who
from rehearsal.queries import people_of_exam
from rehearsal.server import environment
from rehearsal.stage import Booking, book, publish_and_draw, settle, stock_bank

MOULDS = "moulds.json"
GZIP = {"Accept-Encoding": "gzip"}  # as every phone sends
DATABASE = "lawgauge.db"


@dataclass(frozen=True)
class Stage:
    """An open exam and who may sit it."""

    instance: Path
    code: str
    people: list[Who]


def prepare(instance: Path, count: int) -> Stage:
    """Import people and bank, publish, draw: all by the product's operations."""
    now = datetime.now(UTC)
    with application(instance):
        upgrade_database()
        settle(places(), _crowd(count), now=now)
        stock_bank(now=now)
        booking = Booking(
            title="性能测量",
            opens=now,
            closes=now + timedelta(hours=6),
            attempts=1,
            show_score="at_once",
        )
        exam = book(booking, account_id=None, now=now)
        publish_and_draw(exam, account_id=None, now=now)
        people = [Who(*typed) for typed in people_of_exam(exam.id)]
        return Stage(instance, exam.code, people)


@contextmanager
def application(instance: Path) -> Iterator[Flask]:
    """The application over an instance, in this process."""
    app = create_app(environment(instance))
    known.clear()
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    known.clear()


def copy_stage(stage: Stage, instance: Path) -> Stage:
    """The same exam in another folder, with the same secret."""
    instance.mkdir()
    for name in (DATABASE, "secret_key"):
        shutil.copy(stage.instance / name, instance / name)
    return Stage(instance, stage.code, stage.people)


def _crowd(count: int) -> list[Resident]:
    """People with names that differ inside a unit."""
    units = places()
    people = []
    for n in range(count):
        given = FIRST[n // 7 % len(FIRST)] + SECOND[n // 11 % len(SECOND)]
        name = SURNAMES[n % len(SURNAMES)] + given
        people.append(Resident(units[n % len(units)], name, f"{n:04d}", "", "中层"))
    return people


# --- the pages the floor sends: what the product sent, with holes --------------


class _Sitter:
    """One sitting through the application, page by page."""

    def __init__(self, app: Flask, stage: Stage) -> None:
        self.client = Client(app, TestResponse)
        self.path = f"/e/{stage.code}"
        self.who = stage.people[-1]
        self.moulds: dict[str, Any] = {}

    def keep(self, name: str, reply: TestResponse, *holes: tuple[str, str]) -> str:
        """Keep a page with holes where a pattern was; returns the page."""
        if reply.status_code != 200:
            raise RuntimeError(f"{name}: {reply.status}")
        page = text = text_of(reply)
        for pattern, hole in holes:
            text, times = re.subn(pattern, hole, text)
            if not times:
                raise RuntimeError(f"{name}: nothing is like {pattern}")
        unwanted = ("Content-Length", "Set-Cookie", "Date", "Content-Encoding")
        headers = [(k, v) for k, v in reply.headers if k not in unwanted]
        packed = "Content-Encoding" in reply.headers
        self.moulds[name] = {"text": text, "headers": headers, "packed": packed}
        return page


def write_moulds(stage: Stage, target: Path) -> None:
    """Sit the exam as the last of its people; keep every page for the floor.

    It uses up that person's attempt, so ``stage`` is a copy.
    """
    with application(stage.instance) as app:
        sitter = _Sitter(app, stage)
        token = _keep_door(sitter)
        _keep_sheet(sitter, token, stage.instance / DATABASE)
        sitter.moulds["fragments"] = _fragments(app)
    target.write_text(json.dumps(sitter.moulds, ensure_ascii=False), encoding="utf-8")


def _keep_door(sitter: _Sitter) -> str:
    who, client = sitter.who, sitter.client
    csrf = r'(?<=name="csrf" value=")[0-9a-f]+'
    ticket = r'(?<=name="ticket" value=")[^"]+'
    page = sitter.keep("entry", client.get(sitter.path, headers=GZIP), (csrf, "@csrf@"))
    form = {"csrf": found(csrf, page), "unit": who.unit, "name": who.name}
    form["number"] = who.number
    reply = client.post(sitter.path, data=form, headers=GZIP)
    page = sitter.keep(
        "confirm",
        reply,
        (csrf, "@csrf@"),
        (ticket, "@ticket@"),
        (who.name, "@name@"),
        (who.unit, "@unit@"),
        (r"(?<=<b>)\d\d:\d\d(?=</b>)", "@until@"),
    )
    form = {"csrf": found(csrf, page), "ticket": found(ticket, page)}
    reply = client.post(f"{sitter.path}/start", data=form, headers=GZIP)
    token = json.loads(found(r'(?<=id="state">).*?(?=</script>)', text_of(reply)))
    sitter.keep(
        "paper",
        reply,
        (r'(?s)(?<=<form id="paper")([^>]*>).*?(?=</form>)', r"@form@"),
        (r'(?<=id="state">).*?(?=</script>)', "@state@"),
        (token["token"], "@token@"),
        (who.name, "@name@"),
        (who.unit, "@unit@"),
        (r"(?<=到 )\d\d:\d\d", "@until@"),
    )
    opening = found(r'(?<=<form id="paper")[^>]*>', text_of(reply))
    mould = sitter.moulds["paper"]
    opening = opening.replace(token["token"], "@token@")
    mould["text"] = mould["text"].replace("@form@", f"{opening}\n@questions@\n")
    return str(token["token"])


def _keep_sheet(sitter: _Sitter, token: str, database: Path) -> None:
    entry = {"q": "1", "seq": 1, "value": ["A"], "at_ms": 1}
    body = {"generation": 1, "holder": 1, "n": 1, "answers": [entry]}
    reply = sitter.client.put(f"/s/{token}/answers", json=body, headers=GZIP)
    sitter.keep("save", reply)
    reply = sitter.client.post(f"/s/{token}/submit", json=body, headers=GZIP)
    sitter.keep("submit", reply, (token, "@token@"))
    connection = sqlite3.connect(database)
    digest, audit, word = connection.execute(
        "SELECT answers_digest, audit_n, check_word FROM sitting WHERE token = ?",
        (token,),
    ).fetchone()
    connection.close()
    sitter.keep(
        "receipt",
        sitter.client.get(f"/s/{token}/receipt", headers=GZIP),
        (sitter.who.name, "@name@"),
        (sitter.who.unit, "@unit@"),
        (f"(?<=<b>){word}(?=</b>)", "@word@"),
        (digest, "@digest@"),
        (f"(?<=<dd>){audit}(?=</dd>)", "@audit@"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "@at@"),
        (r"(?<=<dd>)\d+ 题，共 \d+ 题", "@answered@"),
        (r"(?<=<dd><b>)[\d.]+(?=</b> /)", "@points@"),
        (r"(?<=<dd>)(优秀|合格|未合格)(?=</dd>)", "@result@"),
    )


def _fragments(app: Flask) -> dict[int, list[Any]]:
    """The pieces of every question of the bank, as the product renders them."""
    ids = list(db.session.scalars(sa.select(QuestionVersion.id)))
    contents = known.contents(ids)
    with app.test_request_context():
        made = {version: Fragment(contents[version]) for version in ids}
    return {v: [one.start, one.options, one.end] for v, one in made.items()}


def text_of(reply: TestResponse) -> str:
    """The body of a page, unpacked."""
    raw = reply.get_data()
    packed = reply.headers.get("Content-Encoding") == "gzip"
    return (gzip.decompress(raw) if packed else raw).decode()


def found(pattern: str, page: str) -> str:
    """The first part of a page that is like a pattern.

    :raises RuntimeError: If there is none: the page has changed.
    """
    hit = re.search(pattern, page)
    if hit is None:
        raise RuntimeError(f"nothing is like {pattern}")
    return hit[0]
