"""Which version of the program this is."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: Folders of the program that are no packages, and packages that are no part of it.
MORE = ("migrations", "static", "templates")
APART = ("bench", "tests")


@cache
def version() -> str:
    """The version in pyproject.toml, with the commit where the checkout has one."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        told = str(tomllib.load(file)["project"]["version"])
    commit = _commit()
    return f"{told}+{commit[:10]}" if commit else told


@cache
def release() -> str:
    """A digest of the program's own files: the first 64 bits, hexadecimal.

    SHA-256 of the lines ``<SHA-256 of the file>  <path>`` of all of them, as
    ``sha256sum`` writes them, in the order of their paths. Read once for a process:
    some hundred files, some milliseconds.
    """
    lines = (
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n"
        for name, path in _program()
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]


def _program() -> Iterator[tuple[str, Path]]:
    """The files of the program with their names in its folder."""
    found = list(ROOT.glob("*.py"))
    for top in ROOT.iterdir():
        own = top.name in MORE or (top / "__init__.py").exists()
        if own and top.name not in APART:
            found += (path for path in top.rglob("*") if path.is_file())
    named = {path.relative_to(ROOT).as_posix(): path for path in found}
    yield from sorted((k, v) for k, v in named.items() if "__pycache__" not in k)


def _commit() -> str:
    """The commit of the checkout, read from git's own files; empty without."""
    folder = ROOT / ".git"
    try:
        head = (folder / "HEAD").read_text(encoding="ascii").strip()
        name = head.removeprefix("ref: ")
        if name == head:
            return head
        if (folder / name).exists():
            return (folder / name).read_text(encoding="ascii").strip()
        packed = (folder / "packed-refs").read_text(encoding="ascii").splitlines()
        return next((ln.split()[0] for ln in packed if ln.endswith(f" {name}")), "")
    except OSError:
        return ""
