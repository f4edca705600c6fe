"""Which questions look alike: character n-grams, compared as sets.

Two questions are alike if the sets of their character bigrams overlap by
``THRESHOLD`` or more (Jaccard: common ÷ all). Compared are the stem and each option by
itself, so that neither the order of the options nor spaces, widths, marks and blanks
count. The key does not count either: one question with two keys is the likeness that
matters most.

``find_alike`` gives what comparing every pair would give, without comparing every pair
(the prefix filter of Chaudhuri, Ganti and Kaushik, ICDE 2006, with the rarest grams
first): two sets that overlap by t have one of the |x| − ⌈t·|x|⌉ + 1 rarest grams of
either in common. Before two sets are compared, 512-bit marks of both say how much they
can overlap at the most: a bit of one mark that the other lacks is a gram that the other
lacks. Only where one question has more than ``MOST`` such neighbours are the
rest of them left out.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

from question_bank.rules.wording import comparable

#: A changed word, an added half-sentence or one other option stay above it; in the
#: starter bank no two questions reach 0.4.
THRESHOLD = 0.65
MOST = 2000  # neighbours of one question that are looked at, the likeliest first
ENOUGH = 40  # of them, where one that is alike has been found
_NO_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Likeness:
    """The one that is most like a question, and how much."""

    index: int  # among those it was compared with
    share: float  # THRESHOLD to 1


def grams(stem: str, options: Sequence[str] = ()) -> frozenset[str]:
    """The bigrams of a question; the ends of each text count as signs."""
    found: set[str] = set()
    for text in (stem, *options):
        plain = _NO_LETTER.sub("", comparable(text))
        if plain:
            marked = f"\x02{plain}\x03"
            found.update(map("".join, pairwise(marked)))
    return frozenset(found)


def share(one: frozenset[str], other: frozenset[str]) -> float:
    """How much two sets overlap: 0 to 1."""
    common = len(one & other)
    return common / (len(one) + len(other) - common) if common else 0.0


def find_alike(
    new: Iterable[frozenset[str]], known: Iterable[frozenset[str]]
) -> Iterator[tuple[Likeness | None, Likeness | None]]:
    """For each new one the likest of the known, and the likest of the new before it.

    :return: One pair for each of ``new``, in its order; None: none is alike.
    """
    numbers: dict[str, int] = {}  # of the grams, as they are met
    before = [_numbered(one, numbers) for one in known]
    fresh = [_numbered(one, numbers) for one in new]
    rank = _ranks(chain(before, fresh), len(numbers))
    old, seen = _Index(), _Index()
    for one in before:
        old.add(_in_order(one, rank))
    before.clear()
    for one in fresh:
        ordered = _in_order(one, rank)
        yield old.likest(ordered), seen.likest(ordered)
        seen.add(ordered)


def _numbered(one: frozenset[str], numbers: dict[str, int]) -> array[int]:
    """A set as numbers: a tenth of the memory, and quicker to compare."""
    return array("I", (numbers.setdefault(gram, len(numbers)) for gram in one))


def _ranks(sets: Iterable[array[int]], count: int) -> list[int]:
    """The place of each gram among all, the rarest first."""
    often = [0] * count
    for one in sets:
        for number in one:
            often[number] += 1
    rank = [0] * count
    for place, number in enumerate(sorted(range(count), key=often.__getitem__)):
        rank[number] = place
    return rank


def _in_order(one: array[int], rank: list[int]) -> array[int]:
    """A set as the ranks of its grams, the rarest first."""
    return array("I", sorted(map(rank.__getitem__, one)))


class _Index:
    """Sets by their rarest grams."""

    def __init__(self) -> None:
        self._sets: list[array[int]] = []
        self._marks: list[int] = []
        #: For each gram the sets that have it among their rarest: index, how many
        #: grams they have from there on, and how many in all.
        self._by_gram: dict[int, list[tuple[int, int, int]]] = {}

    def add(self, ordered: array[int]) -> None:
        """Take in one more set."""
        size = len(ordered)
        for place, gram in enumerate(ordered[: _prefix(size)]):
            self._by_gram.setdefault(gram, []).append(
                (len(self._sets), size - place, size)
            )
        self._sets.append(ordered)
        self._marks.append(_mark(ordered))

    def likest(self, ordered: array[int]) -> Likeness | None:
        """The set that overlaps most with one, of those taken in."""
        size = len(ordered)
        one, mark = set(ordered), _mark(ordered)
        seen: set[int] = set()
        best: Likeness | None = None
        for place, gram in enumerate(ordered[: _prefix(size)]):
            left = size - place
            for index, other_left, other in self._by_gram.get(gram, ()):
                # What is left of both from this gram on must be enough.
                needed = (size + other) * _OVERLAP - _HAIR
                if left < needed or other_left < needed or index in seen:
                    continue
                seen.add(index)
                other_mark = self._marks[index]
                common = min(
                    size - (mark & ~other_mark).bit_count(),
                    other - (other_mark & ~mark).bit_count(),
                )
                least = best.share if best else _BELOW
                if common / (size + other - common) > least:
                    common = len(one.intersection(self._sets[index]))
                    found = common / (size + other - common)
                    if found > least:
                        best = Likeness(index, found)
                if len(seen) > (MOST if best is None else ENOUGH):
                    return best
        return best


def _mark(ordered: array[int]) -> int:
    """A set in so few bits that two of them are compared at once."""
    mark = 0
    for gram in ordered:
        mark |= 1 << gram % 512
    return mark


_BELOW = math.nextafter(THRESHOLD, 0)  # what is more than this is enough
_HAIR = 1e-9  # 26 of 40 are 0.65, although 0.65 × 66 ÷ 1.65 is more than 26 in floats
_OVERLAP = THRESHOLD / (1 + THRESHOLD)  # of both sizes together


def _prefix(size: int) -> int:
    """How many of its rarest grams a set is found by."""
    return size - math.ceil(THRESHOLD * size - _HAIR) + 1
