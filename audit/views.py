"""The audit log for those who watch over the others."""

from __future__ import annotations

import json
import threading
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from audit.forms import CheckForm, FilterForm
from audit.names import PERSONAL
from audit.operations.reading import note_export
from audit.queries.log import (
    Line,
    count_entries,
    entries_before,
    find_entry,
    find_payload,
    head_line,
)
from audit.queries.verification import Verified, verify
from audit.sentences import TABLES
from audit.telling import tell, tell_break
from core.access import may, needs
from core.clock import now
from core.errors import Busy, Missing, Refused

blueprint = Blueprint("audit", __name__, url_prefix="/console/audit")

PER_PAGE = 50
PEOPLE = "people.show"  # whoever may open somebody's page is told their name
EXPORTED = 50_000  # entries of one file
SHOWN_BREAKS = 200
#: Entries that are verified while somebody waits; more is work for the terminal.
RECOUNTED, VERIFIED = 20_000, 200_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_one_at_a_time = threading.Lock()


# /console/audit


@blueprint.get("")
@needs("auditor")
def index() -> str:
    """Entries, the newest first."""
    form = FilterForm(request.args)
    wanted = form.wanted(_zone())
    before = request.args.get("before", type=int)
    before = None if before is None else max(0, min(before, 2**31 - 1))
    lines = entries_before(wanted, before, PER_PAGE + 1)
    more = lines[PER_PAGE - 1].n if len(lines) > PER_PAGE else None
    kept = {
        name: value for name, value in request.args.items() if value and name in form
    }
    return render_template(
        "audit/index.html",
        form=form,
        filtered=wanted.anything,
        entries=tell(lines[:PER_PAGE], digests=False, people=may(PEOPLE)),
        more=more,
        before=before,
        kept=kept,
        total=count_entries(),
    )


@blueprint.get("/<int:n>")
@needs("auditor")
def entry(n: int) -> str:
    """One entry with all that is in it."""
    found = find_entry(n)
    if found is None:
        raise Missing("没有第 %(n)d 条审计记录", n=n)
    facts = json.loads(found.facts)
    line = Line(
        found.n, found.at, found.actor, found.action, found.object, facts, found.hash
    )
    sealed = json.loads(found.rows or "{}")
    return render_template(
        "audit/entry.html",
        entry=tell([line], digests=True, people=may(PEOPLE))[0],
        found=found,
        personal=find_payload(n),
        sealed={table: sorted(rows) for table, rows in sealed.items()},
        tables=TABLES,
        labels=PERSONAL,
    )


@blueprint.get("/export.xlsx")
@needs("auditor", proof=True)
def download() -> Response:
    """The entries that were looked for, as a workbook; that is written down, too."""
    # XlsxWriter is loaded only where a file is wanted.
    from audit.workbook import workbook  # noqa: PLC0415

    moment = now()
    wanted = FilterForm(request.args).wanted(_zone())
    lines = entries_before(wanted, None, EXPORTED + 1)
    if len(lines) > EXPORTED:
        raise Refused("超过 %(most)d 条，请缩短时间范围后再导出", most=EXPORTED)
    entries = tell(lines, digests=True, people=False)
    content = workbook(entries, _zone(), current_user.display_name, moment)
    note_export(
        entries=len(lines), actor=f"account:{current_user.account_id}", now=moment
    )
    name = f"audit-{moment.astimezone(_zone()):%Y%m%d-%H%M}.xlsx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype=XLSX, headers=headers)


# /console/audit/verify


@blueprint.get("/verify")
@needs("auditor")
def verification() -> str:
    """What can be checked here."""
    return _verification(CheckForm(formdata=None))


@blueprint.post("/verify")
@needs("auditor")
def submit_verification() -> str:
    """Check everything while the person waits."""
    count = count_entries()
    if count > VERIFIED:
        raise Refused(
            "审计记录已有 %(n)d 条，请在服务器上运行 flask audit verify 核对", n=count
        )
    if not _one_at_a_time.acquire(blocking=False):
        raise Busy("正在核对，请稍后再试")
    try:
        done = verify(recount=count <= RECOUNTED)
    finally:
        _one_at_a_time.release()
    return _verification(CheckForm(formdata=None), done=done, at=now())


@blueprint.post("/check")
@needs("auditor")
def submit_check() -> ResponseReturnValue:
    """Whether a receipt, or a printed line, still stands in the log."""
    form = CheckForm()
    if not form.validate_on_submit():
        return _verification(form), 400
    wanted = (form.digest.data or "").strip().rstrip("…").lower()
    found = find_entry(form.n.data or 0)
    held = found is not None and found.hash.startswith(wanted)
    return _verification(form, held=held, checked=found)


def _verification(check: CheckForm, **more: object) -> str:
    done = more.get("done")
    breaks = done.found[:SHOWN_BREAKS] if isinstance(done, Verified) else []
    return render_template(
        "audit/verify.html",
        check=check,
        breaks=[tell_break(one) for one in breaks],
        head=head_line(),
        **{"done": None, "at": None, "held": None, "checked": None} | more,
    )


def _zone() -> ZoneInfo:
    zone: ZoneInfo = current_app.config["TIMEZONE"]
    return zone
