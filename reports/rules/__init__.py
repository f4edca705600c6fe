"""Figures of a report: denominators, rates, means."""
