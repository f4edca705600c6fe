"""Commands."""

from __future__ import annotations

from flask.cli import AppGroup

audit = AppGroup("audit", help="")
database = AppGroup("database", help="")
