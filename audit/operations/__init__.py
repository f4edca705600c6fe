"""Writes about the audit log itself."""
