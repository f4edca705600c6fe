"""Puts everything together. Nothing imports this but wsgi.py and the tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_babel import Babel
from flask_bootstrap import Bootstrap5
from flask_migrate import Migrate
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

import accounts.cli
import accounts.login
import accounts.queries
import accounts.views.own
import accounts.views.proof
import accounts.views.signing
import accounts.views.staff
import audit.cli
import audit.proving
import audit.views
import core.backup.cli
import core.backup.jobs
import core.cli
import core.jobs.cli
import core.jobs.views
import core.views
import privacy.cli
import privacy.views
import question_bank.alike_job
import question_bank.cli
import question_bank.intake_job
import question_bank.jobs
import question_bank.review_cli  # adds `bank approve`
import question_bank.views.bank
import question_bank.views.bulk
import question_bank.views.exporting
import question_bank.views.imports
import question_bank.views.intake
import question_bank.views.reviewing
import question_bank.views.topics
import quiz.bank_cli  # adds `bank check`
import quiz.desk_cli
import quiz.jobs
import quiz.keys_cli
import quiz.papers_job
import quiz.proof_cli  # adds `exams verify`
import quiz.queries.ahead
import quiz.views.bank_check
import quiz.views.bank_topics
import quiz.views.desk.board
import quiz.views.desk.exam
import quiz.views.desk.incidents
import quiz.views.desk.joining
import quiz.views.desk.people
import quiz.views.desk.proposals
import quiz.views.desk.rooms
import quiz.views.desk.screens
import quiz.views.desk.sheets
import quiz.views.desk.sittings
import quiz.views.desk.voiding
import quiz.views.direct
import quiz.views.entry
import quiz.views.exams
import quiz.views.hall
import quiz.views.joining
import quiz.views.keys
import quiz.views.making
import quiz.views.mine
import quiz.views.objections
import quiz.views.papers
import quiz.views.printing
import quiz.views.roster
import quiz.views.sitting
import quiz.views.tickets
import quiz.views.verify
import quiz.views.waiting
import rehearsal.cli
import reports.cli
import reports.jobs
import reports.views
import units.cli
import units.views.exemptions
import units.views.imports
import units.views.people
import units.views.ranks
import units.views.rosters
import units.views.units
from audit.operations.heads import begin_heads_anew
from core.access import init_access
from core.backup.checks import init_backup
from core.clock import Guard, watch
from core.config import Settings, read_settings
from core.db import db, init_db, read_core
from core.health import init_health
from core.jobs.kinds import init_jobs
from core.logs import begin_logging, route_structlog
from core.observing import init_observing
from core.pages import init_pages
from privacy.settings import notice_of
from quiz.queries.running import somebody_sits

ROOT = Path(__file__).resolve().parent
UPLOAD_LIMIT = 20 * 1024 * 1024  # bytes of one request


class Synchronous(Flask):
    """Flask without coroutines: to look for one in every hook and view takes it a
    twentieth of a page's time.
    """

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """It is one already."""
        return func


def create_app(env: Mapping[str, str] | None = None, *, testing: bool = False) -> Flask:
    """Wire the application; touches no database.

    :param env: Settings, by default the process's environment.
    :raises BadSetting: If one cannot be used.
    """
    env = os.environ if env is None else env
    settings = read_settings(env)
    route_structlog()
    if not testing:
        begin_logging(settings, sys.stderr)
    app = Synchronous(__name__, instance_path=str(settings.instance))
    app.testing = testing
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SETTINGS=settings,
        TIMEZONE=settings.timezone,
        MAX_CONTENT_LENGTH=UPLOAD_LIMIT,
        MAX_FORM_PARTS=2000,
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,  # bytes of what is typed or pasted
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_NAME="lawgauge",
        BABEL_DEFAULT_LOCALE="zh_Hans_CN",
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "translations"),
        BOOTSTRAP_SERVE_LOCAL=True,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a long form must not fail
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.wsgi_app = quiz.views.direct.Direct(app)  # type: ignore[method-assign]
    n = settings.trusted_proxies
    if n:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    init_observing(app, trusted=n > 0)
    _wire(app, settings)
    init_health(app, open_sittings=quiz.queries.ahead.open_sittings)
    init_backup(app, verifying=audit.proving.verified, put_back=_put_back)
    init_jobs(
        app,
        kinds=(
            reports.jobs.WORKBOOK,
            question_bank.jobs.EXPORT,
            quiz.papers_job.PAPERS,
            core.backup.jobs.BACKUP,
            quiz.jobs.DRAW,
            question_bank.alike_job.ALIKE,
            question_bank.intake_job.READ,
            question_bank.intake_job.TAKE,
        ),
        names=accounts.queries.display_names,
        environment={k: v for k, v in env.items() if k.startswith("LAWGAUGE_")},
    )
    return app


def _put_back(reason: str, now: datetime) -> None:
    begin_heads_anew(reason=reason, actor="terminal", now=now)


def watch_clock(app: Flask) -> None:
    """In this process, let no setting of the wall clock move anybody's deadline."""

    def matters(at: datetime) -> bool:
        try:
            with app.app_context(), read_core() as connection:
                return somebody_sits(connection, at)
        except sa.exc.SQLAlchemyError:
            return True  # who cannot be asked may be sitting

    watch(Guard(Path(app.instance_path), matters))


def _wire(app: Flask, settings: Settings) -> None:
    init_db(app, settings.database_url, settings.threads)
    # Constraints come and go with their names; SQLite alters by copying the table.
    Migrate(app, db, directory=str(ROOT / "migrations"), render_as_batch=True)
    Babel(app)
    Bootstrap5(app)
    init_pages(app)  # first of the hooks: what is foreign or too long is not read
    app.jinja_env.globals["notice"] = notice_of(settings)
    csrf = CSRFProtect(app)
    # Candidates have no session; their pages carry tokens of their own.
    csrf.exempt(quiz.views.entry.blueprint)
    csrf.exempt(quiz.views.sitting.blueprint)
    csrf.exempt(quiz.views.mine.blueprint)
    csrf.exempt(quiz.views.verify.blueprint)
    csrf.exempt(quiz.views.waiting.blueprint)
    csrf.exempt(quiz.views.joining.blueprint)
    accounts.login.init_login(app)
    init_access(app)
    for blueprint in (
        quiz.views.entry.blueprint,
        quiz.views.sitting.blueprint,
        quiz.views.mine.blueprint,
        quiz.views.verify.blueprint,
        quiz.views.waiting.blueprint,
        quiz.views.tickets.phone,
        quiz.views.tickets.console,
        quiz.views.joining.blueprint,
        quiz.views.exams.blueprint,
        quiz.views.desk.board.blueprint,
        quiz.views.desk.people.blueprint,
        quiz.views.desk.sittings.blueprint,
        quiz.views.desk.proposals.blueprint,
        quiz.views.desk.exam.blueprint,
        quiz.views.desk.voiding.blueprint,
        quiz.views.desk.incidents.blueprint,
        quiz.views.desk.joining.blueprint,
        quiz.views.desk.rooms.blueprint,
        quiz.views.desk.sheets.blueprint,
        quiz.views.desk.screens.blueprint,
        quiz.views.hall.blueprint,
        quiz.views.making.blueprint,
        quiz.views.keys.blueprint,
        quiz.views.objections.blueprint,
        quiz.views.bank_check.blueprint,
        quiz.views.bank_topics.blueprint,
        quiz.views.roster.blueprint,
        quiz.views.papers.blueprint,
        quiz.views.printing.blueprint,
        accounts.views.signing.blueprint,
        accounts.views.own.blueprint,
        accounts.views.proof.blueprint,
        accounts.views.staff.blueprint,
        units.views.units.blueprint,
        units.views.people.blueprint,
        units.views.imports.blueprint,
        units.views.rosters.blueprint,
        units.views.ranks.blueprint,
        units.views.exemptions.blueprint,
        question_bank.views.exporting.blueprint,
        question_bank.views.bank.blueprint,
        question_bank.views.bulk.blueprint,
        question_bank.views.topics.blueprint,
        question_bank.views.imports.blueprint,
        question_bank.views.intake.blueprint,
        question_bank.views.reviewing.blueprint,
        reports.views.blueprint,
        core.jobs.views.blueprint,
        core.views.blueprint,
        audit.views.blueprint,
        privacy.views.blueprint,
    ):
        app.register_blueprint(blueprint)
    for group in (
        audit.cli.audit,
        privacy.cli.privacy,
        core.cli.database,
        core.jobs.cli.jobs,
        core.backup.cli.backup,
        core.backup.cli.restore,
        core.backup.cli.upgrade,
        core.cli.clock,
        accounts.cli.accounts,
        units.cli.units,
        units.cli.people,
        question_bank.cli.bank,
        quiz.desk_cli.exams,
        quiz.keys_cli.keys,
        reports.cli.reports,
        rehearsal.cli.demo,
        rehearsal.cli.rehearse,
    ):
        app.cli.add_command(core.cli.in_a_sentence(group))
