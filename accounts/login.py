"""Flask-Login over login sessions that the server can end."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from flask import Flask
from flask_babel import lazy_gettext
from flask_login import LoginManager, UserMixin

from accounts.models import Account, LoginSession
from accounts.queries import find_login_session
from core.clock import now

IDLE = timedelta(minutes=60)  # a session unused for so long has ended


class SignedIn(UserMixin):
    """The account behind a request, by its login session."""

    def __init__(self, session: LoginSession, token: str) -> None:
        self.session_id = session.id
        self.account: Account = session.account
        self.id = token

    @property
    def account_id(self) -> int:
        """The account's id."""
        return self.account.id

    @property
    def roles(self) -> frozenset[str]:
        """All roles granted."""
        return frozenset(grant.role for grant in self.account.grants)

    @property
    def display_name(self) -> str:
        """The name shown in the page's head."""
        return self.account.display_name


def token_digest(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_alive(session: LoginSession, now: datetime) -> bool:
    """Whether a login session still signs somebody in."""
    return (
        session.ended_at is None
        and session.account.disabled_at is None
        and now - session.seen_at < IDLE
    )


def _load(token: str) -> SignedIn | None:
    session = find_login_session(token_digest(token))
    if session is None or not is_alive(session, now()):
        return None
    return SignedIn(session, token)


def init_login(app: Flask) -> None:
    """Register the login manager."""
    manager = LoginManager(app)
    manager.login_view = "accounts.sign_in"
    manager.login_message = lazy_gettext("请先登录")
    manager.session_protection = None  # sessions live on the server
    manager.user_loader(_load)
