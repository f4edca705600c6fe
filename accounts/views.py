"""Signing in and out, and the organizer's first page."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("accounts", __name__)
