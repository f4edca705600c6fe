"""Commands."""

from __future__ import annotations

from flask.cli import AppGroup

bank = AppGroup("bank", help="")
