"""One-time codes of an authenticator (RFC 6238: SHA-1, six digits, 30 seconds).

The secret is not stored: it is derived from the server's key and a nonce of the
account, so that a copy of the database alone makes no codes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime

import pyotp

STEP = 30  # seconds a code is shown
AROUND = (-1, 0, 1)  # steps that are taken: clocks of phones are not exact


def secret_of(key: str, account_id: int, nonce: str) -> str:
    """The secret an authenticator is given: 160 bits, base32."""
    message = f"totp|{account_id}|{nonce}".encode()
    digest = hmac.new(key.encode(), message, hashlib.sha256).digest()
    return base64.b32encode(digest[:20]).decode()


def address_of(secret: str, username: str, issuer: str) -> str:
    """What the QR code holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=issuer)


def matching_step(
    secret: str, code: str, now: datetime, used: int | None
) -> int | None:
    """The time step a code is of, or None if it is wrong.

    :param used: The step of the last code that was taken; it and those before are worth
        nothing any more, so that a code that was overseen cannot be used again.
    """
    here = int(now.timestamp()) // STEP
    generator = pyotp.TOTP(secret)
    for step in (here + shift for shift in AROUND):
        fresh = used is None or step > used
        if fresh and hmac.compare_digest(generator.at(step * STEP), code):
            return step
    return None
