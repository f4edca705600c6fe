"""What every rule of the machine needs: time, comparing, choosing."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from core import clock
from core.clock import Guard, watch
from core.db import db, read_core
from core.errors import Refused
from quiz.operations.answers import Closed
from quiz.operations.entry import start_sitting
from quiz.queries.running import somebody_sits
from tests.core.test_clock import Machine as Clocks
from tests.quiz.machine.parts import Message, No, Sat
from tests.quiz.machine.world import expected, model_of, stored

EXAM = 1
UNSURE = 1  # sittings closed while the clock is in doubt: few, so that it matters
SECONDS = st.sampled_from([1, 2, 28, 29, 30, 299, 600, 1800, 3569])
PEOPLE = st.sampled_from([1, 2, 3])
DEVICES = st.sampled_from(["phone", "tablet"])
PLACES = st.integers(0, 50)
VALUES = {
    "1": [["A"], ["C"], []],
    "2": [["B"], ["A"], []],
    "3": [["A", "B", "C"], ["A", "B"], ["B"]],
    "4": [["T"], ["F"]],
    "5": [["九十", "书面"], ["90", ""], ["", "书面"]],
}
ENTRIES = st.lists(
    st.sampled_from(sorted(VALUES)).flatmap(
        lambda q: st.tuples(
            st.just(q), st.integers(1, 9), st.sampled_from(VALUES[q]).map(tuple)
        )
    ),
    max_size=3,
    unique_by=lambda entry: entry[0],
)
KEYS: dict[int, list[Any]] = {
    1: [["A"], ["C"], ["D"]],
    2: [["A"], ["B"]],
    3: [["A", "B"], ["A", "B", "D"]],
    4: [["T"], ["F"]],
    5: [[["九十"], ["口头"]], [["九十", "90"], ["书面"]]],
}
CHANGES = st.dictionaries(
    st.sampled_from(sorted(KEYS)),
    st.sampled_from(["key", "either", "full", "drop"]),
    min_size=1,
    max_size=3,
)


class Hands(RuleBasedStateMachine):
    """One exam; ``reset`` brings its database back to the beginning."""

    reset: Callable[[], None]
    context: Callable[[], Any]
    moment: datetime

    @initialize()
    def begin(self) -> None:
        """An exam that has just opened."""
        self.reset()
        self.clocks = Clocks(wall=self.moment)
        self._folder = tempfile.TemporaryDirectory()
        watch(Guard(Path(self._folder.name), self._matters, self.clocks.read))
        self.model = model_of(self.moment)
        self.time = self.moment  # what everybody goes by
        self.doubt = False
        self.sent: list[Message] = []
        self.tokens: dict[int, str] = {}
        self.taps = 0
        for who in (1, 2):
            self._start(who, "phone")

    def teardown(self) -> None:
        """Go by the machine's own clock again."""
        watch(None)
        if hasattr(self, "_folder"):
            self._folder.cleanup()

    def _matters(self, at: datetime) -> bool:
        with self.context(), read_core() as connection:
            return somebody_sits(connection, at)

    # --- help ----------------------------------------------------------------------

    def now(self) -> datetime:
        """A second goes by; the product and the model agree on what time it is."""
        self.clocks.passes(1)
        self.time += timedelta(seconds=1)
        if self.time != self.clocks.wall and not self.model.held(self.time):
            self.time = self.clocks.wall
        self.doubt = self.time != self.clocks.wall
        moment = clock.now()
        assert moment == self.time
        return moment

    def both(self, model: Callable[[], Any], product: Callable[[], Any]) -> Any:
        """Do a thing on both sides; refused here as there. Returns the product's."""
        wanted, got, result = "done", "done", None
        try:
            model()
        except No as no:
            wanted = str(no)
        try:
            result = product()
        except Closed as closed:
            got = closed.why
        except Refused as refused:
            got = type(refused).__name__
        assert got == wanted
        return result

    def tap(self) -> str:
        """The key of one tap."""
        self.taps += 1
        return f"tap-{self.taps}"

    def sat(self, place: int) -> Sat:
        """One of the sittings."""
        sat = list(self.model.sat.values())
        return sat[place % len(sat)]

    def message(self, s: Sat, entries: Any, stale: int) -> Message:
        """What a page sends; ``stale``: 1 an old sheet, 2 an old page, 3 elsewhere."""
        return Message(
            sitting=s.id,
            device="elsewhere" if stale == 3 else s.device,
            generation=max(1, s.generation - (stale == 1)),
            holder=s.holder - (stale == 2),
            entries=tuple(entries),
        )

    def _start(self, who: int, device: str) -> None:
        now = self.now()
        fresh = len(self.model.sat) + 1
        started: dict[str, Sat] = {}

        def model() -> None:
            started["sat"] = self.model.start(who, device, now, fresh)

        def product() -> str:
            return start_sitting(candidate_id=who, device=device, now=now).token

        token = self.both(model, product)
        if token:
            self.tokens[started["sat"].id] = token

    # --- time ----------------------------------------------------------------------

    @rule(seconds=SECONDS)
    def nothing_happens(self, seconds: int) -> None:
        """For a while."""
        self.time_passes(seconds)

    def time_passes(self, seconds: int) -> None:
        """On both clocks."""
        self.clocks.passes(seconds)
        self.time += timedelta(seconds=seconds)

    @rule(by=st.sampled_from([-3600, -40, 40, 900]))
    def the_clock_is_set(self, by: int) -> None:
        """By hand or by NTP."""
        self.clocks.set_by(by)
        self.now()

    @invariant()
    def the_tables_say_what_the_model_says(self) -> None:
        """After everything."""
        if hasattr(self, "model"):
            db.session.rollback()
            got, wanted = stored(), expected(self.model)
            for part in wanted:
                assert got[part] == wanted[part], part
