"""The tree of units, its people, and the rosters they come in."""
