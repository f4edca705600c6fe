"""What an exam needs, set up by the operations that people use."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app

from core.errors import Refused
from question_bank.formats.files import read_file
from question_bank.operations.intake import import_questions
from quiz.operations.draw import draw_exam, publish_exam
from quiz.operations.exams import create_exam
from quiz.rules.details import ExamDetails
from quiz.rules.presets import preset_named, rows_of
from quiz.tokens import new_code, new_secret
from units.files import read_people_file, read_units_file
from units.operations.intake import Wish, import_people
from units.operations.results import digest_of
from units.operations.units import import_units
from units.queries.editors import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quiz.models import Exam
    from rehearsal.people import Place, Resident

ACTOR = "system"
STARTER = Path(__file__).resolve().parent.parent / "question_bank" / "starter"
PRESET = "现场抽测"
UNIT_HEADINGS = ("单位编码", "单位名称", "类别", "级别")
PERSON_HEADINGS = ("单位编码", "单位名称", "姓名", "手机尾号", "工号", "职级类别")


@dataclass(frozen=True)
class Booking:
    """An exam as somebody wants it."""

    title: str
    opens: datetime
    closes: datetime
    attempts: int
    show_score: str


def settle(
    places: Sequence[Place], people: Sequence[Resident], *, now: datetime
) -> tuple[int, int]:
    """Import units and people; returns how many of them the files held.

    :raises Refused: If the import refuses a row.
    """
    units = [(one.code, one.name, one.category, one.level) for one in places]
    with _as_file(UNIT_HEADINGS, units) as file:
        result = import_units(
            reading=read_units_file(file, filename=file.name),
            accept_good=False,
            stamp=None,
            source=digest_of(file),
            filename="",
            editor=SYSTEM,
            now=now,
        )
        _check(result.done, result.bad)
    roster = [
        (p.unit.code, p.unit.name, p.name, p.tail, p.staff_number, p.rank)
        for p in people
    ]
    with _as_file(PERSON_HEADINGS, roster) as file:
        result = import_people(
            reading=read_people_file(file, filename=file.name),
            wish=Wish(adopt_ranks=True),
            source=digest_of(file),
            filename="",
            editor=SYSTEM,
            now=now + timedelta(minutes=20),
        )
        _check(result.done, result.bad)
    return len(units), len(roster)


def stock_bank(*, now: datetime) -> int:
    """Import the starter bank; returns how many questions it holds."""
    total = 0
    for n, path in enumerate(sorted(STARTER.glob("*.json"))):
        result = import_questions(
            drafts=read_file(path, filename=path.name).typed,
            accept_good=False,
            actor=ACTOR,
            now=now + timedelta(minutes=n),
        )
        total += result.plan.total
    return total


def book(booking: Booking, *, account_id: int | None, now: datetime) -> Exam:
    """Make the draft of a demo exam for everybody, after the usual preset."""
    preset = preset_named(PRESET)
    details = ExamDetails(
        title=booking.title,
        opens_at=booking.opens,
        closes_at=booking.closes,
        duration_s=preset.minutes * 60,
        pass_mark=preset.pass_mark,
        excellent_mark=preset.excellent_mark,
        attempts=booking.attempts,
        multi_rule="exact",
        show_score=booking.show_score,
        shuffle=True,
        contact="考务组，一楼服务台",
        show_what="all",
    )
    return create_exam(
        details=details,
        preset=preset.name,
        rows=rows_of(preset),
        code=new_code(),
        account_id=account_id,
        now=now,
        demo=True,
    )


def publish_and_draw(exam: Exam, *, account_id: int | None, now: datetime) -> None:
    """Bring a draft, or an exam that was only published, to where it can open."""
    if exam.published_at is None:
        publish_exam(
            exam_id=exam.id,
            unit_ids=None,
            public_source="",
            secret=new_secret(),
            key=str(current_app.secret_key),
            account_id=account_id,
            now=now,
        )
    draw_exam(exam_id=exam.id, public_value="", account_id=account_id, now=now)


@contextmanager
def _as_file(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[Path]:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows(rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.csv")
        path.write_text(text.getvalue(), encoding="utf-8")
        yield path


def _check(done: bool, bad: Sequence[object]) -> None:
    if not done:
        raise Refused("示例数据有误：%(why)s", why=bad[0])
