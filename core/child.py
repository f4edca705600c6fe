"""Opening what people upload in a child process with limits.

A 4 KB workbook can make its reader's library abort, a 6 MB one can take 3 GiB: what
happens to the child does not happen to the server.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from core.errors import Refused

try:
    import resource
except ImportError:  # Windows: only the scan before, and the parent's timeout
    resource = None  # type: ignore[assignment]

WALL_SECONDS = 20  # a child that has said nothing by then is ended
MEMORY = 512 * 1024 * 1024  # bytes of address space
CPU_SECONDS = 10
_ROOT = Path(__file__).resolve().parent.parent


def ask_child(module: str, *arguments: str, silent: Refused) -> dict[str, Any]:
    """What a module of ours prints when it is run: one JSON object.

    :param module: Calls ``limit_this_process`` first, imports nothing that has a
        setting, a secret or a database, and prints
        ``{"refused": message, "values": {…}}`` to say no.
    :param silent: What is said if it dies or takes too long.
    :raises Refused: If it says no, or nothing.
    """
    # The child needs no setting and no secret of ours.
    kept = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "LD_LIBRARY_PATH", "HOME")
    env = {name: os.environ[name] for name in kept if name in os.environ}
    try:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=_ROOT,
            env=env | {"PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=WALL_SECONDS,
            check=False,
        )
        answer: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        raise silent from None
    if "refused" in answer:
        raise Refused(answer["refused"], **answer["values"])
    return answer


def limit_this_process() -> None:
    """Take away what a hostile file would use: memory, time, a core dump."""
    if resource is None:
        return
    for what, value in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(what, (value, value))
        except (ValueError, OSError):  # already lower, or not on this system
            continue


def print_refusal(refusal: Refused) -> None:
    """In the child: say no."""
    refused = {"refused": refusal.message, "values": refusal.values}
    sys.stdout.write(json.dumps(refused, ensure_ascii=False))
