"""Decisions about passwords and lockout."""
