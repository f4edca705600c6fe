"""What phones do: save, save again, from old pages, hand in, take over."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from quiz.operations.answers import save_answers
from quiz.operations.closing import submit_sitting
from quiz.operations.entry import allow_move, take_sheet
from tests.conftest import SECRET
from tests.quiz.machine.hands import DEVICES, ENTRIES, PEOPLE, PLACES, Hands
from tests.quiz.machine.parts import Message
from tests.quiz.machine.world import ASKER


class Phones(Hands):
    """The rules of phones."""

    @rule(who=PEOPLE, device=DEVICES)
    def start(self, who: int, device: str) -> None:
        """Begin, come back, or ask to take over."""
        self._start(who, device)

    @rule(place=PLACES, entries=ENTRIES)
    def save(self, place: int, entries: Any) -> None:
        """The page that owns a sheet saves."""
        self._save(self.message(self.sat(place), entries, 0))

    @rule(place=PLACES, first=ENTRIES, second=ENTRIES)
    def save_twice(self, place: int, first: Any, second: Any) -> None:
        """Two messages, the later one perhaps older."""
        for entries in (first, second):
            self._save(self.message(self.sat(place), entries, 0))

    @rule(place=PLACES, entries=ENTRIES, stale=st.sampled_from([1, 2, 3]))
    def save_from_elsewhere(self, place: int, entries: Any, stale: int) -> None:
        """A page saves that no longer may."""
        self._save(self.message(self.sat(place), entries, stale))

    @rule(place=PLACES, entries=ENTRIES, off=st.sampled_from([-1, 0, 1, 29, 30, 31]))
    def save_at_the_edge(self, place: int, entries: Any, off: int) -> None:
        """A second before a deadline, at it, after it; before the grace ends, after."""
        s = self.sat(place)
        left = s.deadline + timedelta(seconds=off) - self.time
        if s.state == "open" and left > timedelta(seconds=1):
            self.time_passes(int(left.total_seconds()) - 1)
        self._save(self.message(s, entries, 0))

    @precondition(lambda self: self.sent)
    @rule(place=PLACES)
    def replay(self, place: int) -> None:
        """A message that was sent before arrives again, or only now."""
        self._save(self.sent[place % len(self.sent)])

    def _save(self, m: Message) -> None:
        now = self.now()
        self.sent.append(m)
        acked: set[str] = set()

        def model() -> None:
            acked.update(self.model.save(m, now))

        def product() -> Any:
            return save_answers(
                token=self.tokens[m.sitting], device=m.device, body=body(m), now=now
            )

        reply = self.both(model, product)
        if reply is not None:
            numbers = {q: n for q, n, _ in m.entries}
            assert dict(reply.acked) == {q: numbers[q] for q in acked}
            assert {q for q, _, _ in reply.superseded} == set(numbers) - acked
            s = self.model.sat[m.sitting]
            left = reply.deadline - now
            assert left == s.deadline - self.model.clock(now)

    @rule(
        place=PLACES,
        entries=ENTRIES,
        stale=st.sampled_from([0, 0, 0, 1, 2, 3]),
        twice=st.booleans(),
    )
    def submit(self, place: int, entries: Any, stale: int, twice: bool) -> None:
        """A page hands in, perhaps twice."""
        m = self.message(self.sat(place), entries, stale)
        for _ in range(1 + twice):
            now = self.now()
            self.both(
                partial(self.model.submit, m, now),
                partial(
                    submit_sitting, token=self.tokens[m.sitting], device=m.device,
                    body=body(m), now=now, key=SECRET,
                ),
            )  # fmt: skip

    @rule(place=PLACES, device=DEVICES)
    def open_page(self, place: int, device: str) -> None:
        """The paper is opened or loaded again."""
        self.now()
        s = self.sat(place)
        self.both(
            lambda: self.model.open_page(s, device),
            lambda: take_sheet(token=self.tokens[s.id], device=device),
        )

    @rule(place=PLACES, device=DEVICES)
    def take_over(self, place: int, device: str) -> None:
        """A phone asks, or none does, and an invigilator lets it."""
        s = self.sat(place)
        self._start(s.who, device)
        now = self.now()
        self.both(
            lambda: self.model.move(s),
            lambda: allow_move(
                token=self.tokens[s.id], reason="没电", account_id=ASKER, now=now
            ),
        )


def body(m: Message) -> dict[str, Any]:
    """A message as it is sent."""
    answers = [{"q": q, "seq": n, "value": list(value)} for q, n, value in m.entries]
    return {
        "generation": m.generation,
        "holder": m.holder,
        "n": len(answers),
        "answers": answers,
    }
