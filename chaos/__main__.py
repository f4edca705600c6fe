"""`python -m chaos`: whether an acknowledged answer can be lost, and who would notice.

Real servers, simulated phones, a bad line and a nemesis, from one seed each; then an
oracle. PASS: all promises held and enough happened. FAIL: one was broken.
INCONCLUSIVE: too little happened to say; that is red as well. With --teeth the same
runs meet seeded defects, each of which must be caught.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from chaos.defects import DEFECTS
from chaos.ground import Ground
from chaos.plan import FULL, SHORT, Size
from chaos.trial import PASS, Result, Trial, lines_of
from tests.postgres import PostgresServer

DATABASES = ("sqlite", "postgresql")
SEEDS = 8


@contextmanager
def ground_on(database: str, folder: Path) -> Iterator[Ground]:
    """Where to run; PostgreSQL is started, with full durability."""
    if database == "sqlite":
        yield Ground(folder, None)
        return
    server = PostgresServer(durable=True)
    try:
        yield Ground(folder, server)
    finally:
        server.stop()


def run_one(ground: Ground, seed: int, size: Size, defect: str = "") -> Result:
    """One run; its folder is kept only if something is to be looked at."""
    trial = Trial(ground, seed, size, defect)
    try:
        result = trial.run()
    except RuntimeError as error:  # a server that would not start
        result = trial.result
        result.short.append(f"the run broke off: {str(error)[:200]}")
    if result.verdict == PASS or defect:
        shutil.rmtree(result.folder, ignore_errors=True)
    else:
        _say([f"kept for a look: {result.folder}"])
    return result


def _say(lines: Sequence[str]) -> None:
    print("\n".join(lines), flush=True)


def _seeds(options: argparse.Namespace) -> list[int]:
    if options.seed is not None:
        return [options.seed]
    return list(range(options.first, options.first + options.seeds))


def _hold(ground: Ground, options: argparse.Namespace, size: Size) -> list[Result]:
    results = []
    for seed in _seeds(options):
        results.append(run_one(ground, seed, size, options.defect))
        _say(lines_of(results[-1]))
    return results


def _bite(ground: Ground, options: argparse.Namespace) -> list[str]:
    """Run against every defect; returns those that were not caught."""
    missed = []
    for name, (_, promise) in DEFECTS.items():
        result = run_one(ground, options.first, SHORT, name)
        # By the promise it breaks; that it is in the way as well says nothing.
        caught = any(one.startswith(promise) for one in result.broken)
        by = ", ".join(one.split()[0] for one in result.broken) or "nobody"
        word = "CAUGHT" if caught else "MISSED"
        what = f"{result.acknowledged} acknowledged, {result.seconds:.0f} s"
        _say([f"{word:<13}{name} on {result.database}: by {by}, {what}"])
        if not caught:
            missed.append(name)
    return missed


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m chaos",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seed", type=int, help="this one only")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many of them")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--database", choices=(*DATABASES, "both"), default="both")
    parser.add_argument("--defect", choices=tuple(DEFECTS), default="", metavar="NAME",
                        help=f"put one in: {', '.join(DEFECTS)}")  # fmt: skip
    parser.add_argument(
        "--teeth", action="store_true", help="the defects, and no seeds"
    )
    parser.add_argument("--no-teeth", action="store_true", help="seeds, no defects")
    parser.add_argument("--short", action="store_true", help="small runs, as in a test")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and print; 0 only if every run passed and every defect was caught."""
    options = _arguments().parse_args(arguments)
    size = SHORT if options.short else FULL
    began, red = time.monotonic(), 0
    folder = Path(tempfile.mkdtemp(prefix="lawgauge-chaos-"))
    both = options.database == "both"
    one_only = options.seed is not None or options.defect
    for database in DATABASES if both else (options.database,):
        with ground_on(database, folder) as ground:
            if not options.teeth:
                results = _hold(ground, options, size)
                red += sum(result.verdict != PASS for result in results)
                total = sum(result.acknowledged for result in results)
                _say([f"{database}: {total} acknowledged in {len(results)} runs"])
            # The defects are the program's, not the database's: once is enough.
            if options.teeth or not (one_only or options.no_teeth or ground.server):
                red += len(_bite(ground, options))
    if not red:
        shutil.rmtree(folder, ignore_errors=True)
    verdict = "all is well" if not red else f"{red} red"
    _say([f"{verdict}, in {time.monotonic() - began:.0f} s"])
    return 1 if red else 0


if __name__ == "__main__":
    sys.exit(main())
