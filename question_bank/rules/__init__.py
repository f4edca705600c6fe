"""Decisions about questions: validity, identity."""
