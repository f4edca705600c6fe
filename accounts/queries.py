"""Reads of accounts."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from accounts.models import Account, LoginSession
from core.db import db


def find_login_session(digest: str) -> LoginSession | None:
    """The login session of a token's digest, with account and grants. Two queries."""
    return db.session.scalar(
        sa.select(LoginSession)
        .where(LoginSession.token_digest == digest)
        .options(joinedload(LoginSession.account).selectinload(Account.grants))
    )


def find_account(username: str) -> Account | None:
    """An account by its name, with its grants. Two queries."""
    return db.session.scalar(
        sa.select(Account)
        .where(Account.username == username)
        .options(selectinload(Account.grants))
    )
