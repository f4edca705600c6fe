"""Files questions come in; one module a format."""
