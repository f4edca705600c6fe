"""Writing down that somebody's data were handed out."""

from __future__ import annotations

from datetime import datetime

from core.audit import record_audit
from core.db import write


def note_copy(*, person_id: int, form: str, actor: str, now: datetime) -> None:
    """Write down that a copy was made, before it is handed over."""
    with write() as session:
        record_audit(
            session,
            "privacy.export",
            f"person:{person_id}",
            actor=actor,
            now=now,
            facts={"form": form},
            rows=(),
        )
