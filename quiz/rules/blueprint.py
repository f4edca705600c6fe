"""组卷方案: its rows, and which questions of the bank serve which row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import lcm

from core.errors import Refused
from question_bank.rules.ease import LABELS
from quiz.rules.flow import Pile, Sharing, share

KINDS = {
    "single": "单选",
    "multi": "多选",
    "judge": "判断",
    "fill": "填空",
    "case": "案例",
}
FEWEST_PARTS, MOST_PARTS = 2, 5  # of a case
DIFFICULTIES = {"easy": "易", "medium": "中", "hard": "难"}

MOST_ROWS = 60
MOST_QUESTIONS = 200
MOST_POINTS = 10_000  # of one question, in hundredths

Below = Mapping[int, frozenset[int]]  # topic → itself and all below it


@dataclass(frozen=True)
class Row:
    """So many questions of this kind, topic and difficulty."""

    position: int  # unique in a blueprint; the order on the paper
    kind: str
    topic: int | None  # None: any
    difficulty: str | None  # None: any
    count: int
    points: int  # of one question, in hundredths
    parts: int = 0  # of each case; 0 for the other kinds


@dataclass(frozen=True)
class BankCard:
    """A question of the bank, as far as a blueprint sees it."""

    version: int
    question: int
    kind: str
    topic: int
    difficulty: str
    options: int  # how many
    pinned: bool  # options keep their places
    used: int  # papers that held the question before
    #: Of a case, for each part: how many options, and whether they keep their places.
    parts: tuple[tuple[int, bool], ...] = ()
    enemies: int | None = None  # those of one number never stand on one paper
    #: The share of the points people earn, in thousandths; None: as its label says.
    share: int | None = None
    ease: int | None = None  # as it was frozen for its row


@dataclass(frozen=True)
class Shortage:
    """Rows that together want more questions than the bank has for them."""

    rows: tuple[Row, ...]
    need: int
    have: int

    @property
    def lack(self) -> int:
        """Questions to be added."""
        return self.need - self.have


def maximum(rows: Iterable[Row]) -> int:
    """The marks of a paper, in hundredths."""
    return sum(row.count * row.points for row in rows)


def check_rows(rows: Sequence[Row]) -> None:
    """Refuse a blueprint that cannot be meant.

    :raises Refused: With the row's number as people count.
    """
    if len(rows) > MOST_ROWS:
        raise Refused("组卷方案最多 %(most)d 行，请合并或删去一些", most=MOST_ROWS)
    for n, row in enumerate(rows, 1):
        if row.kind not in KINDS or row.difficulty not in {None, *DIFFICULTIES}:
            raise Refused("组卷方案第 %(n)d 行的题型或难度不认识，请重新选择", n=n)
        if row.parts not in _possible_parts(row.kind):
            raise Refused(
                "组卷方案第 %(n)d 行：案例题要选定每题有几个小题（2 至 5 个）", n=n
            )
        if not 1 <= row.count <= MOST_QUESTIONS:
            raise Refused(
                "组卷方案第 %(n)d 行的题数应为 1 到 %(most)d", n=n, most=MOST_QUESTIONS
            )
        if not 1 <= row.points <= MOST_POINTS:
            raise Refused("组卷方案第 %(n)d 行的每题分值应为 0.01 到 100", n=n)
    if sum(row.count * max(1, row.parts) for row in rows) > MOST_QUESTIONS:
        raise Refused("一份试卷最多 %(most)d 题，请减少题数", most=MOST_QUESTIONS)


def _possible_parts(kind: str) -> range:
    return range(FEWEST_PARTS, MOST_PARTS + 1) if kind == "case" else range(1)


def subtrees(parents: Mapping[int, int | None]) -> dict[int, frozenset[int]]:
    """For every topic: itself and all topics below it."""
    below: dict[int, set[int]] = {topic: {topic} for topic in parents}
    for topic in parents:
        above, seen = parents[topic], {topic}
        while above is not None and above in below and above not in seen:
            below[above].add(topic)
            seen.add(above)
            above = parents[above]
    return {topic: frozenset(all_below) for topic, all_below in below.items()}


def accepts(row: Row, card: BankCard, below: Below) -> bool:
    """Whether a question may serve a row."""
    return (
        row.kind == card.kind
        and row.parts == len(card.parts)
        and row.difficulty in (None, card.difficulty)
        and (row.topic is None or card.topic in below.get(row.topic, frozenset()))
    )


def ease_of(card: BankCard, points: int) -> int:
    """Expected points in thousandths of a point, for a question worth ``points``."""
    if card.ease is not None:
        return card.ease
    return (_share_of(card) * points + 50) // 100


def _share_of(card: BankCard) -> int:
    return LABELS[card.difficulty] if card.share is None else card.share


def kind_name(row: Row) -> str:
    """The kind of a row; of cases with the number of their parts: 案例（3 小题）."""
    word = KINDS[row.kind]
    return f"{word}（{row.parts} 小题）" if row.parts else word


def cell_name(row: Row, topics: Mapping[int, str]) -> str:
    """A row as people name it: 单选（民法典，任意难度）."""
    topic = "任意知识点" if row.topic is None else topics.get(row.topic, "？")
    label = DIFFICULTIES.get(row.difficulty or "")
    return f"{kind_name(row)}（{topic}，{'难度' + label if label else '任意难度'}）"


def row_name(row: Row, topics: Mapping[int, str]) -> str:
    """A row in few words, what is any left out: 单选·民法典·难."""
    topic = "" if row.topic is None else topics.get(row.topic, "？")
    label = DIFFICULTIES.get(row.difficulty or "", "")
    return "·".join(word for word in (kind_name(row), topic, label) if word)


def refuse_shortage(shortages: Sequence[Shortage], topics: Mapping[int, str]) -> None:
    """Say which cell lacks what.

    :raises Refused: If there is a shortage; names the first and counts the rest.
    """
    if not shortages:
        return
    first = shortages[0]
    message = (
        "%(cell)s需要 %(need)d 题，题库只有 %(have)d 题，请补 %(lack)d 题或减少题数"
        if len(first.rows) == 1
        else "%(cell)s合计需要 %(need)d 题，题库只有 %(have)d 题，"
        "请补 %(lack)d 题或减少题数"
    )
    if len(shortages) > 1:
        message += "（另有 %(more)d 处不足）"
    raise Refused(
        message,
        cell="、".join(cell_name(row, topics) for row in first.rows),
        need=first.need,
        have=first.have,
        lack=first.lack,
        more=len(shortages) - 1,
    )


def shortages(
    rows: Sequence[Row], cards: Sequence[BankCard], below: Below, *, papers: int
) -> list[Shortage]:
    """What the bank lacks to give that many papers that share nothing.

    With ``papers=1``: what it lacks to fill the blueprint at all. Rows that compete
    for the same questions stand in one shortage.
    """
    piles = _piles(rows, cards, below)
    sharing = _share(rows, piles, papers)
    found = []
    for group in sharing.starved:
        wanting = tuple(row for row in rows if row.position in group)
        have = sum(len(pile) for key, pile in piles.items() if group & set(key))
        found.append(Shortage(wanting, papers * sum(r.count for r in wanting), have))
    return sorted(found, key=lambda shortage: shortage.rows[0].position)


def settled_shortages(
    rows: Sequence[Row], allotted: Mapping[int, Sequence[BankCard]], *, papers: int
) -> list[Shortage]:
    """As ``shortages``, where it is settled already which row every card serves."""
    found = [
        Shortage((row,), papers * row.count, len(allotted[row.position]))
        for row in rows
    ]
    return [shortage for shortage in found if shortage.lack > 0]


def allot(
    rows: Sequence[Row], cards: Sequence[BankCard], below: Below
) -> dict[int, list[BankCard]]:
    """Make the rows disjoint: every question of use goes to one row.

    First the largest hand that all rows can have together is found, then what is
    left goes to the row that is worst off for its count. A pile that several rows
    share is split evenly along its ease.

    :return: The cards of each row by its position, sorted by version. They depend
        on neither the order of the rows' cards nor any chance.
    """
    piles = _piles(rows, cards, below)
    low, high = 0, len(cards)
    while low < high:  # the largest number of papers nobody starves at
        middle = (low + high + 1) // 2
        if _share(rows, piles, middle).starved:
            high = middle - 1
        else:
            low = middle
    sharing = _share(rows, piles, low)
    _share_rest(rows, list(piles), sharing)
    hands: dict[int, list[BankCard]] = {row.position: [] for row in rows}
    for pile, given in zip(piles.values(), sharing.given, strict=True):
        _split(pile, given, hands)
    for cell in hands.values():
        cell.sort(key=lambda card: card.version)
    return hands


Piles = dict[tuple[int, ...], list[BankCard]]


def _piles(rows: Sequence[Row], cards: Sequence[BankCard], below: Below) -> Piles:
    """Cards by the rows that accept them, hardest first in each pile."""
    piles: Piles = {}
    seen: dict[tuple[str, int, str, int], tuple[int, ...]] = {}
    for card in cards:
        like = (card.kind, card.topic, card.difficulty, len(card.parts))
        if like not in seen:
            seen[like] = tuple(r.position for r in rows if accepts(r, card, below))
        if seen[like]:
            piles.setdefault(seen[like], []).append(card)
    for pile in piles.values():
        pile.sort(key=lambda card: (_share_of(card), card.version))
    return dict(sorted(piles.items()))


def _share(rows: Sequence[Row], piles: Piles, papers: int) -> Sharing:
    demand = {row.position: row.count * papers for row in rows}
    return share(demand, [Pile(key, len(pile)) for key, pile in piles.items()])


def _share_rest(
    rows: Sequence[Row], keys: Sequence[tuple[int, ...]], sharing: Sharing
) -> None:
    """Give what is left to whoever has the least for their count."""
    counts = {row.position: row.count for row in rows}
    # Shares of different counts compare as integers over one denominator.
    weight = {p: lcm(*counts.values()) // count for p, count in counts.items()}
    total = dict.fromkeys(counts, 0)
    for given in sharing.given:
        for position, amount in given.items():
            total[position] += amount
    for n, key in enumerate(keys):
        while sharing.spare[n]:
            poorest = min(key, key=lambda p: (total[p] * weight[p], p))
            sharing.given[n][poorest] = sharing.given[n].get(poorest, 0) + 1
            total[poorest] += 1
            sharing.spare[n] -= 1


def _split(
    pile: Sequence[BankCard],
    given: Mapping[int, int],
    hands: Mapping[int, list[BankCard]],
) -> None:
    """Split a pile along its ease: at every card, to whom most is still owed."""
    owed = {position: amount for position, amount in sorted(given.items()) if amount}
    got = dict.fromkeys(owed, 0)
    for n, card in enumerate(pile, 1):
        # amount·n/size − got, over the whole size: integers keep it exact.
        position = max(owed, key=lambda p: (owed[p] * n - got[p] * len(pile), -p))
        hands[position].append(card)
        got[position] += 1
