"""Texts of questions: tidied as they are kept, and reduced as they are compared."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

#: How a blank of a 填空 question stands in its stem.
BLANK = "【】"

#: What a printed paper puts after a stem without a place to answer in. Its two unlike
#: spaces tell it from a bracket somebody typed: a paper that is read leaves it out.
ANSWER_BRACKET = "（\u2003\u2002）"

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
#: What ``tidy`` has work with; most texts have none of it.
_ODD = re.compile(
    "[\x00-\x1f\x7f-\xa0\xad\u200b-\u200f\u2028\u202a-\u202e\u2060-\u2064\ufeff]"
)
_UNWRITABLE = re.compile("[\ud800-\udfff]")
_BLANKS = re.compile(r"【\s*】|[(（]\s*[)）]|\[\s*\]|[_＿]{2,}")


def tidy(text: str) -> str:
    """A text as it is kept: no invisible characters, no odd spaces at its ends."""
    if not _ODD.search(text):
        return text.strip()
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace("\v", "\n").replace("\f", "\n").replace("\u2028", "\n")
    text = _CONTROL.sub("", _INVISIBLE.sub("", text)).replace("\xa0", " ")
    lines = (line.strip(" \t\u3000") for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


# A file of questions asks for each text several times, and options come again.
@lru_cache(maxsize=2048)
def comparable(text: str) -> str:
    """A text as it is compared: NFKC, no spaces, no case, one form of blanks."""
    text = _BLANKS.sub(BLANK, tidy(text))
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def with_blanks(stem: str) -> str:
    """A stem of a 填空 question with its blanks in our form: ____ and （ ） too."""
    return _BLANKS.sub(BLANK, stem)


def count_blanks(stem: str) -> int:
    """How many blanks a stem of a 填空 question has."""
    return len(_BLANKS.findall(stem))


def writable(text: str) -> str:
    """A text with a sign in the place of what cannot be stored."""
    return _UNWRITABLE.sub("\ufffd", text)


def is_writable(text: str) -> bool:
    """Whether a text can be stored: half of a surrogate pair cannot."""
    return not _UNWRITABLE.search(text)
