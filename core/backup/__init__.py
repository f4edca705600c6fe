"""Copies of everything, proven by taking them apart again; and the way back."""
