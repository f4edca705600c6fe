"""Decisions about units and people: identity, tree, names."""
