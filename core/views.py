"""The running of the server: /healthz, /readyz, /metrics, /console/settings."""

from __future__ import annotations

import hmac
import platform

from flask import (
    Blueprint,
    Response,
    current_app,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user

from core.access import needs, public
from core.backup.jobs import BACKUP, KEPT
from core.backup.keeping import kept_in, last_taken
from core.backup.making import backups_folder
from core.clock import now
from core.config import Settings
from core.errors import Missing
from core.health import (
    BACKUP_DUE,
    checks,
    database_size,
    disk_free,
    figures,
    is_ready,
    open_sittings,
)
from core.jobs.starting import start_job
from core.metrics import metrics
from core.settings_words import settings_shown
from core.version import version

blueprint = Blueprint("running", __name__)

TEXT = "text/plain; version=0.0.4; charset=utf-8"


def _settings() -> Settings:
    found: Settings = current_app.config["SETTINGS"]
    return found


@blueprint.get("/healthz")
@public("says only that the process answers")
def healthz() -> ResponseReturnValue:
    """For whatever restarts a server that hangs: asks nothing of the database."""
    return {"ok": True}


@blueprint.get("/readyz")
@public("only for the networks and the token of the settings; others find nothing")
def readyz() -> ResponseReturnValue:
    """Whether an exam may be held here: 200 or 503, with what was looked at."""
    _check_monitor()
    found = checks(now())
    ready = is_ready(found)
    told = {
        check.name: {"state": check.state, "said": check.said}
        for check in sorted(found, key=lambda one: one.state)
    }
    return {"ready": ready, "checks": told}, 200 if ready else 503


@blueprint.get("/metrics")
@public("only for the networks and the token of the settings; others find nothing")
def show_metrics() -> ResponseReturnValue:
    """Figures for Prometheus."""
    _check_monitor()
    return Response(metrics().exposition(figures(now())), mimetype=TEXT)


# /console/settings


@blueprint.get("/console/settings")
@needs("admin")
def settings() -> str:
    """How the server does, its backups, its settings."""
    moment = now()
    found = checks(moment)
    taken = last_taken()
    chosen = _settings()
    return render_template(
        "running/settings.html",
        moment=moment,
        checks=found,
        ready=is_ready(found),
        open_sittings=open_sittings(),
        database="SQLite" if chosen.sqlite else "PostgreSQL",
        database_size=database_size(),
        disk_free=disk_free(),
        workers=metrics().workers(),
        version=version(),
        python=f"Python {platform.python_version()}",
        taken=taken,
        overdue=taken is None or moment - taken.at > BACKUP_DUE,
        kept=kept_in(backups_folder()),
        folder=backups_folder(),
        keep=KEPT,
        sealed=bool(chosen.backup_passphrase),
        settings=settings_shown(chosen),
    )


@blueprint.post("/console/settings/backup")
@needs("admin", proof=True)
def submit_backup() -> ResponseReturnValue:
    """Back up now; the page of the job tells how far it is."""
    moment = now()
    job_id = start_job(
        kind=BACKUP.name,
        arguments={"at": moment.isoformat(timespec="seconds")},
        account_id=current_user.account_id,
        now=moment,
    )
    return redirect(url_for("jobs.job", job_id=job_id), 303)


def _check_monitor() -> None:
    """Let in who may watch.

    A request that came through a proxy nobody was told to believe has the proxy's
    address: it is nobody's.

    :raises Missing: For all others, as if there were nothing.
    """
    settings = _settings()
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    token = settings.monitor_token
    if token and hmac.compare_digest(sent.encode(), token.encode()):
        return
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    if forwarded and not settings.trusted_proxies:
        raise Missing("没有找到这个页面，请核对地址或重新扫码")
    if not settings.monitor_networks.hold(request.remote_addr):
        raise Missing("没有找到这个页面，请核对地址或重新扫码")
