"""What the candidate's path may cost, counted without a clock (DESIGN §8)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.path import Path as Walked
from bench.path import walk_path
from bench.stages import Ground, Stage
from rehearsal.server import environment

ROOT = Path(__file__).resolve().parents[2]
MOST_BYTES = 40 * 1024
MOST_QUERIES = {
    "entry": 2, "identify": 6, "start": 4, "paper": 3,
    "save": 2, "submit": 6, "receipt": 4,
}  # fmt: skip
#: They cost a worker tens of megabytes; reports and imports load them when asked to.
HEAVY = ("pandas", "numpy", "openpyxl", "docx", "lxml", "python_calamine", "typst")
SIT = """
import json, sys
from app import create_app
from tests.quiz.phone import Phone
code, *who = sys.argv[1:]
phone = Phone(create_app(), code)
assert phone.enter(*who).status_code == 200
assert phone.save(("1", [], 1)).status_code == 200
assert phone.submit(("1", [], 1)).status_code == 200
assert phone.client.get(f"/s/{phone.token}/receipt").status_code == 200
print(json.dumps([name for name in sys.modules if "." not in name]))
"""


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return Ground(tmp_path_factory.mktemp("path"))


@pytest.fixture(scope="module")
def stage(ground: Ground) -> Stage:
    """An open exam for somebody of every unit."""
    return ground.stage(120)


@pytest.fixture(scope="module")
def walked(ground: Ground, stage: Stage) -> Walked:
    """One whole visit, from the code to the receipt."""
    return walk_path(ground.copy(stage))


def test_the_whole_path_weighs_no_more_than_40_kb(walked: Walked) -> None:
    assert walked.total <= MOST_BYTES, walked.weights
    names = [name for name, _ in walked.weights]
    assert len(names) == len(set(names))
    assert any(name.endswith(".css") for name in names)
    assert any(name.endswith(".js") for name in names)


def test_the_first_question_takes_four_requests(walked: Walked) -> None:
    assert walked.first_question <= 4


def test_nothing_comes_from_another_host(walked: Walked) -> None:
    assert walked.outside == []


@pytest.mark.parametrize("step", MOST_QUERIES)
def test_each_step_takes_so_many_queries(step: str, walked: Walked) -> None:
    assert 0 < walked.queries[step] <= MOST_QUERIES[step]


def test_no_step_is_left_out(walked: Walked) -> None:
    assert set(walked.queries) == set(MOST_QUERIES)


def test_a_worker_that_serves_candidates_loads_nothing_heavy(
    ground: Ground, stage: Stage
) -> None:
    own = ground.copy(stage)
    who = stage.people[-1]
    done = subprocess.run(
        [sys.executable, "-c", SIT, stage.code, who.unit, who.name, who.number],
        cwd=ROOT,
        env=environment(own.instance),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not set(HEAVY) & set(json.loads(done.stdout))
