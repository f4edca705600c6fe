"""Decisions about exams: the deal, timing, scoring, lifecycle."""
