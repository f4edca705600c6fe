"""Showing a refusal where the person can do something about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask_babel import gettext

from core.errors import Busy, Refused


@contextmanager
def said_on(form: Any) -> Iterator[None]:
    """A refusal becomes a sentence on top of the form, and the page is shown again.

    A database that is busy is not the form's fault: that goes on to its own page.
    """
    try:
        yield
    except Busy:
        raise
    except Refused as refusal:
        form.form_errors.append(gettext(refusal.message, **refusal.values))
