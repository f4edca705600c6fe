"""Commands."""

from __future__ import annotations

from flask.cli import AppGroup

exams = AppGroup("exams", help="")
