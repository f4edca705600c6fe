"""Heavy work for one answer, in a process of its own, beside the phones.

A workbook of 10,000 people takes seconds of Python. In a thread of a worker it would
take the interpreter from every save beside it, and leave a hundred megabytes there. A
child takes what the machine has to spare, and ends with its work.
"""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from flask_babel import Babel, force_locale, get_locale

WALL_SECONDS = 300  # a child that is not done by then is ended
NICER = 5  # than the workers
_ROOT = Path(__file__).resolve().parent.parent
_SETTINGS = ("TIMEZONE", "BABEL_DEFAULT_LOCALE", "BABEL_TRANSLATION_DIRECTORIES")
_KEPT = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "LD_LIBRARY_PATH", "HOME")


def aside(module: str, function: str, *arguments: object, **named: object) -> Any:
    """What a function gives, called in a child with the language of this request.

    :param module: By name, so that it is not loaded here. It must need no database,
        no secret and no request.
    :param arguments: Values that can be pickled, like the result.
    :raises RuntimeError: If the function raised, or the child was ended.
    """
    from core.db import end_reading  # noqa: PLC0415 - the child does without

    settings = {name: current_app.config[name] for name in _SETTINGS}
    call = pickle.dumps(
        (module, function, settings, str(get_locale()), arguments, named)
    )
    end_reading()
    done = subprocess.run(
        [sys.executable, "-m", "core.aside"],
        cwd=_ROOT,
        env={name: os.environ[name] for name in _KEPT if name in os.environ},
        input=call,
        stdout=subprocess.PIPE,
        timeout=WALL_SECONDS,
        check=False,
    )
    if not done.stdout:
        raise RuntimeError(f"{module}.{function} was ended ({done.returncode})")
    result, failure = pickle.loads(done.stdout)  # noqa: S301 - of our own child
    if failure:
        raise RuntimeError(f"{module}.{function} failed:\n{failure}")
    return result


def _main() -> None:
    """In the child: read the call, write the result."""
    answer, sys.stdout = sys.stdout.buffer, sys.stderr  # what is printed is no answer
    if hasattr(os, "nice"):
        os.nice(NICER)
    gc.disable()  # nothing is kept: this process ends with its work
    call = pickle.load(sys.stdin.buffer)  # noqa: S301 - of our own parent
    module, function, settings, language, arguments, named = call
    app = Flask(__name__)
    app.config.update(settings)
    Babel(app)
    result, failure = None, ""
    try:
        with app.test_request_context(), force_locale(language):
            result = getattr(import_module(module), function)(*arguments, **named)
    except Exception:
        failure = traceback.format_exc()
    pickle.dump((result, failure), answer)


if __name__ == "__main__":
    _main()
