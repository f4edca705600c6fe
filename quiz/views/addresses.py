"""Addresses that leave the screen: in QR codes, on posters."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app, request

from core.config import Settings

_ONLY_HERE = ("localhost", "127.0.0.1", "::1")


def base_address() -> str:
    """The address of this server as phones reach it, without a slash at its end."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.base_url or request.host_url.rstrip("/")


def entry_address(code: str) -> str:
    """Where a candidate enters an exam."""
    return f"{base_address()}/e/{code}"


def only_this_computer() -> bool:
    """Whether that address opens on this computer alone."""
    return urlsplit(base_address()).hostname in _ONLY_HERE
