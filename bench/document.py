"""docs/performance.md: each table with its machine, its day and its command."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil

from bench.disk import disk_words
from bench.table import Table

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
BREAK = "\n## "


def put(table: Table, arguments: Sequence[str]) -> None:
    """Put a table into its section of the document; one of the same title goes."""
    text = DOCUMENT.read_text(encoding="utf-8")
    head, *sections = text.split(BREAK)
    own = f"{table.title}\n\n{_circumstances(arguments)}\n\n{table.markdown()}\n"
    titles = [section.partition("\n")[0] for section in sections]
    if table.title in titles:
        sections[titles.index(table.title)] = own
    else:
        sections.append(own)
    DOCUMENT.write_text(BREAK.join([head.rstrip("\n") + "\n", *sections]))


def _circumstances(arguments: Sequence[str]) -> str:
    command = " ".join(["python -m bench", *(a for a in arguments if a != "--write")])
    now = datetime.now(UTC).astimezone()
    load = ", ".join(f"{n:.1f}" for n in os.getloadavg())
    said = [
        f"`{command}`, {now:%Y-%m-%d %H:%M}, {_machine()}",
        f"load average {load} (1, 5, 15 minutes; the bench's own and that of others)",
        disk_words(),
    ]
    priority = os.nice(0)
    if priority:
        said.append(f"bench and servers at priority {priority}")
    return "; ".join(said) + "."


def _machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GB,"
        f" {platform.system()} {platform.release().split('-')[0]},"
        f" Python {platform.python_version()}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if "model name" in line]
    return names[0] if names else platform.machine()
