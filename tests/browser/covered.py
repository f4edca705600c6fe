"""Which template of a phone is looked at in which state of which walk.

Each walk stops at many more states; here stands one for each template, so that none is
forgotten. That the state shows the template is seen by its title.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "templates" / "phone"

#: Walk → state → template.
COVERED = {
    "along_the_path": {
        "entry": "entry",
        "confirm": "confirm",
        "paper": "paper",
        "plain question": "question",
        "plain hand-in": "handin",
        "receipt": "receipt",
        "error": "error",
    },
    "at_the_door": {
        "waiting": "ready",
        "asking to join": "join",
        "asked to join": "joining",
        "declined": "joining",
    },
    "elsewhere": {"another phone has the paper": "wait", "not agreed": "error"},
    "afterwards": {
        "result": "result",
        "certificate": "certificate",
        "receipt checked": "voucher",
        "certified": "certified",
        "check": "verify",
        "signed": "signed",
    },
}

_TITLE = re.compile(r"{% block title %}(.*?){% endblock %}")
_TEXT = re.compile(r'_\("([^"]+)"')


def titles(template: str) -> list[str]:
    """Patterns of the titles a template may have; one that is the exam's: any."""
    source = (FOLDER / f"{template}.html").read_text(encoding="utf-8")
    found = _TITLE.search(source)
    assert found is not None, template
    texts = _TEXT.findall(found[1])
    return [re.sub(r"%\\?\(\w+\\?\)d", r"\\d+", re.escape(one)) for one in texts]


def walked(walk: str, page: Any, names: Iterator[str]) -> Iterator[str]:
    """Go along a walk; each template must be where the table says."""
    left = dict(COVERED[walk])
    for name in names:
        template = left.pop(name, None)
        if template is not None:
            wanted = titles(template) or [".+"]
            title = page.title()
            assert any(re.fullmatch(one, title) for one in wanted), (name, title)
        yield name
    assert left == {}
