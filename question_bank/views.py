"""The bank: /console/bank."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("bank", __name__)
