"""Reads of accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from accounts.models import (
    Account,
    KnownBrowser,
    LoginSession,
    OldPassword,
    RecoveryCode,
    RoleGrant,
    SignInLink,
)
from accounts.rules.sessions import Limits
from core.db import db
from core.errors import Missing


@dataclass(frozen=True)
class AccountLine:
    """An account as it is listed."""

    account: Account  # with its grants and their units
    seen_at: datetime | None  # last use of any session
    open_sessions: int


def find_login_session(digest: str) -> LoginSession | None:
    """The login session of a token's digest, with account, grants and browser. Two
    queries.
    """
    return db.session.scalar(
        sa.select(LoginSession)
        .where(LoginSession.token_digest == digest)
        .options(
            joinedload(LoginSession.account).selectinload(Account.grants),
            joinedload(LoginSession.browser),
        )
    )


def find_account(username: str) -> Account | None:
    """An account by its normal name, with its grants. Two queries."""
    return db.session.scalar(
        sa.select(Account)
        .where(Account.username == username)
        .options(selectinload(Account.grants))
    )


def find_account_by_id(account_id: int) -> Account | None:
    """An account. One query."""
    return db.session.get(Account, account_id)


def account_for(account_id: int) -> Account:
    """An account with its grants and their units. Two queries.

    :raises Missing: If there is none.
    """
    found = db.session.scalar(
        sa.select(Account)
        .where(Account.id == account_id)
        .options(selectinload(Account.grants).joinedload(RoleGrant.unit))
    )
    if found is None:
        raise Missing("没有这个账号，请从账号列表重新进入")
    return found


def grant_for(account_id: int, grant_id: int) -> RoleGrant:
    """A role of an account. One query.

    :raises Missing: If the account does not have it.
    """
    grant = db.session.get(RoleGrant, grant_id)
    if grant is None or grant.account_id != account_id:
        raise Missing("这个账号已经没有这项角色，请刷新页面")
    return grant


def accounts_listed(search: str, now: datetime, limits: Limits) -> list[AccountLine]:
    """The accounts a word finds, or all, by display name. Three queries.

    :param search: Part of the user name or the display name.
    """
    used = (
        sa.select(
            LoginSession.account_id,
            sa.func.max(LoginSession.seen_at).label("seen_at"),
            sa.func.count(sa.case((_is_open(now, limits), 1))).label("open"),
        )
        .group_by(LoginSession.account_id)
        .subquery()
    )
    query = (
        sa.select(Account, used.c.seen_at, sa.func.coalesce(used.c.open, 0))
        .outerjoin(used, used.c.account_id == Account.id)
        .options(selectinload(Account.grants).joinedload(RoleGrant.unit))
        .order_by(Account.display_name, Account.id)
    )
    for word in search.split():
        query = query.where(
            Account.username.icontains(word, autoescape=True)
            | Account.display_name.icontains(word, autoescape=True)
        )
    return [AccountLine(*row) for row in db.session.execute(query)]


def password_hashes(account_id: int, count: int) -> list[str]:
    """The present password and those before it, the newest first. Two queries.

    :param count: How many at the most; none if 0.
    """
    if not count:
        return []
    account = db.session.get_one(Account, account_id)
    old = db.session.scalars(
        sa.select(OldPassword.password_hash)
        .where(OldPassword.account_id == account_id)
        .order_by(OldPassword.id.desc())
        .limit(count - 1)
    )
    return [one for one in (account.password_hash, *old) if one]


def find_sign_in_link(digest: str) -> SignInLink | None:
    """The sign-in link of a token's digest. One query."""
    return db.session.scalar(
        sa.select(SignInLink).where(
            SignInLink.token_digest == digest, SignInLink.purpose == "link"
        )
    )


def open_login_sessions(
    account_id: int, now: datetime, limits: Limits
) -> Sequence[LoginSession]:
    """Where an account is signed in, the latest used first. One query."""
    return db.session.scalars(
        sa.select(LoginSession)
        .where(LoginSession.account_id == account_id, _is_open(now, limits))
        .options(joinedload(LoginSession.browser))
        .order_by(LoginSession.seen_at.desc(), LoginSession.id.desc())
    ).all()


def _is_open(now: datetime, limits: Limits) -> sa.ColumnElement[bool]:
    return sa.and_(
        LoginSession.ended_at.is_(None),
        LoginSession.seen_at > now - limits.idle,
        LoginSession.created_at > now - limits.longest,
    )


def new_browsers(account_id: int, here: int | None) -> Sequence[KnownBrowser]:
    """Browsers an account was first used in and its owner has not heard of, the latest
    first; not the one that asks. One query.
    """
    return db.session.scalars(
        sa.select(KnownBrowser)
        .where(
            KnownBrowser.account_id == account_id,
            KnownBrowser.noticed_at.is_(None),
            KnownBrowser.id != (here or 0),
        )
        .order_by(KnownBrowser.first_at.desc())
    ).all()


def unused_browsers(before: datetime) -> sa.Select[int]:
    """Browsers last signed in with and used before a moment; for a condition."""
    last = sa.func.coalesce(LoginSession.ended_at, LoginSession.seen_at)
    kept = sa.exists().where(LoginSession.browser_id == KnownBrowser.id, last >= before)
    return sa.select(KnownBrowser.id).where(KnownBrowser.last_at < before, ~kept)


def recovery_codes_left(account_id: int) -> int:
    """How many recovery codes can still be used. One query."""
    count = db.session.scalar(
        sa.select(sa.func.count(RecoveryCode.id)).where(
            RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None)
        )
    )
    return count or 0


def display_names(account_ids: set[int]) -> dict[int, str]:
    """The names of accounts by their ids. One query."""
    query = sa.select(Account.id, Account.display_name)
    rows = db.session.execute(query.where(Account.id.in_(account_ids)))
    return {row.id: row.display_name for row in rows}


def others_who_organize(account_id: int) -> int:
    """How many other open accounts are an organizer or an admin. One query."""
    others = db.session.scalar(
        sa.select(sa.func.count(Account.id.distinct()))
        .join(RoleGrant)
        .where(
            RoleGrant.role.in_(("organizer", "admin")),
            Account.id != account_id,
            Account.disabled_at.is_(None),
        )
    )
    return others or 0


def find_first_organizer() -> str | None:
    """User name of the oldest account that may make exams and is open. One query."""
    return db.session.scalar(
        sa.select(Account.username)
        .join(RoleGrant)
        .where(
            RoleGrant.role.in_(("organizer", "admin")),
            RoleGrant.unit_id.is_(None),
            Account.disabled_at.is_(None),
        )
        .order_by(Account.id)
        .limit(1)
    )
