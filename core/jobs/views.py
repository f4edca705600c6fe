"""Long work on the web: /console/jobs."""

from __future__ import annotations

from flask import (
    Blueprint,
    Response,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from core.access import ROLES, needs
from core.clock import now
from core.errors import Missing
from core.jobs.kinds import folder_of
from core.jobs.operations import cancel_job, note_download
from core.jobs.queries import Shown, job_shown, jobs_listed
from core.jobs.starting import tend_jobs
from core.jobs.words import state_tone, state_word

blueprint = Blueprint("jobs", __name__, url_prefix="/console/jobs")

PER_PAGE = 30


def _whose() -> int | None:
    """Whose jobs are seen: everybody their own, who keeps the server all."""
    account_id: int = current_user.account_id
    return None if "admin" in current_user.roles else account_id


@blueprint.get("")
@needs(*ROLES)
def index() -> str:
    """Jobs, the newest first."""
    tend_jobs(now=now())
    page = min(max(request.args.get("page", 1, type=int), 1), 10_000)
    listed, count = jobs_listed(
        account_id=_whose(), offset=(page - 1) * PER_PAGE, limit=PER_PAGE
    )
    return render_template(
        "jobs/index.html",
        jobs=listed,
        page=page,
        more=count > page * PER_PAGE,
        all=_whose() is None,
        word=state_word,
        tone=state_tone,
    )


@blueprint.get("/<int:job_id>")
@needs(*ROLES)
def job(job_id: int) -> str:
    """One job: how far it is, or what came of it."""
    shown = _tended(job_id)
    return render_template(
        "jobs/job.html",
        shown=shown,
        own=shown.job.account_id == current_user.account_id,
        word=state_word,
        tone=state_tone,
    )


@blueprint.get("/<int:job_id>/progress")
@needs(*ROLES)
def progress(job_id: int) -> ResponseReturnValue:
    """How far a job is, for the script of its page."""
    shown = _tended(job_id)
    return {
        "active": shown.active,
        "state": state_word(shown.job.state),
        "tone": state_tone(shown.job.state),
        "message": shown.job.message,
        "percent": shown.percent,
        "n": shown.job.progress_n,
        "of": shown.job.progress_of,
    }


@blueprint.post("/<int:job_id>/cancel")
@needs(*ROLES)
def submit_cancel(job_id: int) -> ResponseReturnValue:
    """Ask for the end of a job."""
    job_shown(job_id, account_id=_whose())
    state = cancel_job(job_id=job_id, account_id=current_user.account_id, now=now())
    if state == "cancelled":
        flash(gettext("已取消"), "success")
    else:
        flash(gettext("已要求停止，稍后结束"), "info")
    return redirect(url_for("jobs.job", job_id=job_id), 303)


@blueprint.get("/<int:job_id>/file")
@needs(*ROLES, proof=True)
def download(job_id: int) -> Response:
    """The result, for whose job it is and nobody else."""
    shown = job_shown(job_id, account_id=current_user.account_id)
    path = folder_of(job_id) / shown.job.file
    if not shown.job.file or not path.is_file():
        raise Missing("结果文件已经清除（只保留 7 天），请重新生成")
    note_download(job_id=job_id, account_id=current_user.account_id, now=now())
    return send_file(path, as_attachment=True, download_name=shown.job.filename)


def _tended(job_id: int) -> Shown:
    shown = job_shown(job_id, account_id=_whose())
    if shown.active:
        tend_jobs(now=now())
        shown = job_shown(job_id, account_id=_whose())
    return shown
