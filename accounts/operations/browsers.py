"""Writes of the browsers an account is known to use."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts.models import Account, KnownBrowser
from accounts.rules.browsers import Browser
from core import seals
from core.audit import record_audit
from core.db import write


def note_browsers(*, account_id: int, here: int | None, now: datetime) -> None:
    """Their owner knows of the sign-ins with new browsers.

    :param here: The browser this comes from: it cannot speak for itself.
    """
    with write() as session:
        noticed = session.scalars(
            sa.update(KnownBrowser)
            .where(
                KnownBrowser.account_id == account_id,
                KnownBrowser.noticed_at.is_(None),
                KnownBrowser.id != (here or 0),
            )
            .values(noticed_at=now)
            .returning(KnownBrowser.id)
        ).all()
        record_audit(
            session,
            "account.browsers_noticed",
            f"account:{account_id}",
            actor=f"account:{account_id}",
            now=now,
            facts={"browsers": len(noticed)},
            rows=[seals.ids(KnownBrowser, noticed)],
        )


def find_counter(
    session: Session, account: Account, browser: Browser | None
) -> Account | KnownBrowser:
    """Where wrong passwords and codes are counted: with the browser if the account is
    known to use it, else with the account.

    So whoever guesses from elsewhere makes only others from elsewhere wait.
    """
    if browser is None:
        return account
    known = session.scalar(
        sa.select(KnownBrowser).where(
            KnownBrowser.account_id == account.id,
            KnownBrowser.digest == browser.digest,
        )
    )
    return known or account


def record_browser(
    session: Session, account_id: int, browser: Browser | None, now: datetime
) -> tuple[KnownBrowser | None, bool]:
    """The account's row for a browser, and whether it is a new one to be shown."""
    if browser is None:
        return None, False
    known = {
        one.digest: one
        for one in session.scalars(
            sa.select(KnownBrowser).where(KnownBrowser.account_id == account_id)
        )
    }
    found = known.get(browser.digest)
    if found:
        found.words, found.last_at = browser.words, now
        return found, False
    # The very first one is where the account was set up.
    made = KnownBrowser(
        account_id=account_id,
        digest=browser.digest,
        words=browser.words,
        first_at=now,
        last_at=now,
        noticed_at=None if known else now,
        failures=0,
    )
    session.add(made)
    return made, bool(known)
