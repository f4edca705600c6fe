"""Writes of accounts: who exists and who may what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts.models import Account, KnownBrowser, LoginSession, RoleGrant
from accounts.rules.usernames import check_username, normal_username
from core import seals
from core.access import ROLES, UNDIVIDED
from core.audit import lock_chain, record_audit
from core.db import write
from core.errors import Conflict, Missing, Refused


def create_account(
    *,
    username: str,
    display_name: str,
    roles: Sequence[str],
    actor: str,
    now: datetime,
    unit_id: int | None = None,
) -> int:
    """Make an account without a password; a sign-in link lets its owner choose one.

    :param unit_id: The unit the roles are granted for; None: all units.
    :return: The account's id.
    :raises Refused: If the name cannot be used, the display name is empty or a role
        is unknown or not granted for a unit.
    :raises Conflict: If the user name is taken.
    """
    name = check_username(username)
    shown = display_name.strip()
    if not 1 <= len(shown) <= 40:
        raise Refused("显示名须为 1–40 个字，例如“张三”")
    for role in roles:
        _check_grant(role, unit_id)
    with write() as session:
        if session.scalar(sa.select(Account.id).where(Account.username == name)):
            raise Conflict("用户名 %(name)s 已被使用，请换一个", name=name)
        account = Account(username=name, display_name=shown, created_at=now, failures=0)
        account.grants = [
            RoleGrant(role=role, unit_id=unit_id, granted_at=now)
            for role in dict.fromkeys(roles)
        ]
        session.add(account)
        session.flush()  # generate account.id
        record_audit(
            session,
            "account.create",
            f"account:{account.id}",
            actor=actor,
            now=now,
            facts={"roles": sorted(set(roles)), "unit": unit_id},
            rows=[seals.these(account, *account.grants)],
            personal={"username": name, "display_name": shown},
        )
        return account.id


def grant_role(
    *, username: str, role: str, unit_id: int | None, actor: str, now: datetime
) -> bool:
    """Give an account a role; it signs in again, with a new session.

    :param unit_id: For this unit and all below it; None: for all units.
    :return: False if it had just this already.
    :raises Missing: If there is no such account.
    :raises Refused: If the role is not granted for a unit, or one's own account is
        meant.
    """
    _check_grant(role, unit_id)
    with write() as session:
        account = locked_account(session, username)
        _refuse_oneself(account, actor)
        if _find_grant(account, role, unit_id):
            return False
        grant = RoleGrant(role=role, unit_id=unit_id, granted_at=now)
        account.grants.append(grant)
        ended = record_ended_sessions(session, account.id, now)
        _audit(
            session,
            "account.grant",
            account,
            actor,
            now,
            facts={"role": role, "unit": unit_id, "sessions_ended": len(ended)},
            rows=[seals.these(grant), seals.ids(LoginSession, ended)],
        )
        return True


def revoke_role(
    *, username: str, role: str, unit_id: int | None, actor: str, now: datetime
) -> bool:
    """Take a role away; whoever is signed in with it is out at once.

    :return: False if the account does not have just this.
    :raises Refused: If nobody would be left who can grant roles, or one's own account
        is meant.
    """
    with write() as session:
        lock_chain(session.connection())
        account = locked_account(session, username)
        _refuse_oneself(account, actor)
        grant = _find_grant(account, role, unit_id)
        if grant is None:
            return False
        if role == "admin":
            _refuse_without_admin(session, account)
        account.grants.remove(grant)
        ended = record_ended_sessions(session, account.id, now)
        _audit(
            session,
            "account.revoke",
            account,
            actor,
            now,
            facts={"role": role, "unit": unit_id, "sessions_ended": len(ended)},
            rows=[seals.gone(RoleGrant, [grant.id]), seals.ids(LoginSession, ended)],
        )
        return True


def disable_account(*, username: str, actor: str, now: datetime) -> None:
    """Shut an account; whoever is signed in as it is out at once.

    :raises Refused: If nobody would be left who can open it again, or one's own account
        is meant.
    """
    with write() as session:
        lock_chain(session.connection())
        account = locked_account(session, username)
        _refuse_oneself(account, actor)
        if any(grant.role == "admin" for grant in account.grants):
            _refuse_without_admin(session, account)
        account.disabled_at = account.disabled_at or now
        ended = record_ended_sessions(session, account.id, now)
        _audit(
            session,
            "account.disable",
            account,
            actor,
            now,
            facts={"sessions_ended": len(ended)},
            rows=[seals.these(account), seals.ids(LoginSession, ended)],
        )


def enable_account(*, username: str, actor: str, now: datetime) -> None:
    """Open a shut account again; its old sessions stay ended."""
    with write() as session:
        account = locked_account(session, username)
        account.disabled_at = None
        rows = [seals.these(account)]
        _audit(session, "account.enable", account, actor, now, facts={}, rows=rows)


def unlock_account(*, username: str, actor: str, now: datetime) -> None:
    """End the waiting after wrong passwords."""
    with write() as session:
        account = locked_account(session, username)
        facts = {"failures": account.failures}
        record_unlock(session, account)
        _audit(session, "account.unlock", account, actor, now, facts=facts, rows=())


def end_account_sessions(*, username: str, actor: str, now: datetime) -> int:
    """Sign an account out everywhere; returns how many sessions ended."""
    with write() as session:
        account = locked_account(session, username)
        ended = record_ended_sessions(session, account.id, now)
        _audit(
            session,
            "account.end_sessions",
            account,
            actor,
            now,
            facts={"sessions_ended": len(ended)},
            rows=[seals.ids(LoginSession, ended)],
        )
        return len(ended)


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


def record_unlock(session: Session, account: Account) -> None:
    """End the waiting of an account, in its known browsers too."""
    account.failures, account.failed_at = 0, None
    session.execute(
        sa.update(KnownBrowser)
        .where(KnownBrowser.account_id == account.id)
        .values(failures=0, failed_at=None)
    )


def _audit(
    session: Session,
    action: str,
    account: Account,
    actor: str,
    now: datetime,
    *,
    facts: Mapping[str, object],
    rows: Sequence[seals.Rows],
) -> None:
    """Write an act to the audit log."""
    record_audit(
        session,
        action,
        f"account:{account.id}",
        actor=actor,
        now=now,
        facts=facts,
        rows=rows,
    )


def _find_grant(account: Account, role: str, unit_id: int | None) -> RoleGrant | None:
    for grant in account.grants:
        if grant.role == role and grant.unit_id == unit_id:
            return grant
    return None


def _check_grant(role: str, unit_id: int | None) -> None:
    if role not in ROLES:
        known = "、".join(ROLES)
        raise Refused("没有角色 %(role)s，可用：%(known)s", role=role, known=known)
    if unit_id is not None and role in UNDIVIDED:
        raise Refused(
            "%(role)s管的事不分单位，只能授予全部单位，请改选“全部单位”",
            role=ROLES[role],
        )


def _refuse_oneself(account: Account, actor: str) -> None:
    if actor == f"account:{account.id}":
        raise Refused("自己的角色和状态要由另一位系统管理员来改")


def _refuse_without_admin(session: Session, account: Account) -> None:
    # Under the chain's lock: two administrators cannot remove each other at once.
    others = session.scalar(
        sa.select(sa.func.count(sa.distinct(Account.id)))
        .join(RoleGrant)
        .where(
            RoleGrant.role == "admin",
            Account.disabled_at.is_(None),
            Account.id != account.id,
        )
    )
    if not others:
        raise Refused("这是最后一位可用的系统管理员，请先授权另一位")
