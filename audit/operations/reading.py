"""Writing down who took the audit log away."""

from __future__ import annotations

from datetime import datetime

from core.audit import record_audit
from core.db import write


def note_export(*, entries: int, actor: str, now: datetime) -> None:
    """Write down that entries were exported, before they are handed over."""
    with write() as session:
        record_audit(
            session,
            "audit.export",
            "audit",
            actor=actor,
            now=now,
            facts={"entries": entries},
            rows=(),
        )
