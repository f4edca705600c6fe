"""What usual exams take of the bank: for the checks of the bank."""

from __future__ import annotations

from question_bank.rules.checks import Need
from quiz.rules.presets import PRESETS


def usual_needs() -> list[Need]:
    """What one paper of each preset takes of each kind."""
    return [
        Need(preset.name, row.kind, row.count)
        for preset in PRESETS
        for row in preset.rows
    ]
