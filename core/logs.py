"""What the server writes down for whoever keeps it: one line an event, no secrets.

Everything goes to one stream, as lines for people or as JSON. In a server the lines
are handed to a thread: a terminal that has been stopped, or a full pipe, must never
hold an answer that is being saved.
"""

from __future__ import annotations

import atexit
import json
import logging
import re
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any, TextIO

import structlog
from flask import has_request_context, request

from core.config import Settings

#: Where the next part of an address opens something to whoever knows it.
SECRET_PLACES = ("/s/", "/v/", "/login/link/", "/ready/", "/ticket/")
_SECRETS = re.compile(rf"({'|'.join(SECRET_PLACES)})[^/?#\s\"']+")
_QUERY = re.compile(r"[?#].*", re.DOTALL)
REQUEST_ID = "lawgauge.request_id"  # in a request's environment

FLUSH_EVERY = 0.2  # seconds
LINES_KEPT = 20_000  # while the stream takes none; then the oldest go

Event = MutableMapping[str, Any]

_quoted = json.encoder.encode_basestring


def masked(path: str) -> str:
    """An address as a log may hold it: no query, no token.

    >>> masked("/s/Xk3v/answers?at=9")
    '/s/***/answers'
    """
    return _SECRETS.sub(r"\1***", _QUERY.sub("", path))


def without_secrets(text: str) -> str:
    """Any text with the tokens of addresses in it masked: a traceback, a message."""
    return _SECRETS.sub(r"\1***", text)


class QueuedLines:
    """A stream whose writers never wait: a thread hands the lines on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: deque[str | Callable[[], str]] = deque(maxlen=LINES_KEPT)
        self._wake = threading.Event()
        self._handing_on = threading.Lock()
        thread = threading.Thread(target=self._run, name="log", daemon=True)
        thread.start()
        atexit.register(self.flush_now)

    def write(self, text: str | Callable[[], str]) -> None:
        """Take a text, or what makes one when it is handed on."""
        self._lines.append(text)

    def flush(self) -> None:
        """Nothing: the thread does it."""

    def flush_now(self) -> None:
        """Hand on what is there."""
        with self._handing_on:
            texts = []
            while self._lines:
                one = self._lines.popleft()
                texts.append(one if isinstance(one, str) else one())
            if texts:
                try:
                    self._stream.write("".join(texts))
                    self._stream.flush()
                except (OSError, ValueError):
                    return  # nobody reads it any more; the exam goes on

    def _run(self) -> None:
        while True:
            self._wake.wait(FLUSH_EVERY)
            self.flush_now()


def route_structlog() -> None:
    """Let structlog's loggers end in the standard library's; writes nothing."""
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def begin_logging(settings: Settings, stream: TextIO | QueuedLines) -> None:
    """Send everything that is logged in this process to a stream."""
    handler = _Handler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *_shared()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_ending(settings),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [h for h in root.handlers if not isinstance(h, _Handler)]
    root.addHandler(handler)
    root.setLevel(settings.log_level.upper())
    logging.getLogger("alembic").setLevel(logging.WARNING)


class _Handler(logging.StreamHandler[Any]):
    """Ours: beginning again replaces it and leaves those of others."""


def _shared() -> list[Any]:
    return [
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _name_request,
    ]


def _ending(settings: Settings) -> list[Any]:
    if settings.log_format == "json":
        return [
            structlog.processors.format_exc_info,
            _mask_texts,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    return [
        structlog.processors.format_exc_info,
        _mask_texts,
        structlog.dev.ConsoleRenderer(colors=False),
    ]


def _name_request(_logger: object, _method: str, event: Event) -> Event:
    """Say which request it belongs to."""
    if has_request_context():
        event["request"] = request.environ.get(REQUEST_ID, "")
    return event


def _mask_texts(_logger: object, _method: str, event: Event) -> Event:
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = without_secrets(value)
    return event


class AccessLog:
    """One line for each request, made by the thread that hands it on."""

    def __init__(self, settings: Settings, lines: QueuedLines) -> None:
        self._lines = lines
        self._form = _json_line if settings.log_format == "json" else _plain_line

    def note(
        self, environ: Mapping[str, Any], endpoint: str, status: str, seconds: float
    ) -> None:
        """Take note of a request that was answered just now."""
        told = (
            time.time(),
            environ.get(REQUEST_ID, ""),
            environ.get("REMOTE_ADDR", ""),
            environ["REQUEST_METHOD"],
            environ["PATH_INFO"],
            endpoint,
            status,
            seconds,
        )
        self._lines.write(partial(self._form, *told))


@lru_cache(maxsize=4)
def _second(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _moment(at: float) -> str:
    return f"{_second(int(at))}.{int(at * 1000) % 1000:03d}Z"


def _json_line(
    at: float,
    request_id: str,
    address: str,
    method: str,
    path: str,
    endpoint: str,
    status: str,
    seconds: float,
) -> str:
    # By hand: there is one for every answer that is saved. What comes from outside
    # is quoted; the others are of our own making.
    return (
        f'{{"at": "{_moment(at)}", "level": "info", "event": "request",'
        f' "request": "{request_id}", "from": {_quoted(address)},'
        f' "method": {_quoted(method)}, "path": {_quoted(masked(path))},'
        f' "endpoint": "{endpoint}", "status": {status}, "ms": {seconds * 1000:.1f}}}\n'
    )


def _plain_line(
    at: float,
    request_id: str,
    address: str,
    method: str,
    path: str,
    _endpoint: str,
    status: str,
    seconds: float,
) -> str:
    # Quoted too, without its marks: nobody breaks a line by an address.
    return (
        f"{_moment(at)} [info     ] {_quoted(method)[1:-1]}"
        f" {_quoted(masked(path))[1:-1]} {status} {seconds * 1000:.1f} ms"
        f" from={_quoted(address)[1:-1]} request={request_id}\n"
    )


def wants_access_log(settings: Settings) -> bool:
    """Whether requests are logged: by default unless a terminal is watching."""
    if settings.access_log == "auto":
        return not (sys.stdout is not None and sys.stdout.isatty())
    return settings.access_log == "on"
