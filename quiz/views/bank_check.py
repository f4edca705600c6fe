"""The checks of the bank: /console/bank/check."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask_login import current_user

from core.access import needs
from core.clock import now
from core.jobs.starting import start_job
from question_bank.queries import kept_questions
from question_bank.rules.checks import CHECKS, GRAVE, check_bank
from question_bank.rules.validity import KINDS
from question_bank.topic_queries import parent_names
from quiz.bank_checks import usual_needs
from quiz.bank_cli import LOOKED_AT

blueprint = Blueprint("bank_check", __name__)

SHOWN = 100  # findings of one check on the page; the terminal has all


@blueprint.get("/console/bank/check")
@needs("author", "reviewer")
def index() -> str:
    """What the checks find now; looking for questions that are alike is a job."""
    questions = kept_questions(LOOKED_AT)
    checked = check_bank(questions, usual_needs(), parent_names())
    return render_template(
        "question_bank/check.html",
        total=len(questions),
        checked=checked,
        CHECKS=CHECKS,
        GRAVE=GRAVE,
        KINDS=KINDS,
        SHOWN=SHOWN,
        stems={kept.question_id: kept.draft.stem for kept in questions},
    )


@blueprint.post("/console/bank/check/alike")
@needs("author", "reviewer")
def alike() -> Any:
    """Have questions that are alike looked for; the job's page has the result."""
    job_id = start_job(
        kind="bank_alike",
        arguments={"account_id": current_user.account_id},
        account_id=current_user.account_id,
        now=now(),
    )
    return redirect(url_for("jobs.job", job_id=job_id))
