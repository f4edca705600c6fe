"""An entry of the audit log as people read it: who did what, to what, with what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext

from audit.names import ACTIONS, ACTORS, OBJECTS, called, told
from audit.queries.log import Line, Names, names_in
from audit.queries.verification import Found
from audit.sentences import sentence
from core.pages import clock


@dataclass(frozen=True)
class Told:
    """One entry in words."""

    n: int
    at: datetime
    who: str
    what: str
    object: str
    facts: list[str]
    hash: str

    @property
    def details(self) -> str:
        """The facts in one line."""
        return "，".join(self.facts)


def tell(lines: Sequence[Line], *, digests: bool, people: bool) -> list[Told]:
    """Entries in words. As many queries as ``names_in``.

    :param digests: Whether facts that only a comparison needs are told, too.
    :param people: Whether those on the rosters are named.
    """
    names = names_in(lines, people=people)
    return [_told(line, names, digests) for line in lines]


def _told(line: Line, names: Names, digests: bool) -> Told:
    return Told(
        n=line.n,
        at=line.at,
        who=_who(line.actor, names),
        what=gettext(ACTIONS.get(line.action, line.action)),
        object=_object(line.object, names),
        facts=list(told(line.facts, digests=digests, meant=names.meant)),
        hash=line.hash,
    )


def _who(actor: str, names: Names) -> str:
    kind, number = called(actor, ACTORS)
    if actor.startswith("account:") and number.isdigit():
        return names.accounts.get(int(number), f"{kind} {number}")
    return f"{gettext(kind)} {number}".strip()


def _object(reference: str, names: Names) -> str:
    kind, number = called(reference, OBJECTS)
    own = reference.partition(":")[0]
    name = ""
    if number.isdigit():
        key = int(number)
        if own == "account":
            name = names.accounts.get(key, "")
        elif own in ("exam", "sitting"):
            exam = key if own == "exam" else names.sittings.get(key, 0)
            name = names.exams.get(exam, "")
        elif own == "person":
            name = names.meant.get((own, key), "")
    if own == "unit":
        name = names.units.get(number, "")
    if own == "file":
        number = number[:12]
    return f"{gettext(kind)} {number} {name}".strip()


def tell_break(one: Found) -> str:
    """A break in one sentence."""
    action = gettext(ACTIONS.get(one.action, one.action))
    note = sentence(one.place, clock(one.at, "%Y-%m-%d %H:%M:%S"), action)
    text: str = gettext(note.message, **note.values)
    return text
