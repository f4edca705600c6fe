"""A sitting behaves as the model says, whatever comes; and the machine has teeth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from audit.queries.verification import verify
from quiz.models import Answer, Score
from quiz.operations import answers, closing, rekeying, reopening
from quiz.queries.running import open_reached
from quiz.queries.sheets import copied_answers
from quiz.queries.sittings import Desk
from quiz.rules import timing
from quiz.rules.grants import Reach
from quiz.rules.sheet import Entry
from tests.quiz.machine.hands import UNSURE
from tests.quiz.machine.machine import SittingMachine
from tests.quiz.machine.world import a_world

QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much]


class Sealed(SittingMachine):
    """At the end of each run every seal and every score holds, too."""

    def teardown(self) -> None:
        """Verify as the auditor would."""
        if hasattr(self, "model"):
            assert verify(recount=True).found == []
        super().teardown()


def run(
    app: Flask, backend: str, moment: datetime, machine: type[SittingMachine],
    options: settings,
) -> None:  # fmt: skip
    """Let Hypothesis loose on a fresh exam."""
    with a_world(app, backend, moment) as reset:

        class Here(machine):  # type: ignore[misc, valid-type]
            pass

        Here.reset = staticmethod(reset)
        Here.context = staticmethod(app.app_context)
        Here.moment = moment
        run_state_machine_as_test(Here, settings=options)


@pytest.fixture(autouse=True)
def unsure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "UNSURE_SWEEP", UNSURE)


def test_a_sitting_is_what_the_model_says(
    app: Flask, backend: str, moment: datetime
) -> None:
    few = backend == "postgresql"
    options = settings(
        max_examples=8 if few else 100,
        stateful_step_count=30 if few else 40,
        deadline=None,
        derandomize=True,
        suppress_health_check=QUIET,
    )
    run(app, backend, moment, Sealed, options)


# --- teeth: each of these defects was put in on purpose, and must be found ---------


Seed = Callable[[pytest.MonkeyPatch], None]


def no_sequence_guard(patch: pytest.MonkeyPatch) -> None:
    """An older message overwrites a newer one."""
    honest = answers.store

    def newest_wins(
        connection: sa.Connection, desk: Desk, entries: Sequence[Entry], now: datetime
    ) -> set[str]:
        connection.execute(
            sa.delete(Answer)
            .where(Answer.sitting_id == desk.sitting_id)
            .where(Answer.generation == desk.generation)
            .where(Answer.q.in_([entry.q for entry in entries]))
        )
        return honest(connection, desk, entries, now)

    patch.setattr(answers, "store", newest_wins)


def no_state_check(patch: pytest.MonkeyPatch) -> None:
    """A closed sheet takes answers."""
    honest = answers.why_closed

    def blind(desk: Desk, *rest: Any) -> str | None:
        return honest(replace(desk, state="open"), *rest)

    patch.setattr(answers, "why_closed", blind)


def closed_without_score(patch: pytest.MonkeyPatch) -> None:
    """Closing and scoring fall apart."""
    honest = closing.record_close

    def forgetful(
        connection: sa.Connection, desk: Desk, *rest: Any, **more: Any
    ) -> Any:
        done = honest(connection, desk, *rest, **more)
        connection.execute(sa.delete(Score).where(Score.sitting_id == desk.sitting_id))
        return done

    patch.setattr(closing, "record_close", forgetful)


def swept_at_the_wrong_time(patch: pytest.MonkeyPatch) -> None:
    """The sweep writes down when it came by, not when time was up."""
    honest = closing.record_close

    def late(*args: Any, closed_at: datetime, now: datetime, **more: Any) -> Any:
        return honest(*args, closed_at=now, now=now, **more)

    patch.setattr(closing, "record_close", late)


def time_runs_while_paused(patch: pytest.MonkeyPatch) -> None:
    """A save does not know that the exam stands still."""
    patch.setattr(answers, "exam_clock", lambda now, _paused_at: now)


def reopened_empty(patch: pytest.MonkeyPatch) -> None:
    """The answers are not taken along to the next generation."""

    def nothing(sitting_id: int, generation: int) -> Any:
        return copied_answers(sitting_id, -1)

    patch.setattr(reopening, "copied_answers", nothing)


def rekeyed_for_nobody(patch: pytest.MonkeyPatch) -> None:
    """Other keys are in force and the closed sheets keep their scores."""
    patch.setattr(rekeying, "rescore_exam", lambda **_: 0)


def a_grant_that_forgets_rooms(patch: pytest.MonkeyPatch) -> None:
    """Time given to a room moves nobody who sits there."""
    honest = open_reached

    def forgetful(connection: sa.Connection, exam_id: int, reach: Reach) -> Any:
        found = honest(connection, exam_id, reach)
        return [] if reach.room is not None else found

    patch.setattr("quiz.operations.grants.open_reached", forgetful)


@pytest.mark.parametrize(
    "defect",
    [
        no_sequence_guard,
        no_state_check,
        closed_without_score,
        swept_at_the_wrong_time,
        time_runs_while_paused,
        reopened_empty,
        rekeyed_for_nobody,
        a_grant_that_forgets_rooms,
    ],
    ids=lambda defect: defect.__name__,
)
def test_the_machine_finds_each_defect(
    app: Flask,
    backend: str,
    moment: datetime,
    defect: Seed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if backend == "postgresql":
        pytest.skip("the defects are the same, the database slower")
    defect(monkeypatch)
    options = settings(
        max_examples=150,
        stateful_step_count=40,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],  # to find it is enough
        suppress_health_check=QUIET,
    )
    with pytest.raises(AssertionError):
        run(app, backend, moment, SittingMachine, options)
