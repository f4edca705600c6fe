"""Pages that a whole hall gets, the same but for a few places.

Jinja takes a millisecond and more for a page of a candidate, and nearly all of it is
the same for everybody in an exam. Such a page is rendered once, with holes; for each
person the holes are filled as text, escaped as the template would have done it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Hashable, Mapping
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from flask import current_app, render_template
from flask_babel import get_babel
from markupsafe import escape

_MARK = secrets.token_hex(8)  # nobody can type a hole into a page
_HOLE = re.compile(rf"{_MARK}-([\w.]+)-")


def moulded(template: str, holes: Mapping[str, object], **fixed: Hashable) -> str:
    """A page with its holes filled.

    :param holes: Texts by their names in the template, which shows them as they are
        and decides nothing by them; ``"candidate.name"`` is an attribute there.
    :param fixed: All else the template uses: the page is rendered once for each.
    """
    where = (_language(), current_app.config["TIMEZONE"])
    first, rest = _mould(template, where, tuple(holes), tuple(fixed.items()))
    parts = [first]
    for name, text in rest:
        parts += (escape(holes[name]), text)
    return "".join(parts)


def _language() -> str:
    # As Flask-Babel finds it, which makes an object of it with every request.
    babel = get_babel()
    chosen = babel.locale_selector() if babel.locale_selector else None
    return str(chosen or babel.default_locale)


@lru_cache(maxsize=256)
def _mould(
    template: str,
    _where: Hashable,  # language and time zone, which templates take from Flask
    holes: tuple[str, ...],
    fixed: tuple[tuple[str, Hashable], ...],
) -> tuple[str, list[tuple[str, str]]]:
    """The text before the first hole; the name of each with the text after it."""
    context: dict[str, Any] = dict(fixed)
    for name in holes:
        group, _, attribute = name.rpartition(".")
        mark = f"{_MARK}-{name}-"
        if group:
            setattr(context.setdefault(group, SimpleNamespace()), attribute, mark)
        else:
            context[name] = mark
    first, *rest = _HOLE.split(render_template(template, **context))
    return first, list(zip(rest[::2], rest[1::2], strict=True))
