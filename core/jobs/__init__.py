"""Long work: a row in a table, a child process for each, progress for people."""
