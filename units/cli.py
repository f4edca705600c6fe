"""Commands."""

from __future__ import annotations

from flask.cli import AppGroup

units = AppGroup("units", help="")
people = AppGroup("people", help="")
