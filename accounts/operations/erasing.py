"""Forgetting sign-ins of long ago, and accounts that were shut long ago."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts.models import (
    Account,
    KnownBrowser,
    LoginSession,
    OldPassword,
    RecoveryCode,
    SignInLink,
)
from accounts.queries import unused_browsers
from core import seals

ERASED = "（已删除）"


def record_dropped_sessions(
    session: Session, before: datetime
) -> tuple[int, list[seals.Rows]]:
    """Delete sessions, links and browsers last used before a moment; how many there
    were.

    A part of an act of the package privacy.
    """
    last = sa.func.coalesce(LoginSession.ended_at, LoginSession.seen_at)
    sessions = session.scalars(
        sa.delete(LoginSession).where(last < before).returning(LoginSession.id)
    ).all()
    links = session.scalars(
        sa.delete(SignInLink)
        .where(SignInLink.expires_at < before)
        .returning(SignInLink.id)
    ).all()
    browsers = session.scalars(
        sa.delete(KnownBrowser)
        .where(KnownBrowser.id.in_(unused_browsers(before)))
        .returning(KnownBrowser.id)
    ).all()
    rows = [
        seals.gone(LoginSession, sessions),
        seals.gone(SignInLink, links),
        seals.gone(KnownBrowser, browsers),
    ]
    return len(sessions) + len(links) + len(browsers), rows


def record_erased_accounts(
    session: Session, account_ids: Sequence[int]
) -> list[seals.Rows]:
    """Leave of shut accounts a number; a part of an act of the package privacy."""
    session.execute(
        sa.update(Account)
        .where(Account.id.in_(account_ids))
        .values(
            username=sa.literal("-") + sa.cast(Account.id, sa.Text),
            display_name=ERASED,
            password_hash=None,
            password_set_at=None,
            totp_nonce=None,
            totp_step=None,
        )
    )
    rows: list[seals.Rows] = [seals.ids(Account, account_ids)]
    for model in (OldPassword, RecoveryCode):
        gone = session.scalars(
            sa.delete(model)
            .where(model.account_id.in_(account_ids))
            .returning(model.id)
        ).all()
        rows.append(seals.gone(model, gone))
    return rows
