"""Reading the audit log, and checking that it and the tables still agree."""
