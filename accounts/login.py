"""Flask-Login over login sessions that the server can end."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from flask import (
    Flask,
    Response,
    after_this_request,
    current_app,
    flash,
    g,
    redirect,
    request,
    session,
    url_for,
)
from flask_babel import gettext
from flask_login import LoginManager, current_user, login_user, logout_user

from accounts.models import Account, LoginSession
from accounts.operations.open_sessions import (
    end_moved_session,
    prove,
    touch_login_session,
)
from accounts.queries import find_login_session, others_who_organize
from accounts.rules.addresses import own_path
from accounts.rules.browsers import Browser, browser_words
from accounts.rules.passwords import PROFILES, Profile, is_due
from accounts.rules.sessions import (
    LINK_LIFE,
    Limits,
    lasts,
    proof_holds,
    token_digest,
    touch_is_due,
)
from core.access import Scope
from core.clock import now
from core.config import Settings
from core.errors import Busy, Refused
from core.forms import PROOF_FIELD

BROWSER_COOKIE = "lawgauge_browser"
BROWSER_AGE = 180 * 24 * 3600  # seconds
STAFF = ("/console", "/reports")  # where pages of those signed in begin
#: What is open to those whose password must be changed first.
WITH_OLD_PASSWORD = ("own.password", "own.submit_password")


class SignedIn:
    """The account behind a request, by its login session."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, found: LoginSession, token: str) -> None:
        self.session_id = found.id
        self.signed_in_at = found.created_at
        self.proven_at = found.proven_at
        self.browser_id = found.browser_id
        self.account: Account = found.account
        self._token = token

    def get_id(self) -> str:
        """What the browser's cookie carries."""
        return self._token

    @property
    def account_id(self) -> int:
        """The account's id."""
        return self.account.id

    @property
    def roles(self) -> frozenset[str]:
        """All roles granted."""
        return frozenset(grant.role for grant in self.account.grants)

    def scope(self, *roles: str) -> Scope:
        """The units for which one of these roles was granted; admin counts."""
        grants = [
            grant for grant in self.account.grants if grant.role in {*roles, "admin"}
        ]
        return Scope(
            everywhere=any(grant.unit_id is None for grant in grants),
            units=frozenset(grant.unit_id for grant in grants if grant.unit_id),
        )

    def proven(self, now: datetime) -> bool:
        """Whether who this is was shown a short while ago."""
        return proof_holds(self.proven_at, now)

    @property
    def password_is_due(self) -> bool:
        """Whether the password had to be changed when this session began."""
        return is_due(profile(), self.account.password_set_at, self.signed_in_at)

    def stands_alone(self) -> bool:
        """Whether this is an admin, and nobody else could decide beside them."""
        return "admin" in self.roles and not others_who_organize(self.account.id)

    @property
    def display_name(self) -> str:
        """The name shown in the page's head."""
        return self.account.display_name


def limits() -> Limits:
    """How long a login session lasts, by the settings."""
    settings: Settings = current_app.config["SETTINGS"]
    return Limits(
        idle=timedelta(minutes=settings.idle_minutes),
        longest=timedelta(hours=settings.session_hours),
    )


def profile() -> Profile:
    """What is asked of passwords, by the settings."""
    settings: Settings = current_app.config["SETTINGS"]
    return PROFILES[settings.passwords]


def secret_key() -> str:
    """The server's secret."""
    return str(current_app.config["SECRET_KEY"])


def is_alive(found: LoginSession, now: datetime) -> bool:
    """Whether a login session still signs somebody in."""
    return (
        found.ended_at is None
        and found.account.disabled_at is None
        and lasts(limits(), created_at=found.created_at, seen_at=found.seen_at, now=now)
    )


def this_browser() -> Browser:
    """The browser of this request, by a cookie that stays when one signs out."""
    if "browser_secret" not in g:
        known = request.cookies.get(BROWSER_COOKIE, "")
        good = len(known) == 32 and known.isascii() and known.isalnum()
        g.browser_secret = known if good else secrets.token_hex(16)
    digest = hashlib.sha256(g.browser_secret.encode()).hexdigest()
    return Browser(digest, browser_words(request.user_agent.string))


def enter(token: str, *, by_link: bool = False) -> None:
    """Sign this browser in by the token of a new login session.

    Nothing that was in the browser's cookie before survives (fixation).
    """
    found = find_login_session(token_digest(token))
    if found is None:
        raise RuntimeError("the login session was not written")
    session.clear()
    login_user(SignedIn(found, token))
    session["by_link"] = by_link
    this_browser()
    after_this_request(_keep_browser)


def _keep_browser(response: Response) -> Response:
    response.set_cookie(
        BROWSER_COOKIE,
        g.browser_secret,
        max_age=BROWSER_AGE,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
    )
    return response


def leave() -> None:
    """Empty the browser's cookie."""
    logout_user()
    session.clear()


def proven_by_link(now: datetime) -> bool:
    """Whether this browser came in by a sign-in link a short while ago."""
    return bool(session.get("by_link")) and now - current_user.signed_in_at < LINK_LIFE


def _load(token: str) -> SignedIn | None:
    found = find_login_session(token_digest(token))
    moment = now()
    if found is None or not is_alive(found, moment):
        return None
    words = browser_words(request.user_agent.string)
    if found.browser and found.browser.words != words:
        # The cookie has been carried to another browser.
        end_moved_session(session_id=found.id, account_id=found.account_id, now=moment)
        return None
    if touch_is_due(seen_at=found.seen_at, now=moment):
        _touch(found.id, moment)
    return SignedIn(found, token)


def _touch(session_id: int, moment: datetime) -> None:
    try:
        touch_login_session(session_id=session_id, now=moment)
    except Busy:
        return  # a page that only reads must not fail for this; the next one tries


def _take_proof() -> None:
    """A form that was held up comes again with its sender's proof beside it."""
    # A phone's message is not even parsed for it.
    if request.method != "POST" or not request.path.startswith(STAFF):
        return
    if PROOF_FIELD not in request.form or not current_user.is_authenticated:
        return
    try:
        prove_here(request.form[PROOF_FIELD])
    except Refused as refusal:
        g.proof_problem = gettext(refusal.message, **refusal.values)


def prove_here(secret: str) -> None:
    """Take a password or code as proof for this session.

    :raises Refused: If it is wrong.
    """
    moment = now()
    prove(
        session_id=current_user.session_id,
        account_id=current_user.account_id,
        secret=secret[:1000],
        key=secret_key(),
        now=moment,
    )
    current_user.proven_at = moment


def _demand_password() -> Any:
    """Send those whose password is too old to where they change it."""
    inside = request.path.startswith(STAFF)
    if not inside or request.endpoint in WITH_OLD_PASSWORD:
        return None
    if current_user.is_authenticated and current_user.password_is_due:
        flash(gettext("密码已到期，请先设置新密码"), "warning")
        return redirect(url_for("own.password"), 303)
    return None


def _unauthorized() -> Response:
    """To the sign-in page and back; what was sent meanwhile is not lost silently."""
    if request.method in ("GET", "HEAD"):
        flash(gettext("请先登录"), "warning")
        path = request.full_path if request.query_string else request.path
        target: str | None = path
    else:
        flash(
            gettext(
                "登录已过期，刚才提交的内容没有保存。登录后可以用浏览器的“后退”找回填写的内容"
            ),
            "warning",
        )
        target = own_path(referring_path())
    where = url_for("accounts.sign_in", next=target)
    return current_app.make_response(redirect(where, 302))


def referring_path() -> str:
    """The page of ours a request came from, or nothing."""
    start = request.host_url.rstrip("/")
    referrer = request.referrer or ""
    return referrer.removeprefix(start) if referrer.startswith(start + "/") else ""


def init_login(app: Flask) -> None:
    """Register the login manager. Before ``init_access``: a proof counts at once."""
    manager = LoginManager(app)
    manager.session_protection = None  # sessions live on the server
    manager.user_loader(_load)
    manager.unauthorized_handler(_unauthorized)
    app.before_request(_take_proof)
    app.before_request(_demand_password)
