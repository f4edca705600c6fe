"""Decisions about names, passwords, waiting after failures, and login sessions."""
