"""The states of a question and the ways between them."""

from __future__ import annotations

#: With their Chinese words (gettext ids).
STATES = {"draft": "草稿", "approved": "可用", "parked": "暂停", "retired": "停用"}

#: Only an approved question gets into papers; a retired one may come back.
NEXT: dict[str, tuple[str, ...]] = {
    "draft": ("approved", "retired"),
    "approved": ("parked", "retired"),
    "parked": ("approved", "retired"),
    "retired": ("approved",),
}


def may_become(state: str, wanted: str) -> bool:
    """Whether a question may go from one state straight to another."""
    return wanted in NEXT.get(state, ())
