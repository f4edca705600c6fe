"""What a backup says of itself, and the archive that holds it.

A zip archive: ``manifest.json``; the database (``database.sqlite``, or one
``tables/<name>.copy`` for each table of PostgreSQL); ``secret_key`` where it was
asked for. It may be sealed as a whole (sealed.py).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from core.errors import Refused

FORMAT = 1
MANIFEST = "manifest.json"
SECRET = "secret_key"  # noqa: S105 - the name of a part
LEVEL = 3  # of deflate: the processor is for the exam
BLOCK = 1 << 20

#: What the library raises over an archive that was damaged.
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    LookupError,
    ValueError,
    EOFError,
    OSError,
    OverflowError,
    RuntimeError,
)

#: Told how many bytes of how many are done.
Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Part:
    """One file in the archive."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What is in the archive, as of one moment of the database."""

    made_at: str  # ISO 8601, UTC
    program: str
    revision: str  # of the schema
    database: str  # sqlite or postgresql
    counts: Mapping[str, int]  # rows of each table
    audit_n: int  # the last audit entry
    audit_hash: str
    secret: str  # fingerprint of the key the people's digests were made with
    parts: tuple[Part, ...] = ()
    format: int = FORMAT


def fingerprint(secret_key: str) -> str:
    """What tells keys apart without telling the key."""
    keyed = hmac.new(secret_key.encode(), b"lawgauge backup", hashlib.sha256)
    return keyed.hexdigest()[:16]


class Packing:
    """An archive that is being written; the manifest comes last."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.parts: list[Part] = []

    @contextmanager
    def part(self, name: str) -> Iterator[Callable[[bytes | memoryview], None]]:
        """A new part: the block writes its pieces."""
        digest, size = hashlib.sha256(), 0
        with self._archive.open(name, "w", force_zip64=True) as target:

            def write(piece: bytes | memoryview) -> None:
                nonlocal size
                target.write(piece)
                digest.update(piece)
                size += len(piece)

            yield write
        self.parts.append(Part(name, size, digest.hexdigest()))

    def file(self, name: str, source: Path, tell: Tell) -> None:
        """A file as a part."""
        total, done = source.stat().st_size, 0
        with source.open("rb") as file, self.part(name) as write:
            while piece := file.read(BLOCK):
                write(piece)
                done += len(piece)
                tell(done, total)

    def manifest(self, manifest: Manifest) -> None:
        """Finish: what was written, by name, size and digest."""
        told = asdict(manifest) | {"parts": [asdict(part) for part in self.parts]}
        text = json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True)
        self._archive.writestr(MANIFEST, text.encode())


@contextmanager
def packing(target: IO[bytes]) -> Iterator[Packing]:
    """Write an archive into an open file."""
    with zipfile.ZipFile(
        target, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL
    ) as archive:
        yield Packing(archive)


class Archive:
    """A finished archive, open to be read."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.manifest = _manifest(archive)

    def extract(self, name: str, target: Path, tell: Tell) -> None:
        """Write a part to a file, readable by its owner alone.

        :raises Refused: If it is not what the manifest says.
        """
        with target.open("xb") as file:
            target.chmod(0o600)
            for piece in self.pieces(name, tell):
                file.write(piece)

    def pieces(self, name: str, tell: Tell) -> Iterator[bytes]:
        """The content of a part, piece by piece; checked when it has all been read."""
        part = next((p for p in self.manifest.parts if p.name == name), None)
        if part is None:
            raise Refused("备份里没有 %(name)s", name=name)
        digest, done = hashlib.sha256(), 0
        try:
            with self._archive.open(name) as source:
                while piece := source.read(BLOCK):
                    digest.update(piece)
                    done += len(piece)
                    yield piece
                    tell(done, part.size)
        except BROKEN as error:
            raise _damaged(name) from error
        if (done, digest.hexdigest()) != (part.size, part.sha256):
            raise _damaged(name)

    def text(self, name: str) -> str:
        """The content of a small part."""
        return b"".join(self.pieces(name, lambda *_: None)).decode()

    def has(self, name: str) -> bool:
        """Whether there is such a part."""
        return any(part.name == name for part in self.manifest.parts)


@contextmanager
def reading(path: Path) -> Iterator[Archive]:
    """Open an archive that is not sealed (any more).

    :raises Refused: If it is none, or of a newer program.
    """
    try:
        archive = zipfile.ZipFile(path)
    except BROKEN as error:
        raise Refused("%(file)s 不是备份文件，或已损坏", file=path.name) from error
    with archive:
        yield Archive(archive)


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    try:
        told = json.loads(archive.read(MANIFEST))
        if told["format"] > FORMAT:
            raise Refused("这份备份是更新版本的程序做的，请先升级程序再恢复")
        parts = tuple(Part(**part) for part in told.pop("parts"))
        return Manifest(**told, parts=parts)
    except (*BROKEN, TypeError) as error:
        raise Refused("这个文件不是备份：没有可读的清单") from error


def _damaged(name: str) -> Refused:
    return Refused("备份已损坏：%(name)s 与清单中的校验值不符", name=name)
