"""Writes of sign-ins: by the password, by a link, with the second factor."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import hashing
from accounts.models import (
    Account,
    KnownBrowser,
    LoginSession,
    RecoveryCode,
    SignInLink,
)
from accounts.operations.accounts import locked_account, record_unlock
from accounts.operations.browsers import find_counter, record_browser
from accounts.operations.open_sessions import locked_by_id, take_code
from accounts.queries import find_account
from accounts.rules.browsers import Browser
from accounts.rules.lockout import standing, wait
from accounts.rules.passwords import normal_password
from accounts.rules.recovery import code_digest
from accounts.rules.sessions import CODE_LIFE, token_digest
from accounts.rules.usernames import normal_username
from core import seals
from core.audit import record_audit
from core.db import Model, write
from core.errors import Missing, Refused

# One sentence for a wrong name, a wrong password, a disabled account and one that
# waits: which it was is nobody's business.
NOT_SIGNED_IN = (
    "没有登录成功：用户名或密码不正确，或该账号连续输错后仍在等待（最长 15 分钟）"
)
LINK_IS_DEAD = "这个登录链接已用过或已过期，请联系管理员重新生成"
TOO_LATE = "登录没有完成：停留时间过长，请重新输入用户名和密码"
WRONG_CODE = (
    "验证码不正确。请输入动态验证码 App 现在显示的 6 位数字；"
    "连续输错须等待，最长 15 分钟"
)


@dataclass(frozen=True)
class Entered:
    """Somebody who has just signed in."""

    token: str
    must_choose_password: bool
    #: The token is of the first half only: the second factor is due.
    code_due: bool = False


def sign_in(
    *, username: str, password: str, now: datetime, browser: Browser | None = None
) -> Entered:
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
        counter = find_counter(session, account, browser) if account else None
        waiting = bool(counter and wait(counter.failures, counter.failed_at, now))
        if right and account and not account.disabled_at and not waiting:
            if account.totp_nonce:
                return _first_half(session, account, "password", now)
            return _enter(session, account, "password", now, browser)
        if counter and not waiting:
            _count_failure(counter, now)
        _record_failure(session, account, counter, now, waiting=waiting)
    raise Refused(NOT_SIGNED_IN)


def confirm_sign_in(
    *, token: str, code: str, key: str, now: datetime, browser: Browser | None = None
) -> Entered:
    """The second half of a sign-in: a code of the authenticator or a recovery code.

    Wrong codes count like wrong passwords.

    :param token: What the first half gave.
    :param key: The server's secret.
    :raises Missing: If the first half was too long ago, or was used.
    :raises Refused: If the code is wrong, or the account waits.
    """
    with write() as session:
        half = _waiting_link(session, token, "code", now)
        if half is None:
            raise Missing(TOO_LATE)
        account = locked_by_id(session, half.account_id)
        if account.disabled_at:
            raise Missing(TOO_LATE)
        counter = find_counter(session, account, browser)
        waiting = bool(wait(counter.failures, counter.failed_at, now))
        taken = None if waiting else _take(session, account, code, key, now)
        if taken:
            half.used_at = now
            return _enter(session, account, taken[0], now, browser, half, *taken[1:])
        if not waiting:
            _count_failure(counter, now)
        _record_failure(session, account, counter, now, waiting=waiting)
    raise Refused(WRONG_CODE)


def use_sign_in_link(
    *, token: str, now: datetime, browser: Browser | None = None
) -> Entered:
    """Sign in by a link; it works once, and ends any waiting after failures.

    An account with a second factor needs it here too.

    :raises Refused: If it was used, is too old or unknown, or the account is shut.
    """
    with write() as session:
        link = _waiting_link(session, token, "link", now)
        account = session.get_one(Account, link.account_id) if link else None
        if link is None or account is None or account.disabled_at:
            raise Refused(LINK_IS_DEAD)
        link.used_at = now
        record_unlock(session, account)
        if account.totp_nonce:
            return _first_half(session, account, "link", now, link)
        return _enter(session, account, "link", now, browser, link)


def _waiting_link(
    session: Session, token: str, purpose: str, now: datetime
) -> SignInLink | None:
    """A one-time token that can still be used, held until the transaction ends."""
    return session.scalar(
        sa.select(SignInLink)
        .where(
            SignInLink.token_digest == token_digest(token),
            SignInLink.purpose == purpose,
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > now,
        )
        .with_for_update()
    )


def _first_half(
    session: Session, account: Account, by: str, now: datetime, *used: Model
) -> Entered:
    """A token that waits for the second factor; failures go on being counted.

    :param used: What was used up for it.
    """
    token = secrets.token_urlsafe(32)
    half = SignInLink(
        token_digest=token_digest(token),
        account_id=account.id,
        purpose="code",
        expires_at=now + CODE_LIFE,
    )
    session.add(half)
    record_audit(
        session,
        "account.first_factor",
        f"account:{account.id}",
        actor=f"account:{account.id}",
        now=now,
        facts={"by": by},
        rows=[seals.these(half, *used)],
    )
    return Entered(token, must_choose_password=False, code_due=True)


def _take(
    session: Session, account: Account, typed: str, key: str, now: datetime
) -> tuple[str, *tuple[Model, ...]] | None:
    """What kind of code this is, and what is used up with it; None if it is wrong."""
    if take_code(account, typed, key, now):
        return ("code",)
    code = session.scalar(
        sa.select(RecoveryCode)
        .where(
            RecoveryCode.account_id == account.id,
            RecoveryCode.digest == code_digest(key, account.id, typed),
            RecoveryCode.used_at.is_(None),
        )
        .with_for_update()
    )
    if code is None:
        return None
    code.used_at = now
    return "recovery", code


def _enter(
    session: Session,
    account: Account,
    by: str,
    now: datetime,
    browser: Browser | None,
    *used: Model,
) -> Entered:
    """A new login session of the account, written down.

    :param used: What was used up for it.
    """
    token = secrets.token_urlsafe(32)
    counter = find_counter(session, account, browser)
    counter.failures, counter.failed_at = 0, None
    known, is_new = record_browser(session, account.id, browser, now)
    opened = LoginSession(
        token_digest=token_digest(token),
        account_id=account.id,
        created_at=now,
        seen_at=now,
        proven_at=now,
        browser=known,
    )
    session.add(opened)
    record_audit(
        session,
        "account.sign_in",
        f"account:{account.id}",
        actor=f"account:{account.id}",
        now=now,
        facts={"by": by, "new_browser": is_new},
        rows=[seals.these(opened, *filter(None, [known]), *used)],
    )
    return Entered(token, must_choose_password=account.password_hash is None)


def _count_failure(counter: Account | KnownBrowser, now: datetime) -> None:
    counted = standing(counter.failures, counter.failed_at, now)
    counter.failures, counter.failed_at = counted + 1, now


def _record_failure(
    session: Session,
    account: Account | None,
    counter: Account | KnownBrowser | None,
    now: datetime,
    *,
    waiting: bool,
) -> None:
    # Never the name that was typed: people type passwords there.
    facts = {
        "waiting": waiting,
        "failures": counter.failures if counter else 0,
        "known_browser": isinstance(counter, KnownBrowser),
    }
    record_audit(
        session,
        "account.sign_in_failed",
        f"account:{account.id if account else 0}",
        actor="outsider",
        now=now,
        facts=facts,
        rows=(),
    )
