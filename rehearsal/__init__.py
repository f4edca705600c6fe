"""The simulated phone that demo, tests and bench share."""
