"""What the floor is to send: the product's own pages, with holes."""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from werkzeug.test import Client, TestResponse

from bench.stages import DATABASE, Stage, application
from core.db import db
from question_bank.models import QuestionVersion
from quiz.queries.cards import known
from quiz.views.paper import Fragment

MOULDS = "moulds.json"
GZIP = {"Accept-Encoding": "gzip"}  # as every phone sends


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
    with application(stage) as app:
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
