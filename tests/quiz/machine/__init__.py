"""The state machine of a sitting against a plain model."""
