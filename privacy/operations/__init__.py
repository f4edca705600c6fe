"""Erasing."""
