"""Hypothesis's hand on the exam: any act, in any order, twice, from old pages.

Each rule does one thing to the product and to the model and compares what came of it;
after each the tables must say what the model says.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import rule

from core.db import read_core
from quiz.models import LateMessage
from quiz.operations.closing import sweep_exam
from quiz.operations.early import close_early, undo_close
from quiz.operations.grants import give_time, pause_exam, resume_exam
from quiz.operations.rekeying import confirm_rekey, propose_rekey
from quiz.operations.reopening import (
    confirm_admission,
    confirm_reopen,
    propose_admission,
    propose_reopen,
)
from quiz.operations.voiding import reassign_sitting, void_sittings
from quiz.rules.grants import Reach
from quiz.rules.rekeying import Change
from tests.conftest import SECRET
from tests.quiz.machine.hands import CHANGES, EXAM, KEYS, PEOPLE, PLACES, UNSURE
from tests.quiz.machine.parts import Sat
from tests.quiz.machine.phones import Phones
from tests.quiz.machine.world import ASKER, SECOND


class SittingMachine(Phones):
    """Phones, and those who run the exam."""

    @rule(twice=st.booleans())
    def sweep(self, twice: bool) -> None:
        """Somebody looks, or two do."""
        for _ in range(1 + twice):
            now = self.now()
            unsure = UNSURE if self.doubt else None
            self.both(
                partial(self.model.sweep, now, unsure=unsure),
                partial(sweep_exam, exam_id=EXAM, now=now, key=SECRET),
            )

    @rule(
        kind=st.sampled_from(["person", "unit", "room", "all"]),
        place=PEOPLE,
        seconds=st.sampled_from([1, 60, 600]),
        again=st.sampled_from([0, 0, 1]),
    )
    def grant(self, kind: str, place: int, seconds: int, again: int) -> None:
        """Time is given; the same tap may come once more."""
        now = self.now()
        person = self.model.people[place]
        value = {"person": place, "unit": person.unit, "room": person.room, "all": None}
        reach = {
            "person": Reach(candidate_id=place),
            "unit": Reach(unit_id=person.unit),
            "room": Reach(room=person.room),
            "all": Reach(),
        }[kind]
        key = f"tap-{self.taps}" if again else self.tap()
        self.both(
            lambda: self.model.grant((kind, value[kind]), timedelta(0, seconds), key),
            lambda: give_time(
                exam_id=EXAM, reach=reach, seconds=seconds, reason="断网", key=key,
                account_id=ASKER, now=now,
            ),
        )  # fmt: skip

    @rule(
        act=st.sampled_from(["pause", "resume", "resume", "close", "undo", "undo"]),
        back=st.sampled_from([0, 0, 1]),
    )
    def stop_and_go(self, act: str, back: int) -> None:
        """A fire alarm; an exam closed by mistake."""
        now, own = self.now(), {"exam_id": EXAM, "account_id": ASKER}
        if act == "pause":
            number = len(self.model.pauses) + 1
            self.both(
                lambda: self.model.pause(now, number),
                lambda: pause_exam(reason="火警", key=self.tap(), now=now, **own),
            )
        elif act == "resume":  # the end of a pause before may come again
            number = max(1, len(self.model.pauses) - back)
            self.both(
                lambda: self.model.resume(now, number),
                lambda: resume_exam(pause_id=number, now=now, **own),
            )
        elif act == "close":
            self.both(
                lambda: self.model.close_early(now),
                lambda: close_early(reason="误点", now=now, **own),
            )
        else:
            self.both(
                lambda: self.model.undo_close(now),
                lambda: undo_close(now=now, **own),
            )

    @rule(
        place=PLACES,
        act=st.sampled_from(["admit", "admit", "reassign", "void"]),
        who=PEOPLE,
        fresh=st.booleans(),
    )
    def put_right(self, place: int, act: str, who: int, fresh: bool) -> None:
        """Something went wrong with a sitting."""
        if act == "admit":
            self._admit(place)
        elif act == "void":
            self._void(self.sat(place), fresh and bool(self.model.spares))
        else:
            self._reassign(self.sat(place), who)

    @rule(place=PLACES, seconds=st.sampled_from([30, 600]))
    def reopen(self, place: int, seconds: int) -> None:
        """Two persons open a sheet again; most often one that is closed."""
        now = self.now()
        closed = [s for s in self.model.sat.values() if s.receipts]
        s = closed[place % len(closed)] if closed else self.sat(place)

        def product() -> None:
            proposal = propose_reopen(
                sitting_id=s.id, seconds=seconds, reason="误触", key=self.tap(),
                account_id=ASKER, now=now,
            )  # fmt: skip
            confirm_reopen(proposal_id=proposal, account_id=SECOND, now=now)

        self.both(lambda: self.model.reopen(s, timedelta(0, seconds), now), product)

    def _admit(self, place: int) -> None:
        if not self.model.late:
            return
        now = self.now()
        place %= len(self.model.late)

        def product() -> None:
            with read_core() as connection:
                ids = connection.execute(sa.select(LateMessage.id)).scalars()
                late_id = sorted(ids)[place]
            proposal = propose_admission(
                late_id=late_id, reason="断网", key=self.tap(), account_id=ASKER,
                now=now,
            )  # fmt: skip
            confirm_admission(
                proposal_id=proposal, account_id=SECOND, now=now, key=SECRET
            )

        self.both(lambda: self.model.admit(place), product)

    def _void(self, s: Sat, fresh: bool) -> None:
        now = self.now()
        spare = self.model.spares[0] if fresh else None
        self.both(
            lambda: self.model.void(s, now, spare),
            lambda: void_sittings(
                exam_id=EXAM, sitting_ids=[s.id], reason="错卷", fresh=fresh,
                account_id=ASKER, now=now,
            ),
        )  # fmt: skip

    def _reassign(self, s: Sat, who: int) -> None:
        now = self.now()
        self.both(
            lambda: self.model.reassign(s, who),
            lambda: reassign_sitting(
                sitting_id=s.id, candidate_id=who, reason="选错", account_id=ASKER,
                now=now,
            ),
        )  # fmt: skip

    @rule(chosen=CHANGES)
    def rekey(self, chosen: dict[int, str]) -> None:
        """Two persons correct keys."""
        now = self.now()
        plain: dict[int, tuple[str, Any]] = {}
        changes = []
        for place, kind in chosen.items():
            version = self.model.questions[place - 1].version
            keys = {"key": KEYS[place][:1], "either": KEYS[place]}.get(kind, [])
            what = "key" if keys else kind
            said = keys if place == 5 else [set(key) for key in keys]
            plain[version] = (what, said or None)
            changes.append(Change(version, what, tuple(map(tuple, keys))))

        def product() -> None:
            proposal = propose_rekey(
                exam_id=EXAM, changes=changes, reason="有误", key=self.tap(),
                account_id=ASKER, now=now,
            )  # fmt: skip
            confirm_rekey(proposal_id=proposal, account_id=SECOND, now=now)

        self.both(lambda: self.model.rekey(plain), product)
