"""Laws, their versions and their articles."""
