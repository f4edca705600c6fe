"""A file of questions between the upload and the import: what a person changed in it.

The reading is kept beside the upload and never changed; every change is one more line
in a second file, so that nothing is lost at a reload and two windows do no harm. All
of it goes when the upload goes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.errors import Refused
from core.uploads import Upload, append_beside, read_beside, write_beside
from question_bank.formats.files import read_file
from question_bank.formats.reading import (
    Reading,
    dump_draft,
    dump_reading,
    load_draft,
    load_reading,
)
from question_bank.likeness import Progress, find_likenesses
from question_bank.rules.intake import Alike, Candidate, Typed
from question_bank.rules.validity import Draft

UPLOADS = "questions"  # the kind of upload
#: Questions of one file that can be looked at on pages.
MOST = 12_000
READING, CHANGES = "reading", "changes"


@dataclass
class Review:
    """A file as it stands now."""

    reading: Reading
    candidates: list[Candidate]
    edited: set[int]  # places of those that somebody changed
    import_id: int | None = None  # some of it has been imported


def read_for_review(upload: Upload, progress: Progress | None = None) -> int:
    """Read a file, compare it with the bank and keep what was found.

    Seconds for 10,000 questions.

    :return: How many questions it has.
    :raises Refused: If it cannot be read, or has more than ``MOST``.
    """
    reading = read_file(upload.path, filename=upload.filename)
    if len(reading.typed) > MOST:
        raise Refused(
            "“%(file)s”里有 %(n)d 题，网页一次最多核对 %(limit)d 题。"
            "请拆成几份，或请管理员用命令 flask bank import 导入",
            file=upload.filename,
            n=len(reading.typed),
            limit=MOST,
        )
    begin_review(upload, reading, find_likenesses(reading.typed, progress))
    return len(reading.typed)


def begin_review(
    upload: Upload, reading: Reading, alike: Sequence[Alike | None]
) -> None:
    """Keep what was read of a file and what it looks like."""
    found = dump_reading(reading) | {"alike": [_dump_alike(one) for one in alike]}
    write_beside(upload, READING, json.dumps(found))


def load_review(upload: Upload) -> Review | None:
    """The file with all changes; None if it has never been read."""
    kept = read_beside(upload, READING)
    if kept is None:
        return None
    value = json.loads(kept)
    reading = load_reading(value)
    review = Review(
        reading,
        [
            Candidate(typed, _load_alike(alike))
            for typed, alike in zip(reading.typed, value["alike"], strict=True)
        ],
        set(),
    )
    for line in (read_beside(upload, CHANGES) or "").splitlines():
        _apply(review, json.loads(line))
    return review


def note_edit(upload: Upload, place: int, draft: Draft) -> None:
    """A person typed a question anew."""
    _note(upload, {"edit": place, "draft": dump_draft(draft)})


def note_skip(upload: Upload, place: int, *, skip: bool) -> None:
    """A question is not to be taken, or to be taken after all."""
    _note(upload, {"skip": place, "on": skip})


def note_fill(upload: Upload, *, topic: str, difficulty: str) -> None:
    """A topic, a difficulty for all that have none now; empty: leave it."""
    _note(upload, {"fill": {"topic": topic, "difficulty": difficulty}})


def note_import(upload: Upload, import_id: int) -> None:
    """Questions of the file were imported; what follows belongs to the same import."""
    _note(upload, {"import": import_id})


def _note(upload: Upload, change: dict[str, Any]) -> None:
    append_beside(upload, CHANGES, json.dumps(change))


def _apply(review: Review, change: dict[str, Any]) -> None:
    candidates = review.candidates
    if "edit" in change:
        place = change["edit"]
        candidates[place] = _edited(candidates[place], load_draft(change["draft"]))
        review.edited.add(place)
    elif "skip" in change:
        place = change["skip"]
        candidates[place] = replace(candidates[place], skipped=change["on"])
    elif "fill" in change:
        candidates[:] = _filled(candidates, **change["fill"])
    elif "import" in change:
        review.import_id = change["import"]


def _edited(one: Candidate, draft: Draft) -> Candidate:
    """A question with what somebody typed: what was guessed before counts no more."""
    typed = replace(
        one.typed,
        draft=draft,
        faults=(),
        doubts=(),
        no_difficulty=False,
        stem=draft.stem,
        parts=tuple(
            Typed(part, one.typed.sheet, one.typed.number, counted=one.typed.counted)
            for part in draft.parts
        ),
    )
    # Whoever has seen the likeness and saved has decided about it.
    return Candidate(typed, None, one.skipped)


def _filled(
    candidates: Sequence[Candidate], *, topic: str, difficulty: str
) -> Iterator[Candidate]:
    for one in candidates:
        typed: Typed = one.typed
        if topic and not typed.draft.topic:
            typed = replace(typed, draft=replace(typed.draft, topic=topic))
        if difficulty and typed.no_difficulty:
            draft = replace(typed.draft, difficulty=difficulty)
            typed = replace(typed, draft=draft, no_difficulty=False)
        yield one if typed is one.typed else replace(one, typed=typed)


def _dump_alike(alike: Alike | None) -> list[Any] | None:
    if alike is None:
        return None
    return [alike.share, alike.question_id, alike.index]


def _load_alike(value: list[Any] | None) -> Alike | None:
    return Alike(*value) if value else None
