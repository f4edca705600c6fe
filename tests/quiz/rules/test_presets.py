"""The presets are what the field runs."""

from __future__ import annotations

import pytest

from core.errors import Refused
from quiz.rules.blueprint import check_rows, maximum
from quiz.rules.presets import PRESETS, Preset, preset_named, rows_of


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_every_preset_is_worth_100_points_and_can_be_meant(preset: Preset) -> None:
    check_rows(rows_of(preset))
    assert maximum(rows_of(preset)) == 10_000
    assert preset.pass_mark <= preset.excellent_mark <= 10_000


@pytest.mark.parametrize(
    ("name", "questions", "minutes", "pass_mark", "attempts"),
    [
        ("现场抽测", 50, 60, 6000, 1),
        ("学法用法统考", 80, 60, 8000, 1),
        ("无纸化学法", 45, 90, 6000, 2),
        ("普法考试", 55, 90, 6000, 5),
    ],
)
def test_presets_are_as_the_field_knows_them(
    name: str, questions: int, minutes: int, pass_mark: int, attempts: int
) -> None:
    preset = preset_named(name)
    assert sum(row.count for row in preset.rows) == questions
    found = (preset.minutes, preset.pass_mark, preset.attempts)
    assert found == (minutes, pass_mark, attempts)


def test_the_first_preset_is_the_spot_test() -> None:
    assert PRESETS[0].name == "现场抽测"
    assert [(r.kind, r.count, r.points) for r in PRESETS[0].rows] == [
        ("single", 30, 200),
        ("multi", 10, 300),
        ("judge", 10, 100),
    ]


def test_an_unknown_preset_is_answered_with_those_there_are() -> None:
    with pytest.raises(Refused, match="现场抽测、学法用法统考"):
        preset_named("任前考法")
