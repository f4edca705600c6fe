"""The front page, signing in and out, and the first page behind it."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from accounts.forms import CodeForm, LinkForm, SignInForm
from accounts.login import enter, leave, secret_key, this_browser
from accounts.operations.open_sessions import sign_out
from accounts.operations.sessions import (
    LINK_IS_DEAD,
    TOO_LATE,
    Entered,
    confirm_sign_in,
    sign_in,
    use_sign_in_link,
)
from accounts.queries import account_for, find_sign_in_link, new_browsers
from accounts.rules.addresses import exam_code, own_path
from accounts.rules.sessions import token_digest
from core.access import ROLES, granted, may, needs, public
from core.clock import now
from core.errors import Missing
from core.forms import said_on
from core.health import glance
from core.jobs.queries import job_counts
from units.queries.units import counts

blueprint = Blueprint("accounts", __name__)

LATELY = timedelta(days=7)  # as long as results of jobs are kept


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
        with said_on(form):
            entered = sign_in(
                username=form.username.data or "",
                password=form.password.data or "",
                now=now(),
                browser=this_browser(),
            )
            return _go_on(entered, target)
    page = render_template("accounts/sign_in.html", form=form, target=target)
    return page, 400


def _go_on(
    entered: Entered, target: str | None, *, by_link: bool = False
) -> ResponseReturnValue:
    """To where one wanted to go, to the second factor, or to choosing a password."""
    if entered.code_due:
        session.clear()
        session["half"], session["half_by_link"] = entered.token, by_link
        return redirect(url_for("accounts.code", next=target), 303)
    enter(entered.token, by_link=by_link)
    if entered.must_choose_password:
        flash(gettext("登录成功。请先设置密码，以后用它登录"), "success")
        return redirect(url_for("own.password"), 303)
    return redirect(target or url_for("accounts.home"), 303)


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
    response = redirect(url_for("accounts.sign_in"), 303)
    # The next person at this computer cannot go back to a page that was kept.
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


# /login/code: the second factor


@blueprint.get("/login/code")
@public("asks for the second factor of a sign-in that has begun")
def code() -> ResponseReturnValue:
    """The form for the code."""
    if "half" not in session:
        return redirect(url_for("accounts.sign_in"), 303)
    target = own_path(request.args.get("next"))
    return render_template("accounts/code.html", form=CodeForm(), target=target)


@blueprint.post("/login/code")
@public("takes the second factor of a sign-in that has begun")
def submit_code() -> ResponseReturnValue:
    """Finish signing in; after too long a while one begins again."""
    if "half" not in session:
        raise Missing(TOO_LATE)
    form = CodeForm()
    target = own_path(request.args.get("next"))
    if form.validate_on_submit():
        with said_on(form):
            try:
                entered = confirm_sign_in(
                    token=session["half"],
                    code=form.code.data or "",
                    key=secret_key(),
                    now=now(),
                    browser=this_browser(),
                )
            except Missing:
                session.clear()
                flash(gettext(TOO_LATE), "warning")
                return redirect(url_for("accounts.sign_in", next=target), 303)
            return _go_on(entered, target, by_link=bool(session.get("half_by_link")))
    return render_template("accounts/code.html", form=form, target=target), 400


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
    entered = use_sign_in_link(token=token, now=now(), browser=this_browser())
    return _go_on(entered, None, by_link=True)


# /console


@blueprint.get("/console")
@needs(*ROLES)
def home() -> ResponseReturnValue:
    """What this account may do here; for an organizer, in the order it is done."""
    moment = now()
    runs = may("running.settings")  # whoever sees to the server is told how it does
    return render_template(
        "accounts/home.html",
        account=account_for(current_user.account_id),
        roles=ROLES,
        roster=counts(granted()),
        browsers=new_browsers(current_user.account_id, current_user.browser_id),
        jobs=job_counts(moment - LATELY) if runs else None,
        health=glance(moment) if runs else [],
    )
