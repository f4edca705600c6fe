"""Pages of units, people and rosters."""
