"""Papers for people without a phone: what is printed, and what an answer counts.

Pure: nothing here knows a database, a clock or a page.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from core.errors import Refused
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


def paper_to_enter(holds: Sequence[Hold], begun: int | None = None) -> Hold | None:
    """The paper an answer sheet belongs to: the one in turn, else the last one handed
    in. None if there is none that counts.

    :param begun: The paper one has entered already: what the phone did meanwhile does
        not send the second person to another paper.
    """
    known = next((hold for hold in holds if hold.paper_id == begun), None)
    closed = [hold for hold in holds if hold.state in ("submitted", "auto")]
    return known or paper_in_turn(holds) or next(reversed(closed), None)


class Outcome(StrEnum):
    """What becomes of an answer sheet of paper."""

    ALONE = "alone"  # there is nothing else: it is the sitting
    JOINED = "joined"  # a phone has begun and not handed in: both together
    KEPT = "kept"  # a phone has handed in: that counts, the sheet is kept


#: In words, for those who hand it in.
OUTCOMES = {
    Outcome.ALONE: "此人没有用手机作答，按纸质答卷交卷、计分。",
    Outcome.JOINED: (
        "此人用手机开始过，但没有自己交卷：纸上写了的题以纸为准，"
        "纸上空着的题用手机上已保存的答案，合为一份交卷、计分。"
    ),
    Outcome.KEPT: "此人已用手机交卷，先交的为准：纸质答卷的录入留存备查，不计分。",
}


def outcome_of(state: str | None) -> Outcome:
    """What becomes of a sheet of paper, by how the sitting of its paper stands.

    Whoever handed in on the phone has decided; a sitting that is open, or was only
    closed because time was over, has not, and the pen went on where the phone failed.

    :raises Refused: If that attempt is void.
    """
    if state is None:
        return Outcome.ALONE
    if state in ("open", "auto"):
        return Outcome.JOINED
    if state == "submitted":
        return Outcome.KEPT
    raise Refused("这份试卷的作答已经作废，不能再录入；另给的机会用另一份试卷")


def read_pen(kind: str, options: int, texts: Sequence[str]) -> list[str]:
    """What somebody typed of an answer sheet, as the save protocol has it.

    :param options: How many options; for fill: how many blanks.
    :param texts: What was typed: one text; for fill: one a blank.
    :raises Refused: If the question cannot have this value.
    """
    if kind == "fill":
        values = [text.strip() for text in texts]
        if any(len(text) > TEXT_LIMIT for text in values):
            raise Refused("一个空最多 %(n)d 个字", n=TEXT_LIMIT)
        return values if any(values) else []
    typed = _SEPARATORS.sub("", unicodedata.normalize("NFKC", "".join(texts))).upper()
    if kind == "judge":
        if typed and typed not in _JUDGED:
            raise Refused("判断题请填 √ 或 ×（也可以填 T 或 F、1 或 0）")
        return [_JUDGED[typed]] if typed else []
    letters = list(dict.fromkeys(typed))
    allowed = LETTERS[:options]
    if any(letter not in allowed for letter in letters):
        raise Refused("只有 A 到 %(last)s", last=allowed[-1])
    if kind == "single" and len(letters) > 1:
        raise Refused("单选题只有一个答案；卷上涂了两格的，请留空")
    return sorted(letters)


TEXT_LIMIT = 200  # characters of a blank
_SEPARATORS = re.compile(r"[\s、,，.。;；/]+")
_JUDGED = dict.fromkeys(("√", "✓", "✔", "对", "正确", "T", "Y", "1"), "T") | (
    dict.fromkeys(("×", "X", "✗", "✘", "错", "错误", "F", "N", "0"), "F")
)


def differences(
    first: Mapping[str, Sequence[str]], second: Mapping[str, Sequence[str]]
) -> list[str]:
    """The questions two people read differently, in the order of the paper."""
    every = {*first, *second}
    return sorted(
        (q for q in every if list(first.get(q, [])) != list(second.get(q, []))),
        key=lambda q: tuple(map(int, q.split("."))),
    )


def settle(
    first: Mapping[str, Sequence[str]],
    second: Mapping[str, Sequence[str]],
    chosen: Mapping[str, int],
) -> dict[str, list[str]]:
    """The answers of a sheet: what both read, and where they differ what was chosen.

    :param chosen: Question → 1 or 2.
    :raises Refused: If a difference is not settled.
    """
    apart = differences(first, second)
    open_ = [q for q in apart if chosen.get(q) not in (1, 2)]
    if open_:
        raise Refused("第 %(q)s 题两次录入不同，请对照答题卡选定", q="、".join(open_))
    answers = {q: list(value) for q, value in first.items() if q not in apart}
    for q in apart:
        value = (first if chosen[q] == 1 else second).get(q)
        if value:
            answers[q] = list(value)
    return answers
