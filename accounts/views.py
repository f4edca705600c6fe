"""The front page, signing in and out, and the organizer's first page."""

from __future__ import annotations

from flask import (
    Blueprint,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from accounts.forms import (
    ChangePasswordForm,
    FirstPasswordForm,
    LinkForm,
    SignInForm,
)
from accounts.login import enter, leave, proven_by_link
from accounts.operations.accounts import change_password
from accounts.operations.sessions import (
    LINK_IS_DEAD,
    end_other_sessions,
    sign_in,
    sign_out,
    use_sign_in_link,
)
from accounts.queries import find_sign_in_link, open_login_sessions
from accounts.rules.addresses import exam_code, own_path
from accounts.rules.sessions import token_digest
from core.access import ROLES, granted, needs, public
from core.clock import now
from core.errors import Busy, Missing, Refused
from units.queries.units import counts

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/")
@public("the way in for everybody; names no exam and no person")
def front() -> ResponseReturnValue:
    """What this is, and a field for the exam code."""
    typed = request.args.get("code")
    if typed is None:
        return render_template("accounts/front.html", typed="", problem="")
    code = exam_code(typed)
    if code:
        return redirect(f"/e/{code}", 303)
    problem = gettext("考试码由字母和数字组成，请对照通知或大屏幕重新输入")
    page = render_template("accounts/front.html", typed=typed[:40], problem=problem)
    return page, 400


def _translated(refusal: Refused) -> str:
    text: str = gettext(refusal.message, **refusal.values)
    return text


# /login, /logout


@blueprint.get("/login", endpoint="sign_in")
@public("where one signs in")
def sign_in_page() -> ResponseReturnValue:
    """The sign-in form."""
    target = own_path(request.args.get("next"))
    if current_user.is_authenticated:
        return redirect(target or url_for("accounts.home"), 303)
    return render_template("accounts/sign_in.html", form=SignInForm(), target=target)


@blueprint.post("/login")
@public("where one signs in")
def submit_sign_in() -> ResponseReturnValue:
    """Sign in, then on to where one wanted to go, if that is a page of ours."""
    form = SignInForm()
    target = own_path(request.args.get("next"))
    if form.validate_on_submit():
        try:
            token = sign_in(
                username=form.username.data or "",
                password=form.password.data or "",
                now=now(),
            )
        except Busy:
            raise
        except Refused as refusal:
            form.form_errors.append(_translated(refusal))
        else:
            enter(token)
            return redirect(target or url_for("accounts.home"), 303)
    page = render_template("accounts/sign_in.html", form=form, target=target)
    return page, 400


@blueprint.post("/logout")
@public("leaving needs no permission")
def submit_sign_out() -> ResponseReturnValue:
    """End the session on the server and empty the cookie."""
    if current_user.is_authenticated:
        sign_out(
            session_id=current_user.session_id,
            account_id=current_user.account_id,
            now=now(),
        )
    leave()
    flash(gettext("已退出登录"), "success")
    return redirect(url_for("accounts.sign_in"), 303)


# /login/link/<token>


@blueprint.get("/login/link/<token>")
@public("holds a one-time token; looking does not use it up")
def sign_in_link(token: str) -> ResponseReturnValue:
    """One button: chat programs that look at links must not use them up."""
    link = find_sign_in_link(token_digest(token))
    if link is None or link.used_at or link.expires_at <= now():
        raise Missing(LINK_IS_DEAD)
    return render_template(
        "accounts/link.html", form=LinkForm(), token=token, until=link.expires_at
    )


@blueprint.post("/login/link/<token>")
@public("holds a one-time token")
def submit_sign_in_link(token: str) -> ResponseReturnValue:
    """Use the link up and sign in."""
    entered = use_sign_in_link(token=token, now=now())
    enter(entered.token, by_link=True)
    if entered.must_choose_password:
        flash(gettext("登录成功。请先设置密码，以后用它登录"), "success")
        return redirect(url_for("accounts.password"), 303)
    return redirect(url_for("accounts.home"), 303)


# /console


@blueprint.get("/console")
@needs(*ROLES)
def home() -> ResponseReturnValue:
    """What this account may do here; for an organizer, in the order it is done."""
    return render_template("accounts/home.html", roster=counts(granted()))


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
        sessions=open_login_sessions(current_user.account_id, now()),
    )


@blueprint.get("/console/password")
@needs(*ROLES)
def password() -> ResponseReturnValue:
    """Choose or change the password; where one is signed in."""
    return _password_page(_password_form())


@blueprint.post("/console/password")
@needs(*ROLES)
def submit_password() -> ResponseReturnValue:
    """Set the password and end the other sessions."""
    form = _password_form()
    asks_current = isinstance(form, ChangePasswordForm)
    if form.validate_on_submit():
        try:
            change_password(
                username=current_user.account.username,
                current=form.current.data or "" if asks_current else None,
                new=form.new.data or "",
                session_id=current_user.session_id,
                now=now(),
            )
        except Busy:
            raise
        except Refused as refusal:
            form.form_errors.append(_translated(refusal))
        else:
            flash(gettext("密码已保存，其他设备上的登录已退出"), "success")
            return redirect(url_for("accounts.home"), 303)
    return _password_page(form), 400


@blueprint.post("/console/sessions/end-others")
@needs(*ROLES)
def submit_end_other_sessions() -> ResponseReturnValue:
    """Sign out everywhere else."""
    ended = end_other_sessions(
        account_id=current_user.account_id,
        session_id=current_user.session_id,
        now=now(),
    )
    flash(gettext("已退出其他 %(n)d 处登录", n=ended), "success")
    return redirect(url_for("accounts.password"), 303)
