"""Accounts of those who work with the system (candidates have none)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Id, Model
from units.models import Unit


class Account(Model):
    """账号: a person with a sign-in."""

    __tablename__ = "account"
    __unsealed__: ClassVar = {
        "failures": "counts wrong passwords; forgotten after a while",
        "failed_at": "when the last of them was",
    }

    id: Mapped[Id]
    username: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    #: argon2id; None until the first password is chosen through a link.
    password_hash: Mapped[str | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    #: Wrong passwords since the last right one, and when the last was.
    failures: Mapped[int]
    failed_at: Mapped[datetime | None]

    grants: Mapped[list[RoleGrant]] = relationship(back_populates="account")


class RoleGrant(Model):
    """A role an account has, for one unit and below, or for all."""

    __tablename__ = "role_grant"
    __table_args__ = (
        sa.UniqueConstraint("account_id", "role", "unit_id"),
        sa.CheckConstraint(
            "role IN ('admin', 'organizer', 'author', 'reviewer', 'invigilator',"
            " 'assessor', 'liaison', 'auditor')",
            "known_role",
        ),
        # What they are over belongs to no unit (core.access.UNDIVIDED).
        sa.CheckConstraint(
            "unit_id IS NULL"
            " OR role IN ('organizer', 'invigilator', 'assessor', 'liaison')",
            "divided_by_unit",
        ),
    )

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(sa.ForeignKey(Account.id))
    role: Mapped[str]
    #: None: everywhere.
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Unit.id))
    granted_at: Mapped[datetime]

    account: Mapped[Account] = relationship(back_populates="grants")


class LoginSession(Model):
    """One sign-in on one browser; can be ended from the server."""

    __tablename__ = "login_session"
    __unsealed__: ClassVar = {"seen_at": "moves while the session is in use"}

    id: Mapped[Id]
    #: SHA-256 of the token in the browser's cookie.
    token_digest: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey(Account.id))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship()


class SignInLink(Model):
    """A one-time link that signs somebody in."""

    __tablename__ = "sign_in_link"

    id: Mapped[Id]
    token_digest: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey(Account.id))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
