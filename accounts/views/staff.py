"""Everybody's accounts: /console/accounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from accounts.forms import GrantForm, NewAccountForm
from accounts.login import limits
from accounts.models import Account
from accounts.operations.accounts import (
    create_account,
    disable_account,
    enable_account,
    end_account_sessions,
    grant_role,
    revoke_role,
    unlock_account,
)
from accounts.operations.links import make_sign_in_link
from accounts.operations.second_factor import reset_second_factor
from accounts.queries import (
    account_for,
    accounts_listed,
    grant_for,
    open_login_sessions,
)
from accounts.rules.lockout import wait
from accounts.rules.sessions import INVITATION_LIFE
from core.access import ROLES, UNDIVIDED, needs
from core.clock import now
from core.forms import said_on
from core.pages import base_address
from units.queries.units import unit_choices

blueprint = Blueprint("staff", __name__, url_prefix="/console/accounts")


@blueprint.get("")
@needs("auditor")
def index() -> str:
    """All accounts, or those a word finds."""
    search = request.args.get("q", "").strip()[:100]
    moment = now()
    lines = [
        (line, state_of(line.account))
        for line in accounts_listed(search, moment, limits())
    ]
    return render_template(
        "accounts/staff.html", lines=lines, search=search, roles=ROLES
    )


# /console/accounts/new


@blueprint.get("/new")
@needs("admin", proof=True)
def new() -> str:
    """The form of a new account."""
    return _new_page(NewAccountForm(formdata=None))


@blueprint.post("/new")
@needs("admin", proof=True)
def create() -> ResponseReturnValue:
    """Make the account; show its invitation link, once."""
    form = NewAccountForm()
    _offer(form)
    if form.validate_on_submit():
        moment = now()
        with said_on(form):
            account_id = create_account(
                username=form.username.data or "",
                display_name=form.display_name.data or "",
                roles=[form.role.data],
                unit_id=form.unit_id(),
                actor=_actor(),
                now=moment,
            )
            return _link_page(account_for(account_id), invitation=True)
    return _new_page(form), 400


def _new_page(form: NewAccountForm) -> str:
    _offer(form)
    return render_template("accounts/new.html", form=form, **_role_words())


# /console/accounts/<id>


@blueprint.get("/<int:account_id>")
@needs("auditor", proof=True)
def show(account_id: int) -> str:
    """One account: its roles, its state, where it is signed in."""
    return _account_page(account_for(account_id), GrantForm(formdata=None))


@blueprint.post("/<int:account_id>/grants")
@needs("admin", proof=True)
def submit_grant(account_id: int) -> ResponseReturnValue:
    """Give a role."""
    account = account_for(account_id)
    form = GrantForm()
    _offer(form)
    if form.validate_on_submit():
        with said_on(form):
            given = grant_role(
                username=account.username,
                role=form.role.data,
                unit_id=form.unit_id(),
                actor=_actor(),
                now=now(),
            )
            role = gettext(ROLES[form.role.data])
            if given:
                flash(
                    gettext("已授予角色“%(role)s”，对方需重新登录", role=role),
                    "success",
                )
            else:
                flash(gettext("这个账号已有角色“%(role)s”", role=role), "warning")
            return _back(account_id)
    return _account_page(account_for(account_id), form), 400


@blueprint.post("/<int:account_id>/grants/<int:grant_id>/revoke")
@needs("admin", proof=True)
def submit_revoke(account_id: int, grant_id: int) -> ResponseReturnValue:
    """Take a role away."""
    account = account_for(account_id)
    grant = grant_for(account_id, grant_id)
    role = grant.role
    revoke_role(
        username=account.username,
        role=role,
        unit_id=grant.unit_id,
        actor=_actor(),
        now=now(),
    )
    role_name = gettext(ROLES[role])
    flash(gettext("已收回角色“%(role)s”，对方已退出登录", role=role_name), "success")
    return _back(account_id)


@blueprint.post("/<int:account_id>/disable")
@needs("admin", proof=True)
def submit_disable(account_id: int) -> ResponseReturnValue:
    """Shut it."""
    return _act(account_id, disable_account, gettext("账号已停用，其登录已全部退出"))


@blueprint.post("/<int:account_id>/enable")
@needs("admin", proof=True)
def submit_enable(account_id: int) -> ResponseReturnValue:
    """Open it again."""
    return _act(account_id, enable_account, gettext("账号已重新启用"))


@blueprint.post("/<int:account_id>/unlock")
@needs("admin", proof=True)
def submit_unlock(account_id: int) -> ResponseReturnValue:
    """End its waiting after wrong passwords."""
    return _act(account_id, unlock_account, gettext("已解除等待，现在就可以登录"))


@blueprint.post("/<int:account_id>/sessions/end")
@needs("admin", proof=True)
def submit_end_sessions(account_id: int) -> ResponseReturnValue:
    """Sign it out everywhere."""
    return _act(account_id, end_account_sessions, gettext("这个账号已全部退出登录"))


@blueprint.post("/<int:account_id>/second-factor/reset")
@needs("admin", proof=True)
def submit_reset_second_factor(account_id: int) -> ResponseReturnValue:
    """Take the second factor off, for somebody who lost it."""
    said = gettext("已停用动态验证码，请对方登录后重新启用")
    return _act(account_id, reset_second_factor, said)


@blueprint.post("/<int:account_id>/link")
@needs("admin", proof=True)
def submit_link(account_id: int) -> ResponseReturnValue:
    """Make a one-time link; show it, once."""
    account = account_for(account_id)
    return _link_page(account, invitation=account.password_hash is None)


def _act(account_id: int, act: Callable[..., object], said: str) -> ResponseReturnValue:
    account = account_for(account_id)
    act(username=account.username, actor=_actor(), now=now())
    flash(said, "success")
    return _back(account_id)


def _back(account_id: int) -> ResponseReturnValue:
    return redirect(url_for("staff.show", account_id=account_id), 303)


def _link_page(account: Account, *, invitation: bool) -> str:
    moment = now()
    values: dict[str, Any] = {"life": INVITATION_LIFE} if invitation else {}
    link = make_sign_in_link(
        username=account.username, actor=_actor(), now=moment, **values
    )
    return render_template(
        "accounts/link_made.html",
        account=account,
        invitation=invitation,
        address=base_address() + url_for("accounts.sign_in_link", token=link.token),
        until=link.expires_at,
    )


def _account_page(account: Account, form: GrantForm) -> str:
    _offer(form)
    moment = now()
    return render_template(
        "accounts/account.html",
        account=account,
        state=state_of(account),
        waits=wait(account.failures, account.failed_at, moment),
        sessions=open_login_sessions(account.id, moment, limits()),
        form=form,
        own=account.id == current_user.account_id,
        **_role_words(),
    )


def _offer(form: GrantForm) -> None:
    form.offer((unit.id, unit.name) for unit in unit_choices())


def _role_words() -> dict[str, Any]:
    names = (gettext(name) for role, name in ROLES.items() if role in UNDIVIDED)
    return {"roles": ROLES, "undivided_names": "、".join(names)}


def state_of(account: Account) -> str:
    """disabled, waiting after wrong passwords, invited (no password yet), or open."""
    if account.disabled_at:
        return "disabled"
    if wait(account.failures, account.failed_at, now()):
        return "waiting"
    return "open" if account.password_hash else "invited"


def _actor() -> str:
    return f"account:{current_user.account_id}"
