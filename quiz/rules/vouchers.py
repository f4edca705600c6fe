"""凭证: receipts and certificates, and how somebody else checks one.

A voucher has a code of twelve characters, 57 bits, in the address of its QR code:
``/v/<code>``. Whoever has the code learns whether there is such a voucher, what it
says, and whether it still holds; of a name only the first character. What is signed is
a line of fields, so that anybody can check it: docs/algorithms/vouchers.md.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

CODE_LENGTH = 12
#: Characters that are signs to us inside a line, and what stands for them.
_SIGNS = str.maketrans({"|": "｜", "\n": " ", "\r": " "})


class Status(StrEnum):
    """Whether a voucher still holds."""

    VALID = "valid"  # 有效
    SUPERSEDED = "superseded"  # 已被替代: there is a newer one for the same attempt
    REVOKED = "revoked"  # 已作废


class Proof(StrEnum):
    """Whether what is stored is what a receipt was given for."""

    SAME = "same"
    CHANGED = "changed"
    ERASED = "erased"  # the answers' time was over: only the digest is left


def receipt_status(state: str, *, newest: bool) -> Status:
    """Whether a receipt still holds.

    :param state: Of the attempt: submitted, auto, void; open where a later sheet is
        being answered.
    :param newest: No sheet of the attempt came after it.
    """
    if state == "void":
        return Status.REVOKED
    return Status.VALID if newest else Status.SUPERSEDED


def certificate_status(
    *, state: str, same_sheet: bool, points: int, newest: int | None, pass_mark: int
) -> Status:
    """Whether a certificate still holds.

    A change of keys that left the points alone leaves the certificate alone, too.

    :param same_sheet: It was issued for the newest sheet of the attempt.
    :param points: It was issued for.
    :param newest: Points of the newest sheet; None: it is being answered again.
    """
    if state == "void" or (newest is not None and newest < pass_mark):
        return Status.REVOKED
    if same_sheet and newest == points:
        return Status.VALID
    return Status.SUPERSEDED


def normal_code(typed: str) -> str:
    """A code as it is stored, from how people type and print it.

    >>> normal_code(" 7q2k-9m4t x8bd")
    '7Q2K9M4TX8BD'
    """
    plain = unicodedata.normalize("NFKC", typed).upper()
    return "".join(char for char in plain if char not in "-  \t")[: CODE_LENGTH + 1]


def spaced(code: str) -> str:
    """A code as people read it.

    >>> spaced("7Q2K9M4TX8BD")
    '7Q2K 9M4T X8BD'
    """
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))


def masked_name(name: str) -> str:
    """A name for strangers: its first character, whatever its length.

    >>> masked_name("张小明")
    '张*'
    """
    return f"{name[:1]}*"


@dataclass(frozen=True)
class ReceiptStatement:
    """What the signature under a receipt says."""

    code: str
    exam: str  # the exam's code
    generation: int
    closed_at: datetime
    answered: int
    count: int
    answers_digest: str
    audit_n: int
    audit_hash: str
    release: str  # core.version.release of the program that signed

    def line(self) -> str:
        """The fields in their order."""
        return line_of(
            "receipt", self.code, self.exam, self.generation, _utc(self.closed_at),
            self.answered, self.count, self.answers_digest, self.audit_n,
            self.audit_hash, self.release,
        )  # fmt: skip


@dataclass(frozen=True)
class CertificateStatement:
    """What the signature under a certificate says."""

    code: str
    exam: str
    title: str
    name: str
    unit: str
    closed_at: datetime
    level: str  # passed, excellent
    points: int | None  # hundredths; None: the exam's certificates show no score
    most: int | None
    issued_at: datetime

    def line(self) -> str:
        """The fields in their order."""
        return line_of(
            "certificate", self.code, self.exam, self.title, self.name, self.unit,
            _utc(self.closed_at), self.level, _marks(self.points), _marks(self.most),
            _utc(self.issued_at),
        )  # fmt: skip


#: What the fields of a line are called, by its first.
FIELDS = {
    "receipt": (
        "凭证", "编号", "考试代码", "第几份答卷", "交卷时间", "已答题数", "全卷题数",
        "答卷摘要", "存证编号", "存证摘要", "程序摘要",
    ),
    "certificate": (
        "凭证", "编号", "考试代码", "考试名称", "姓名", "单位", "交卷时间", "结果",
        "成绩", "满分", "颁发时间",
    ),
}  # fmt: skip


def line_of(*fields: object) -> str:
    """Fields joined by ``|``; in a text that has one, the wide ｜ stands for it."""
    return "|".join(
        "" if field is None else str(field).translate(_SIGNS) for field in fields
    )


def read_line(line: str) -> dict[str, str] | None:
    """The fields of a line by what they are called; None if it is not one of ours."""
    fields: Sequence[str] = line.split("|")
    names = FIELDS.get(fields[0])
    if names is None or len(names) != len(fields):
        return None
    return dict(zip(names, fields, strict=True))


def _utc(moment: datetime) -> str:
    """``2026-11-26T01:20:30Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _marks(hundredths: int | None) -> str:
    """``86.5``; empty where no score is told."""
    if hundredths is None:
        return ""
    whole, rest = divmod(hundredths, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".")
