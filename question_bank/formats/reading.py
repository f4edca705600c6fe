"""What reading a file gives."""

from __future__ import annotations

from dataclasses import dataclass

from core.cells import Note
from question_bank.rules.intake import Typed


@dataclass(frozen=True)
class Reading:
    """The questions of a file, and what the person should know about it."""

    typed: list[Typed]
    notes: list[Note]
