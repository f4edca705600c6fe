"""Writing units and people."""
