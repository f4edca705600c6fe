"""Making one-time sign-in links."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import SignInLink
from accounts.operations.accounts import locked_account
from accounts.rules.sessions import LINK_LIFE, token_digest
from core import seals
from core.audit import record_audit
from core.db import write
from core.errors import Refused


@dataclass(frozen=True)
class Link:
    """A one-time sign-in link, just made."""

    token: str
    expires_at: datetime


def make_sign_in_link(
    *, username: str, actor: str, now: datetime, life: timedelta = LINK_LIFE
) -> Link:
    """A link that signs somebody in once.

    :param life: How long it is good for.
    :raises Missing: If there is no such account.
    :raises Refused: If it is disabled.
    """
    with write() as session:
        account = locked_account(session, username)
        if account.disabled_at:
            raise Refused("账号 %(name)s 已停用，请先启用", name=account.username)
        link = Link(token=secrets.token_urlsafe(32), expires_at=now + life)
        made = SignInLink(
            token_digest=token_digest(link.token),
            account_id=account.id,
            purpose="link",
            expires_at=link.expires_at,
        )
        session.add(made)
        record_audit(
            session,
            "account.link",
            f"account:{account.id}",
            actor=actor,
            now=now,
            rows=[seals.these(made)],
        )
        return link
