"""Which questions of a file look like one of the bank, or like one before them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.db import end_reading
from question_bank.import_queries import texts_to_compare
from question_bank.rules.content import texts_of
from question_bank.rules.intake import STEP, Alike, Typed
from question_bank.rules.similarity import find_alike, grams

Progress = Callable[[int, int], None]  # how many are done, of how many


@dataclass(frozen=True)
class Pair:
    """Two questions of the bank that look alike."""

    share: float
    question_id: int
    other_id: int  # the older one


def find_pairs(progress: Progress | None = None) -> list[Pair]:
    """The questions of the bank that look like an older one, the likest first.

    One query. Seconds for 10,000 questions.
    """
    known = texts_to_compare()
    end_reading()
    found = []
    sets = (grams(one.stem, one.options) for one in known)
    for at, (_, before) in enumerate(find_alike(sets, ())):
        if before:
            ids = known[at].question_id, known[before.index].question_id
            found.append(Pair(before.share, *ids))
        if progress and ((at + 1) % STEP == 0 or at + 1 == len(known)):
            progress(at + 1, len(known))
    return sorted(found, key=lambda pair: (-pair.share, pair.question_id))


def find_likenesses(
    typed: Sequence[Typed], progress: Progress | None = None
) -> list[Alike | None]:
    """For each question the one it looks like most, of the bank before the file.

    One query. Seconds for 10,000 questions and a bank of 10,000.
    """
    known = texts_to_compare()
    pairs = find_alike(
        (grams(*texts_of(one.draft)) for one in typed),
        (grams(one.stem, one.options) for one in known),
    )
    found: list[Alike | None] = []
    for done, (of_bank, of_file) in enumerate(pairs, 1):
        if of_bank and (of_file is None or of_bank.share >= of_file.share):
            found.append(Alike(of_bank.share, known[of_bank.index].question_id))
        elif of_file:
            found.append(Alike(of_file.share, None, of_file.index))
        else:
            found.append(None)
        if progress and (done % STEP == 0 or done == len(typed)):
            progress(done, len(typed))
    return found
