"""How easy a question is: what its label says, corrected by what people earned.

Shares of the points, in thousandths. The label counts as eight answers, so that a few
unlucky ones do not turn a question around.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

#: Where a label starts before anybody has answered.
LABELS = {"easy": 850, "medium": 700, "hard": 500}
WEIGHT = 8  # answers that a label is worth
ENOUGH = 30  # answers from which on label and data are compared
#: The smallest share that is nearest to each label; easiest first.
LOWEST = {
    "easy": (LABELS["easy"] + LABELS["medium"]) // 2,
    "medium": (LABELS["medium"] + LABELS["hard"]) // 2,
    "hard": 0,
}


def learned(
    difficulty: str, outcomes: Iterable[tuple[int, int, int]]
) -> tuple[int, int]:
    """The share people earn of a question's points, and from how many answers.

    :param outcomes: For each exam: answers, points earned, points possible.
    :return: Thousandths, halves up; with no answers the label's own.

    >>> learned("easy", [(8, 400, 1600)])
    (550, 8)
    """
    answers, earned = 0, Fraction(0)
    for n, got, most in outcomes:
        if n and most:
            answers += n
            earned += Fraction(n * got, most)
    share = (WEIGHT * LABELS[difficulty] + 1000 * earned) / (WEIGHT + answers)
    return int(share + Fraction(1, 2)), answers


def level_of(share: int) -> str:
    """The label a share is nearest to.

    >>> [level_of(share) for share in (775, 774, 600, 599)]
    ['easy', 'medium', 'medium', 'hard']
    """
    return next(level for level, lowest in LOWEST.items() if share >= lowest)


def disagrees(difficulty: str, share: int, answers: int) -> bool:
    """Whether the data speak against a label, and there are enough of them."""
    return strays(difficulty, share, answers) != ""


def strays(difficulty: str, share: int, answers: int) -> str:
    """Whether a question is harder or easier than its label; empty: neither is known.

    >>> strays("easy", 774, ENOUGH), strays("hard", 600, ENOUGH), strays("easy", 0, 1)
    ('harder', 'easier', '')
    """
    order = list(LOWEST)
    off = order.index(level_of(share)) - order.index(difficulty)
    if answers < ENOUGH or not off:
        return ""
    return "harder" if off > 0 else "easier"
