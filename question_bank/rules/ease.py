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
    if 2 * share >= LABELS["easy"] + LABELS["medium"]:
        return "easy"
    return "medium" if 2 * share >= LABELS["medium"] + LABELS["hard"] else "hard"


def disagrees(difficulty: str, share: int, answers: int) -> bool:
    """Whether the data speak against a label, and there are enough of them."""
    return answers >= ENOUGH and level_of(share) != difficulty
