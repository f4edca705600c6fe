"""Where somebody may be sent after signing in: only to a page of ours."""

from __future__ import annotations

from urllib.parse import urlsplit


def own_path(text: str | None) -> str | None:
    """The address if it is a path on this server, else None.

    Browsers read a backslash as a slash and leave out control characters, so an
    address with either is none of ours.
    """
    if not text or not text.startswith("/") or text.startswith("//"):
        return None
    if "\\" in text or any(ord(character) < 33 for character in text):
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    if parts.scheme or parts.netloc:
        return None
    return text


def is_file(path: str) -> bool:
    """Whether an address of ours is a file to be saved rather than a page."""
    return "." in urlsplit(path).path.rpartition("/")[2]


def exam_code(text: str) -> str | None:
    """The exam code in what somebody typed or pasted, or None.

    Takes a whole address (…/e/<code>) too.
    """
    plain = "".join(text.split())
    if "/" in plain:
        plain = urlsplit(plain).path.partition("/e/")[2].strip("/")
    if plain.isascii() and plain.isalnum() and len(plain) <= 16:
        return plain
    return None
