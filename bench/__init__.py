"""Measurements of the candidate's path against a floor in the same run."""
