"""Asking for an exemption, and deciding about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import seals
from core.db import write
from core.errors import Missing, Refused
from units.models import Exemption
from units.operations.editing import lock_rosters, record_act, unit_to_change
from units.operations.people import person_to_change
from units.queries.editors import Editor
from units.rules.exemptions import (
    LONGEST_NOTE,
    OTHER,
    REASONS,
    State,
    exam_code_typed,
    state_of,
)


@dataclass(frozen=True)
class TypedExemption:
    """An exemption as somebody asks for it: until a moment, or for one exam."""

    kind: str
    note: str
    until: datetime | None
    exam: str  # the exam's code; empty: until the moment


def request_exemption(
    *, person_id: int, typed: TypedExemption, editor: Editor, now: datetime
) -> int:
    """Ask that somebody on the roster need not take an exam.

    :return: The number of the request.
    :raises Refused: If it cannot be meant, or another one of theirs waits.
    :raises Forbidden: If the roster's deadline is over for the editor.
    """
    note = " ".join(typed.note.split())
    code = exam_code_typed(typed.exam) if typed.exam.strip() else None
    _check(typed, note, code, now)
    with write() as session:
        lock_rosters(session)
        person = person_to_change(session, editor, person_id, now)
        before = session.scalars(
            sa.select(Exemption).where(Exemption.person_id == person_id)
        )
        if any(state_of(one, now) is State.PENDING for one in before):
            raise Refused("%(name)s已有一项待审批的免考申请", name=person.name)
        request = Exemption(
            person_id=person_id,
            kind=typed.kind,
            note=note,
            until=None if code else typed.until,
            exam_code=code,
            requested_at=now,
            requested_by=editor.actor,
            requested_name=editor.name,
            decision_note="",
        )
        session.add(request)
        session.flush()  # generate request.id
        _act(session, "exemption.request", request, editor, now, note)
        return request.id


def decide_exemption(
    *,
    exemption_id: int,
    approve: bool,
    note: str,
    alone: bool,
    editor: Editor,
    now: datetime,
) -> None:
    """Approve a request, or refuse it.

    Who asks does not decide: an exemption takes somebody out of the unit's turnout.
    Only where there is nobody else who could, the one administrator does both, and
    the audit log says so.

    :param alone: Whether the editor is an administrator and no other account could
        decide.
    :raises Refused: If it is decided already, or the editor's own request.
    """
    note = " ".join(note.split())
    if len(note) > LONGEST_NOTE:
        raise Refused("意见最多 %(most)d 个字，请缩短", most=LONGEST_NOTE)
    with write() as session:
        lock_rosters(session)
        request = _request(session, exemption_id)
        unit_to_change(session, editor.scope, request.person.unit_id)
        if state_of(request, now) is not State.PENDING:
            raise Refused("这项申请已经处理过，请刷新页面")
        own = request.requested_by == editor.actor
        if own and not alone:
            raise Refused(
                "不能审批自己提出的申请：免考会减少应考人数，要由另一位组织者审批"
            )
        request.approved = approve
        request.decided_at = now
        request.decided_by = editor.actor
        request.decided_name = editor.name
        request.decision_note = note
        action = "exemption.approve" if approve else "exemption.refuse"
        _act(session, action, request, editor, now, note, alone=own)


def withdraw_exemption(*, exemption_id: int, editor: Editor, now: datetime) -> None:
    """Take a request back, or end an approved exemption before its time.

    Exams already published keep it. Who asked may take back what is not decided;
    the rest is an organizer's.

    :raises Refused: If it is over already.
    :raises Missing: If it is not theirs to end.
    """
    with write() as session:
        lock_rosters(session)
        request = _request(session, exemption_id)
        state = state_of(request, now)
        own = state is State.PENDING and request.requested_by == editor.actor
        reach = editor.reach if own else editor.scope
        unit_to_change(session, reach, request.person.unit_id)
        if state not in (State.PENDING, State.APPROVED):
            raise Refused("这项免考已经结束，请刷新页面")
        request.ended_at = now
        request.ended_name = editor.name
        _act(session, "exemption.end", request, editor, now, "")


def _check(typed: TypedExemption, note: str, code: str | None, now: datetime) -> None:
    if typed.kind not in REASONS:
        raise Refused("请选择免考原因")
    if typed.kind == OTHER and not note:
        raise Refused("原因选“其他”时，请写明是什么情况")
    if len(note) > LONGEST_NOTE or "|" in note:
        raise Refused("说明最多 %(most)d 个字，不含竖线", most=LONGEST_NOTE)
    if typed.exam.strip() and code is None:
        raise Refused("考试码是 8 位数字和字母，请对照考试通知填写")
    if code is None and typed.until is None:
        raise Refused("请填写免考到哪一天，或者填写考试码")
    if code is None and typed.until is not None and typed.until <= now:
        raise Refused("免考的截止日期已经过去，请核对")


def _request(session: Session, exemption_id: int) -> Exemption:
    request = session.get(Exemption, exemption_id, populate_existing=True)
    if request is None:
        raise Missing("没有这项免考申请，请从列表重新进入")
    return request


def _act(
    session: Session,
    action: str,
    request: Exemption,
    editor: Editor,
    now: datetime,
    note: str,
    **facts: object,
) -> None:
    # Why somebody is ill is nobody's business in the chain.
    record_act(
        session,
        action,
        f"exemption:{request.id}",
        editor=editor,
        now=now,
        rows=[seals.these(request)],
        facts={"person": request.person_id, **facts},
        personal={"kind": request.kind, "note": note},
    )
