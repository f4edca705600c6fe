"""改键: /console/exams/<id>/keys. One person asks with the sandbox before their eyes, a
second one confirms, everybody's old and new scores stand side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from accounts.queries import display_names
from core.access import granted, may, needs
from core.clock import now
from core.db import read_core
from core.errors import Missing, Refused
from core.pages import base_address
from quiz.models import Exam
from quiz.operations.looking import note_scores_seen
from quiz.operations.proposals import drop_proposal
from quiz.operations.rekeying import (
    check_meant,
    confirm_rekey,
    propose_rekey,
    rescore_exam,
)
from quiz.queries.exams import exam_for
from quiz.queries.keys import (
    changes_in_force,
    count_unscored,
    newest_revision,
    revisions_of,
)
from quiz.queries.revisions import (
    Askable,
    asked_of,
    movement_of,
    questions_to_change,
)
from quiz.queries.sandbox import preview_keys
from quiz.queries.sheets import waiting_proposals
from quiz.rules.lifecycle import State, state_of
from quiz.rules.rekeying import KINDS, MOST_CHANGES, Change, change_of
from quiz.tokens import new_key
from quiz.views.typed_keys import read_change, shown_key, typed_changes

blueprint = Blueprint("keys", __name__, url_prefix="/console/exams/<int:exam_id>/keys")

FOUND_AT_ONCE = 60  # questions listed for a search
LISTED = 300  # people whose scores stand side by side on one page
SCORED_AT_ONCE = 1000  # sheets one request scores; the rest by whoever looks


@blueprint.get("")
@needs("organizer", "reviewer", proof=True)
def index(exam_id: int) -> str:
    """What was changed, and what waits for a second person."""
    exam = exam_for(granted(), exam_id)
    with read_core() as connection:
        revisions = revisions_of(connection, exam.id)
        waiting = [
            one for one in waiting_proposals(connection, exam.id) if one.kind == "rekey"
        ]
    people = {one.proposed_by for one in waiting}
    people |= {who for one in revisions for who in (one.proposed_by, one.confirmed_by)}
    return render_template(
        "quiz/console/keys/index.html",
        exam=exam,
        open=_can_change(exam),
        revisions=revisions,
        waiting=waiting,
        names=display_names(people),
        kinds=KINDS,
    )


@blueprint.get("/new")
@needs("organizer", proof=True)
def pick(exam_id: int) -> str:
    """Find the questions; with some picked, say what is right."""
    exam = exam_for(granted(), exam_id)
    picked = request.args.getlist("v")[:MOST_CHANGES]
    text = request.args.get("q", "").strip()[:60]
    if picked:
        return _form_page(exam, picked, {})
    with read_core() as connection:
        found = questions_to_change(
            connection, exam.id, text=text, most=FOUND_AT_ONCE + 1
        )
    return render_template(
        "quiz/console/keys/pick.html",
        exam=exam,
        text=text,
        questions=found[:FOUND_AT_ONCE],
        more=len(found) > FOUND_AT_ONCE,
        shown_key=shown_key,
    )


@blueprint.post("/new")
@needs("organizer", proof=True)
def propose(exam_id: int) -> ResponseReturnValue:
    """Show what would move; asked for then, write the proposal."""
    exam = exam_for(granted(), exam_id)
    picked = request.form.getlist("v")[:MOST_CHANGES]
    try:
        changes = typed_changes(_questions(exam.id, picked), request.form)
        check_meant(exam.id, changes)
        if request.form.get("step") != "propose":
            return _form_page(exam, picked, request.form, changes)
        proposal = propose_rekey(
            exam_id=exam.id,
            changes=changes,
            reason=request.form.get("reason", ""),
            key=request.form.get("tap", "")[:40] or new_key(),
            account_id=current_user.account_id,
            now=now(),
        )
    except Refused as refused:
        error = gettext(refused.message, **refused.values)
        return _form_page(exam, picked, request.form, error=error), refused.status
    flash(gettext("已提交申请，请另一位组织者或审题人确认"), "success")
    target = url_for("keys.asked", exam_id=exam.id, asked_id=proposal)
    return redirect(target, 303)


@blueprint.get("/asked/<int:asked_id>")
@needs("organizer", "reviewer", proof=True)
def asked(exam_id: int, asked_id: int) -> str:
    """What is asked for and what it would move now, for the second person."""
    exam = exam_for(granted(), exam_id)
    with read_core() as connection:
        proposal = asked_of(connection, exam.id, asked_id)
        fresh = newest_revision(connection, exam.id) == proposal.base
        waits = proposal.decision is None and fresh
        preview = preview_keys(connection, exam.id, proposal.changes) if waits else None
    people = preview is not None and may("keys.revision")
    if people:
        _note_seen(exam.id, proposal.base + 1)
    decided_by = {proposal.decided_by} if proposal.decided_by else set()
    return render_template(
        "quiz/console/keys/asked.html",
        exam=exam,
        proposal=proposal,
        fresh=fresh,
        preview=preview,
        people=people,
        address=f"{base_address()}{request.path}",
        own=proposal.proposed_by == current_user.account_id,
        names=display_names({proposal.proposed_by} | decided_by),
        lines=_lines(exam.id, proposal.changes),
        kinds=KINDS,
    )


@blueprint.post("/asked/<int:asked_id>/confirm")
@needs("organizer", "reviewer", proof=True)
def confirm(exam_id: int, asked_id: int) -> ResponseReturnValue:
    """Put the keys in force: the second person's word."""
    exam = exam_for(granted(), exam_id)
    with read_core() as connection:
        asked_of(connection, exam.id, asked_id)  # it is of this exam
    number = confirm_rekey(
        proposal_id=asked_id,
        account_id=current_user.account_id,
        now=now(),
        limit=SCORED_AT_ONCE,
    )
    flash(gettext("第 %(n)d 次改键已生效", n=number), "success")
    return redirect(url_for("keys.index", exam_id=exam.id), 303)


@blueprint.post("/asked/<int:asked_id>/drop")
@needs("organizer", "reviewer", proof=True)
def drop(exam_id: int, asked_id: int) -> ResponseReturnValue:
    """Decline what somebody asks for, or take back what one asked for."""
    exam = exam_for(granted(), exam_id)
    with read_core() as connection:
        asked_of(connection, exam.id, asked_id)
    drop_proposal(proposal_id=asked_id, account_id=current_user.account_id, now=now())
    flash(gettext("申请已了结，成绩没有变动"), "success")
    return redirect(url_for("keys.index", exam_id=exam.id), 303)


@blueprint.get("/<int:number>")
@needs("organizer", proof=True)
def revision(exam_id: int, number: int) -> str:
    """How far it has come, and old and new scores side by side."""
    exam = exam_for(granted(), exam_id)
    rescore_exam(exam_id=exam.id, now=now(), limit=SCORED_AT_ONCE)
    with read_core() as connection:
        found = [
            one for one in revisions_of(connection, exam.id) if one.number == number
        ]
        if not found:
            raise Missing("没有这次改键")
        movement = movement_of(connection, exam.id, number, LISTED)
        waiting = count_unscored(connection, exam.id, number)
    _note_seen(exam.id, number)
    return render_template(
        "quiz/console/keys/revision.html",
        exam=exam,
        revision=found[0],
        movement=movement,
        waiting=0 if found[0].scored_at else waiting,
        names=display_names({found[0].proposed_by, found[0].confirmed_by}),
        lines=_lines(exam.id, found[0].changes),
        kinds=KINDS,
    )


def _note_seen(exam_id: int, revision: int) -> None:
    """Note who looked at the people a change moves; reviewers are not shown them."""
    note_scores_seen(
        exam_id=exam_id,
        revision=revision,
        account_id=current_user.account_id,
        now=now(),
    )


def _can_change(exam: Exam) -> bool:
    return state_of(exam, now()) not in (State.DRAFT, State.PUBLISHED, State.ARCHIVED)


def _questions(exam_id: int, picked: Iterable[str]) -> list[Askable]:
    """Questions by their ids; a case by its version is all of its parts."""
    wanted = set(picked)
    found = {version for one in wanted if (version := _version(one))}
    if not found:
        return []
    with read_core() as connection:
        questions = questions_to_change(
            connection, exam_id, versions=list(found), most=len(found)
        )
    return [one for one in questions if wanted & {one.id, str(one.version_id)}]


def _version(picked: str) -> int | None:
    version, _, part = picked.partition("-")
    sane = version.isascii() and version.isdigit() and len(version) < 10
    return int(version) if sane and (not part or part.isdigit()) else None


def _form_page(
    exam: Exam,
    picked: Iterable[str],
    typed: Mapping[str, str],
    changes: list[Change] | None = None,
    *,
    error: str = "",
) -> str:
    questions = _questions(exam.id, picked)
    preview: Any = None
    with read_core() as connection:
        before = changes_in_force(connection, exam.id)
        base = newest_revision(connection, exam.id)
        if changes is not None:
            preview = preview_keys(connection, exam.id, changes)
    if preview is not None:
        _note_seen(exam.id, base + 1)
    return render_template(
        "quiz/console/keys/new.html",
        exam=exam,
        questions=questions,
        typed=typed,
        error=error,
        preview=preview,
        tap=typed.get("tap") or new_key(),
        shown_key=shown_key,
        changed={
            one.id: read_change(one, said)
            for one in questions
            if (said := change_of(one, before)) is not None
        },
        kinds=KINDS,
    )


def _lines(exam_id: int, changes: Iterable[Change]) -> list[tuple[Askable, Any]]:
    """Each question with what is said of it."""
    said = {(one.version_id, one.part): one for one in changes}
    return [
        (question, read_change(question, change))
        for question in _questions(exam_id, {str(version) for version, _ in said})
        if (change := change_of(question, said)) is not None
    ]
