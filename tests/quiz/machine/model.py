"""What an exam and its sittings must be after anything people and phones do.

Plain Python, no database, nothing of the product: what is refused is raised as
``No`` with the reason's kind, everything else changes the state here as it must
change there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.quiz.machine.parts import (
    GRACE,
    LINGERS,
    OWN_TIME,
    UNDO,
    ZERO,
    Message,
    No,
    Person,
    Sat,
)
from tests.quiz.machine.scoring import Question, Sheet, digest, marks, word


class Model:
    """An exam with its people."""

    def __init__(
        self,
        opens: datetime,
        people: Mapping[int, Person],
        papers: Mapping[int, str],
        spares: list[int],
        questions: list[Question],
        secret: str,
    ) -> None:
        """Begin with an exam that was drawn.

        :param papers: The digest of each paper.
        """
        self.opens, self.closes = opens, opens + timedelta(hours=2)
        self.people, self.papers, self.spares = people, papers, spares
        self.questions, self.secret = questions, secret
        self.sat: dict[int, Sat] = {}
        self.late: list[tuple[int, str, Message]] = []
        self.grants: dict[str, tuple[tuple[str, Any], timedelta]] = {}
        self.paused: datetime | None = None
        self.pauses: dict[int, timedelta | None] = {}
        self.early: tuple[datetime, datetime] | None = None  # closed at, closes before
        self.revisions: list[dict[int, tuple[str, Any]]] = []
        self.log: list[str] = []

    # --- what is true of somebody ------------------------------------------------

    def reaches(self, reach: tuple[str, Any], who: int) -> bool:
        """Whether a grant reaches somebody."""
        kind, value = reach
        person = self.people[who]
        found = {"person": who, "unit": person.unit, "room": person.room, "all": None}
        return bool(found[kind] == value)

    def extra(self, who: int) -> timedelta:
        """All time given to somebody."""
        given = (t for reach, t in self.grants.values() if self.reaches(reach, who))
        return sum(given, ZERO)

    def running(self, who: int) -> Sat | None:
        """The open sitting of somebody."""
        return next(
            (s for s in self.sat.values() if s.who == who and s.state == "open"), None
        )

    def unused(self, who: int) -> int | None:
        """The next attempt that was not begun."""
        begun = {s.paper for s in self.sat.values()}
        hands = self.people[who].hands
        return next((a for a in sorted(hands) if hands[a] not in begun), None)

    def clock(self, now: datetime) -> datetime:
        """The exam's own time."""
        return now if self.paused is None else min(now, self.paused)

    def held(self, at: datetime) -> bool:
        """Whether somebody's time is running."""
        return any(
            s.state == "open" and s.deadline > at - LINGERS for s in self.sat.values()
        )

    def opened(self) -> Iterator[Sat]:
        """The open sittings."""
        return (s for s in self.sat.values() if s.state == "open")

    # --- phones ------------------------------------------------------------------

    def start(self, who: int, device: str, now: datetime, sitting: int) -> Sat:
        """Begin or come back; ``sitting`` is the id a new one gets."""
        running = self.running(who)
        if running is not None:
            if running.device != device and running.claim != device:
                running.claim = device
                self.log.append("sitting.claim")
            return running
        attempt = self.unused(who)
        if self.paused is not None or not (
            self.opens <= now < self.closes + self.extra(who)
        ):
            raise No("Refused")
        if attempt is None:
            raise No("Refused")
        ends = min(now + OWN_TIME, self.closes) + self.extra(who)
        paper = self.people[who].hands[attempt]
        self.sat[sitting] = Sat(sitting, who, attempt, paper, device, ends)
        self.log.append("sitting.start")
        return self.sat[sitting]

    def _why(self, s: Sat, m: Message, now: datetime) -> str | None:
        if s.state != "open":
            return {"void": "void", "submitted": "submitted", "auto": "deadline"}[
                s.state
            ]
        if (m.device, m.holder) != (s.device, s.holder):
            return "moved"
        if m.generation != s.generation:
            return "generation"
        return "deadline" if self.clock(now) > s.deadline + GRACE else None

    def _newer(self, s: Sat, m: Message) -> bool:
        return any(q not in s.sheet or n > s.sheet[q][0] for q, n, _ in m.entries)

    def _merge(self, s: Sat, m: Message) -> set[str]:
        """Take what is newer; returns the questions answered for as stored."""
        acked = set()
        for q, n, value in m.entries:
            if q not in s.sheet or n > s.sheet[q][0]:
                s.sheet[q] = (n, list(value))
            if s.sheet[q] == (n, list(value)):
                acked.add(q)
        return acked

    def save(self, m: Message, now: datetime) -> set[str]:
        """A save; returns the questions that are acknowledged."""
        s = self.sat[m.sitting]
        why = self._why(s, m, now)
        if why is not None:
            self.late.append((s.id, why, m))
            raise No(why)
        return self._merge(s, m)

    def submit(self, m: Message, now: datetime) -> None:
        """A hand-in."""
        s = self.sat[m.sitting]
        why = self._why(s, m, now)
        if why is None:
            self._merge(s, m)
            self._close(s, "submitted", now, "sitting.submitted")
        elif why == "submitted" and m.device == s.device:
            if self._newer(s, m):
                self.late.append((s.id, why, m))
        else:
            self.late.append((s.id, why, m))
            raise No(why)

    def open_page(self, s: Sat, device: str) -> None:
        """The paper is opened: this page owns the sheet."""
        if s.state != "open" or s.device != device:
            raise No("Missing")
        s.holder += 1

    def move(self, s: Sat) -> None:
        """Another phone takes over."""
        if s.claim is None or s.state != "open":
            raise No("Conflict")
        s.device, s.claim, s.holder = s.claim, None, s.holder + 1
        self.log.append("sitting.move")

    # --- closing -----------------------------------------------------------------

    def _close(self, s: Sat, state: str, at: datetime, action: str) -> None:
        answers = digest(self.papers[s.paper], s.sheet)
        s.state, s.closed, s.claim = state, at, None
        s.receipts[s.generation] = (
            state, at, answers, word(self.secret, s.id, s.generation, answers),
        )  # fmt: skip
        self._score(s, len(self.revisions))
        self.log.append(action)

    def _score(self, s: Sat, revision: int) -> None:
        s.scores[s.generation, revision] = marks(
            self.questions, s.sheet, self.revisions[:revision]
        )

    def sweep(self, now: datetime, *, unsure: int | None) -> None:
        """Collect; ``unsure`` is how many may be closed while the clock is in doubt."""
        due = [s for s in self.opened() if s.deadline + GRACE < self.clock(now)]
        if unsure is not None and len(due) > unsure:
            return
        for s in sorted(due, key=lambda s: (s.deadline, s.id)):
            self._close(s, "auto", s.deadline, "sitting.auto")

    # --- those who run the exam ----------------------------------------------------

    def grant(self, reach: tuple[str, Any], time: timedelta, key: str) -> None:
        """Give time."""
        if key in self.grants:
            if self.grants[key] != (reach, time):
                raise No("Conflict")
            return
        self.grants[key] = (reach, time)
        for s in self.opened():
            if self.reaches(reach, s.who):
                s.deadline += time
                s.before = s.before and s.before + time
        self.log.append("exam.grant")

    def pause(self, now: datetime, number: int) -> None:
        """Stop the clock; ``number`` is the pause's id."""
        if self.paused is not None:
            raise No("Conflict")
        if not self.opens <= now < self.closes and not any(self.opened()):
            raise No("Refused")
        self.paused, self.pauses[number] = now, None
        self.log.append("exam.pause")

    def resume(self, now: datetime, number: int) -> timedelta:
        """Let the clock run; again: the same answer."""
        if number not in self.pauses:
            raise No("Conflict")
        stood = self.pauses[number]
        if stood is not None:
            return stood
        assert self.paused is not None
        began, self.paused = self.paused, None
        stood = self.pauses[number] = max(now - began, ZERO)
        for s in self.opened():
            if s.deadline + GRACE >= began:
                s.deadline += stood
                s.before = s.before and s.before + stood
        if self.closes > began:
            self.closes += stood
        self.log.append("exam.resume")
        return stood

    def close_early(self, now: datetime) -> None:
        """End the exam before its time."""
        if self.paused is not None or not self.opens <= now < self.closes:
            raise No("Refused")
        self.early, self.closes = (now, self.closes), now
        for s in self.opened():
            if s.deadline > now:
                s.before, s.deadline = s.deadline, now
        self.log.append("exam.close")

    def undo_close(self, now: datetime) -> None:
        """Take that back."""
        if self.early is None:
            raise No("Conflict")
        closed, before = self.early
        if now - closed > UNDO:
            raise No("Refused")
        lost = max(now - closed, ZERO)
        self.early, self.closes = None, before + lost
        self.log.append("exam.undo_close")
        for s in self.sat.values():
            if s.before is None:
                continue
            if s.state == "open":
                s.deadline, s.before = s.before + lost, None
            elif s.state != "void":
                self._reopen(s, s.before + lost)

    def _reopen(self, s: Sat, deadline: datetime) -> None:
        sheet: Sheet = s.sheet
        s.generation += 1
        s.sheets[s.generation] = dict(sheet)
        s.state, s.deadline, s.before, s.closed = "open", deadline, None, None
        self.log.append("sitting.reopen")

    def reopen(self, s: Sat, time: timedelta, now: datetime) -> None:
        """Asked for and confirmed at one moment."""
        if s.state in ("open", "void"):
            raise No("Refused")
        self.log.append("proposal.reopen")
        if self.paused is not None or self.running(s.who) is not None:
            raise No("Refused")
        self._reopen(s, now + time)

    def admit(self, place: int) -> None:
        """Count a late message; asked for and confirmed at one moment."""
        sitting, _, message = self.late[place]
        s = self.sat[sitting]
        if s.state in ("open", "void") or not self._newer(s, message):
            raise No("Refused")
        self.log.append("proposal.admit")
        assert s.closed is not None
        before = dict(s.sheet)
        s.generation += 1
        s.sheets[s.generation] = before
        self._merge(s, message)
        self._close(s, s.state, s.closed, "sitting.admit")

    def void(self, s: Sat, now: datetime, fresh: int | None) -> None:
        """End an attempt; ``fresh`` is the spare that is given."""
        if s.state == "void":
            raise No("Conflict")
        s.state, s.claim, s.closed = "void", None, s.closed or now
        if s.generation in s.receipts:
            s.receipts[s.generation] = ("void", *s.receipts[s.generation][1:])
        if fresh is not None:
            self.spares.remove(fresh)
            hands = self.people[s.who].hands
            hands[max(hands) + 1] = fresh
        self.log.append("sitting.void")

    def reassign(self, s: Sat, who: int) -> None:
        """Give a sitting to whom it belongs."""
        attempt = self.unused(who)
        if (
            s.state == "void"
            or who == s.who
            or self.running(who) is not None
            or attempt is None
        ):
            raise No("Refused")
        mine, theirs = self.people[s.who].hands, self.people[who].hands
        mine[s.attempt], theirs[attempt] = theirs[attempt], s.paper
        if s.state == "open":
            more = self.extra(who) - self.extra(s.who)
            s.deadline += more
            s.before = s.before and s.before + more
        s.who, s.attempt = who, attempt
        self.log.append("sitting.reassign")

    def rekey(self, changes: dict[int, tuple[str, Any]]) -> None:
        """Other keys, asked for and confirmed; every closed sheet is scored."""
        self.log += ["proposal.rekey", "exam.rekey"]
        self.revisions.append(changes)
        closed = [s for s in self.sat.values() if s.state in ("submitted", "auto")]
        for s in closed:
            self._score(s, len(self.revisions))
        if closed:
            self.log.append("exam.rescore")
