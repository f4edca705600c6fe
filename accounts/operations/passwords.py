"""Choosing a password."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import hashing
from accounts.models import Account, LoginSession, OldPassword
from accounts.operations.accounts import locked_account, record_ended_sessions
from accounts.operations.open_sessions import record_successor, record_wrong_proof
from accounts.queries import find_account, password_hashes
from accounts.rules.passwords import Profile, check_password, normal_password
from core import seals
from core.audit import record_audit
from core.db import write
from core.errors import Missing, Refused


def change_password(
    *,
    username: str,
    current: str | None,
    new: str,
    session_id: int,
    profile: Profile,
    now: datetime,
) -> str:
    """Set a password; the account's other login sessions end, this one goes on anew.

    :param current: The password so far; None only where the person has just proven
        themselves by a sign-in link.
    :return: The token of the new session.
    :raises Refused: If the current one is wrong, or the new one is too weak or was used
        before.
    """
    account = find_account(username)
    if account is None:
        raise Missing("没有账号 %(name)s，请核对用户名", name=username)
    known = account.password_hash if current is not None else None
    if known and not hashing.verify(known, normal_password(current or "")):
        with write() as session:
            record_wrong_proof(session, session_id, now)
        raise Refused("当前密码不正确，请重新输入")
    plain = check_password(
        new,
        username=account.username,
        display_name=account.display_name,
        profile=profile,
    )
    for old in password_hashes(account.id, profile.history):
        if hashing.verify(old, plain):
            raise Refused(
                "不能与最近 %(n)d 次用过的密码相同，请换一个", n=profile.history
            )
    hashed = hashing.make(plain)
    with write() as session:
        account = locked_account(session, username)
        rows = _keep_old(session, account, profile, now)
        account.password_hash, account.password_set_at = hashed, now
        ended = record_ended_sessions(session, account.id, now, but=session_id)
        token, own = record_successor(session, session_id, now)
        rows += [seals.these(account, *own), seals.ids(LoginSession, ended)]
        record_audit(
            session,
            "account.password",
            f"account:{account.id}",
            actor=f"account:{account.id}",
            now=now,
            facts={"sessions_ended": len(ended), "by_link": current is None},
            rows=rows,
        )
        return token


def _keep_old(
    session: Session, account: Account, profile: Profile, now: datetime
) -> list[seals.Rows]:
    """Keep the password that goes, and no more old ones than are looked at."""
    rows: list[seals.Rows] = []
    if profile.history and account.password_hash:
        kept = OldPassword(
            account_id=account.id,
            password_hash=account.password_hash,
            replaced_at=now,
        )
        session.add(kept)
        session.flush()  # the one just added is among the newest
        rows.append(seals.these(kept))
    newest = (
        sa.select(OldPassword.id)
        .where(OldPassword.account_id == account.id)
        .order_by(OldPassword.id.desc())
        .limit(max(profile.history - 1, 0))
    )
    gone = session.scalars(
        sa.delete(OldPassword)
        .where(OldPassword.account_id == account.id, OldPassword.id.not_in(newest))
        .returning(OldPassword.id)
    )
    return [*rows, seals.gone(OldPassword, gone)]
