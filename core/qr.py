"""QR codes: level M, a quiet zone of four modules, one path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from typing import Any

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

QUIET = 4  # modules around the code, as the standard asks
PNG_MODULE = 16  # pixels
_DARK = re.compile(b"\x01+")


def _code(address: str) -> QRCode[Any]:
    code = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET, box_size=PNG_MODULE)
    code.add_data(address)
    code.make(fit=True)
    return code


def qr_matrix(address: str) -> list[list[bool]]:
    """The modules with the quiet zone, True for dark."""
    matrix: list[list[bool]] = _code(address).get_matrix()
    return matrix


@lru_cache(maxsize=64)  # a screen asks every few seconds; drawing takes 8 ms
def qr_svg(address: str) -> str:
    """The code as an SVG document: dark on white, in any theme."""
    matrix = qr_matrix(address)
    size = len(matrix)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" '
        f'viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/>'
        f'<path fill="#000" d="{_path(matrix)}"/></svg>'
    )


def qr_line(address: str) -> tuple[int, str]:
    """The code for a page that has little room: modules a side, and one line.

    The line is the ``d`` of a path that is stroked, one unit wide; 360 bytes packed.
    Everybody gets one with the receipt: neither the mask, nor the version, nor what to
    write as digits is chosen anew for every address. That would take six times as long
    (3.4 ms), and no reader needs it.
    """
    code: QRCode[Any] = QRCode(
        version=_version(len(address.encode())),
        error_correction=ERROR_CORRECT_M,
        border=QUIET,
        mask_pattern=3,
    )
    code.add_data(address, optimize=0)
    code.make(fit=False)
    matrix = code.get_matrix()
    strokes: list[str] = []
    at_x, at_y = 0, 0
    for x, y, width in _runs(matrix):
        move = f"m{x - at_x} {y - at_y}" if strokes else f"M{x} {y}.5"
        strokes.append(f"{move}h{width}")
        at_x, at_y = x + width, y
    return len(matrix), "".join(strokes)


@lru_cache(maxsize=64)
def _version(size: int) -> int:
    """The smallest that holds so many bytes."""
    code: QRCode[Any] = QRCode(error_correction=ERROR_CORRECT_M)
    code.add_data(b"x" * size, optimize=0)
    return int(code.best_fit())


def qr_png(address: str) -> bytes:
    """The code as a PNG file, 16 pixels a module."""
    file = BytesIO()
    _code(address).make_image().save(file)
    return file.getvalue()


def qr_text(address: str) -> str:
    """The code for a terminal: two modules a character, light on a dark ground."""
    matrix = qr_matrix(address)
    if len(matrix) % 2:
        matrix.append([False] * len(matrix))
    blocks = {
        (False, False): "█",
        (False, True): "▀",
        (True, False): "▄",
        (True, True): " ",
    }
    return "\n".join(
        "".join(blocks[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(matrix[::2], matrix[1::2], strict=True)
    )


def _path(matrix: list[list[bool]]) -> str:
    """Every run of dark modules of a line as one bar."""
    return "".join(f"M{x} {y}h{n}v1h-{n}z" for x, y, n in _runs(matrix))


def _runs(matrix: list[list[bool]]) -> Iterator[tuple[int, int, int]]:
    """Dark modules that stand side by side: column, line, how many."""
    for y, line in enumerate(matrix):
        for run in _DARK.finditer(bytes(map(bool, line))):
            yield run.start(), y, run.end() - run.start()
