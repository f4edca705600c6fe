"""Which version of the program this is."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@cache
def version() -> str:
    """The version in pyproject.toml, with the commit where the checkout has one."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        told = str(tomllib.load(file)["project"]["version"])
    commit = _commit()
    return f"{told}+{commit[:10]}" if commit else told


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
