"""What is refused to a person, as opposed to what is broken in the program.

A message is a Chinese gettext id with ``%(name)s`` places; it is translated where
it is shown, so that rules and operations need no web framework to say no.
"""

from __future__ import annotations


class Refused(Exception):
    """Something a person asked for cannot be done; the message says what to do."""

    status = 400

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.values = values

    def __str__(self) -> str:
        return self.message % self.values if self.values else self.message


class Missing(Refused):
    """There is no such thing, or not for this person: the answer is the same."""

    status = 404


class Forbidden(Refused):
    """The person is known and may not do this."""

    status = 403


class ProofNeeded(Forbidden):
    """Signed in and allowed, but who one is must be shown again first."""


class Conflict(Refused):
    """The thing has changed meanwhile."""

    status = 409


class Busy(Refused):
    """The database could not take the write in time; trying again is right."""

    status = 503
    retry_after = 2  # seconds
