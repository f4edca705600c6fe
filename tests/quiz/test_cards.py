"""The contents of questions a process keeps."""

from __future__ import annotations

from datetime import datetime

import pytest
from flask import Flask

from quiz.queries.cards import Cards
from tests.quiz.factories import make_exam


def test_a_full_store_begins_anew_with_all_that_was_asked(
    app: Flask, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = make_exam(moment).versions
    kept = Cards()
    kept.contents(versions[:2])
    monkeypatch.setattr(Cards, "MOST", 1)
    found = kept.contents(versions[:3])
    assert set(versions[:3]) <= set(found)


def test_what_was_forgotten_is_read_again(app: Flask, moment: datetime) -> None:
    """A version's number may mean another question once the database is replaced."""
    versions = make_exam(moment).versions
    kept = Cards()
    kept.contents(versions)
    kept.field(versions[0])
    kept.clear()
    with pytest.raises(KeyError):
        kept.field(versions[0])
