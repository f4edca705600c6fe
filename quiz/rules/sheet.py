"""The save protocol's message: what a phone sends, read without trust.

What is sent is checked against the paper: a question that is not on it, a letter
beyond its options or a text beyond the limit refuse the whole message, so that
nothing is ever stored in part or cut.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quiz.rules.scoring import LETTERS

TEXT_LIMIT = 200  # characters of one blank
AT_MS_LIMIT = 7 * 24 * 3600 * 1000
SEQ_LIMIT = 2**31 - 1


class Malformed(ValueError):
    """The message is not one a page of ours would send; the text says where."""


@dataclass(frozen=True)
class Field:
    """What a question of the paper accepts."""

    kind: str
    options: int  # how many options; for fill: how many blanks


@dataclass(frozen=True)
class Entry:
    """One answer in a message."""

    q: str
    seq: int
    value: str  # canonical JSON
    at_ms: int | None


@dataclass(frozen=True)
class Message:
    """A save or a hand-in."""

    generation: int
    holder: int
    entries: tuple[Entry, ...]


_written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def encode(value: Sequence[str]) -> str:
    """The stored form of a value: canonical JSON."""
    return _written(list(value))


def read_value(field: Field, value: object, q: str) -> str:
    """Check one value against its question.

    :return: Its stored form; letters sorted, an emptied answer is ``[]``.
    :raises Malformed: If the question cannot have this value.
    """
    if not isinstance(value, list) or not all(isinstance(x, str) for x in value):
        raise Malformed(f"q {q}: value is not a list of texts")
    if field.kind == "fill":
        if len(value) > field.options:
            raise Malformed(f"q {q}: more texts than blanks")
        if any(len(text) > TEXT_LIMIT for text in value):
            raise Malformed(f"q {q}: a text is longer than {TEXT_LIMIT} characters")
        if any("\x00" in text for text in value):
            raise Malformed(f"q {q}: a NUL character")
        try:
            encode(value).encode()
        except UnicodeEncodeError:
            raise Malformed(f"q {q}: not Unicode text") from None
        return encode(value if any(text.strip() for text in value) else [])
    allowed = "TF" if field.kind == "judge" else LETTERS[: field.options]
    if any(len(x) != 1 or x not in allowed for x in value):
        raise Malformed(f"q {q}: not among {allowed}")
    if len(set(value)) != len(value):
        raise Malformed(f"q {q}: a letter twice")
    if field.kind != "multi" and len(value) > 1:
        raise Malformed(f"q {q}: more than one choice")
    return encode(sorted(value))


def _whole(value: object, what: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Malformed(f"{what} is not a whole number")
    if not low <= value <= high:
        raise Malformed(f"{what} is out of range")
    return value


def _entry(item: object, fields: Mapping[str, Field]) -> Entry:
    if not isinstance(item, dict):
        raise Malformed("an answer is not an object")
    q = item.get("q")
    if not isinstance(q, str) or (field := fields.get(q)) is None:
        raise Malformed(f"q {q!r} is not on this paper")
    at_ms = item.get("at_ms")
    return Entry(
        q=q,
        seq=_whole(item.get("seq"), f"q {q}: seq", 0, SEQ_LIMIT),
        value=read_value(field, item.get("value"), q),
        at_ms=None if at_ms is None else _whole(at_ms, "at_ms", 0, AT_MS_LIMIT),
    )


def read_message(body: object, fields: Mapping[str, Field]) -> Message:
    """Read a message against the paper it belongs to.

    The count ``n`` must agree: a body cut on its way is refused as a whole.

    :raises Malformed: With the place of the first fault.
    """
    if not isinstance(body, dict):
        raise Malformed("the body is not an object")
    answers = body.get("answers")
    if not isinstance(answers, list):
        raise Malformed("answers is not a list")
    if _whole(body.get("n"), "n", 0, 10_000) != len(answers):
        raise Malformed("n does not count the answers")
    newest: dict[str, Entry] = {}
    for item in answers:
        entry = _entry(item, fields)
        known = newest.get(entry.q)
        if known is None or entry.seq > known.seq:
            newest[entry.q] = entry
    return Message(
        generation=_whole(body.get("generation"), "generation", 0, SEQ_LIMIT),
        holder=_whole(body.get("holder"), "holder", 0, SEQ_LIMIT),
        entries=tuple(newest.values()),
    )
