"""Flask-Login over login sessions that the server can end."""

from __future__ import annotations

from datetime import datetime

from flask import Flask, session
from flask_babel import lazy_gettext
from flask_login import LoginManager, current_user, login_user, logout_user

from accounts.models import Account, LoginSession
from accounts.operations.sessions import touch_login_session
from accounts.queries import find_login_session, others_who_organize
from accounts.rules.sessions import LINK_LIFE, lasts, token_digest, touch_is_due
from core.access import Scope
from core.clock import now
from core.errors import Busy


class SignedIn:
    """The account behind a request, by its login session."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, found: LoginSession, token: str) -> None:
        self.session_id = found.id
        self.signed_in_at = found.created_at
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

    def stands_alone(self) -> bool:
        """Whether this is an admin, and nobody else could decide beside them."""
        return "admin" in self.roles and not others_who_organize(self.account.id)

    @property
    def display_name(self) -> str:
        """The name shown in the page's head."""
        return self.account.display_name


def is_alive(found: LoginSession, now: datetime) -> bool:
    """Whether a login session still signs somebody in."""
    return (
        found.ended_at is None
        and found.account.disabled_at is None
        and lasts(created_at=found.created_at, seen_at=found.seen_at, now=now)
    )


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
    if touch_is_due(seen_at=found.seen_at, now=moment):
        _touch(found.id, moment)
    return SignedIn(found, token)


def _touch(session_id: int, moment: datetime) -> None:
    try:
        touch_login_session(session_id=session_id, now=moment)
    except Busy:
        return  # a page that only reads must not fail for this; the next one tries


def init_login(app: Flask) -> None:
    """Register the login manager."""
    manager = LoginManager(app)
    manager.login_view = "accounts.sign_in"
    manager.login_message = lazy_gettext("请先登录")
    manager.login_message_category = "warning"
    manager.session_protection = None  # sessions live on the server
    manager.user_loader(_load)
