"""Codes, lines and what they say: docs/algorithms/vouchers.md has the same examples."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from quiz.rules.vouchers import (
    CertificateStatement,
    ReceiptStatement,
    Status,
    certificate_status,
    line_of,
    masked_name,
    normal_code,
    read_line,
    receipt_status,
    spaced,
)

RECEIPT = ReceiptStatement(
    code="7Q2K9M4TX8BD",
    exam="K7MPX4QW",
    generation=1,
    closed_at=datetime(2026, 11, 26, 2, 31, 5, 900, tzinfo=UTC),
    answered=48,
    count=50,
    answers_digest="ab" * 32,
    audit_n=1207,
    audit_hash="cd" * 32,
    release="0123456789abcdef",
)


def test_the_line_of_a_receipt() -> None:
    line = RECEIPT.line()
    assert line == (
        "receipt|7Q2K9M4TX8BD|K7MPX4QW|1|2026-11-26T02:31:05Z|48|50|"
        f"{'ab' * 32}|1207|{'cd' * 32}|0123456789abcdef"
    )
    fields = read_line(line)
    assert fields is not None
    assert fields["编号"] == "7Q2K9M4TX8BD"
    assert fields["存证编号"] == "1207"


@pytest.mark.parametrize("line", ["", "receipt", "receipt|a|b", "other|" * 10])
def test_other_lines_are_none_of_ours(line: str) -> None:
    assert read_line(line) is None


def test_no_text_can_add_a_field() -> None:
    assert line_of("a", "b|c\nd", None, 3) == "a|b｜c d||3"


@pytest.mark.parametrize(
    "typed",
    ["7Q2K9M4TX8BD", "7q2k 9m4t x8bd", " 7Q2K-9M4T-X8BD ", "７Ｑ2K9M4TX8BD"],
)
def test_a_code_is_found_however_it_is_typed(typed: str) -> None:
    assert normal_code(typed) == "7Q2K9M4TX8BD"
    assert spaced(normal_code(typed)) == "7Q2K 9M4T X8BD"


def test_of_a_name_the_first_character_stays() -> None:
    assert [masked_name(name) for name in ("张伟", "欧阳修", "")] == [
        "张*",
        "欧*",
        "*",
    ]


@pytest.mark.parametrize(
    ("state", "newest", "status"),
    [
        ("submitted", True, Status.VALID),
        ("auto", True, Status.VALID),
        ("submitted", False, Status.SUPERSEDED),
        ("void", True, Status.REVOKED),
        ("void", False, Status.REVOKED),
    ],
)
def test_whether_a_receipt_holds(state: str, newest: bool, status: Status) -> None:
    assert receipt_status(state, newest=newest) is status


@pytest.mark.parametrize(
    ("state", "same", "newest", "status"),
    [
        ("submitted", True, 800, Status.VALID),
        ("submitted", True, 1000, Status.SUPERSEDED),
        ("submitted", True, 600, Status.SUPERSEDED),
        ("submitted", True, 599, Status.REVOKED),
        ("submitted", False, 800, Status.SUPERSEDED),
        ("open", False, None, Status.SUPERSEDED),
        ("void", True, 800, Status.REVOKED),
    ],
)
def test_whether_a_certificate_holds(
    state: str, same: bool, newest: int | None, status: Status
) -> None:
    found = certificate_status(
        state=state, same_sheet=same, points=800, newest=newest, pass_mark=600
    )
    assert found is status


def test_the_line_of_a_certificate() -> None:
    line = CertificateStatement(
        code="H4K7NP2QWX9C",
        exam="K7MPX4QW",
        title="法治能力测试",
        name="张小明",
        unit="市司法局|一处",
        closed_at=datetime(2026, 11, 26, 2, 31, 5, tzinfo=UTC),
        level="passed",
        points=8650,
        most=10000,
        issued_at=datetime(2026, 11, 27, 1, 0, 0, tzinfo=UTC),
    ).line()
    assert line == (
        "certificate|H4K7NP2QWX9C|K7MPX4QW|法治能力测试|张小明|市司法局｜一处|"
        "2026-11-26T02:31:05Z|passed|86.5|100|2026-11-27T01:00:00Z"
    )
    assert len(read_line(line) or ()) == 11
