from __future__ import annotations

from typing import Any

import pytest

from quiz.rules.sheet import TEXT_LIMIT, Field, Malformed, read_message

FIELDS = {
    "1": Field("single", 4),
    "2": Field("multi", 5),
    "3": Field("judge", 0),
    "4": Field("fill", 2),
}


def message(*answers: Any, **other: Any) -> dict[str, Any]:
    body = {"generation": 1, "holder": 1, "n": len(answers), "answers": list(answers)}
    return body | other


def answer(q: str, value: Any, seq: Any = 1, **other: Any) -> dict[str, Any]:
    return {"q": q, "seq": seq, "value": value} | other


@pytest.mark.parametrize(
    ("q", "value", "stored"),
    [
        ("1", ["B"], '["B"]'),
        ("1", [], "[]"),
        ("2", ["C", "A"], '["A","C"]'),
        ("3", ["F"], '["F"]'),
        ("4", ["九十", "𠮷"], '["九十","𠮷"]'),
        ("4", ["", " "], "[]"),
        ("4", ["x" * TEXT_LIMIT], f'["{"x" * TEXT_LIMIT}"]'),
    ],
)
def test_what_a_question_accepts(q: str, value: list[str], stored: str) -> None:
    assert read_message(message(answer(q, value)), FIELDS).entries[0].value == stored


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "x",
        {},
        message(answer("9", ["A"])),  # not on the paper
        message(answer("1", ["E"])),
        message(answer("1", ["A", "B"])),
        message(answer("1", "A")),
        message(answer("1", [1])),
        message(answer("1", ["AB"])),
        message(answer("2", ["A", "A"])),
        message(answer("3", ["A"])),
        message(answer("4", ["a", "b", "c"])),
        message(answer("4", ["x" * (TEXT_LIMIT + 1)])),
        message(answer("4", ["\x00"])),
        message(answer("4", ["\ud800"])),
        message(answer("1", ["A"], seq=-1)),
        message(answer("1", ["A"], seq=True)),
        message(answer("1", ["A"], seq="1")),
        message(answer("1", ["A"], seq=2**40)),
        message(answer("1", ["A"], at_ms=-5)),
        message(answer("1", ["A"]), n=2),  # cut on its way
        message(answer("1", ["A"]), generation="1"),
        message(answer("1", ["A"]), holder=None),
    ],
)
def test_M8_N3_what_no_page_of_ours_would_send_is_refused_whole(body: Any) -> None:
    with pytest.raises(Malformed):
        read_message(body, FIELDS)


def test_of_two_answers_to_one_question_the_newer_one_counts() -> None:
    body = message(answer("1", ["A"], seq=7), answer("1", ["B"], seq=6))
    entries = read_message(body, FIELDS).entries
    assert [(entry.seq, entry.value) for entry in entries] == [(7, '["A"]')]


def test_fields_of_no_interest_are_ignored() -> None:
    body = message(answer("1", ["A"], score=100), score=100, role="admin")
    assert read_message(body, FIELDS).entries[0].q == "1"
