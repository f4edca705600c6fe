"""Topics, questions and their versions, import and export."""
