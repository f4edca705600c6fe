"""What the states of a job are called."""

from __future__ import annotations

from flask_babel import gettext


def state_word(state: str) -> str:
    """The word people read."""
    words: dict[str, str] = {
        "queued": gettext("排队中"),
        "running": gettext("进行中"),
        "done": gettext("已完成"),
        "failed": gettext("未成功"),
        "cancelled": gettext("已取消"),
    }
    return words[state]


def state_tone(state: str) -> str:
    """The tone of its badge."""
    return {"done": "good", "failed": "bad", "running": "accent"}.get(state, "plain")
