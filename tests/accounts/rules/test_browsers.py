"""A browser in words."""

from __future__ import annotations

import pytest

from accounts.rules.browsers import browser_words

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (f"Mozilla/5.0 (Windows NT 10.0) {CHROME} Safari/537.36", "Chrome（Windows）"),
        (
            f"Mozilla/5.0 (Windows NT 10.0) {CHROME} Safari/537.36 Edg/130.0.0.0",
            "Edge（Windows）",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
            "Firefox（Linux）",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.5 Safari/605.1",
            "Safari（Mac）",
        ),
        (f"{IPHONE} Mobile/15E148 MicroMessenger/8.0.50", "微信（iPhone）"),
        (
            f"Mozilla/5.0 (Linux; Android 14; X) {CHROME} Mobile MicroMessenger/8.0.50",
            "微信（安卓）",
        ),
        ("curl/8.5", "其他浏览器"),
        ("", "其他浏览器"),
        ("<script>alert(1)</script>" * 99, "其他浏览器"),
    ],
)
def test_it_is_named_as_people_name_it(agent: str, words: str) -> None:
    assert browser_words(agent) == words


def test_a_newer_version_is_the_same_browser() -> None:
    newer = CHROME.replace("130", "131")
    assert browser_words(newer) == browser_words(CHROME)
