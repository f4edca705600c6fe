"""Answering: /s/<token>. The save protocol."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("sitting", __name__)
