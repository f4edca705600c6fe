"""Who is at the keyboard, as operations ask for it."""

from __future__ import annotations

from flask_babel import gettext
from flask_login import current_user

from core.errors import Refused
from units.queries.editors import Editor


def editor() -> Editor:
    """The account of this request: as an organizer, and as a liaison."""
    return Editor(
        actor=f"account:{current_user.account_id}",
        name=current_user.display_name,
        scope=current_user.scope("organizer"),
        limited=current_user.scope("liaison"),
    )


def said(refusal: Refused) -> str:
    """A refusal as a sentence."""
    text: str = gettext(refusal.message, **refusal.values)
    return text
