"""The digest on every printed page."""

from __future__ import annotations

import pytest

from reports.rules.digest import exam_digest

VECTOR = "18e61f70c3545d6d158ecafba2b828b5dbedb4688c8e7547e5f357e5711e3f02"
FIELDS = {
    "code": "QX7M2KPD",
    "roster": "a" * 64,
    "bank": "b" * 64,
    "blueprint": "c" * 64,
    "commitment": "d" * 64,
}


def test_the_digest_of_an_exam_is_this() -> None:
    """printf '%s' "QX7M2KPD|aaa…|bbb…|ccc…|ddd…" | sha256sum"""
    assert exam_digest(**FIELDS) == VECTOR


@pytest.mark.parametrize("name", FIELDS)
def test_every_part_changes_the_digest(name: str) -> None:
    assert exam_digest(**FIELDS | {name: "e" * 64}) != VECTOR
