"""Reading references to articles of law."""
