"""The save protocol's message: what a phone sends, read without trust.

What is sent is checked against the paper: a question that is not on it, a letter
beyond its options or a text beyond the limit refuse the whole message, so that
nothing is ever stored in part or cut.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

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


class Entry(NamedTuple):
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
    try:
        if field.kind == "fill":
            return _texts(value, field.options)
        return _letters(field.kind, field.options, tuple(value))
    except ValueError as error:
        raise Malformed(f"q {q}: {error}") from None


def _texts(value: Sequence[str], blanks: int) -> str:
    if len(value) > blanks:
        raise ValueError("more texts than blanks")
    if any(len(text) > TEXT_LIMIT for text in value):
        raise ValueError(f"a text is longer than {TEXT_LIMIT} characters")
    if any("\x00" in text for text in value):
        raise ValueError("a NUL character")
    try:
        encode(value).encode()
    except UnicodeEncodeError:
        raise ValueError("not Unicode text") from None
    return encode(value if any(text.strip() for text in value) else [])


@lru_cache(maxsize=1024)  # a hand-in carries 50, and everybody's are the same few
def _letters(kind: str, options: int, value: tuple[str, ...]) -> str:
    allowed = "TF" if kind == "judge" else LETTERS[:options]
    if any(len(x) != 1 or x not in allowed for x in value):
        raise ValueError(f"not among {allowed}")
    if len(set(value)) != len(value):
        raise ValueError("a letter twice")
    if kind != "multi" and len(value) > 1:
        raise ValueError("more than one choice")
    return encode(sorted(value))


def _whole(value: object, what: str, high: int, q: str = "") -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= high:
        return value
    where = f"q {q}: {what}" if q else what
    raise Malformed(f"{where} is not a whole number up to {high}")


def _entry(item: object, fields: Mapping[str, Field]) -> Entry:
    if not isinstance(item, dict):
        raise Malformed("an answer is not an object")
    q = item.get("q")
    if not isinstance(q, str) or (field := fields.get(q)) is None:
        raise Malformed(f"q {q!r} is not on this paper")
    at_ms = item.get("at_ms")
    return Entry(
        q=q,
        seq=_whole(item.get("seq"), "seq", SEQ_LIMIT, q),
        value=read_value(field, item.get("value"), q),
        at_ms=None if at_ms is None else _whole(at_ms, "at_ms", AT_MS_LIMIT),
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
    if _whole(body.get("n"), "n", 10_000) != len(answers):
        raise Malformed("n does not count the answers")
    newest: dict[str, Entry] = {}
    for item in answers:
        entry = _entry(item, fields)
        known = newest.get(entry.q)
        if known is None or entry.seq > known.seq:
            newest[entry.q] = entry
    return Message(
        generation=_whole(body.get("generation"), "generation", SEQ_LIMIT),
        holder=_whole(body.get("holder"), "holder", SEQ_LIMIT),
        entries=tuple(newest.values()),
    )
