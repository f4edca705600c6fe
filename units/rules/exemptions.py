"""免考: why somebody need not take an exam, for how long, and who said so."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import Protocol

OTHER = "其他"
#: What is usual; 其他 needs words of its own.
REASONS = (
    *("当年退休", "长期病假", "产假", "出国（境）培训", "挂职借调"),
    *("驻村", "聘用工勤", "试用期", OTHER),
)
LONGEST_NOTE = 100  # characters
_CODE = re.compile(r"[0-9A-Z]{8}")


class State(StrEnum):
    """Where a request stands."""

    PENDING = "pending"  # 待审批
    APPROVED = "approved"  # 有效
    REFUSED = "refused"  # 未同意
    ENDED = "ended"  # 已撤回, or 提前结束
    EXPIRED = "expired"  # 已到期


class Request(Protocol):
    """What the rules see of a request."""

    until: datetime | None  # for every exam that opens before
    exam_code: str | None  # for this one exam
    approved: bool | None
    ended_at: datetime | None


def state_of(request: Request, now: datetime) -> State:
    """Where a request stands."""
    if request.ended_at is not None:
        return State.ENDED
    if request.approved is None:
        return State.PENDING
    if not request.approved:
        return State.REFUSED
    if request.until is not None and request.until <= now:
        return State.EXPIRED
    return State.APPROVED


def covers(request: Request, exam_code: str, opens_at: datetime) -> bool:
    """Whether an approved request takes somebody out of an exam.

    One with a date counts for every exam that opens before it.
    """
    if request.approved is not True or request.ended_at is not None:
        return False
    if request.exam_code is not None:
        return request.exam_code == exam_code
    return request.until is not None and opens_at < request.until


def reason_text(kind: str, note: str) -> str:
    """The reason as it is read: 长期病假, 产假（至明年三月）, 其他：脱产学习."""
    if kind == OTHER:
        return f"{OTHER}：{note}"
    return f"{kind}（{note}）" if note else kind


def frozen_reason(kind: str, note: str, approver: str) -> str:
    """The reason as an exam's roster keeps it, with who approved it."""
    reason = reason_text(kind, note)
    return f"{reason}；{approver}批准" if approver else reason


def exam_code_typed(text: str) -> str | None:
    """An exam's code as somebody types it; None if it can be none."""
    code = "".join(text.split()).upper()
    return code if _CODE.fullmatch(code) else None
