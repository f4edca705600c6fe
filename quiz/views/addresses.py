"""Addresses that leave the screen: in QR codes, on posters."""

from __future__ import annotations

from urllib.parse import urlsplit

from core.pages import base_address

_ONLY_HERE = ("localhost", "127.0.0.1", "::1")


def entry_address(code: str) -> str:
    """Where a candidate enters an exam."""
    return f"{base_address()}/e/{code}"


def voucher_address(code: str) -> str:
    """Where anybody checks a receipt or a certificate."""
    return f"{base_address()}/v/{code}"


def only_this_computer() -> bool:
    """Whether that address opens on this computer alone."""
    return urlsplit(base_address()).hostname in _ONLY_HERE
