"""The states of a question, the ways between them, and who may go them.

Nobody approves what they wrote themselves. ``system``, the terminal, is the
administrator's word and stands for both persons.
"""

from __future__ import annotations

SYSTEM = "system"

#: With their Chinese words (gettext ids).
STATES = {
    "draft": "草稿",
    "review": "待审",
    "approved": "可用",
    "parked": "暂停",
    "retired": "停用",
}

#: Only an approved question gets into papers; a retired one may come back.
NEXT: dict[str, tuple[str, ...]] = {
    "draft": ("review", "retired"),
    "review": ("approved", "draft", "retired"),
    "approved": ("parked", "retired"),
    "parked": ("approved", "retired"),
    "retired": ("approved",),
}
#: The ways an author goes; all others are a reviewer's.
AUTHORS = frozenset({("draft", "review"), ("review", "draft")})

#: Why a question cannot go a way.
NO_WAY = "现在的状态不能这样操作"
OWN = "不能审核自己写的题，请另一位审题人审核"


def may_become(state: str, wanted: str) -> bool:
    """Whether a question may go from one state straight to another."""
    return wanted in NEXT.get(state, ())


def obstacle(state: str, wanted: str, *, actor: str, author: str) -> str | None:
    """Why somebody cannot bring a question into a state; None if they can.

    :param author: Who wrote its newest version.
    """
    if actor == SYSTEM and state == "draft" and wanted == "approved":
        return None
    if not may_become(state, wanted):
        return NO_WAY
    if wanted == "approved" and actor == author != SYSTEM:
        return OWN
    return None


def first_state(actor: str, *, ready: bool) -> str:
    """The state of a new question.

    :param ready: Its author gives it to review at once.
    """
    if actor == SYSTEM:
        return "approved"
    return "review" if ready else "draft"


def after_edit(state: str, actor: str) -> str:
    """The state of a question that has a new version: what was approved is reviewed
    anew.
    """
    return "review" if state == "approved" and actor != SYSTEM else state
