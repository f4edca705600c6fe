"""One's own account: /console/account and /console/password."""

from __future__ import annotations

import secrets
from base64 import b64encode

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from accounts import second_factor
from accounts.forms import ChangePasswordForm, CodeForm, FirstPasswordForm
from accounts.login import (
    enter,
    limits,
    profile,
    proven_by_link,
    secret_key,
)
from accounts.operations.browsers import note_browsers
from accounts.operations.open_sessions import end_other_sessions, end_session
from accounts.operations.passwords import change_password
from accounts.operations.second_factor import new_recovery_codes, turn_off, turn_on
from accounts.queries import (
    account_for,
    new_browsers,
    open_login_sessions,
    recovery_codes_left,
)
from core.access import ROLES, needs
from core.clock import now
from core.forms import said_on
from core.qr import qr_svg

blueprint = Blueprint("own", __name__, url_prefix="/console")


# /console/account


@blueprint.get("/account")
@needs(*ROLES)
def show() -> ResponseReturnValue:
    """Roles, where one is signed in, the second factor, new browsers."""
    account = account_for(current_user.account_id)
    return render_template(
        "accounts/own.html",
        account=account,
        roles=ROLES,
        limits=limits(),
        sessions=open_login_sessions(account.id, now(), limits()),
        browsers=new_browsers(account.id, current_user.browser_id),
        codes_left=recovery_codes_left(account.id),
        lasts=profile().lasts,
    )


@blueprint.post("/account/browsers")
@needs(*ROLES)
def submit_browsers() -> ResponseReturnValue:
    """The new browsers are one's own."""
    note_browsers(
        account_id=current_user.account_id, here=current_user.browser_id, now=now()
    )
    flash(gettext("已记下：这些浏览器是您本人使用的"), "success")
    return redirect(url_for("own.show"), 303)


@blueprint.post("/sessions/<int:session_id>/end")
@needs(*ROLES)
def submit_end_session(session_id: int) -> ResponseReturnValue:
    """Sign out somewhere else."""
    end_session(session_id=session_id, account_id=current_user.account_id, now=now())
    flash(gettext("那一处登录已经退出"), "success")
    return redirect(url_for("own.show"), 303)


@blueprint.post("/sessions/end-others")
@needs(*ROLES)
def submit_end_other_sessions() -> ResponseReturnValue:
    """Sign out everywhere else."""
    ended = end_other_sessions(
        account_id=current_user.account_id,
        session_id=current_user.session_id,
        now=now(),
    )
    flash(gettext("已退出其他 %(n)d 处登录", n=ended), "success")
    return redirect(url_for("own.show"), 303)


# /console/password


def _password_form() -> FirstPasswordForm:
    if current_user.account.password_hash is None or proven_by_link(now()):
        return FirstPasswordForm()
    return ChangePasswordForm()


def _password_page(form: FirstPasswordForm) -> str:
    return render_template(
        "accounts/password.html",
        form=form,
        asks_current=isinstance(form, ChangePasswordForm),
        first=current_user.account.password_hash is None,
        profile=profile(),
    )


@blueprint.get("/password")
@needs(*ROLES)
def password() -> ResponseReturnValue:
    """Choose or change the password."""
    return _password_page(_password_form())


@blueprint.post("/password")
@needs(*ROLES)
def submit_password() -> ResponseReturnValue:
    """Set the password, end the other sessions, go on with a new one."""
    form = _password_form()
    asks_current = isinstance(form, ChangePasswordForm)
    if form.validate_on_submit():
        with said_on(form):
            token = change_password(
                username=current_user.account.username,
                current=form.current.data or "" if asks_current else None,
                new=form.new.data or "",
                session_id=current_user.session_id,
                profile=profile(),
                now=now(),
            )
            enter(token)
            flash(gettext("密码已保存，其他设备上的登录已退出"), "success")
            return redirect(url_for("accounts.home"), 303)
    return _password_page(form), 400


# /console/account/second-factor


def _setup_page(form: CodeForm) -> str:
    # The nonce is no secret: without the server's key it makes no code.
    nonce = session.setdefault("totp_nonce", secrets.token_hex(16))
    secret = second_factor.secret_of(secret_key(), current_user.account_id, nonce)
    address = second_factor.address_of(
        secret, current_user.account.username, gettext("法测")
    )
    return render_template(
        "accounts/second_factor.html",
        form=form,
        secret=" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        # Inside the page: an address of its own would hold a secret.
        code=f"data:image/svg+xml;base64,{b64encode(qr_svg(address).encode()).decode()}",
    )


@blueprint.get("/account/second-factor")
@needs(*ROLES, proof=True)
def set_up() -> ResponseReturnValue:
    """The QR code for an authenticator, and a field for its first code."""
    if current_user.account.totp_nonce:
        return redirect(url_for("own.show"), 303)
    return _setup_page(CodeForm())


@blueprint.post("/account/second-factor")
@needs(*ROLES, proof=True)
def submit_set_up() -> ResponseReturnValue:
    """Take the authenticator into use; show the recovery codes, once."""
    form = CodeForm()
    if form.validate_on_submit() and "totp_nonce" in session:
        with said_on(form):
            codes = turn_on(
                account_id=current_user.account_id,
                session_id=current_user.session_id,
                nonce=session["totp_nonce"],
                code=form.code.data or "",
                key=secret_key(),
                now=now(),
            )
            del session["totp_nonce"]
            return _codes_page(codes, fresh=True)
    return _setup_page(form), 400


@blueprint.post("/account/second-factor/off")
@needs(*ROLES, proof=True)
def submit_turn_off() -> ResponseReturnValue:
    """Go without it again."""
    turn_off(account_id=current_user.account_id, now=now())
    flash(gettext("已停用动态验证码"), "success")
    return redirect(url_for("own.show"), 303)


@blueprint.post("/account/recovery-codes")
@needs(*ROLES, proof=True)
def submit_recovery_codes() -> ResponseReturnValue:
    """New recovery codes, shown once."""
    codes = new_recovery_codes(
        account_id=current_user.account_id, key=secret_key(), now=now()
    )
    return _codes_page(codes, fresh=False)


def _codes_page(codes: list[str], *, fresh: bool) -> str:
    return render_template("accounts/recovery.html", codes=codes, fresh=fresh)
