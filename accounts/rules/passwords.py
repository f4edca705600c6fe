"""Which passwords are good enough: long, not common, not about this place.

By default no rule asks for kinds of characters, and none expires: length and a list
of what everybody tries first do more (NIST SP 800-63B). Where 等保 is examined, its
profile asks for both.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.errors import Refused

SHORTEST = 10  # characters
LONGEST = 128
OWN_LEAST = 5  # characters that must be left beside known words and digits


@dataclass(frozen=True)
class Profile:
    """What is asked of passwords besides length and the list of first guesses."""

    kinds: int  # of four: capital letters, small letters, digits, others
    history: int  # how many passwords before must not come again
    lasts: timedelta | None  # None: for ever


#: By the setting LAWGAUGE_PASSWORDS.
PROFILES = {
    "length": Profile(kinds=0, history=0, lasts=None),
    "dengbao": Profile(kinds=3, history=5, lasts=timedelta(days=90)),
}

#: Tried first by everybody; each also with digits and marks around it.
COMMON_WORDS = (
    "password", "passwd", "passw0rd", "p@ssw0rd", "p@ssword", "mima", "admin",
    "administrator", "root", "system", "manager", "guest", "test", "demo", "user",
    "welcome", "hello", "login", "letmein", "iloveyou", "woaini", "abc", "qwerty",
    "qwertyuiop", "qwer", "asdf", "asdfghjkl", "zxcvbnm", "zxcv", "qazwsx", "qaz",
    "wsx", "1qaz2wsx", "1q2w3e4r", "5201314", "dragon", "monkey", "sunshine",
    "changeme", "secret", "密码", "口令", "管理员", "测试",
)  # fmt: skip
#: Words of the product and of the offices that use it.
PLACE_WORDS = (
    "lawgauge", "face", "fazhi", "pufa", "kaoshi", "sifa", "sifaju", "zhengfa",
    "yifa", "organizer", "quiz", "exam", "law", "gauge", "法测", "法治", "普法",
    "司法", "司法局", "考试", "考核", "依法治市", "政府",
)  # fmt: skip
_ROWS = (
    "01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm"
)  # fmt: skip


def normal_password(text: str) -> str:
    """A password as it is hashed: what is typed full-width counts as half-width."""
    return unicodedata.normalize("NFKC", text)


def check_password(
    text: str, *, username: str, display_name: str, profile: Profile
) -> str:
    """A new password in the form that is hashed.

    :raises Refused: If it is too short, too long, among the first guesses, or has too
        few kinds of characters for the profile.
    """
    password = normal_password(text)
    if len(password) < SHORTEST:
        raise Refused("密码至少 %(n)d 个字符，可以用几个词连成一句", n=SHORTEST)
    if len(password) > LONGEST:
        raise Refused("密码最多 %(n)d 个字符，请缩短", n=LONGEST)
    plain = password.casefold()
    if _runs(plain):
        raise Refused("密码是键盘或字母表上连续的字符，太容易猜到，请换一个")
    if len(_own(plain, _names(username, display_name))) < OWN_LEAST:
        raise Refused("密码主要是用户名、产品名、常见词、数字或重复字符，请换一个")
    if kinds_of(password) < profile.kinds:
        raise Refused(
            "密码须包含大写字母、小写字母、数字、其他符号中的至少 %(n)d 种",
            n=profile.kinds,
        )
    return password


def kinds_of(password: str) -> int:
    """How many of the four kinds it has; a Chinese character counts as other."""
    return sum(
        any(test(character) for character in password)
        for test in (
            str.isupper,
            str.islower,
            str.isdigit,
            lambda c: not (c.isupper() or c.islower() or c.isdigit()),
        )
    )


def is_due(profile: Profile, set_at: datetime | None, now: datetime) -> bool:
    """Whether a password must be changed before anything else is done.

    :param set_at: When it was chosen; None if nobody knows, which is too long ago.
    """
    if profile.lasts is None:
        return False
    return set_at is None or now - set_at >= profile.lasts


def _names(username: str, display_name: str) -> tuple[str, ...]:
    names = (normal_password(name).casefold() for name in (username, display_name))
    return tuple(name for name in names if len(name) > 1)


def _own(plain: str, names: tuple[str, ...]) -> set[str]:
    """The different characters that are left without known words and digits."""
    for word in sorted((*names, *COMMON_WORDS, *PLACE_WORDS), key=len, reverse=True):
        plain = plain.replace(word, " ")
    return {character for character in plain if character.isalpha()}


def _runs(plain: str) -> bool:
    """Whether it is pieces of keyboard or alphabet rows, in either direction."""
    rest = plain
    for row in _ROWS:
        for line in (row, row[::-1]):
            for size in range(len(line), 3, -1):
                for start in range(len(line) - size + 1):
                    rest = rest.replace(line[start : start + size], "")
    return len(rest) < OWN_LEAST
