"""How a person wants the pages of the phone: type, colours, one question or all.

A cookie, because the server writes it into every page: no page flashes in the wrong
colours first, and those without a script follow it too. phone.js sets it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import request

COOKIE = "lawgauge_look"
_SAID = re.compile(r"([0-3])-(auto|light|dark)-(all|one)")


@dataclass(frozen=True)
class Look:
    """The attributes of the page's root."""

    type: str = "0"  # 1.0, 1.3, 1.6, 2.0
    theme: str = "auto"  # as the phone
    view: str = "all"

    def holes(self) -> dict[str, str]:
        """As texts for the holes of a mould."""
        return {
            "look.type": self.type,
            "look.theme": self.theme,
            "look.view": self.view,
        }


def look_of_request() -> Look:
    """What the cookie says; anything else than our own words says nothing."""
    said = _SAID.fullmatch(request.cookies.get(COOKIE, ""))
    return Look(*said.groups()) if said else Look()
