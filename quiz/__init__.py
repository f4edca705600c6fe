"""Exams, papers, entry, sittings and scores."""
