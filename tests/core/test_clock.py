"""The wall clock is set: time goes on as before while somebody is sitting."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core import clock
from core.clock import NAME, Guard
from core.steady import TOLERANCE, Reading, expected, step

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
MS = timedelta(milliseconds=1)
ANCHOR = Reading(NOON, 100.0, "boot-1")


@dataclass
class Machine:
    """A machine whose wall clock can be set."""

    wall: datetime = NOON
    steady: float = 100.0
    boot: str = "boot-1"
    sitting: bool = True
    asked: list[datetime] = field(default_factory=list)

    def read(self) -> Reading:
        return Reading(self.wall, self.steady, self.boot)

    def passes(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.steady += seconds

    def set_by(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)

    def matters(self, at: datetime) -> bool:
        self.asked.append(at)
        return self.sitting


@pytest.fixture
def machine() -> Machine:
    return Machine()


def guard(folder: Path, machine: Machine) -> Guard:
    return Guard(folder, machine.matters, machine.read)


@pytest.mark.parametrize(
    ("set_by", "found"),
    [
        (timedelta(), timedelta()),
        (TOLERANCE, timedelta()),
        (-TOLERANCE, timedelta()),
        (TOLERANCE + MS, TOLERANCE + MS),
        (-TOLERANCE - MS, -TOLERANCE - MS),
        (timedelta(hours=-1), timedelta(hours=-1)),
    ],
)
def test_a_step_is_what_the_wall_clock_moved_without_the_other(
    set_by: timedelta, found: timedelta
) -> None:
    later = Reading(NOON + timedelta(seconds=60) + set_by, 160.0, "boot-1")
    assert expected(ANCHOR, later) == NOON + timedelta(seconds=60)
    assert step(ANCHOR, later) == found


def test_over_a_restart_only_a_clock_that_went_back_is_a_step() -> None:
    hours = timedelta(hours=5)
    assert step(ANCHOR, Reading(NOON + hours, 3.0, "boot-2")) == timedelta()
    assert step(ANCHOR, Reading(NOON - hours, 3.0, "boot-2")) == -hours


@pytest.mark.parametrize("set_by", [-3600, 900])
def test_T2_T3_while_somebody_sits_time_goes_on_as_before(
    tmp_path: Path, machine: Machine, set_by: float
) -> None:
    own = guard(tmp_path, machine)
    machine.passes(30)
    assert own.now() == NOON + timedelta(seconds=30)
    machine.set_by(set_by)
    machine.passes(30)
    assert own.now() == NOON + timedelta(seconds=60)
    assert own.step() == timedelta(seconds=set_by)
    machine.passes(1800)
    assert own.now() == NOON + timedelta(seconds=1860)


def test_T2_the_step_is_logged_once(
    tmp_path: Path, machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    own = guard(tmp_path, machine)
    machine.set_by(-3600)
    for _ in range(50):
        machine.passes(0.5)
        own.now()
    lines = [one for one in caplog.messages if "clock_step" in one]
    assert lines == ["clock_step seconds=-3600.000"]
    assert len(machine.asked) <= 26  # and looks around once a second at the most


def test_once_nobody_sits_the_new_time_is_taken(
    tmp_path: Path, machine: Machine
) -> None:
    own = guard(tmp_path, machine)
    machine.set_by(900)
    assert own.now() == NOON
    machine.sitting = False
    machine.passes(5)
    assert own.now() == NOON + timedelta(seconds=905)
    assert own.step() == timedelta()
    assert machine.asked[0] == NOON  # asked at the time that was gone by


def test_the_administrators_word_reaches_every_process(
    tmp_path: Path, machine: Machine
) -> None:
    server, command = guard(tmp_path, machine), guard(tmp_path, machine)
    machine.set_by(900)
    assert server.now() == NOON
    assert command.accept() == timedelta(seconds=900)
    machine.passes(2)
    assert server.now() == NOON + timedelta(seconds=902)


def test_T2_a_process_started_after_the_step_goes_by_the_same_time(
    tmp_path: Path, machine: Machine
) -> None:
    guard(tmp_path, machine)
    machine.set_by(-3600)
    machine.passes(10)
    assert guard(tmp_path, machine).now() == NOON + timedelta(seconds=10)


def test_T11_after_a_restart_of_the_machine_its_clock_is_believed(
    tmp_path: Path, machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    guard(tmp_path, machine)
    machine.wall += timedelta(hours=6)
    machine.steady, machine.boot = 12.0, "boot-2"
    assert guard(tmp_path, machine).now() == NOON + timedelta(hours=6)
    assert caplog.messages == []
    machine.wall -= timedelta(hours=1)
    machine.steady, machine.boot = 12.0, "boot-3"
    assert guard(tmp_path, machine).now() == NOON + timedelta(hours=5)
    assert "over a restart seconds=-3600" in caplog.text


def test_what_ntp_corrects_bit_by_bit_is_no_step(
    tmp_path: Path, machine: Machine
) -> None:
    own = guard(tmp_path, machine)
    for _ in range(100):
        machine.passes(61)
        machine.set_by(0.4)
        assert own.now() == machine.wall
    assert guard(tmp_path, machine).now() == machine.wall  # another process too


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"wall": 3}', "\x00"])
def test_an_anchor_that_cannot_be_read_is_made_anew(
    tmp_path: Path, machine: Machine, text: str
) -> None:
    (tmp_path / NAME).write_text(text)
    assert guard(tmp_path, machine).now() == NOON
    assert json.loads((tmp_path / NAME).read_text())["boot"] == "boot-1"


def test_without_a_folder_to_write_to_a_process_still_holds_its_time(
    tmp_path: Path, machine: Machine
) -> None:
    own = guard(tmp_path / "gone", machine)
    machine.set_by(900)
    assert own.now() == NOON


def test_the_clocks_of_this_machine_can_be_read() -> None:
    first, second = clock.read_clocks(), clock.read_clocks()
    assert second.steady >= first.steady
    assert first.boot == second.boot != ""


SERVED = """
import wsgi
from core import clock
assert clock._guard is not None
print(clock.clock_step().total_seconds())
"""


def test_servers_and_commands_watch_their_clock(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SERVED],
        env={"LAWGAUGE_INSTANCE": str(tmp_path), "PATH": "/usr/bin:/bin"},
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "0.0"
    assert (tmp_path / NAME).exists()
