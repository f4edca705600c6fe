"""The questions that come with the program."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from question_bank.formats.neutral import read_neutral
from question_bank.rules.intake import Typed

FOLDER = Path(__file__).resolve().parent.parent / "starter"


def starter_questions() -> list[Typed]:
    """All questions of the starter bank, in the order of its files."""
    return [
        replace(one, sheet=path.name)
        for path in sorted(FOLDER.glob("*.json"))
        for one in read_neutral(path.read_bytes(), filename=path.name).typed
    ]
