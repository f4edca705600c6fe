"""Files that bring questions: /console/bank/import."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_babel import gettext
from flask_login import current_user

from core.access import needs
from core.cells import Note
from core.clock import now
from core.db import db
from core.errors import Conflict, Missing, Refused
from core.jobs.kinds import Kind
from core.jobs.queries import find_active
from core.jobs.starting import start_job
from core.uploads import (
    Upload,
    drop_upload,
    find_upload,
    keep_upload,
    list_uploads,
    renew_upload,
)
from question_bank.formats.files import PASTED
from question_bank.forms import DecisionForm, FillForm, UploadForm
from question_bank.import_queries import (
    earlier_import,
    examine_candidates,
    kept_by_id,
    last_import,
)
from question_bank.intake_job import LARGE, MANY, READ, TAKE
from question_bank.question_form import QuestionForm, filled_form
from question_bank.review import (
    UPLOADS,
    Review,
    load_review,
    note_edit,
    note_fill,
    note_skip,
    read_for_review,
)
from question_bank.rules.intake import Plan
from question_bank.rules.validity import DIFFICULTIES, TOPIC_LIMIT
from question_bank.taking import chosen, digest_of, put_away, take_upload
from question_bank.topic_queries import topic_names
from question_bank.views.bank import XLSX, words

blueprint = Blueprint("intake", __name__)

PAGE_SIZE = 50
UNDER_WAY = "这份文件正在导入，请等它完成，或在“任务”里取消它"
#: What a page can be narrowed to, with the colours it shows.
SHOWN = {
    "all": ("green", "yellow", "red", "known", "repeated", "skipped"),
    "green": ("green",),
    "yellow": ("yellow",),
    "red": ("red",),
    "other": ("known", "repeated", "skipped"),
}


@blueprint.context_processor
def _words() -> dict[str, Any]:
    return words


# /console/bank/import


@blueprint.get("/console/bank/import")
@needs("author")
def upload() -> str:
    """Choose a file or paste a text."""
    return _upload_page(UploadForm())


@blueprint.post("/console/bank/import")
@needs("author")
def send() -> Any:
    """Keep the file, read it, and show what it holds."""
    form = UploadForm()
    if not form.validate_on_submit():
        return _upload_page(form), 400
    kept = _keep(form)
    if kept.path.stat().st_size >= LARGE:
        return _by_job(READ, kept)
    try:
        read_for_review(kept)
    except Refused as refusal:
        drop_upload(_folder(), kept.token)
        form.form_errors.append(gettext(refusal.message, **refusal.values))
        return _upload_page(form), 400
    return redirect(url_for("intake.review", token=kept.token))


@blueprint.get("/console/bank/import/<token>")
@needs("author")
def review(token: str) -> Any:
    """Each question of the file: can it be taken, and what to look at."""
    kept = _kept(token)
    if job_id := _taking(kept):
        return redirect(url_for("jobs.job", job_id=job_id))
    found = _review(kept)
    plan = examine_candidates(found.candidates)
    show = request.args.get("show", "all")
    places = [
        place
        for place, verdict in enumerate(plan.verdicts)
        if verdict.colour in SHOWN.get(show, SHOWN["all"])
    ]
    editing = request.args.get("edit", type=int)
    pages = max(1, -(-len(places) // PAGE_SIZE))
    page = request.args.get("page", 1, type=int)
    if editing in places and "page" not in request.args:
        page = places.index(editing) // PAGE_SIZE + 1
    page = min(max(1, page), pages)
    listed = places[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    return render_template(
        "question_bank/review.html",
        upload=kept,
        review=found,
        plan=plan,
        listed=[(place, plan.verdicts[place]) for place in listed],
        others=_others(plan, listed),
        fill=FillForm(),
        unfilled=_unfilled(plan),
        editing=editing,
        form=_edit_form(found, editing),
        earlier=earlier_import(digest_of(kept)),
        topics=topic_names(),
        page=page,
        pages=pages,
        show=show if show in SHOWN else "all",
        shown=SHOWN,
    )


@blueprint.post("/console/bank/import/<token>")
@needs("author")
def decide(token: str) -> Any:
    """Import what can be imported, or only what is green, or give the file up."""
    kept = _kept(token)
    form = DecisionForm()
    if job_id := _taking(kept):
        if form.cancel.data:
            raise Conflict(UNDER_WAY)
        return redirect(url_for("jobs.job", job_id=job_id), 303)
    found = _review(kept)
    if form.cancel.data:
        return _give_up(kept, found.import_id)
    plan, green = examine_candidates(found.candidates), bool(form.green.data)
    if len(chosen(plan, green=green)) >= MANY:
        renew_upload(kept, now=now())
        return _by_job(TAKE, kept, green=green, sha256=digest_of(kept))
    result = take_upload(
        kept,
        plan,
        green=green,
        actor=_actor(),
        now=now(),
        import_id=found.import_id,
    )
    left = plan.bad + (plan.counts["yellow"] if green else 0)
    tone = "warning" if left or not result.added else "success"
    flash(_joined(result.sentences()), tone)
    put_away(kept, left=left, import_id=result.import_id, now=now())
    if left:
        show = "red" if plan.bad else None
        return redirect(url_for("intake.review", token=token, show=show))
    if result.import_id is None:
        return redirect(url_for("bank.index"))
    return redirect(url_for("bank_imports.show", import_id=result.import_id))


@blueprint.get("/console/bank/import/<token>/result")
@needs("author")
def result(token: str) -> Any:
    """What came of a file a job has taken: what is left of it, else its import."""
    try:
        _kept(token)
    except Missing:
        import_id = last_import(request.args.get("file", ""))
        if import_id is None:
            return redirect(url_for("bank.index"))
        return redirect(url_for("bank_imports.show", import_id=import_id))
    return redirect(url_for("intake.review", token=token))


@blueprint.post("/console/bank/import/<token>/<int:place>")
@needs("author")
def change(token: str, place: int) -> Any:
    """Keep what was typed for one question, leave it out, or take it in again."""
    kept = _kept_at_rest(token)
    candidates = _review(kept).candidates
    if place >= len(candidates):
        raise Missing("没有这道题")
    if "skip" in request.form or "unskip" in request.form:
        note_skip(kept, place, skip="skip" in request.form)
    else:
        note_edit(kept, place, QuestionForm().draft())
    renew_upload(kept, now=now())
    return redirect(_back_to(token, place))


@blueprint.post("/console/bank/import/<token>/fill")
@needs("author")
def fill(token: str) -> Any:
    """Give a topic and a difficulty to all questions that have none."""
    kept = _kept_at_rest(token)
    form = FillForm()
    difficulty = form.all_difficulty.data or ""
    note_fill(
        kept,
        topic=(form.all_topic.data or "")[:TOPIC_LIMIT],
        difficulty=difficulty if difficulty in DIFFICULTIES else "",
    )
    renew_upload(kept, now=now())
    return redirect(url_for("intake.review", token=token))


@blueprint.get("/console/bank/import/<token>/bad.xlsx")
@needs("author")
def bad(token: str) -> Response:
    """The questions that cannot be taken, with the reasons, to be put right."""
    # Only here: the writer of workbooks is not needed by any other page.
    from question_bank.formats.template import write_refused  # noqa: PLC0415

    kept = _kept(token)
    plan = examine_candidates(_review(kept).candidates)
    out = io.BytesIO()
    write_refused(out, plan.having("red"))
    out.seek(0)
    name = gettext("有误的题目") + ".xlsx"
    return send_file(out, mimetype=XLSX, as_attachment=True, download_name=name)


def _upload_page(form: UploadForm) -> str:
    waiting = list_uploads(
        _folder(), kind=UPLOADS, account_id=current_user.account_id, now=now()
    )
    return render_template("question_bank/upload.html", form=form, waiting=waiting)


def _keep(form: UploadForm) -> Upload:
    """Keep the file of a form, or its text as a file."""
    file = form.file.data
    if file:
        content, filename = file.stream, file.filename
    else:
        text = (form.text.data or "").encode("utf-8", "replace")
        content, filename = io.BytesIO(text), PASTED
    token = keep_upload(
        _folder(),
        content,
        filename=filename,
        kind=UPLOADS,
        account_id=current_user.account_id,
        now=now(),
    )
    return _kept(token)


def _by_job(kind: Kind, kept: Upload, **arguments: Any) -> Any:
    """Have a large file worked on where people see how far that has come."""
    job_id = start_job(
        kind=kind.name,
        arguments={"token": kept.token, **arguments},
        about=kept.filename,
        account_id=current_user.account_id,
        now=now(),
    )
    return redirect(url_for("jobs.job", job_id=job_id), 303)


def _taking(kept: Upload) -> int | None:
    """The job that is taking questions of a file just now. One query."""
    object = TAKE.object_of({"token": kept.token})
    found = find_active(db.session.connection(), TAKE.name, object)
    return found and int(found.id)


def _kept_at_rest(token: str) -> Upload:
    """A file that may be changed: no job is taking what stands in it."""
    kept = _kept(token)
    if _taking(kept):
        raise Conflict(UNDER_WAY)
    return kept


def _give_up(kept: Upload, import_id: int | None) -> Any:
    """Forget a file, or what is left of it after some of it was imported."""
    drop_upload(_folder(), kept.token)
    if import_id is None:
        flash(gettext("已放弃这份文件，没有改动题库"), "success")
        return redirect(url_for("bank.index"))
    flash(gettext("剩下的题没有导入，已导入的不受影响"), "success")
    return redirect(url_for("bank_imports.show", import_id=import_id))


def _review(kept: Upload) -> Review:
    """A file as it stands now; it is read if nobody has done so yet."""
    found = load_review(kept)
    if found is None:
        read_for_review(kept)
        found = load_review(kept)
    if found is None:
        raise Missing("上传的文件已经处理过或超过一天，请重新上传")
    return found


def _others(plan: Plan, places: Sequence[int]) -> dict[int, Any]:
    """The questions of the bank that stand beside those of a page, by id. One query."""
    ids = set()
    for place in places:
        verdict = plan.verdicts[place]
        alike = verdict.candidate.alike
        if verdict.colour == "known":
            ids.add(verdict.question_id)
        elif verdict.colour == "yellow" and alike:
            ids.add(alike.question_id)
    return kept_by_id(id for id in ids if id is not None)


def _unfilled(plan: Plan) -> tuple[int, int]:
    """How many questions have no topic, and how many no difficulty."""
    typed = [one.typed for one in plan.having("green", "yellow", "red")]
    return (
        sum(not one.draft.topic for one in typed),
        sum(one.no_difficulty for one in typed),
    )


def _edit_form(found: Review, place: int | None) -> QuestionForm | None:
    if place is None or not 0 <= place < len(found.candidates):
        return None
    return filled_form(found.candidates[place].typed.draft, 0)


def _back_to(token: str, place: int) -> str:
    return url_for(
        "intake.review",
        token=token,
        show=request.form.get("show") or None,
        page=request.form.get("page") or None,
        _anchor=f"q-{place}",
    )


def _joined(notes: Sequence[Note]) -> str:
    return "；".join(gettext(note.message, **note.values) for note in notes)


def _kept(token: str) -> Upload:
    return find_upload(
        _folder(),
        token,
        kind=UPLOADS,
        account_id=current_user.account_id,
        now=now(),
    )


def _folder() -> Path:
    return Path(current_app.instance_path, "uploads")


def _actor() -> str:
    return f"account:{current_user.account_id}"
