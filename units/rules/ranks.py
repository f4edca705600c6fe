"""Rank groups: the words by which people are grouped, in their order."""

from __future__ import annotations

#: The list as long as nobody has changed it.
USUAL = ("领导班子", "中层", "执法人员", "新录用")
LONGEST = 20  # characters
MOST = 30  # words
