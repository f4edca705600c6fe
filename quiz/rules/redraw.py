"""Drawing an exam again, from what was frozen: do the same papers come out?

Uses nothing but the standard library, and neither does what it imports: this very
file is handed to whoever doubts a draw (``quiz/draw_proof.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from quiz.rules.blueprint import Row
from quiz.rules.draw import (
    Digests,
    DrawnPaper,
    DrawPlan,
    PoolCard,
    RosterEntry,
    commitment_of,
    digests_of,
    draw,
    draw_further,
    seed_of,
)

FORMAT = "lawgauge-draw-1"


@dataclass(frozen=True)
class Held:
    """A paper as it stands now."""

    number: int
    digest: str
    person: int | None  # None: a spare, or with somebody who is not on the roster


@dataclass(frozen=True)
class Account:
    """What an exam says of its draw."""

    plan: DrawPlan
    #: Fixed at the publishing.
    digests: Digests
    commitment: str
    #: Fixed at the draw.
    secret: str
    public_source: str  # what the value was to be; binds nothing, tells where to look
    public_value: str
    seed: str
    papers: Sequence[Held]
    dealt: int  # papers in all, as the log of the draw and of each further deal says
    #: How many people of the roster were erased since: what bound them is gone.
    erased: int = 0


@dataclass(frozen=True)
class Redrawn:
    """What came out of drawing again."""

    broken: tuple[str, ...]  # of commitment, roster, bank, blueprint, seed
    papers: int  # how many are the same
    #: Numbers of those that are not, that nobody drew, or that are there twice.
    different: tuple[int, ...]
    missing: tuple[int, ...]  # numbers that were drawn and are not there
    moved: tuple[int, ...]  # numbers of those that another person holds
    erased: int

    @property
    def sound(self) -> bool:
        """Whether everything is as the draw made it.

        A paper that moved is no fault of the draw: the audit log says who moved it.
        """
        return not (self.broken or self.different or self.missing)


def redraw(account: Account) -> Redrawn:
    """Draw again by what an exam says, and compare each paper."""
    numbers: dict[int, list[Held]] = {}
    for one in account.papers:
        numbers.setdefault(one.number, []).append(one)
    try:
        drawn = _all_drawn(account.plan, account.seed, account.dealt)
    except ValueError:  # by such a bank or roster nothing can be drawn
        drawn = []
    same, different, missing, moved = 0, [], [], []
    for paper in drawn:
        held, *twice = numbers.pop(paper.number, [None])
        if twice:
            different.append(paper.number)
        elif held is None:
            missing.append(paper.number)
        elif held.digest != paper.digest:
            different.append(paper.number)
        else:
            same += 1
            # A spare is there to be given to somebody.
            if paper.person is not None and paper.person != held.person:
                moved.append(paper.number)
    return Redrawn(
        broken=tuple(_broken(account)),
        papers=same,
        different=tuple(sorted([*different, *numbers])),
        missing=tuple(missing),
        moved=tuple(moved),
        erased=account.erased,
    )


def _all_drawn(plan: DrawPlan, seed: str, count: int) -> list[DrawnPaper]:
    """The papers of the draw; gone on with, as far as the exam did."""
    papers = draw(plan, seed)
    while len(papers) < count:
        # Whose seat a further paper is says nothing: all of them begin as spares.
        further = draw_further(plan, seed, len(papers))
        papers += [replace(paper, person=None) for paper in further]
    return papers


def _broken(account: Account) -> Iterator[str]:
    """Which of the promises made at the publishing do not hold."""
    if commitment_of(account.secret) != account.commitment:
        yield "commitment"
    now = digests_of(account.plan)
    if now.roster != account.digests.roster and not _lost(account):
        yield "roster"
    if now.bank != account.digests.bank:
        yield "bank"
    if now.blueprint != account.digests.blueprint:
        yield "blueprint"
    if seed_of(account.secret, account.public_value, account.digests) != account.seed:
        yield "seed"


def _lost(account: Account) -> bool:
    """Whether the roster's digest tells nothing: what bound erased people is gone."""
    bare = sum(not (p.tail_digest or p.staff_digest) for p in account.plan.roster)
    return 0 < account.erased <= bare


#: What is said of a promise that does not hold.
BROKEN = {
    "commitment": "随机数与发布时固定的随机数摘要不符",
    "roster": "名单与发布时固定的名单摘要不符",
    "bank": "题库与发布时固定的题库摘要不符",
    "blueprint": "组卷方案与发布时固定的方案摘要不符",
    "seed": "抽卷种子不是由随机数、公开值和三个摘要算出的",
}
NAMED = 10  # numbers of papers a sentence lists


def sentences(redrawn: Redrawn) -> list[tuple[str, Mapping[str, object]]]:
    """What came out, in sentences: gettext ids with their values."""
    said: list[tuple[str, Mapping[str, object]]] = []
    if redrawn.erased:
        erased = "名单中 %(n)d 人的信息已按规定删除，名单没有核对"
        said.append((erased, {"n": redrawn.erased}))
    if redrawn.broken:
        said += [(BROKEN[name], {}) for name in redrawn.broken]
    elif redrawn.erased:
        said.append(("随机数、题库、组卷方案和种子都与发布时固定的一致", {}))
    else:
        said.append(("随机数、名单、题库、组卷方案和种子都与发布时固定的一致", {}))
    said.append(("重抽一致的试卷：%(n)d 份", {"n": redrawn.papers}))
    for template, numbers in (
        ("与重抽不同的试卷：%(n)d 份（卷号 %(which)s）", redrawn.different),
        ("抽出却不见的试卷：%(n)d 份（卷号 %(which)s）", redrawn.missing),
        (
            "换到他人名下的试卷：%(n)d 份（卷号 %(which)s），谁经手见审计记录",
            redrawn.moved,
        ),
    ):
        if numbers:
            said.append((template, {"n": len(numbers), "which": _listed(numbers)}))
    said.append((_conclusion(redrawn), {}))
    return said


def _conclusion(redrawn: Redrawn) -> str:
    if not redrawn.sound:
        return "结论：抽卷与公布的不一致"
    if redrawn.erased:
        return "结论：抽卷无误，但名单未能核对"
    return "结论：抽卷无误"


def _listed(numbers: Sequence[int]) -> str:
    # People count papers from 1.
    text = "、".join(str(number + 1) for number in numbers[:NAMED])
    return text + "…" if len(numbers) > NAMED else text


def written(account: Account) -> dict[str, Any]:
    """The account as JSON takes it; ``read`` reads it back."""
    plan = account.plan
    return {
        "format": FORMAT,
        "code": plan.code,
        "attempts": plan.attempts,
        "shuffle": plan.shuffle,
        "published": asdict(account.digests) | {"commitment": account.commitment},
        "secret": account.secret,
        "public_source": account.public_source,
        "public_value": account.public_value,
        "seed": account.seed,
        "dealt": account.dealt,
        "erased": account.erased,
        "rows": [asdict(row) for row in plan.rows],
        "pool": [asdict(card) for card in plan.pool],
        "roster": [asdict(entry) for entry in plan.roster],
        "papers": [[one.number, one.person, one.digest] for one in account.papers],
    }


def read(told: Any) -> Account:
    """What ``written`` wrote.

    :raises ValueError: If it is something else.
    """
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise ValueError("not an account of a draw")
    published = dict(told["published"])
    commitment = published.pop("commitment")
    return Account(
        plan=DrawPlan(
            code=told["code"],
            rows=[Row(**row) for row in told["rows"]],
            pool=[_card(card) for card in told["pool"]],
            roster=[_entry(entry) for entry in told["roster"]],
            attempts=told["attempts"],
            shuffle=told["shuffle"],
        ),
        digests=Digests(**published),
        commitment=commitment,
        secret=told["secret"],
        public_source=told["public_source"],
        public_value=told["public_value"],
        seed=told["seed"],
        papers=[Held(number, digest, who) for number, who, digest in told["papers"]],
        dealt=told["dealt"],
        erased=told["erased"],
    )


def _card(told: Mapping[str, Any]) -> PoolCard:
    parts = tuple((options, pinned) for options, pinned in told["parts"])
    return PoolCard(**{**told, "parts": parts})


def _entry(told: Mapping[str, Any]) -> RosterEntry:
    grouped = told["grouped"]
    return RosterEntry(
        **{**told, "grouped": None if grouped is None else tuple(grouped)}
    )
