"""Walking through an uploaded archive before any library sees it.

Runs in a child process. Sizes are counted while inflating, never taken from the
archive's own directory.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from core.errors import Refused

MEMBER_LIMIT = 2000
INFLATED_LIMIT = 200 * 1024 * 1024  # bytes of all members together
RATIO_LIMIT = 250  # inflated : stored; deflate can do 1032
RATIO_FROM = 8 * 1024 * 1024  # inflated bytes from which the ratio is looked at
PIECE = 1 << 18  # bytes read from the archive at a time

#: What a damaged archive makes the readers raise.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    KeyError,
    EOFError,
    ValueError,
    NotImplementedError,
)
#: In UTF-16 too, where every other byte is zero.
_DOCTYPE = re.compile(
    rb"<\x00?!\x00?(?:D\x00?O\x00?C\x00?T\x00?Y|E\x00?N\x00?T\x00?I)", re.IGNORECASE
)


@dataclass(frozen=True)
class Sentences:
    """What is said to the person about a file of this kind."""

    broken: Refused
    protected: Refused
    too_large: Refused
    nested: Refused
    embedded: str  # the folder whose members are never opened


def members(path: Path, sentences: Sentences) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Each member's name and its bytes in pieces; each must be read to its end.

    :raises Refused: If a member is larger than it says, all are too large together,
        one holds an archive, an entity, or is encrypted.
    """
    total = 0
    with path.open("rb") as file, zipfile.ZipFile(file) as archive:
        found = archive.infolist()
        if len(found) > MEMBER_LIMIT:
            raise sentences.too_large
        for member in found:
            pieces = _Counted(file, member, sentences, total)
            yield member.filename.lstrip("/"), iter(pieces)
            total = pieces.total


class _Counted:
    """The inflated bytes of one member, in pieces, refused when there are too many."""

    def __init__(
        self,
        file: IO[bytes],
        member: zipfile.ZipInfo,
        sentences: Sentences,
        total: int,
    ) -> None:
        self._file = file
        self._member = member
        self._sentences = sentences
        self.total = total

    def __iter__(self) -> Iterator[bytes]:
        member = self._member
        if member.flag_bits & 0x1:  # encrypted
            raise self._sentences.protected
        markup = member.filename.endswith((".xml", ".rels"))
        size, before = 0, b""
        for piece in self._inflated():
            if not size and piece.startswith(b"PK\x03\x04"):
                self._refuse_nested()
            size += len(piece)
            self.total += len(piece)
            stored = max(member.compress_size, 1)
            if self.total > INFLATED_LIMIT or (
                size > RATIO_FROM and size > stored * RATIO_LIMIT
            ):
                raise self._sentences.too_large
            if markup and _DOCTYPE.search(before + piece):
                raise self._sentences.broken
            before = piece[-16:]
            yield piece
        if size != member.file_size:
            raise self._sentences.broken

    def _refuse_nested(self) -> None:
        # Embedded objects are never opened; an archive elsewhere has no business.
        if not self._member.filename.startswith(self._sentences.embedded):
            raise self._sentences.nested

    def _inflated(self) -> Iterator[bytes]:
        """Inflate by hand: zipfile would stop at the size the header claims."""
        file, member = self._file, self._member
        file.seek(member.header_offset)
        header = file.read(30)
        if header[:4] != b"PK\x03\x04":
            raise zipfile.BadZipFile
        name_size, extra_size = struct.unpack("<HH", header[26:30])
        file.seek(name_size + extra_size, 1)
        left = member.compress_size
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise zipfile.BadZipFile
        stream = (
            zlib.decompressobj(-15)
            if member.compress_type == zipfile.ZIP_DEFLATED
            else None
        )
        while left > 0:
            data = file.read(min(PIECE, left))
            if not data:
                raise EOFError
            left -= len(data)
            if stream is None:
                yield data
                continue
            while data:
                piece = stream.decompress(data, PIECE)
                data = stream.unconsumed_tail
                if piece:
                    yield piece
                if stream.eof:
                    return
