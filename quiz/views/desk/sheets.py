"""Answers written by pen: …/desk/sheets, entered by two people and handed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from core.access import granted, needs
from core.clock import now
from core.errors import Refused
from core.forms import said_on
from quiz.desk_forms import SheetForm
from quiz.operations.on_paper import enter_sheet, hand_in_sheet
from quiz.queries.board import board_of, found
from quiz.queries.desk import candidate_for, desk_for
from quiz.queries.on_paper import (
    entries_of,
    papers_held,
    sheets_entered,
)
from quiz.rules.on_paper import (
    OUTCOMES,
    Hold,
    outcome_of,
    paper_mark,
    paper_to_enter,
)
from quiz.views.desk.acting import named
from quiz.views.desk.pen import Desk, apart, read, seen_at, shown, word

blueprint = Blueprint(
    "desk_sheets", __name__, url_prefix="/console/exams/<int:exam_id>/desk/sheets"
)

FOUND_AT_ONCE = 30


# …/sheets


@blueprint.get("")
@needs("organizer", "invigilator", "auditor")
def index(exam_id: int) -> str:
    """The sheets that were entered, and how far each is; finding another person."""
    exam = desk_for(granted(), exam_id)
    typed = request.args.get("q", "").strip()[:60]
    seats = found(board_of(exam.id, granted(), now()), typed) if typed else []
    sheets = sheets_entered(exam.id, granted())
    return render_template(
        "quiz/console/desk/sheets.html",
        exam=exam,
        typed=typed,
        total=len(seats),
        seats=seats[:FOUND_AT_ONCE],
        waiting=[one for one in sheets if one.outcome is None],
        settled=[one for one in sheets if one.outcome is not None],
        mark=paper_mark,
        apart=lambda one: apart(one.entries),
    )


# …/sheets/<candidate>


@blueprint.get("/<int:candidate_id>")
@needs("organizer", "invigilator")
def ask(exam_id: int, candidate_id: int) -> ResponseReturnValue:
    """A line for each question, to be filled in from the sheet."""
    desk = _desk(exam_id, candidate_id)
    if desk.held.handed_in or (desk.complete and desk.own is None):
        return redirect(_to_compare(desk), 303)
    values = shown(desk) if desk.own else {}
    return _entry_page(desk, SheetForm(formdata=None), values, {})


@blueprint.post("/<int:candidate_id>")
@needs("organizer", "invigilator")
def enter(exam_id: int, candidate_id: int) -> ResponseReturnValue:
    """Keep what was read; the second time the two are compared."""
    desk = _desk(exam_id, candidate_id)
    form = SheetForm()
    values = {name: text for name, text in request.form.items() if name[:2] == "q-"}
    answers, wrong = read(desk.fields, values)
    if form.validate_on_submit() and not wrong:
        with said_on(form):
            enter_sheet(
                paper_id=desk.held.paper_id,
                answers=answers,
                account_id=current_user.account_id,
                now=now(),
            )
            return _entered(desk)
    if wrong:
        form.form_errors.append(gettext("请改正标出的 %(n)d 题", n=len(wrong)))
    return _entry_page(desk, form, values, wrong), 400


def _entered(desk: Desk) -> ResponseReturnValue:
    if desk.entries and (desk.complete or desk.own is None):  # that was the second
        return redirect(_to_compare(desk), 303)
    who = desk.person.name
    flash(gettext("%(who)s 的答卷已录入一次，请另一个人再录", who=who), "success")
    return redirect(url_for("desk_sheets.index", exam_id=desk.exam.id), 303)


# …/sheets/<candidate>/compare


@blueprint.get("/<int:candidate_id>/compare")
@needs("organizer", "invigilator")
def compare(exam_id: int, candidate_id: int) -> ResponseReturnValue:
    """Where the two readings differ, and what handing in will do."""
    return _compare_page(_desk(exam_id, candidate_id), SheetForm(formdata=None))


@blueprint.post("/<int:candidate_id>/compare")
@needs("organizer", "invigilator")
def hand_in(exam_id: int, candidate_id: int) -> ResponseReturnValue:
    """Hand in what both have read, and what was settled."""
    desk = _desk(exam_id, candidate_id)
    if not desk.complete:
        return redirect(_to_entry(desk), 303)
    form = SheetForm()
    if form.validate_on_submit():
        with said_on(form):
            outcome = hand_in_sheet(
                paper_id=desk.held.paper_id,
                chosen=_chosen(desk),
                seen=seen_at(form.seen.data or ""),
                account_id=current_user.account_id,
                now=now(),
                key=str(current_app.secret_key),
            )
            who = named(desk.person.unit_name, desk.person.name)
            text = gettext(OUTCOMES[outcome])
            flash(gettext("%(who)s：%(text)s", who=who, text=text), "success")
            return redirect(url_for("desk_sheets.index", exam_id=exam_id), 303)
    return _compare_page(desk, form), 400


def _chosen(desk: Desk) -> dict[str, int]:
    """Whose reading counts, of the questions that differ; nothing else is taken."""
    given = {q: request.form.get(f"q-{q}", "") for q in apart(desk.entries)}
    return {q: int(number) for q, number in given.items() if number in ("1", "2")}


# The table


def _desk(exam_id: int, candidate_id: int) -> Desk:
    """Somebody's sheet: of the paper ?paper=… names, else of the one that is being
    entered already, else of the one in turn.

    :raises Missing: If one does not look after them.
    :raises Refused: If there is no paper that counts.
    """
    exam = desk_for(granted(), exam_id)
    person = candidate_for(granted(), exam.id, candidate_id)
    papers = {one.paper_id: one for one in papers_held(person.id)}
    entered = {n: entries_of(n) for n in papers}
    out = [one for one in papers.values() if not one.handed_in]
    begun = next((one.paper_id for one in out if entered[one.paper_id]), None)
    asked = request.values.get("paper", type=int)
    holds = [Hold(one.paper_id, one.attempt, one.state) for one in out]
    hold = paper_to_enter(holds, asked if asked in papers else begun)
    done = [one.paper_id for one in papers.values() if one.handed_in]
    if hold is not None and asked not in done:
        paper_id: int | None = hold.paper_id
    else:
        paper_id = asked if asked in done else next(iter(done), None)
    if paper_id is None:
        raise Refused("此人没有可以录入的试卷：没有抽到，或已作废")
    others = [one for one in out if one.paper_id != paper_id and one.state != "void"]
    return Desk(exam, person, papers[paper_id], entered[paper_id], others)


def _entry_page(
    desk: Desk, form: SheetForm, values: Mapping[str, str], wrong: Mapping[str, str]
) -> str:
    form.paper.data = str(desk.held.paper_id)
    return _page("quiz/console/desk/sheet.html", desk, form, values=values, wrong=wrong)


def _compare_page(desk: Desk, form: SheetForm) -> str:
    form.paper.data = str(desk.held.paper_id)
    form.seen.data = "|".join(one.entered_at.isoformat() for one in desk.entries)
    lines = [
        (q, *(word(desk.fields[q].kind, e.answers.get(q, [])) for e in desk.entries))
        for q in apart(desk.entries)
    ]
    text = "" if desk.held.handed_in else gettext(OUTCOMES[outcome_of(desk.held.state)])
    return _page(
        "quiz/console/desk/sheet_compare.html", desk, form, lines=lines, follows=text
    )


def _page(template: str, desk: Desk, form: SheetForm, **more: Any) -> str:
    return render_template(
        template,
        exam=desk.exam,
        desk=desk,
        form=form,
        mark=paper_mark,
        **more,
    )


def _to_entry(desk: Desk) -> str:
    return url_for(
        "desk_sheets.ask",
        exam_id=desk.exam.id,
        candidate_id=desk.person.id,
        paper=desk.held.paper_id,
    )


def _to_compare(desk: Desk) -> str:
    return url_for(
        "desk_sheets.compare",
        exam_id=desk.exam.id,
        candidate_id=desk.person.id,
        paper=desk.held.paper_id,
    )
