"""Sign-in, roles and scopes, login sessions."""
