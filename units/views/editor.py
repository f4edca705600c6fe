"""Who is at the keyboard, as operations ask for it."""

from __future__ import annotations

from flask_babel import gettext
from flask_login import current_user

from core.errors import Refused
from units.operations.editing import Editor


def editor(*roles: str) -> Editor:
    """The account of this request with the units for which it has one of the roles."""
    return Editor(
        actor=f"account:{current_user.account_id}",
        name=current_user.display_name,
        scope=current_user.scope(*roles),
    )


def said(refusal: Refused) -> str:
    """A refusal as a sentence."""
    text: str = gettext(refusal.message, **refusal.values)
    return text
