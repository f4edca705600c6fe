"""Reading units, people and rosters."""
