"""Chance, made at the edge and passed on."""

from __future__ import annotations

import secrets

from quiz.rules.details import CODE_ALPHABET, CODE_LENGTH
from quiz.rules.vouchers import CODE_LENGTH as VOUCHER_LENGTH


def new_code() -> str:
    """The code of a new exam, for its address."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def new_voucher_code() -> str:
    """The code of a receipt or certificate: 57 bits."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(VOUCHER_LENGTH))


def new_key() -> str:
    """Names one tap of one person: doing it again with the same key does nothing."""
    return secrets.token_urlsafe(12)


def new_secret() -> str:
    """The secret of a draw: 32 random bytes in hexadecimal."""
    return secrets.token_hex(32)
