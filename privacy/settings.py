"""What the settings say of personal data."""

from __future__ import annotations

from dataclasses import dataclass

from core.config import Settings
from privacy.rules.periods import Periods


@dataclass(frozen=True)
class Notice:
    """What the notice for candidates is filled with (PIPL art. 17)."""

    organisation: str | None
    contact: str | None
    periods: Periods


def notice_of(settings: Settings) -> Notice:
    """Who answers, where to ask, how long what is kept."""
    return Notice(settings.organisation, settings.privacy_contact, periods_of(settings))


def periods_of(settings: Settings) -> Periods:
    """How long what is kept."""
    return Periods(
        tries=settings.keep_tries,
        devices=settings.keep_devices,
        answers=settings.keep_answers,
        names=settings.keep_names,
        left=settings.keep_left,
        sessions=settings.keep_sessions,
        audit=settings.keep_audit,
    )
