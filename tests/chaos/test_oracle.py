"""The oracle is content with what is right, and sees each thing that is not.

A small case by hand; each test spoils one thing in it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from chaos.evidence import TABLES, Evidence
from chaos.history import History, Try
from chaos.oracle import Case, judge

KEY = "a-secret-for-tests"
END = "2026-11-26 01:00:00.000000"  # the deadline
T = 1795654800.0  # the same, in seconds
DIGEST = hashlib.sha256(b'pd|1=["B"]|2=["F"]').hexdigest()
MAC = hmac.new(KEY.encode(), f"receipt|5|1|{DIGEST}".encode(), hashlib.sha256).digest()
WORD = f"{int.from_bytes(MAC[:8], 'big') % 10_000:04d}"


def message(*answers: tuple[str, int, list[str]]) -> dict[str, Any]:
    sent = [{"q": q, "seq": seq, "value": value} for q, seq, value in answers]
    return {"generation": 1, "holder": 1, "n": len(sent), "answers": sent}


FIRST = message(("1", 1, ["A"]))
SHEET = message(("1", 2, ["B"]), ("2", 3, ["F"]))
LATE = message(("2", 4, ["T"]))
RECEIPT = {
    "word": WORD,
    "paper": "pd",
    "digest": DIGEST,
    "audit_n": "8",
    "at": "2026-11-26 08:59:00",
}


def tried(step: str, at: float, status: int, body: Any, reply: Any) -> Try:
    return Try(0, "tok", step, T + at, T + at + 0.1, status, body, reply, "")


def good_tries() -> list[Try]:
    acked = {"acked": [["1", 1]], "superseded": []}
    return [
        tried("save", -90, 0, FIRST, None),
        tried("save", -80, 200, FIRST, acked),
        tried("submit", -60, 200, SHEET, {"receipt": "/s/tok/receipt"}),
        tried("receipt", -59, 200, None, RECEIPT),
        tried("save", -50, 409, LATE, {"why": "submitted"}),
        tried("receipt", -40, 200, None, RECEIPT),
    ]


def good_rows() -> dict[str, list[dict[str, Any]]]:
    own = {"sitting_id": 5, "generation": 1}
    stored = {**own, "received_at": "2026-11-26 00:59:00.050000"}
    items = json.dumps([[31, "BADC", 200], [32, "", 300]])
    return {
        "exam": [{"id": 1, "grace_s": 3}],
        "paper": [{"id": 2, "digest": "pd", "items": items}],
        "question_version": [
            {"id": 31, "kind": "single", "key": '["A"]'},
            {"id": 32, "kind": "judge", "key": '["T"]'},
        ],
        "sitting": [
            {
                "id": 5, "token": "tok", "exam_id": 1, "paper_id": 2, "generation": 1,
                "state": "submitted", "deadline": END, "answers_digest": DIGEST,
                "audit_n": 8,
            }
        ],
        "answer": [
            {**stored, "q": "1", "seq": 2, "value": '["B"]'},
            {**stored, "q": "2", "seq": 3, "value": '["F"]'},
        ],
        "score": [{**own, "points": 200}],
        "late_message": [{"sitting_id": 5, "body": json.dumps(LATE)}],
        "audit_entry": [
            {"object": "sitting:5", "action": "sitting.start"},
            {"object": "sitting:5", "action": "sitting.submitted"},
        ],
    }  # fmt: skip


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What `audit verify` finds; empty."""
    found: list[Any] = []
    monkeypatch.setattr(
        "chaos.oracle.verify", lambda recount: SimpleNamespace(found=found)
    )
    return found


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    made = History(tmp_path / "history.jsonl")
    made.tries = good_tries()
    yield made
    made.close()


def broken(history: History, rows: Any, *, structure: tuple[str, ...] = ()) -> set[str]:
    """The names of the promises that do not hold."""
    assert rows.keys() == set(TABLES)
    case = Case(history, Evidence(rows), list(structure), KEY)
    return {name.split()[0] for name in judge(case)}


def test_what_is_right_is_right(verified: list[Any], history: History) -> None:
    assert broken(history, good_rows()) == set()


def change(table: str, place: int, **values: Any) -> Callable[[Any], None]:
    return lambda rows: rows[table][place].update(values)


def without(table: str) -> Callable[[Any], None]:
    return lambda rows: rows[table].pop()


def again(table: str) -> Callable[[Any], None]:
    return lambda rows: rows[table].append(rows[table][0])


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (without("answer"), "O1"),  # lost
        (change("answer", 1, seq=2), "O1"),  # an older one won
        (change("answer", 0, value='["C"]'), "O1"),
        (change("answer", 0, received_at="2026-11-26 00:59:30.000000"), "O1"),
        (change("answer", 0, seq=9), "O2"),
        (change("answer", 1, value='["T"]'), "O2"),
        (change("sitting", 0, state="open"), "O3"),
        (without("score"), "O3"),
        (again("score"), "O3"),
        (change("score", 0, points=500), "O4"),
        (change("sitting", 0, answers_digest="0" * 64), "O4"),
        (change("paper", 0, digest="other"), "O5"),
        (change("sitting", 0, audit_n=9), "O5"),
        (without("late_message"), "O6"),
        (change("late_message", 0, body=json.dumps(FIRST | {"holder": 9})), "O6"),
        (again("audit_entry"), "O7"),
        (change("answer", 0, received_at="2026-11-26 01:00:03.500000"), "O9"),
        (change("answer", 0, received_at="2026-11-25 22:59:00.000000"), "O9"),
        (change("sitting", 0, deadline="2026-11-26 00:58:00.000000"), "O9"),
    ],
)
def test_spoiled_rows_are_seen(
    verified: list[Any], history: History, spoil: Callable[[Any], None], named: str
) -> None:
    rows = good_rows()
    spoil(rows)
    assert named in broken(history, rows)


@pytest.mark.parametrize(
    ("place", "other", "named"),
    [
        (5, {"reply": RECEIPT | {"word": "0000"}}, "O5"),
        (5, {"reply": RECEIPT | {"paper": "other"}}, "O5"),
        (5, {"reply": RECEIPT | {"at": "2026-11-26 09:00:00"}}, "O5"),  # two receipts
        (4, {"status": 410}, "O9"),  # refused before its time
        (1, {"status": 500, "reply": ""}, "P14"),
        (1, {"status": 503, "reply": None}, "P14"),  # without Retry-After
        (1, {"reply": {"acked": [["1", 1]], "superseded": [["2", 7, ["T"]]]}}, "O1"),
    ],
)
def test_what_phones_should_not_have_been_told_is_seen(
    verified: list[Any], history: History, place: int, other: Any, named: str
) -> None:
    history.tries[place] = replace(history.tries[place], **other)
    assert named in broken(history, good_rows())


def test_a_save_taken_after_the_end_is_seen(
    verified: list[Any], history: History
) -> None:
    acked = {"acked": [["1", 1]], "superseded": []}
    history.tries.append(tried("save", 3.5, 200, FIRST, acked))
    assert broken(history, good_rows()) == {"O9"}


def test_what_verifying_and_the_files_say_is_passed_on(
    verified: list[Any], history: History
) -> None:
    assert broken(history, good_rows(), structure=("page 7",)) == {"O8"}
    verified.append(SimpleNamespace(place="entry 4"))
    assert broken(history, good_rows()) == {"O7"}


def test_rows_that_cannot_be_read_are_a_find(
    verified: list[Any], history: History
) -> None:
    rows = good_rows()
    rows["answer"][0]["value"] = "no JSON"
    assert {"O1", "O2", "O4"} <= broken(history, rows)


def test_a_try_without_an_answer_promises_nothing(
    verified: list[Any], history: History
) -> None:
    lost = message(("1", 7, ["C"]))
    history.tries.append(tried("save", -70, 0, lost, None))
    assert broken(history, good_rows()) == set()
