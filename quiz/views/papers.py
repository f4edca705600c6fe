"""Codes and posters of an exam: /console/exams/<id>/code."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("papers", __name__)
