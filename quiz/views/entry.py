"""From the QR code to the start: /e/<code>."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("entry", __name__)
