"""`python -m bench`: what the product costs, beside a floor in the same run.

Figures are CPU of the server's processes, counts, and ratios to a floor; seconds are
shown where a budget is in seconds. None of them is a verdict. A busy machine makes
all columns larger; the ratios stay.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench import document, hall, imports, office, sittings, stored
from bench.path import path_rows
from bench.sides import Failed, say
from bench.stages import Ground
from bench.table import Row, Table
from tests.postgres import PostgresServer

#: One measurement: its title, the parts one can ask for, and what makes its rows.
Measure = Callable[[Ground, Sequence[str], bool], list[Row]]
MEASUREMENTS: dict[str, tuple[tuple[str, ...], Measure]] = {
    "The candidate's path, counted": (
        ("path",),
        lambda ground, _parts, _quick: [] if ground.postgres else path_rows(ground),
    ),
    "One sitting": (
        ("sitting",),
        lambda ground, _parts, quick: sittings.measure(ground, quick=quick),
    ),
    "A full hall": (
        ("storm", "house", "beside"),
        lambda ground, parts, quick: hall.measure(ground, parts, quick=quick),
    ),
    "Years of sittings": (
        ("stored",),
        lambda ground, _parts, quick: stored.measure(ground, quick=quick),
    ),
    "At the desk": (
        ("draw", "publish", "report"),
        lambda ground, parts, quick: office.measure(ground, parts, quick=quick),
    ),
    "A file of questions": (
        ("import",),
        lambda ground, _parts, quick: imports.measure(ground, quick=quick),
    ),
}
PARTS = [part for parts, _ in MEASUREMENTS.values() for part in parts]
QUICK_PARTS = ("path", "sitting", "draw")
DATABASES = ("sqlite", "postgresql")


@contextmanager
def grounds(databases: Sequence[str], folder: Path) -> Iterator[list[Ground]]:
    """Where to measure; PostgreSQL is started, with full durability, if asked for."""
    found = [Ground(folder)] if "sqlite" in databases else []
    if "postgresql" not in databases:
        yield found
        return
    server = PostgresServer(durable=True)
    try:
        yield [*found, Ground(folder, server)]
    finally:
        server.stop()


def measure(
    parts: Sequence[str], databases: Sequence[str], *, quick: bool
) -> Iterator[Table]:
    """Run what was asked for, a table at a time."""
    for title, (own, make) in MEASUREMENTS.items():
        wanted = [part for part in own if part in parts]
        if not wanted:
            continue
        table = Table(title)
        with (
            tempfile.TemporaryDirectory(prefix="lawgauge-bench-") as name,
            grounds(databases, Path(name)) as places,
        ):
            for ground in places:
                say(f"{title}: {', '.join(wanted)} on {ground.name}")
                table.add(ground.name, make(ground, wanted, quick))
        yield table


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; exit code 1 only if phones were turned away."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "parts", nargs="*", metavar="part", help=f"of: {', '.join(PARTS)}; none: all"
    )
    parser.add_argument(
        "--quick", action="store_true", help="less and coarser; without the large parts"
    )
    parser.add_argument(
        "--database", choices=(*DATABASES, "both"), help="without it: sqlite if quick"
    )
    parser.add_argument(
        "--write", action="store_true", help="put the tables into docs/performance.md"
    )
    options = parser.parse_args(arguments)
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    parts = options.parts or (QUICK_PARTS if options.quick else PARTS)
    chosen = options.database or ("sqlite" if options.quick else "both")
    databases = DATABASES if chosen == "both" else (chosen,)
    began = time.monotonic()
    try:
        for table in measure(parts, databases, quick=options.quick):
            print(f"\n{table.text()}", flush=True)
            if options.write:
                document.put(table, arguments or sys.argv[1:])
    except Failed as failed:
        print(f"error: {failed}")
        return 1
    print(f"\nin {time.monotonic() - began:.0f} s; CPU and ratios, not verdicts")
    return 0


if __name__ == "__main__":
    sys.exit(main())
