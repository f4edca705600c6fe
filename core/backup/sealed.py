"""A file under a passphrase: AES-256-GCM in pieces, so that size costs no memory.

File: ``LAWGAUGE-SEALED-1`` and a line end, 16 bytes of salt, 7 bytes of nonce, then
pieces of 1 MiB, each with its 16 bytes of authentication. The nonce of a piece is
those 7 bytes, its number in 4, and 1 for the last piece, 0 before it: pieces can be
neither exchanged nor cut off unseen. The key is scrypt (n = 2¹⁵, r = 8, p = 1) of the
passphrase in UTF-8.
"""

from __future__ import annotations

import hashlib
import secrets
import struct
from pathlib import Path
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.errors import Refused

MAGIC = b"LAWGAUGE-SEALED-1\n"
PIECE = 1 << 20
SALT, NONCE, TAG = 16, 7, 16


def is_sealed(path: Path) -> bool:
    """Whether a file needs a passphrase."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def seal(source: IO[bytes], target: IO[bytes], passphrase: str) -> None:
    """Write everything of one open file into another, encrypted."""
    salt, nonce = secrets.token_bytes(SALT), secrets.token_bytes(NONCE)
    cipher = AESGCM(_key(passphrase, salt))
    target.write(MAGIC + salt + nonce)
    number, piece = 0, source.read(PIECE)
    while True:
        following = source.read(PIECE)
        last = not following
        target.write(cipher.encrypt(_nonce(nonce, number, last), piece, MAGIC))
        if last:
            return
        number, piece = number + 1, following


def unseal(source: IO[bytes], target: IO[bytes], passphrase: str) -> None:
    """Write the content of a sealed file into another.

    :raises Refused: If the passphrase is wrong, or the file was changed or cut off.
    """
    head = source.read(len(MAGIC) + SALT + NONCE)
    salt, nonce = head[len(MAGIC) : -NONCE], head[-NONCE:]
    if head[: len(MAGIC)] != MAGIC or len(salt) != SALT:
        raise Refused("这个文件不是加密的备份，或开头已损坏")
    cipher = AESGCM(_key(passphrase, salt))
    number, piece = 0, source.read(PIECE + TAG)
    while True:
        following = source.read(PIECE + TAG)
        last = not following
        try:
            target.write(cipher.decrypt(_nonce(nonce, number, last), piece, MAGIC))
        except InvalidTag:
            why = "口令不对" if number == 0 else "文件不完整或被改动过"
            raise Refused("无法解开这份备份：%(why)s", why=why) from None
        if last:
            return
        number, piece = number + 1, following


def _key(passphrase: str, salt: bytes) -> bytes:
    return hashlib.scrypt(
        passphrase.encode(), salt=salt, n=1 << 15, r=8, p=1, maxmem=1 << 26, dklen=32
    )


def _nonce(start: bytes, number: int, last: bool) -> bytes:
    return start + struct.pack(">IB", number, last)
