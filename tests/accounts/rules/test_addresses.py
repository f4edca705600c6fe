"""Where a sign-in may lead, and what counts as an exam code."""

from __future__ import annotations

import pytest

from accounts.rules.addresses import exam_code, own_path


@pytest.mark.parametrize("path", ["/console", "/console/units?page=2", "/e/AB12#top"])
def test_a_path_of_ours_is_taken(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "console",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        " /console",
        "http://evil.example/",
        "https:evil.example",
        "javascript:alert(1)",
    ],
)
def test_any_other_address_is_not(address: str | None) -> None:
    assert own_path(address) is None


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("K7M2P9QX", "K7M2P9QX"),
        (" k7m2 p9qx ", "k7m2p9qx"),
        ("http://10.0.0.5:8000/e/K7M2P9QX", "K7M2P9QX"),
        ("https://test.example/e/K7M2P9QX/?from=chat", "K7M2P9QX"),
        ("", None),
        ("   ", None),
        ("../login", None),
        ("http://evil.example/", None),
        ("考试", None),
        ("A" * 17, None),
    ],
)
def test_an_exam_code_is_found_in_what_was_typed(typed: str, code: str | None) -> None:
    assert exam_code(typed) == code
