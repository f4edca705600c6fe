"""Reads of accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from accounts.models import Account, LoginSession, RoleGrant, SignInLink
from accounts.rules.sessions import IDLE, LONGEST
from core.db import db


def find_login_session(digest: str) -> LoginSession | None:
    """The login session of a token's digest, with account and grants. Two queries."""
    return db.session.scalar(
        sa.select(LoginSession)
        .where(LoginSession.token_digest == digest)
        .options(joinedload(LoginSession.account).selectinload(Account.grants))
    )


def find_account(username: str) -> Account | None:
    """An account by its normal name, with its grants. Two queries."""
    return db.session.scalar(
        sa.select(Account)
        .where(Account.username == username)
        .options(selectinload(Account.grants))
    )


def find_sign_in_link(digest: str) -> SignInLink | None:
    """The sign-in link of a token's digest. One query."""
    return db.session.scalar(
        sa.select(SignInLink).where(SignInLink.token_digest == digest)
    )


def open_login_sessions(account_id: int, now: datetime) -> Sequence[LoginSession]:
    """Where an account is signed in, the latest used first. One query."""
    return db.session.scalars(
        sa.select(LoginSession)
        .where(
            LoginSession.account_id == account_id,
            LoginSession.ended_at.is_(None),
            LoginSession.seen_at > now - IDLE,
            LoginSession.created_at > now - LONGEST,
        )
        .order_by(LoginSession.seen_at.desc(), LoginSession.id.desc())
    ).all()


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
