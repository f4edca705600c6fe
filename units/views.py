"""Units and people: /console/units."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("units", __name__)
