"""Heavy work in a process of its own."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_babel import force_locale

from core.aside import NICER, aside
from core.db import db, write


def test_it_gives_what_the_function_gives(app: Flask) -> None:
    assert aside("json", "dumps", {"题": [1]}, ensure_ascii=False) == '{"题": [1]}'


def test_it_is_another_process_and_nicer(app: Flask) -> None:
    assert aside("os", "getpid") != os.getpid()
    assert aside("os", "nice", 0) >= min(os.nice(0) + NICER, 19)


def test_what_it_prints_is_no_answer(app: Flask) -> None:
    assert aside("builtins", "print", "words") is None


def test_moments_are_shown_in_the_zone_of_the_setting(app: Flask) -> None:
    moment = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    assert aside("core.pages", "clock", moment) == "2026-11-24 09:00"


def test_it_speaks_the_language_of_the_request(app: Flask) -> None:
    with app.test_request_context(), force_locale("en"):
        assert str(aside("flask_babel", "get_locale")) == "en"


def test_an_error_says_what_happened_there(app: Flask) -> None:
    with pytest.raises(RuntimeError, match="JSONDecodeError"):
        aside("json", "loads", "{")


def test_a_child_that_dies_is_an_error(app: Flask) -> None:
    with pytest.raises(RuntimeError, match=r"os\._exit was ended \(3\)"):
        aside("os", "_exit", 3)


def test_it_gets_no_secret(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAWGAUGE_SECRET_KEY", "s" * 40)
    assert aside("os", "getenv", "LAWGAUGE_SECRET_KEY") is None


def test_nothing_is_being_read_while_the_child_works(app: Flask) -> None:
    with app.app_context():
        db.session.execute(sa.text("SELECT 1"))
        assert db.session().in_transaction()
        aside("json", "dumps", [])
        assert not db.session().in_transaction()


def test_it_undoes_nothing_that_is_being_written(app: Flask) -> None:
    with app.app_context(), write() as session:
        session.execute(sa.text("SELECT 1"))
        with pytest.raises(RuntimeError, match="undo"):
            aside("json", "dumps", [])
