"""Reads of exams and sittings."""
