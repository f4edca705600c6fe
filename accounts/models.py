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
        "totp_step": "moves with every code that is taken",
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
    #: None: before that was written down, or no password.
    password_set_at: Mapped[datetime | None]
    #: Makes the authenticator's secret, with the server's key; None: no second factor.
    totp_nonce: Mapped[str | None]
    #: The time step of the last code that was taken: each counts once.
    totp_step: Mapped[int | None]

    grants: Mapped[list[RoleGrant]] = relationship(
        back_populates="account",
        order_by="RoleGrant.id",
        cascade="all, delete-orphan",
    )


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
    unit: Mapped[Unit | None] = relationship()


class KnownBrowser(Model):
    """A browser an account has signed in with."""

    __tablename__ = "known_browser"
    __unsealed__: ClassVar = {
        "failures": "counts wrong passwords; forgotten after a while",
        "failed_at": "when the last of them was",
    }
    __table_args__ = (sa.UniqueConstraint("account_id", "digest"),)

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(sa.ForeignKey(Account.id))
    #: SHA-256 of a random cookie that stays when one signs out.
    digest: Mapped[str]
    #: As people would call it: Chrome（Windows）.
    words: Mapped[str]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    #: When the account's owner said they know of it; None: to be shown.
    noticed_at: Mapped[datetime | None]
    #: As of the account, but here: a stranger's guesses elsewhere do not count here.
    failures: Mapped[int] = mapped_column(default=0)
    failed_at: Mapped[datetime | None]


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
    #: When its owner last showed who they are, by signing in or asked again.
    proven_at: Mapped[datetime]
    #: Wrong answers in a row when asked again; the fifth ends it.
    wrong_proofs: Mapped[int] = mapped_column(default=0)
    browser_id: Mapped[int | None] = mapped_column(sa.ForeignKey(KnownBrowser.id))

    account: Mapped[Account] = relationship()
    browser: Mapped[KnownBrowser | None] = relationship()


class SignInLink(Model):
    """A one-time token: a link that signs somebody in, or the first half of a sign-in
    that waits for the second factor.
    """

    __tablename__ = "sign_in_link"
    __table_args__ = (
        sa.CheckConstraint("purpose IN ('link', 'code')", "known_purpose"),
    )

    id: Mapped[Id]
    token_digest: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey(Account.id))
    #: link; code: the password was right, the second factor is due.
    purpose: Mapped[str]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RecoveryCode(Model):
    """Signs in once in place of the authenticator."""

    __tablename__ = "recovery_code"

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(sa.ForeignKey(Account.id), index=True)
    #: rules.recovery.code_digest.
    digest: Mapped[str]
    used_at: Mapped[datetime | None]


class OldPassword(Model):
    """A password before the present one; kept where the profile asks for it."""

    __tablename__ = "old_password"

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(sa.ForeignKey(Account.id), index=True)
    password_hash: Mapped[str]
    replaced_at: Mapped[datetime]
