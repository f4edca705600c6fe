"""Writes of sign-ins: sessions that the server can end, and one-time links."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import hashing
from accounts.models import Account, LoginSession, SignInLink
from accounts.operations.accounts import locked_account, record_ended_sessions
from accounts.queries import find_account
from accounts.rules.lockout import standing, wait
from accounts.rules.passwords import normal_password
from accounts.rules.sessions import LINK_LIFE, token_digest
from accounts.rules.usernames import normal_username
from core import seals
from core.audit import record_audit
from core.db import Model, write, write_core
from core.errors import Refused

# One sentence for a wrong name, a wrong password, a disabled account and one that
# waits: which it was is nobody's business.
NOT_SIGNED_IN = (
    "没有登录成功：用户名或密码不正确，或该账号连续输错后仍在等待（最长 15 分钟）"
)
LINK_IS_DEAD = "这个登录链接已用过或已过期，请联系管理员重新生成"


@dataclass(frozen=True)
class Link:
    """A one-time sign-in link, just made."""

    token: str
    expires_at: datetime


@dataclass(frozen=True)
class Entered:
    """Somebody who has just signed in."""

    token: str
    must_choose_password: bool


def sign_in(*, username: str, password: str, now: datetime) -> str:
    """Open a login session for the right user name and password.

    A wrong user name costs the same hash and the same entry as a wrong password.

    :return: The token for the browser.
    :raises Refused: If not; always with the same sentence.
    """
    name = normal_username(username)
    found = find_account(name)
    plain = normal_password(password)
    known = found.password_hash if found else None
    right = hashing.verify(known, plain)
    with write() as session:
        # Read again under the lock: guesses sent at the same moment count, too.
        account = locked_account(session, name) if found else None
        waiting = bool(account and wait(account.failures, account.failed_at, now))
        if right and account and not account.disabled_at and not waiting:
            opened, token = _open_session(session, account, now)
            _record_sign_in(session, account, "password", now, opened)
            return token
        if account and not waiting:
            counted = standing(account.failures, account.failed_at, now)
            account.failures, account.failed_at = counted + 1, now
        _record_failure(session, account, now, waiting=waiting)
    raise Refused(NOT_SIGNED_IN)


def sign_out(*, session_id: int, account_id: int, now: datetime) -> None:
    """End a login session on the server; the cookie is worth nothing afterwards."""
    with write() as session:
        ended = session.scalars(
            sa.update(LoginSession)
            .where(LoginSession.id == session_id, LoginSession.ended_at.is_(None))
            .values(ended_at=now)
            .returning(LoginSession.id)
        ).all()
        record_audit(
            session,
            "account.sign_out",
            f"account:{account_id}",
            actor=f"account:{account_id}",
            now=now,
            rows=[seals.ids(LoginSession, ended)],
        )


def end_other_sessions(*, account_id: int, session_id: int, now: datetime) -> int:
    """End all login sessions of an account but this one; returns how many."""
    with write() as session:
        ended = record_ended_sessions(session, account_id, now, but=session_id)
        record_audit(
            session,
            "account.end_sessions",
            f"account:{account_id}",
            actor=f"account:{account_id}",
            now=now,
            facts={"sessions_ended": len(ended)},
            rows=[seals.ids(LoginSession, ended)],
        )
        return len(ended)


def touch_login_session(*, session_id: int, now: datetime) -> None:
    """Write down that a session is in use.

    On a connection of its own: what the request has loaded stays loaded.
    """
    with write_core() as connection:
        connection.execute(
            sa.update(LoginSession)
            .where(LoginSession.id == session_id, LoginSession.seen_at < now)
            .values(seen_at=now)
        )


def make_sign_in_link(*, username: str, actor: str, now: datetime) -> Link:
    """A link that signs somebody in once, within 30 minutes.

    :raises Missing: If there is no such account.
    :raises Refused: If it is disabled.
    """
    with write() as session:
        account = locked_account(session, username)
        if account.disabled_at:
            raise Refused("账号 %(name)s 已停用，请先启用", name=account.username)
        link = Link(token=secrets.token_urlsafe(32), expires_at=now + LINK_LIFE)
        made = SignInLink(
            token_digest=token_digest(link.token),
            account_id=account.id,
            expires_at=link.expires_at,
        )
        session.add(made)
        session.flush()  # generate made.id
        record_audit(
            session,
            "account.link",
            f"account:{account.id}",
            actor=actor,
            now=now,
            rows=[seals.these(made)],
        )
        return link


def use_sign_in_link(*, token: str, now: datetime) -> Entered:
    """Sign in by a link; it works once, and ends any waiting after failures.

    :raises Refused: If it was used, is too old or unknown, or the account is shut.
    """
    with write() as session:
        link = session.scalar(
            sa.select(SignInLink)
            .where(SignInLink.token_digest == token_digest(token))
            .with_for_update()
        )
        if link is None or link.used_at or link.expires_at <= now:
            raise Refused(LINK_IS_DEAD)
        account = session.get_one(Account, link.account_id)
        if account.disabled_at:
            raise Refused(LINK_IS_DEAD)
        link.used_at = now
        opened, token = _open_session(session, account, now)
        _record_sign_in(session, account, "link", now, opened, link)
        return Entered(token, must_choose_password=account.password_hash is None)


def _open_session(
    session: Session, account: Account, now: datetime
) -> tuple[LoginSession, str]:
    """A new login session of the account, and its token."""
    token = secrets.token_urlsafe(32)
    opened = LoginSession(
        token_digest=token_digest(token),
        account_id=account.id,
        created_at=now,
        seen_at=now,
    )
    session.add(opened)
    account.failures, account.failed_at = 0, None
    session.flush()  # generate opened.id
    return opened, token


def _record_sign_in(
    session: Session, account: Account, by: str, now: datetime, *rows: Model
) -> None:
    record_audit(
        session,
        "account.sign_in",
        f"account:{account.id}",
        actor=f"account:{account.id}",
        now=now,
        facts={"by": by},
        rows=[seals.these(*rows)],
    )


def _record_failure(
    session: Session, account: Account | None, now: datetime, *, waiting: bool
) -> None:
    # Never the name that was typed: people type passwords there.
    record_audit(
        session,
        "account.sign_in_failed",
        f"account:{account.id if account else 0}",
        actor="outsider",
        now=now,
        facts={"waiting": waiting, "failures": account.failures if account else 0},
        rows=(),
    )
