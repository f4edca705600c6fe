"""What exams usually look like: a start to change, never a constant.

任前考法 is not among them: its section minimums (every part at least 40) are not
built, and a preset that leaves them out would pass people who failed a part.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import Refused
from quiz.rules.blueprint import Row


@dataclass(frozen=True)
class PresetRow:
    """A row of the paper, over all topics."""

    kind: str
    count: int
    points: int  # of one question, in hundredths


@dataclass(frozen=True)
class Preset:
    """A usual exam, by the name people use."""

    name: str
    rows: tuple[PresetRow, ...]
    minutes: int
    pass_mark: int  # hundredths
    excellent_mark: int
    attempts: int
    note: str  # one sentence for the organizer


def _rows(single: str, multi: str, judge: str) -> tuple[PresetRow, ...]:
    """Rows written as count×points."""
    rows = []
    for kind, text in (("single", single), ("multi", multi), ("judge", judge)):
        count, points = text.split("×")
        rows.append(PresetRow(kind, int(count), int(points) * 100))
    return tuple(rows)


PRESETS = (
    Preset(
        name="现场抽测",
        rows=_rows("30×2", "10×3", "10×1"),
        minutes=60,
        pass_mark=6000,
        excellent_mark=9000,
        attempts=1,
        note="集中到场，扫码作答，每人一次。",
    ),
    Preset(
        name="学法用法统考",
        rows=_rows("40×1", "20×2", "20×1"),
        minutes=60,
        pass_mark=8000,
        excellent_mark=9000,
        attempts=1,
        note="80 分合格。缺考和不合格人员另建一场补考。",
    ),
    Preset(
        name="无纸化学法",
        rows=_rows("25×2", "10×3", "10×2"),
        minutes=90,
        pass_mark=6000,
        excellent_mark=9000,
        attempts=2,
        note="时段内可考两次。",
    ),
    Preset(
        name="普法考试",
        rows=_rows("25×2", "10×3", "20×1"),
        minutes=90,
        pass_mark=6000,
        excellent_mark=9000,
        attempts=5,
        note="时段内可多次作答。试卷都是预先抽好的，所以次数要有上限，默认 5 次。",
    ),
)


def preset_named(name: str) -> Preset:
    """A preset by its name.

    :raises Refused: If there is none; lists those there are.
    """
    for preset in PRESETS:
        if preset.name == name:
            return preset
    raise Refused(
        "没有叫“%(name)s”的预设，可选：%(names)s",
        name=name,
        names="、".join(preset.name for preset in PRESETS),
    )


def rows_of(preset: Preset) -> tuple[Row, ...]:
    """The blueprint a preset starts with."""
    return tuple(
        Row(position, row.kind, None, None, row.count, row.points)
        for position, row in enumerate(preset.rows, 1)
    )
