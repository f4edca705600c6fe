"""Writes of accounts: who exists, who may, and their passwords."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import hashing
from accounts.models import Account, LoginSession, RoleGrant
from accounts.queries import find_account
from accounts.rules.passwords import check_password, normal_password
from accounts.rules.usernames import check_username, normal_username
from core import seals
from core.access import ROLES
from core.audit import record_audit
from core.db import write
from core.errors import Conflict, Missing, Refused


def create_account(
    *,
    username: str,
    display_name: str,
    roles: Sequence[str],
    actor: str,
    now: datetime,
) -> int:
    """Make an account without a password; a sign-in link lets its owner choose one.

    :return: The account's id.
    :raises Refused: If the name cannot be used, the display name is empty or a role
        is unknown.
    :raises Conflict: If the user name is taken.
    """
    name = check_username(username)
    shown = display_name.strip()
    if not 1 <= len(shown) <= 40:
        raise Refused("显示名须为 1–40 个字，例如“张三”")
    for role in roles:
        _check_role(role)
    with write() as session:
        if session.scalar(sa.select(Account.id).where(Account.username == name)):
            raise Conflict("用户名 %(name)s 已被使用，请换一个", name=name)
        account = Account(username=name, display_name=shown, created_at=now, failures=0)
        account.grants = [
            RoleGrant(role=role, granted_at=now) for role in dict.fromkeys(roles)
        ]
        session.add(account)
        session.flush()  # generate account.id
        record_audit(
            session,
            "account.create",
            f"account:{account.id}",
            actor=actor,
            now=now,
            facts={"roles": sorted(set(roles))},
            rows=[seals.these(account, *account.grants)],
            personal={"username": name, "display_name": shown},
        )
        return account.id


def grant_role(*, username: str, role: str, actor: str, now: datetime) -> bool:
    """Give an account a role everywhere.

    :return: False if it had it already.
    :raises Missing: If there is no such account.
    """
    _check_role(role)
    with write() as session:
        account = locked_account(session, username)
        if any(grant.role == role and not grant.unit_id for grant in account.grants):
            return False
        grant = RoleGrant(role=role, granted_at=now)
        account.grants.append(grant)
        session.flush()  # generate grant.id
        record_audit(
            session,
            "account.grant",
            f"account:{account.id}",
            actor=actor,
            now=now,
            facts={"role": role},
            rows=[seals.these(grant)],
        )
        return True


def disable_account(*, username: str, actor: str, now: datetime) -> None:
    """Shut an account; whoever is signed in as it is out at once."""
    with write() as session:
        account = locked_account(session, username)
        account.disabled_at = account.disabled_at or now
        ended = record_ended_sessions(session, account.id, now)
        record_audit(
            session,
            "account.disable",
            f"account:{account.id}",
            actor=actor,
            now=now,
            facts={"sessions_ended": len(ended)},
            rows=[seals.these(account), seals.ids(LoginSession, ended)],
        )


def enable_account(*, username: str, actor: str, now: datetime) -> None:
    """Open a shut account again; its old sessions stay ended."""
    with write() as session:
        account = locked_account(session, username)
        account.disabled_at = None
        record_audit(
            session,
            "account.enable",
            f"account:{account.id}",
            actor=actor,
            now=now,
            rows=[seals.these(account)],
        )


def change_password(
    *,
    username: str,
    current: str | None,
    new: str,
    session_id: int,
    now: datetime,
) -> None:
    """Set a password; all other login sessions of the account end.

    :param current: The password so far; None only where the person has just proven
        themselves by a sign-in link.
    :raises Refused: If the current one is wrong or the new one is too weak.
    """
    account = find_account(username)
    if account is None:
        raise Missing("没有账号 %(name)s，请核对用户名", name=username)
    known = account.password_hash if current is not None else None
    if known and not hashing.verify(known, normal_password(current or "")):
        raise Refused("当前密码不正确，请重新输入")
    plain = check_password(
        new, username=account.username, display_name=account.display_name
    )
    hashed = hashing.make(plain)
    with write() as session:
        account = locked_account(session, username)
        account.password_hash = hashed
        ended = record_ended_sessions(session, account.id, now, but=session_id)
        record_audit(
            session,
            "account.password",
            f"account:{account.id}",
            actor=f"account:{account.id}",
            now=now,
            facts={"sessions_ended": len(ended), "by_link": current is None},
            rows=[seals.these(account), seals.ids(LoginSession, ended)],
        )


def locked_account(session: Session, username: str) -> Account:
    """The account, held until the transaction ends."""
    account = session.scalar(
        sa.select(Account)
        .where(Account.username == normal_username(username))
        .with_for_update()
    )
    if account is None:
        raise Missing("没有账号 %(name)s，请核对用户名", name=username)
    return account


def record_ended_sessions(
    session: Session, account_id: int, now: datetime, *, but: int | None = None
) -> list[int]:
    """End an account's open login sessions, but for one; returns their ids."""
    ended = session.scalars(
        sa.update(LoginSession)
        .where(
            LoginSession.account_id == account_id,
            LoginSession.ended_at.is_(None),
            LoginSession.id != (but or 0),
        )
        .values(ended_at=now)
        .returning(LoginSession.id)
    )
    return list(ended)


def _check_role(role: str) -> None:
    if role not in ROLES:
        known = "、".join(ROLES)
        raise Refused("没有角色 %(role)s，可用：%(known)s", role=role, known=known)
