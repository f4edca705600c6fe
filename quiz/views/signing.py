"""What leaves the screen with our signature."""

from __future__ import annotations

from datetime import datetime

from flask import current_app

from core.signing import keys


def signed(line: str, moment: datetime) -> str:
    """A line as a token; empty where the key can be neither read nor made.

    A full disk must not take anybody's receipt away.
    """
    try:
        return keys().sign(line, now=moment)
    except OSError as error:
        current_app.logger.error("nothing is signed: %s", error)
        return ""
