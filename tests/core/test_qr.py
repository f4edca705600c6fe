"""The code of a receipt is read by a reader that was not made here."""

from __future__ import annotations

import re

import pytest
import zxingcpp
from PIL import Image

from core.qr import qr_line

MODULE = 8  # pixels
_STROKE = re.compile(r"([Mm])(-?\d+) (-?[\d.]+)h(\d+)")


@pytest.mark.parametrize(
    "address",
    [
        "http://192.168.10.21:8000/v/ABCD2345EFGH",
        "https://exam.example.cn/v/777777777777",
        "https://测试.cn/v/" + "A" * 80,
    ],
)
def test_the_line_of_a_receipt_is_the_code_of_its_address(address: str) -> None:
    size, line = qr_line(address)
    image = Image.new("L", (size * MODULE, size * MODULE), 255)
    x = y = 0
    for kind, over, down, width in _STROKE.findall(line):
        x = int(over) if kind == "M" else x + int(over)
        y = int(down.removesuffix(".5")) if kind == "M" else y + int(down)
        image.paste(0, _box(x, y, int(width)))
        x += int(width)
    assert [found.text for found in zxingcpp.read_barcodes(image)] == [address]


def _box(x: int, y: int, width: int) -> tuple[int, int, int, int]:
    return x * MODULE, y * MODULE, (x + width) * MODULE, (y + 1) * MODULE
