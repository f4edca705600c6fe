"""Showing again who one is, and then on with what one was doing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from accounts.forms import ProofForm
from accounts.login import prove_here, referring_path
from accounts.rules.addresses import is_file, own_path
from core.access import ROLES, needs
from core.errors import ProofNeeded
from core.forms import PROOF_FIELD, said_on

blueprint = Blueprint("proof", __name__)


@blueprint.app_errorhandler(ProofNeeded)
def ask(_error: ProofNeeded) -> ResponseReturnValue:
    """Ask before a page; hold a form up and carry all it holds."""
    if not current_user.account.password_hash and not current_user.account.totp_nonce:
        flash(gettext("请先设置密码，再继续刚才的操作"), "warning")
        return redirect(url_for("own.password"), 303)
    path = request.full_path if request.query_string else request.path
    if request.method in ("GET", "HEAD"):
        back = own_path(referring_path())
        return redirect(url_for("proof.show", next=path, back=back), 303)
    form = ProofForm(formdata=None)
    if problem := g.get("proof_problem"):
        form.form_errors.append(problem)
    held = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in ("csrf_token", PROOF_FIELD)
    ]
    page = render_template(
        "accounts/held.html",
        form=form,
        action=path,
        held=held,
        field=PROOF_FIELD,
        files=bool(request.files),
    )
    return page, 403


def _page(form: ProofForm) -> str:
    return render_template("accounts/proof.html", form=form, **_targets())


def _targets() -> dict[str, Any]:
    """Where one wanted to go, and where one came from."""
    return {
        name: own_path(request.args.get(name)) or url_for("accounts.home")
        for name in ("next", "back")
    }


@blueprint.get("/console/prove")
@needs(*ROLES)
def show() -> ResponseReturnValue:
    """Ask for the password or a code."""
    return _page(ProofForm())


@blueprint.post("/console/prove")
@needs(*ROLES)
def submit() -> ResponseReturnValue:
    """On to where one wanted to go; a file is fetched while one goes back."""
    form = ProofForm()
    if form.validate_on_submit():
        with said_on(form):
            prove_here(form.secret.data or "")
            targets = _targets()
            if is_file(targets["next"]):
                return render_template("accounts/proven.html", **targets)
            return redirect(targets["next"], 303)
    return _page(form), 400
