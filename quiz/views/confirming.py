"""Is that you: the page before the start, with the notice and the rules.

Who has said who they are gets it, and who scanned a ticket of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from flask import Response

from core.db import read_core
from core.moulds import moulded
from core.pages import clock
from quiz.queries.entry import Card, Due
from quiz.queries.handed import Handed
from quiz.queries.opened import find_sheet_counts
from quiz.views.device import form_token, make_ticket
from quiz.views.presence import is_let_start, note_scan
from quiz.views.receipt import Shown, shown_score


def door_of(exam: Card, moment: datetime) -> str:
    """early, undrawn, open or closed."""
    if moment < exam.opens_at:
        return "early"
    if moment >= exam.closes_at:
        return "closed"
    return "open" if exam.drawn_at else "undrawn"


def confirm_page(
    exam: Card,
    candidate: Due,
    sittings: Sequence[Handed],
    rows: Sequence[tuple[str, int, int]],
    moment: datetime,
    error: str = "",
) -> Response:
    """The page, or what somebody reads who cannot start.

    :param sittings: Of the candidate, the newest last.
    :param rows: What a paper holds.
    :param error: What was wrong with the hall's digits.
    """
    last = sittings[-1] if sittings else None
    seen = note_scan(exam, candidate, moment)
    ends = min(moment + timedelta(seconds=exam.duration_s), exam.closes_at)
    page = moulded(
        "phone/confirm.html",
        {
            "candidate.name": candidate.name,
            "candidate.unit_name": candidate.unit_name,
            "ticket": make_ticket(exam.code, candidate.id),
            "csrf": form_token(),
            "until": clock(ends, "%H:%M"),
            "error": error,
            "seen.at": clock(seen.at, "%H:%M") if seen else "",
            "seen.room": (seen and seen.room) or "",
        },
        exam=exam,
        exempt=candidate.exempt_reason is not None,
        state=door_of(exam, moment),
        sitting_state=last.state if last else None,
        may_start=_may_start(exam, candidate, sittings, moment),
        may_wait=_may_wait(exam, candidate, sittings, moment),
        wrong=bool(error),
        checked_in=seen is not None and is_let_start(exam, seen),
        to_check_in=(last is None or last.state != "open")
        and not is_let_start(exam, seen),
        in_room=bool(seen and seen.room),
        result=_shown(exam, last, moment) if last else None,
        rows=tuple(rows),
    )
    return Response(page, status=403 if error else 200, mimetype="text/html")


def _shown(exam: Card, sitting: Handed, moment: datetime) -> Shown | None:
    with read_core() as connection:
        _, items, _ = find_sheet_counts(
            connection, sitting.sitting_id, sitting.generation
        )
    return shown_score(exam, sitting, items, moment)


def _may_start(
    exam: Card, candidate: Due, sittings: Sequence[Handed], moment: datetime
) -> bool:
    if any(one.state == "open" for one in sittings):
        return True
    return (
        door_of(exam, moment) == "open"
        and candidate.exempt_reason is None
        and len(sittings) < exam.attempts
    )


def _may_wait(
    exam: Card, candidate: Due, sittings: Sequence[Handed], moment: datetime
) -> bool:
    """Whether the paper can be begun later, by the page that waits."""
    if candidate.exempt_reason is not None or sittings:
        return False
    door = door_of(exam, moment)
    by_word = exam.presence == "invigilator" and not is_let_start(exam, candidate.seen)
    return door in ("early", "undrawn") or (door == "open" and by_word)
