"""OLE containers made by hand: what .xls, .doc and protected .xlsx files are."""

from __future__ import annotations

import struct
from collections.abc import Sequence

_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def container(stream: str, content: bytes) -> bytes:
    """A compound file with one stream; sectors of 512 bytes, no small streams."""
    content = content.ljust(-(-max(len(content), 4096) // 512) * 512, b"\0")
    sectors = len(content) // 512
    chain = [_FAT, _END, *range(3, sectors + 2), _END]  # FAT, directory, stream
    fat = struct.pack("<128I", *chain, *[_FREE] * (128 - len(chain)))
    directory = (
        _entry("Root Entry", 5, _END, 0, child=1)
        + _entry(stream, 2, 2, len(content))
        + bytes(256)
    )
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(16)
        + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
        + bytes(6)
        + struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, _END, 0, _END, 0)
        + struct.pack("<109I", 0, *[_FREE] * 108)
    )
    return header + fat + directory + content


def _entry(name: str, kind: int, start: int, size: int, child: int = _FREE) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    return (
        text.ljust(64, b"\0")
        + struct.pack("<HBB", len(text), kind, 1)
        + struct.pack("<III", _FREE, _FREE, child)
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )


def xls(sheet: str, rows: Sequence[Sequence[str | float]]) -> bytes:
    """A workbook in the format of Excel 97–2003 with one sheet."""

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    cells = b""
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            place = struct.pack("<HHH", r, c, 0)
            if isinstance(value, str):
                text = value.encode("utf-16-le")
                head = struct.pack("<HB", len(value), 1)
                cells += record(0x0204, place + head + text)
            else:
                cells += record(0x0203, place + struct.pack("<d", value))
    name = struct.pack("<BB", len(sheet), 1) + sheet.encode("utf-16-le")
    globe_bof = record(0x0809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0x600))
    sheet_bof = record(0x0809, struct.pack("<HHHHII", 0x600, 16, 0, 0, 0, 0x600))
    end = record(0x000A, b"")
    offset = len(globe_bof) + 4 + 6 + len(name) + len(end)
    about = record(0x0085, struct.pack("<IBB", offset, 0, 0) + name)
    return container("Workbook", globe_bof + about + end + sheet_bof + cells + end)
