"""The catalogue of faults: what docs/reliability.md says is tested is tested.

An id stands in the name of every test that carries it (``test_N7_…``); the document
has one line for each id, with the tests that show it best, or what it waits for.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
LINE = re.compile(r"^\| ([NCKXSTFAMVL]\d+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
LINES = {number: (words, shown) for number, words, shown in LINE.findall(DOCUMENT)}
#: How many faults there are of each kind.
CATALOGUE = {
    "N": 14, "C": 16, "K": 13, "X": 10, "S": 12, "T": 12,
    "F": 14, "A": 14, "M": 12, "V": 8, "L": 10,
}  # fmt: skip
IDS = [f"{kind}{n}" for kind, count in CATALOGUE.items() for n in range(1, count + 1)]
WAITS = "waits for: "


def collected() -> set[str]:
    """The names of all tests: functions of test modules that pytest would collect."""
    return {
        node.name
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


TESTS = collected()


def carried(name: str) -> set[str]:
    """The ids in a test's name."""
    return set(name.split("_")) & set(IDS)


def test_the_catalogue_has_135_faults_each_with_its_line() -> None:
    assert len(IDS) == 135
    assert list(LINES) == IDS
    assert len({words for words, _ in LINES.values()}) == len(IDS)


@pytest.mark.parametrize("number", IDS)
def test_a_fault_is_carried_by_a_test_or_says_what_it_waits_for(number: str) -> None:
    shown, _, waits = LINES[number][1].partition(WAITS)
    named = re.findall(r"`(test_\w+)`", shown)
    assert named or waits.strip(), "neither a test nor what it waits for"
    for name in named:
        assert name in TESTS, f"{name} is not collected"
        assert number in carried(name), f"{name} does not carry {number}"


def newcomers(number: str, line: str, tests: set[str]) -> set[str]:
    """Tests that carry the id of a waiting line, which does not name them."""
    if WAITS not in line:
        return set()
    return {name for name in tests if number in carried(name) and name not in line}


def test_what_waits_has_no_test_that_its_line_does_not_name() -> None:
    found = {one: newcomers(one, LINES[one][1], TESTS) for one in IDS}
    assert {one: names for one, names in found.items() if names} == {}


def test_a_test_that_a_waiting_case_has_got_is_noticed() -> None:
    tests = {"test_N1_a", "test_N2_b", "test_N1_N2_c"}
    assert newcomers("N1", "waits for: a page", tests) == {"test_N1_a", "test_N1_N2_c"}
    line = "`test_N1_a`; `test_N1_N2_c`; waits for: a figure"
    assert newcomers("N1", line, tests) == set()
    assert newcomers("N1", "`test_N1_a`", tests) == set()  # it shows the best ones


def test_no_test_carries_an_id_that_is_not_in_the_catalogue() -> None:
    looks = re.compile(rf"[{''.join(CATALOGUE)}]\d+")
    for name in TESTS:
        strange = {part for part in name.split("_") if looks.fullmatch(part)} - set(IDS)
        assert not strange, f"{name}: {strange}"
