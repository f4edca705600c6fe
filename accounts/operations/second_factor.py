"""Writes of the second factor: the authenticator and its recovery codes."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import second_factor
from accounts.models import Account, LoginSession, RecoveryCode
from accounts.operations.accounts import locked_account, record_ended_sessions
from accounts.operations.open_sessions import locked_by_id
from accounts.rules.recovery import CODES, code_digest, code_of
from core import seals
from core.audit import record_audit
from core.db import write
from core.errors import Refused


def turn_on(
    *,
    account_id: int,
    session_id: int,
    nonce: str,
    code: str,
    key: str,
    now: datetime,
) -> list[str]:
    """Take an authenticator into use, once it has shown a right code.

    The account's other login sessions end.

    :param nonce: What the secret that was shown was made from.
    :param key: The server's secret.
    :return: The recovery codes, shown once.
    :raises Refused: If the code is wrong.
    """
    secret = second_factor.secret_of(key, account_id, nonce)
    step = second_factor.matching_step(secret, "".join(code.split()), now, None)
    if step is None:
        raise Refused(
            "验证码不正确。请输入 App 里现在显示的 6 位数字，并核对手机的时间是否准确"
        )
    with write() as session:
        account = locked_by_id(session, account_id)
        account.totp_nonce, account.totp_step = nonce, step
        ended = record_ended_sessions(session, account_id, now, but=session_id)
        codes, rows = _replace_codes(session, account_id, key)
        rows += [seals.these(account), seals.ids(LoginSession, ended)]
        actor = f"account:{account_id}"
        _audit(session, "account.second_factor_on", account_id, actor, now, rows)
        return codes


def turn_off(*, account_id: int, now: datetime) -> None:
    """Go without the second factor again; its recovery codes go with it."""
    with write() as session:
        account = locked_by_id(session, account_id)
        rows = _clear(session, account)
        actor = f"account:{account_id}"
        _audit(session, "account.second_factor_off", account_id, actor, now, rows)


def reset_second_factor(*, username: str, actor: str, now: datetime) -> None:
    """The same for somebody else, who lost both phone and recovery codes.

    Whoever is signed in as them is out.
    """
    with write() as session:
        account = locked_account(session, username)
        rows = _clear(session, account)
        ended = record_ended_sessions(session, account.id, now)
        rows.append(seals.ids(LoginSession, ended))
        _audit(session, "account.second_factor_reset", account.id, actor, now, rows)


def new_recovery_codes(*, account_id: int, key: str, now: datetime) -> list[str]:
    """Ten new recovery codes, shown once; the old ones are worth nothing.

    :raises Refused: Without a second factor.
    """
    with write() as session:
        account = locked_by_id(session, account_id)
        if account.totp_nonce is None:
            raise Refused("还没有启用动态验证码，请先启用")
        codes, rows = _replace_codes(session, account_id, key)
        actor = f"account:{account_id}"
        _audit(session, "account.recovery_codes", account_id, actor, now, rows)
        return codes


def _replace_codes(
    session: Session, account_id: int, key: str
) -> tuple[list[str], list[seals.Rows]]:
    gone = _drop_codes(session, account_id)
    codes = [code_of(secrets.token_bytes(12)) for _ in range(CODES)]
    made = [
        RecoveryCode(account_id=account_id, digest=code_digest(key, account_id, code))
        for code in codes
    ]
    session.add_all(made)
    return codes, [gone, seals.these(*made)]


def _drop_codes(session: Session, account_id: int) -> seals.Rows:
    gone = session.scalars(
        sa.delete(RecoveryCode)
        .where(RecoveryCode.account_id == account_id)
        .returning(RecoveryCode.id)
    )
    return seals.gone(RecoveryCode, gone)


def _clear(session: Session, account: Account) -> list[seals.Rows]:
    account.totp_nonce, account.totp_step = None, None
    return [_drop_codes(session, account.id), seals.these(account)]


def _audit(
    session: Session,
    action: str,
    account_id: int,
    actor: str,
    now: datetime,
    rows: Sequence[seals.Rows],
) -> None:
    record_audit(
        session, action, f"account:{account_id}", actor=actor, now=now, rows=rows
    )
