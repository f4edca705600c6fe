"""The floor: bare Flask and raw SQL, tuned by hand, sending the same bytes.

The same tables, the same driver and pragmas, the same writers' turns, the same
server, the same pages (moulded from the product's own). What is missing is what a
product needs besides: forms and messages are hardly checked, pages are strings with
holes, nothing is translated, nobody signs in. Scoring and digests are the product's
rules; so the ratio to this floor says what everything around them costs.
"""

from __future__ import annotations

import gc
import gzip
import hashlib
import hmac
import json
import os
import secrets
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2 as sqlite
from flask import Flask, Response, request

from bench.moulds import MOULDS
from bench.stages import DATABASE
from core.audit import canonical, entry_hash
from core.bodies import Bodies
from core.config import Settings, read_settings
from core.pages import PAGE_LEVEL, points
from core.turns import Turns
from quiz.rules.receipt import check_word
from quiz.rules.scoring import LETTERS, Card, answers_digest, score_sheet
from serve import SWITCH_INTERVAL, build_server
from units.rules.identity import match_digest

COOKIE = "lawgauge_device"
SHOWN = timedelta(hours=8)
UPSERT = """INSERT INTO answer (sitting_id, generation, q, seq, value, at_ms,
received_at) VALUES (?, 1, ?, ?, ?, ?, ?) ON CONFLICT (sitting_id, generation, q)
DO UPDATE SET seq = excluded.seq, value = excluded.value, at_ms = excluded.at_ms,
received_at = excluded.received_at WHERE excluded.seq > answer.seq RETURNING q"""
DESK = """SELECT s.id, s.state, s.holder, s.device, s.deadline, p.items, p.digest,
s.candidate_id FROM sitting s JOIN paper p ON p.id = s.paper_id WHERE s.token = ?"""


class Ground:
    """What the floor knows: moulds, fragments, keys, and connections in a stack.

    Not one for each thread: a worker has hundreds, and most would be cold.
    """

    def __init__(self, instance: Path, key: str) -> None:
        self.path = instance / DATABASE
        self.key = key
        self.turns = Turns(instance / "floor.writer")
        self.idle: list[Any] = []
        moulds = json.loads((instance / MOULDS).read_text(encoding="utf-8"))
        self.fragments = {int(v): f for v, f in moulds.pop("fragments").items()}
        self.moulds = moulds
        db = self.opened()
        self.code, self.exam_id, self.closes, self.lasts = db.execute(
            "SELECT code, id, closes_at, duration_s FROM exam"
        ).fetchone()
        self.marks = db.execute("SELECT pass_mark, excellent_mark FROM exam").fetchone()
        self.units = dict(db.execute("SELECT name, code FROM unit").fetchall())
        self.cards = {
            row[0]: (row[1], json.loads(row[2]), row[3])
            for row in db.execute("SELECT id, kind, key, options FROM question_version")
        }

    def opened(self) -> Any:
        """A new connection."""
        new = sqlite.connect(
            self.path, isolation_level=None, timeout=2, check_same_thread=False
        )
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            new.execute(f"PRAGMA {pragma}")
        return new


class Reading:
    """A connection for a while: the one that was given back last."""

    def __init__(self, ground: Ground) -> None:
        self.idle = ground.idle
        try:
            self.db = self.idle.pop()
        except IndexError:
            self.db = ground.opened()

    def __enter__(self) -> Any:
        """The connection; each statement for itself."""
        return self.db

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        """Give it back."""
        self.idle.append(self.db)


class Writing(Reading):
    """One writing transaction, in turn."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self.turn = ground.turns.take()

    def __enter__(self) -> Any:
        """Take the turn and begin as a writer."""
        self.turn.__enter__()
        self.db.execute("BEGIN IMMEDIATE")
        return self.db

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        """Commit, or undo; leave the turn."""
        self.db.execute("ROLLBACK" if kind else "COMMIT")
        self.turn.__exit__(kind, error, trace)
        super().__exit__(kind, error, trace)


def stored(moment: datetime) -> str:
    """A moment as the tables hold it."""
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def read(text: str) -> datetime:
    """A moment of the tables."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def make_app() -> Flask:  # noqa: C901, PLR0915 - the whole floor on one page
    """The floor as an application."""
    settings = read_settings(os.environ)
    ground = Ground(settings.instance, settings.secret_key)
    key = settings.secret_key.encode()
    app = Flask("floor", static_folder=None)

    def send(name: str, text: str) -> Response:
        body = text.encode()
        headers = [*ground.moulds[name]["headers"]]
        if ground.moulds[name]["packed"]:
            body = gzip.compress(body, PAGE_LEVEL, mtime=0)
            headers.append(("Content-Encoding", "gzip"))
        return Response(body, headers=headers)

    def mac(text: str) -> str:
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

    def device() -> str:
        return hashlib.sha256(request.cookies.get(COOKIE, "").encode()).hexdigest()

    def csrf_wrong() -> bool:
        wanted = mac("form|" + request.cookies.get(COOKIE, ""))
        return not hmac.compare_digest(request.form.get("csrf", ""), wanted)

    def audit(db: Any, actor: str, action: str, what: str, facts: Any, now: Any) -> int:
        row = db.execute("SELECT n, hash FROM audit_entry ORDER BY n DESC LIMIT 1")
        n, before = row.fetchone()
        text = canonical(facts)
        hashed = entry_hash(
            previous=before, n=n + 1, at=now, actor=actor, action=action, object=what,
            facts=text, payload_hash="",
        )  # fmt: skip
        db.execute(
            "INSERT INTO audit_entry (n, at, actor, action, object, facts,"
            " payload_hash, algorithm, hash)"
            " VALUES (?, ?, ?, ?, ?, ?, '', 'sha256', ?)",
            (n + 1, stored(now), actor, action, what, text, hashed),
        )
        return int(n) + 1

    @app.get("/e/<code>")
    def entry(code: str) -> Any:
        with Reading(ground) as db:
            db.execute("SELECT * FROM exam WHERE code = ?", (code,)).fetchone()
        secret = request.cookies.get(COOKIE) or secrets.token_hex(16)
        text = ground.moulds["entry"]["text"].replace("@csrf@", mac("form|" + secret))
        reply = send("entry", text)
        reply.set_cookie(COOKIE, secret, max_age=2592000, httponly=True, samesite="Lax")
        return reply

    @app.post("/e/<code>")
    def identify(code: str) -> Any:
        form = request.form
        if csrf_wrong() or code != ground.code:
            return Response("", 403)
        unit = ground.units.get(form["unit"], "")
        digest = match_digest(ground.key, unit, form["name"], form["number"])
        with Reading(ground) as db:
            row = db.execute(
                "SELECT id, name, unit_name FROM candidate WHERE exam_id = ? AND"
                " (tail_digest = ? OR staff_digest = ?)",
                (ground.exam_id, digest, digest),
            ).fetchone()
            if row is None:
                return Response("", 403)
            db.execute(
                "SELECT * FROM sitting WHERE candidate_id = ?", (row[0],)
            ).fetchall()
        until = datetime.now(UTC) + timedelta(seconds=ground.lasts) + SHOWN
        ticket = f"{row[0]}.{mac(f'{row[0]}|{device()}')}"
        page: str = ground.moulds["confirm"]["text"]
        page = page.replace("@csrf@", form["csrf"]).replace("@ticket@", ticket)
        page = page.replace("@name@", row[1]).replace("@unit@", row[2])
        return send("confirm", page.replace("@until@", until.strftime("%H:%M")))

    @app.post("/e/<code>/start")
    def start(code: str) -> Any:
        who, _, proof = request.form["ticket"].partition(".")
        owner = device()
        if csrf_wrong() or proof != mac(f"{who}|{owner}") or code != ground.code:
            return Response("", 403)
        now = datetime.now(UTC)
        token = secrets.token_urlsafe(16)
        with Writing(ground) as db:
            paper, items, taken, name, unit = db.execute(
                "SELECT p.id, p.items, s.id, c.name, c.unit_name FROM candidate c"
                " JOIN paper p ON p.candidate_id = c.id LEFT JOIN sitting s"
                " ON s.paper_id = p.id WHERE c.id = ?", (who,)
            ).fetchone()  # fmt: skip
            if taken:
                raise ValueError("begun already")
            until = min(now + timedelta(seconds=ground.lasts), read(ground.closes))
            row = db.execute(
                "INSERT INTO sitting (token, exam_id, candidate_id, paper_id, attempt,"
                " state, generation, holder, device, started_at, deadline)"
                " VALUES (?, ?, ?, ?, 1, 'open', 1, 1, ?, ?, ?) RETURNING id",
                (token, ground.exam_id, who, paper, owner, stored(now), stored(until)),
            ).fetchone()
            facts = {"attempt": 1, "paper": paper}
            audit(
                db, f"candidate:{who}", "sitting.start", f"sitting:{row[0]}", facts, now
            )
        return send("paper", _paper(ground, items, token, name, unit, until, now))

    @app.get("/s/<token>")
    def paper(token: str) -> Any:
        now = datetime.now(UTC)
        with Writing(ground) as db:
            row = db.execute(
                "UPDATE sitting SET holder = holder + 1 WHERE token = ? AND device = ?"
                " AND state = 'open' RETURNING id, holder, deadline, paper_id,"
                " candidate_id", (token, device())
            ).fetchone()  # fmt: skip
        sitting, holder, until, paper_id, who = row
        with Reading(ground) as db:
            items, name, unit = db.execute(
                "SELECT p.items, c.name, c.unit_name FROM paper p, candidate c"
                " WHERE p.id = ? AND c.id = ?", (paper_id, who)
            ).fetchone()  # fmt: skip
            found = db.execute(
                "SELECT q, seq, value FROM answer WHERE sitting_id = ?", (sitting,)
            ).fetchall()
        saved = {q: {"seq": seq, "value": json.loads(v)} for q, seq, v in found}
        page = _paper(ground, items, token, name, unit, read(until), now, holder, saved)
        return send("paper", page)

    @app.put("/s/<token>/answers")
    def answers(token: str) -> Any:
        body = json.loads(request.get_data(cache=False))
        now, owner = datetime.now(UTC), device()
        with Writing(ground) as db:
            desk = db.execute(DESK, (token,)).fetchone()
            if desk[1] != "open" or desk[2] != body["holder"] or desk[3] != owner:
                raise ValueError("not yours, or closed")
            until = read(desk[4])
            if now > until + timedelta(seconds=30):
                raise ValueError("too late")
            acked = _store(db, desk[0], body, stored(now))
        reply = {
            "acked": acked, "superseded": [],
            "server_now": int(now.timestamp() * 1000),
            "deadline": int(until.timestamp() * 1000),
            "remaining": int((until - now) / timedelta(milliseconds=1)), "claim": False,
        }  # fmt: skip
        return send("save", json.dumps(reply, separators=(",", ":")))

    @app.post("/s/<token>/submit")
    def submit(token: str) -> Any:
        body = json.loads(request.get_data(cache=False))
        now, owner = datetime.now(UTC), device()
        with Writing(ground) as db:
            desk = db.execute(DESK, (token,)).fetchone()
            if desk[1] != "open" or desk[2] != body["holder"] or desk[3] != owner:
                raise ValueError("not yours, or closed")
            _store(db, desk[0], body, stored(now))
            rows = db.execute(
                "SELECT q, value FROM answer WHERE sitting_id = ? AND generation = 1",
                (desk[0],),
            ).fetchall()
            sheet = dict(rows)
            digest = answers_digest(desk[6], sheet)
            values = {q: json.loads(value) for q, value in sheet.items()}
            cards = [
                Card(v, ground.cards[v][0], ground.cards[v][1], order, worth)
                for v, order, worth in json.loads(desk[5])
            ]
            detail = score_sheet(cards, values, "exact")
            facts = {"answers": digest, "generation": 1, "points": sum(detail)}
            what, actor = f"sitting:{desk[0]}", f"candidate:{desk[7]}"
            n = audit(db, actor, "sitting.submitted", what, facts, now)
            word = check_word(ground.key, desk[0], 1, digest)
            db.execute(
                "UPDATE sitting SET state = 'submitted', closed_at = ?, claim = NULL,"
                " answers_digest = ?, check_word = ?, audit_n = ? WHERE id = ?",
                (stored(now), digest, word, n, desk[0]),
            )
            db.execute(
                "INSERT INTO score (sitting_id, generation, key_revision, points,"
                " detail, scored_at) VALUES (?, 1, 0, ?, ?, ?)",
                (desk[0], sum(detail), json.dumps(detail), stored(now)),
            )
        return send("submit", ground.moulds["submit"]["text"].replace("@token@", token))

    @app.get("/s/<token>/receipt")
    def receipt(token: str) -> Any:
        with Reading(ground) as db:
            row = db.execute(
                "SELECT s.device, s.closed_at, s.answers_digest, s.check_word,"
                " s.audit_n, c.name, c.unit_name, p.items, sc.points, (SELECT count(*)"
                " FROM answer a WHERE a.sitting_id = s.id AND a.value != '[]') FROM"
                " sitting s JOIN candidate c ON c.id = s.candidate_id JOIN paper p ON"
                " p.id = s.paper_id JOIN score sc ON sc.sitting_id = s.id"
                " WHERE s.token = ?", (token,)
            ).fetchone()  # fmt: skip
        if row[0] != device():
            return Response("", 404)
        passing, excellent = ground.marks
        holes = {
            "@name@": row[5], "@unit@": row[6], "@word@": row[3], "@digest@": row[2],
            "@audit@": str(row[4]), "@points@": points(row[8]),
            "@at@": (read(row[1]) + SHOWN).strftime("%Y-%m-%d %H:%M:%S"),
            "@answered@": f"{row[9]} 题，共 {len(json.loads(row[7]))} 题",
            "@result@": "优秀" if row[8] >= excellent else
                        "合格" if row[8] >= passing else "未合格",
        }  # fmt: skip
        page = ground.moulds["receipt"]["text"]
        for hole, text in holes.items():
            page = page.replace(hole, text)
        return send("receipt", page)

    return app


def _store(db: Any, sitting_id: int, body: Any, now: str) -> list[tuple[str, int]]:
    acked = []
    if body["n"] != len(body["answers"]):
        raise ValueError("cut")
    for one in body["answers"]:
        q, seq, value = one["q"], one["seq"], one["value"]
        text = json.dumps(sorted(value), ensure_ascii=False, separators=(",", ":"))
        db.execute(UPSERT, (sitting_id, q, seq, text, one["at_ms"], now)).fetchall()
        acked.append((q, seq))
    return acked


def _paper(
    ground: Ground, items: str, token: str, name: str, unit: str,
    until: datetime, now: datetime, holder: int = 1, saved: Any = None,
) -> str:  # fmt: skip
    parts, kinds = [], []
    for n, (version, order, worth) in enumerate(json.loads(items), 1):
        start, options, end = ground.fragments[version]
        kind = ground.cards[version][0]
        letters = "TF" if kind == "judge" else LETTERS
        places = [LETTERS.index(x) for x in order] or range(len(options))
        shown = [
            options[place].replace("@L@", letter)
            for letter, place in zip(letters, places, strict=False)
        ]
        text = "".join((start, *shown, end)).replace("@N@", str(n))
        parts.append(text.replace("@P@", points(worth)))
        kinds.append(kind)
    state = {
        "token": token, "url": f"/s/{token}", "generation": 1, "holder": holder,
        "server_now_ms": int(now.timestamp() * 1000),
        "deadline_ms": int(until.timestamp() * 1000),
        "remaining_ms": int((until - now) / timedelta(milliseconds=1)),
        "grace_ms": 30000, "count": len(kinds), "answers": saved or {}, "kinds": kinds,
        "claim": False,
    }  # fmt: skip
    page: str = ground.moulds["paper"]["text"]
    page = page.replace("@state@", json.dumps(state, separators=(",", ":")))
    page = page.replace("@questions@", "".join(parts)).replace("@token@", token)
    page = page.replace("@name@", name).replace("@unit@", unit)
    return page.replace("@until@", (until + SHOWN).strftime("%H:%M"))


def load(_target: str) -> Any:
    """Make the floor, in a worker; bodies are read as the product reads them."""
    settings = read_settings(os.environ)
    app = make_app()
    gc.freeze()
    sys.setswitchinterval(SWITCH_INTERVAL)
    return Bodies(app.wsgi_app, places=settings.threads, limit=1 << 20)


def main() -> None:
    """Serve the floor with the product's own server settings."""
    settings: Settings = read_settings(os.environ)
    build_server(settings).serve(target_loader=load)


if __name__ == "__main__":
    main()
