"""Writes of login sessions that are open: used, proven again, ended."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import hashing, second_factor
from accounts.models import Account, LoginSession
from accounts.operations.accounts import record_ended_sessions
from accounts.queries import find_account_by_id
from accounts.rules.passwords import normal_password
from accounts.rules.sessions import WRONG_PROOFS, token_digest
from core import seals
from core.audit import record_audit
from core.db import write, write_core
from core.errors import Missing, Refused

NOT_PROVEN = "密码或验证码不正确，请重新输入；连续输错 5 次将退出登录"


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


def prove(
    *, session_id: int, account_id: int, secret: str, key: str, now: datetime
) -> None:
    """Show again who one is, by the password or a code of the authenticator.

    The fifth wrong answer in a row ends the session: a browser that was left open is
    not to be guessed in. The account's waiting after wrong sign-ins is apart from it:
    else a stranger could keep its owner from working.

    :param key: The server's secret.
    :raises Refused: If it is wrong.
    """
    found = find_account_by_id(account_id)
    known = found.password_hash if found else None
    right = hashing.verify(known, normal_password(secret))
    with write() as session:
        account = locked_by_id(session, account_id)
        if right or take_code(account, secret, key, now):
            proven = session.get_one(LoginSession, session_id)
            proven.proven_at, proven.wrong_proofs = now, 0
            rows = [seals.these(proven)]
            _audit(session, "account.prove", account_id, now, rows)
            return
        record_wrong_proof(session, session_id, now)
    raise Refused(NOT_PROVEN)


def take_code(account: Account, typed: str, key: str, now: datetime) -> bool:
    """Whether this is a fresh code of the account's authenticator; it counts once."""
    code = "".join(typed.split())
    if account.totp_nonce is None or len(code) != 6 or not code.isascii():
        return False
    secret = second_factor.secret_of(key, account.id, account.totp_nonce)
    step = second_factor.matching_step(secret, code, now, account.totp_step)
    if step is None:
        return False
    account.totp_step = step
    return True


def sign_out(*, session_id: int, account_id: int, now: datetime) -> None:
    """End a login session on the server; the cookie is worth nothing afterwards."""
    with write() as session:
        rows = _ended(session, session_id, now)
        _audit(session, "account.sign_out", account_id, now, rows)


def end_session(*, session_id: int, account_id: int, now: datetime) -> None:
    """End one of an account's own login sessions.

    :raises Missing: If it has no such session that is open.
    """
    with write() as session:
        found = session.get(LoginSession, session_id)
        if found is None or found.account_id != account_id or found.ended_at:
            raise Missing("这处登录已经结束，请刷新页面")
        found.ended_at = now
        rows = [seals.these(found)]
        _audit(session, "account.end_session", account_id, now, rows)


def end_other_sessions(*, account_id: int, session_id: int, now: datetime) -> int:
    """End all login sessions of an account but this one; returns how many."""
    with write() as session:
        ended = record_ended_sessions(session, account_id, now, but=session_id)
        facts = {"sessions_ended": len(ended)}
        rows = [seals.ids(LoginSession, ended)]
        _audit(session, "account.end_sessions", account_id, now, rows, facts)
        return len(ended)


def end_moved_session(*, session_id: int, account_id: int, now: datetime) -> None:
    """End a session whose cookie came from another kind of browser than signed in."""
    with write() as session:
        rows = _ended(session, session_id, now)
        _audit(session, "account.session_moved", account_id, now, rows)


def record_successor(
    session: Session, session_id: int, now: datetime
) -> tuple[str, list[LoginSession]]:
    """End a session and open one in its place, in the same browser.

    :return: The new one's token, and both.
    """
    old = session.get_one(LoginSession, session_id)
    old.ended_at = old.ended_at or now
    token = secrets.token_urlsafe(32)
    new = LoginSession(
        token_digest=token_digest(token),
        account_id=old.account_id,
        created_at=now,
        seen_at=now,
        proven_at=now,
        browser_id=old.browser_id,
    )
    session.add(new)
    return token, [old, new]


def record_wrong_proof(session: Session, session_id: int, now: datetime) -> None:
    """Count a wrong password or code of somebody who is signed in."""
    wrong = session.get_one(LoginSession, session_id, with_for_update=True)
    wrong.wrong_proofs += 1
    over = wrong.wrong_proofs >= WRONG_PROOFS
    if over:
        wrong.ended_at = wrong.ended_at or now
    facts = {"failures": wrong.wrong_proofs, "session_ended": over}
    rows = [seals.these(wrong)]
    _audit(session, "account.prove_failed", wrong.account_id, now, rows, facts)


def locked_by_id(session: Session, account_id: int) -> Account:
    """The account, held until the transaction ends."""
    found = session.scalar(
        sa.select(Account).where(Account.id == account_id).with_for_update()
    )
    if found is None:
        raise Missing("没有这个账号")
    return found


def _ended(session: Session, session_id: int, now: datetime) -> list[seals.Rows]:
    ended = session.scalars(
        sa.update(LoginSession)
        .where(LoginSession.id == session_id, LoginSession.ended_at.is_(None))
        .values(ended_at=now)
        .returning(LoginSession.id)
    )
    return [seals.ids(LoginSession, ended)]


def _audit(
    session: Session,
    action: str,
    account_id: int,
    now: datetime,
    rows: Sequence[seals.Rows],
    facts: Mapping[str, object] | None = None,
) -> None:
    record_audit(
        session,
        action,
        f"account:{account_id}",
        actor=f"account:{account_id}",
        now=now,
        facts=facts,
        rows=rows,
    )
