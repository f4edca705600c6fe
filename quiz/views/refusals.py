"""Showing a refusal where the person can do something about it."""

from __future__ import annotations

from core.forms import said_on

__all__ = ["said_on"]
