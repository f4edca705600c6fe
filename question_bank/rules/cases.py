"""Cases as files hold them: questions that share a stem, read one by one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from question_bank.rules.intake import Typed
from question_bank.rules.validity import Draft, Problem

#: Before the kind of a row that is a question of the case above it: 小题单选.
PART = "小题"

NO_CASE_ABOVE = Problem(
    "这是小题，它上面没有案例题。请在它上面加一行，题型写案例，题干写材料", "kind"
)


def as_case(case: Typed, parts: Iterable[Typed]) -> Typed:
    """A case with its questions.

    Topic, difficulty and tags are the case's; where it has none, those of its first
    question that has.
    """
    found = tuple(parts)
    levels = [part.draft.difficulty for part in found if not part.no_difficulty]
    topics = [part.draft.topic for part in found if part.draft.topic]
    own = case.draft
    return replace(
        case,
        draft=replace(
            own,
            parts=tuple(_bare(part.draft) for part in found),
            topic=own.topic or next(iter(topics), ""),
            tags=own.tags or next((p.draft.tags for p in found if p.draft.tags), ()),
            difficulty=levels[0] if case.no_difficulty and levels else own.difficulty,
        ),
        no_difficulty=case.no_difficulty and not levels,
        parts=found,
    )


def gather(rows: Iterable[tuple[bool, Typed]]) -> list[Typed]:
    """Rows of a table with the questions of a case under its row put into it.

    :param rows: Each with whether it is a question of a case.
    """
    found: list[tuple[Typed, list[Typed]]] = []
    for is_part, one in rows:
        if not is_part:
            found.append((one, []))
        elif found and found[-1][0].draft.kind == "case" and _below(found[-1][0], one):
            found[-1][1].append(one)
        else:
            found.append((replace(one, faults=(*one.faults, NO_CASE_ABOVE)), []))
    return [as_case(one, parts) if parts else one for one, parts in found]


def _below(case: Typed, part: Typed) -> bool:
    return case.sheet == part.sheet


def _bare(draft: Draft) -> Draft:
    return replace(draft, topic="", difficulty="medium", tags=())
