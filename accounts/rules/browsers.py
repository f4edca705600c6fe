"""A browser in words: enough to know one's own, not enough to follow anybody."""

from __future__ import annotations

from dataclasses import dataclass

# In the order of looking: each also names those after it.
_BROWSERS = (
    ("MicroMessenger", "微信"),
    ("DingTalk", "钉钉"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("QQBrowser", "QQ 浏览器"),
    ("360SE", "360 浏览器"),
    ("360EE", "360 浏览器"),
    ("UCBrowser", "UC 浏览器"),
    ("SamsungBrowser", "三星浏览器"),
    ("HuaweiBrowser", "华为浏览器"),
    ("MiuiBrowser", "小米浏览器"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
    ("Trident", "Internet Explorer"),
)
_SYSTEMS = (
    ("HarmonyOS", "鸿蒙"),
    ("OpenHarmony", "鸿蒙"),
    ("Windows", "Windows"),
    ("Android", "安卓"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class Browser:
    """Where somebody signs in."""

    digest: str  # of the cookie that names it
    words: str


def browser_words(user_agent: str) -> str:
    """What somebody would call it, without version: “Chrome（Windows）”."""
    browser = _first(_BROWSERS, user_agent) or "其他浏览器"
    system = _first(_SYSTEMS, user_agent)
    return f"{browser}（{system}）" if system else browser


def _first(names: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for sign, name in names if sign in user_agent), "")
