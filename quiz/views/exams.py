"""Making and running exams: /console/exams."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("exams", __name__)
