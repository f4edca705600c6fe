"""Papers for people without a phone: what is printed, and what an answer counts.

Pure: nothing here knows a database, a clock or a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from question_bank.rules.printed import Asked
from question_bank.rules.validity import LETTERS, Draft


def paper_mark(number: int, digest: str) -> str:
    """卷号: what names a paper on every one of its pages: 0042-9f3a1c.

    :param number: The paper's place in the draw, from 0.
    :param digest: Of the paper: who holds another print of it sees it.
    """
    return f"{number + 1:04d}-{digest[:6]}"


def asked_on(
    kind: str, stem: str, options: Sequence[str], order: str, points: int
) -> Asked:
    """A question as one paper asks it, without a key: there is none to lose.

    :param order: "BADC": the bank's option B is shown as A; empty: as in the bank.
    :param points: Hundredths.
    """
    shown = [options[LETTERS.index(letter)] for letter in order] or options
    draft = Draft(kind=kind, stem=stem, options=tuple(shown), key=())
    return Asked(draft, Fraction(points, 100))


@dataclass(frozen=True)
class Hold:
    """One attempt of a candidate: its paper, and how its sitting stands."""

    paper_id: int
    attempt: int
    state: str | None  # of the sitting; None: not begun


def paper_in_turn(holds: Sequence[Hold]) -> Hold | None:
    """The paper somebody writes on now: begun and not handed in, else the next one.

    None if all attempts are used.
    """
    running = [hold for hold in holds if hold.state == "open"]
    fresh = [hold for hold in holds if hold.state is None]
    return next(iter([*running, *fresh]), None)
