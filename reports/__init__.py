"""What is said of units and people after an exam."""
