"""Beginning the kept heads anew."""

from __future__ import annotations

from datetime import datetime

from core.audit import record_audit
from core.db import write
from core.errors import Refused
from core.heads import set_heads_aside

LONGEST_REASON = 200


def begin_heads_anew(*, reason: str, actor: str, now: datetime) -> str:
    """The database was put back to an earlier day on purpose: say so, for ever.

    The old file stays beside the new one, so that what the log has lost can be seen.

    :return: The name of the old file; empty if there was none.
    :raises Refused: Without a reason.
    """
    reason = reason.strip()
    if not 2 <= len(reason) <= LONGEST_REASON:
        raise Refused("请说明恢复备份的原因（2–200 个字）")
    aside = set_heads_aside(now)
    with write() as session:
        record_audit(
            session,
            "audit.heads",
            "audit",
            actor=actor,
            now=now,
            facts={"file": aside},
            personal={"reason": reason},
            rows=(),
        )
    return aside
