"""When the phone's script fails: where, for whoever mends it. Nothing of a person.

A log line names the kind of error, its place in the script and the engine; not the
sitting, not the phone's model, not the message, which may quote what was typed.
"""

from __future__ import annotations

import re
from collections import Counter

from flask import current_app

from core.assets import bundle_mark

KINDS = 100  # different troubles that are counted; a broken phone sends few
_NAME = re.compile(r"[A-Z][A-Za-z]{0,40}")
_ENGINE = re.compile(r"(?:Chrome|CriOS|Version|MicroMessenger|TBS|XWEB)/\d{1,6}")


def note_trouble(body: object, user_agent: str) -> None:
    """Log a failure of the script the first time, then at 10, 100, 1000 …

    What no page of ours would send is passed over.
    """
    where = _where(body)
    if where is None:
        return
    seen: Counter[str] = current_app.extensions.setdefault("troubles", Counter())
    engine = " ".join(_ENGINE.findall(user_agent)[:4]) or "?"
    what = f"{where} of {bundle_mark('phone.js')} in {engine}"
    if what not in seen and len(seen) >= KINDS:
        return
    seen[what] += 1
    if str(seen[what]).strip("0") == "1":
        current_app.logger.warning("phone script failed: %s (%d)", what, seen[what])


def _where(body: object) -> str | None:
    if not isinstance(body, dict):
        return None
    name, row, column = (body.get(key) for key in ("name", "row", "column"))
    places = [x for x in (row, column) if isinstance(x, int) and 0 <= x < 100_000]
    if not isinstance(name, str) or len(places) != 2:
        return None
    kind = name if _NAME.fullmatch(name) else "Error"
    return f"{kind} {places[0]}:{places[1]}"
