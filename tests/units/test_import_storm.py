"""K11: a roster import while others write."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from core.audit import record_audit
from core.db import db, write_core
from core.turns import DEADLINE, Turns
from tests.units.rosters import NOW, OLIVIA, PEOPLE_HEADINGS, UNITS, book, take_units
from units.files import read_people_file
from units.models import RosterChange
from units.operations.intake import Wish, import_people
from units.operations.results import ImportResult
from units.queries.people import preview_people
from units.queries.units import counts

PEOPLE = 10_000


def rows(changed: bool = False) -> list[list[str]]:
    """Ten thousand people; changed: every other one has another rank."""
    return [
        [
            UNITS[n % 3][1],
            f"人员{n}",
            f"{n % 9999:04d}",
            "",
            "中层" if changed and n % 2 else "",
        ]
        for n in range(PEOPLE)
    ]


def take(path: Path) -> ImportResult:
    return import_people(
        reading=read_people_file(path, filename=path.name),
        wish=Wish(),
        source="0" * 64,
        filename=path.name,
        editor=OLIVIA,
        now=NOW,
    )


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each turn of a writer was held, in seconds of its own work.

    On a machine that does nothing else the clock on the wall says the same.
    """
    seconds: list[float] = []
    plain = Turns.take

    @contextmanager
    def watched(turns: Turns) -> Iterator[None]:
        with plain(turns):
            began = time.thread_time()
            try:
                yield
            finally:
                seconds.append(time.thread_time() - began)

    monkeypatch.setattr(Turns, "take", watched)
    return seconds


def test_K11_an_import_of_ten_thousand_holds_the_writers_turn_under_a_second(
    app: Flask, tmp_path: Path, held: list[float], backend: str
) -> None:
    if backend != "sqlite":
        pytest.skip("PostgreSQL has no turns: rows are locked, and new ones by nobody")
    take_units(tmp_path)
    first = book(tmp_path / "first.xlsx", PEOPLE_HEADINGS, rows())
    second = book(tmp_path / "second.xlsx", PEOPLE_HEADINGS, rows(changed=True))
    held.clear()
    assert take(first).added == PEOPLE
    assert take(second).changed == PEOPLE // 2
    assert len(held) == 2  # each import is one transaction
    # Seconds. A crowded machine makes more of one; nobody is sent away even then.
    assert min(held) < 1, held
    assert max(held) < DEADLINE, held


def test_K11_others_write_while_ten_thousand_arrive(app: Flask, tmp_path: Path) -> None:
    """What a start or a save does, again and again, beside the import."""
    take_units(tmp_path)
    path = book(tmp_path / "first.xlsx", PEOPLE_HEADINGS, rows())
    writes = 0
    failures: list[BaseException] = []
    over = threading.Event()

    def save() -> None:
        nonlocal writes
        with app.app_context():
            while not over.is_set():
                try:
                    with write_core() as connection:
                        record_audit(
                            connection, "test", "a", actor="system", now=NOW, rows=()
                        )
                except BaseException as error:
                    failures.append(error)
                    return
                writes += 1
                time.sleep(0.005)

    savers = [threading.Thread(target=save) for _ in range(4)]
    for saver in savers:
        saver.start()
    try:
        assert take(path).added == PEOPLE
    finally:
        over.set()
        for saver in savers:
            saver.join()
    assert failures == []  # nobody waited so long as to be told to come again
    assert writes > 20
    assert counts().people == PEOPLE
    changes = db.session.scalar(sa.select(sa.func.count(RosterChange.id)))
    assert changes == PEOPLE + len(UNITS)


def test_K11_a_roster_that_changed_while_the_import_waited_is_compared_again(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The difference was worked out before the turn; meanwhile one row was taken."""
    take_units(tmp_path)
    whole = [["市司法局", "张三", "0012"], ["市司法局", "李四", "0013"]]
    path = book(tmp_path / "whole.xlsx", PEOPLE_HEADINGS, whole)
    early = book(tmp_path / "early.xlsx", PEOPLE_HEADINGS, whole[:1])
    plain = preview_people
    calls = []

    def overtaken(*args: object, **kwargs: object) -> object:
        plan = plain(*args, **kwargs)  # type: ignore[arg-type]
        calls.append(plan)
        if len(calls) == 1:
            take(early)
        return plan

    monkeypatch.setattr("units.operations.intake.preview_people", overtaken)
    result = take(path)
    assert (result.added, result.unchanged) == (1, 1)
    assert counts().people == 2


def test_F7_one_roster_imported_by_two_at_once_is_on_it_once(
    app: Flask, tmp_path: Path
) -> None:
    take_units(tmp_path)
    path = book(tmp_path / "first.xlsx", PEOPLE_HEADINGS, rows()[:500])
    reading = read_people_file(path, filename=path.name)
    results: list[ImportResult] = []
    together = threading.Barrier(3)

    def import_it() -> None:
        with app.app_context():
            together.wait()
            results.append(
                import_people(
                    reading=reading,
                    wish=Wish(),
                    source="0" * 64,
                    filename=path.name,
                    editor=OLIVIA,
                    now=NOW,
                )
            )

    importers = [threading.Thread(target=import_it) for _ in range(3)]
    for importer in importers:
        importer.start()
    for importer in importers:
        importer.join()
    assert sorted(result.added for result in results) == [0, 0, 500]
    assert counts().people == 500
