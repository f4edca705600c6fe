"""Commands."""

from __future__ import annotations

from flask.cli import AppGroup

reports = AppGroup("reports", help="")
