"""What the forms of the console share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import current_app, request
from flask_babel import gettext
from flask_wtf import FlaskForm

from core.errors import Busy, Refused

#: In a form that was held up: its sender's proof of who they are.
PROOF_FIELD = "proof_of_self"
MOST_NAMED = 10  # names of fields in one line of the log


class PageForm(FlaskForm):
    """A form that says in the log what was sent and is none of its fields.

    Such fields change nothing. A browser does not send them, so somebody has tried.
    """

    #: Names that the view reads beside the form: buttons, lists.
    beside: tuple[str, ...] = ()

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Validate as ever; note what is ignored."""
        known = {field.name for field in self} | {*self.beside, PROOF_FIELD}
        strange = sorted(
            name
            for name in request.form
            if name not in known and not name.startswith(tuple(f"{n}-" for n in known))
        )
        if strange:
            named = [name[:40] for name in strange[:MOST_NAMED]]
            current_app.logger.warning(
                "ignored fields at %s: %r", request.endpoint, named
            )
        valid: bool = super().validate(*args, **kwargs)
        return valid


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
