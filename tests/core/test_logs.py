"""What is logged: lines a program can read, no token, no query, nobody kept waiting."""

from __future__ import annotations

import io
import json
import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient

from core.config import Settings, read_settings
from core.logs import (
    AccessLog,
    QueuedLines,
    begin_logging,
    masked,
    route_structlog,
    wants_access_log,
    without_secrets,
)
from core.observing import log_access
from tests.conftest import SECRET

TOKEN = "Xk3v9-q_LmN0pQrStUvWxYz012345678"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings(
        {"LAWGAUGE_INSTANCE": str(tmp_path), "LAWGAUGE_SECRET_KEY": SECRET}
    )


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    """Give the root logger back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (f"/s/{TOKEN}", "/s/***"),
        (f"/s/{TOKEN}/answers", "/s/***/answers"),
        (f"/s/{TOKEN}/q/3?at=9&name=张伟", "/s/***/q/3"),
        (f"/login/link/{TOKEN}", "/login/link/***"),
        ("/login?next=/console/exams", "/login"),
        ("/e/7KJFHYGN", "/e/7KJFHYGN"),
        ("/reports/3#x", "/reports/3"),
        ("/", "/"),
    ],
)
def test_V1_an_address_in_the_log_opens_nothing(path: str, shown: str) -> None:
    assert masked(path) == shown


def test_V1_tokens_in_any_text_are_masked() -> None:
    text = f'GET "/s/{TOKEN}/state" failed; see http://x/login/link/{TOKEN}'
    assert TOKEN not in without_secrets(text)


def logged(settings: Settings) -> tuple[io.StringIO, Any]:
    stream = io.StringIO()
    route_structlog()
    begin_logging(settings, stream)
    return stream, structlog.stdlib.get_logger("test")


def test_an_event_is_one_line_of_json(settings: Settings) -> None:
    stream, log = logged(replace(settings, log_format="json"))
    log.error("clock_step", seconds=3.5)
    logging.getLogger("other").warning("malformed %s", "message")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["event"], first["level"], first["seconds"]) == (
        "clock_step",
        "error",
        3.5,
    )
    assert first["at"].endswith("Z")
    assert (second["event"], second["level"]) == ("malformed message", "warning")


@pytest.mark.parametrize("form", ["json", "console"])
def test_V1_a_traceback_in_the_log_holds_no_token(
    settings: Settings, form: str
) -> None:
    stream, log = logged(replace(settings, log_format=form))
    try:
        raise ValueError(f"/s/{TOKEN}/answers")
    except ValueError:
        log.exception("unhandled", path=f"/s/{TOKEN}")
    assert "ValueError" in stream.getvalue()
    assert TOKEN not in stream.getvalue()


def test_what_is_below_the_level_is_not_written(settings: Settings) -> None:
    stream, log = logged(replace(settings, log_level="warning"))
    log.info("too small")
    log.warning("large enough")
    assert "small" not in stream.getvalue()
    assert "large" in stream.getvalue()


class Stuck(io.StringIO):
    """A terminal somebody has stopped."""

    def __init__(self) -> None:
        super().__init__()
        self.free = threading.Event()

    def write(self, text: str) -> int:
        self.free.wait(10)
        return super().write(text)


def test_a_stopped_terminal_keeps_nobody_waiting() -> None:
    terminal = Stuck()
    lines = QueuedLines(terminal)
    began = time.monotonic()
    for n in range(1000):
        lines.write(f"{n}\n")
    assert time.monotonic() - began < 1
    terminal.free.set()
    lines.flush_now()
    end = time.monotonic() + 5
    while terminal.getvalue().count("\n") < 1000 and time.monotonic() < end:
        time.sleep(0.01)
    assert terminal.getvalue().splitlines() == [str(n) for n in range(1000)]


@pytest.fixture
def access(app: Flask, settings: Settings) -> Iterator[io.StringIO]:
    """The access log of the application under test, as JSON."""
    stream = io.StringIO()
    lines = QueuedLines(stream)
    log_access(app, AccessLog(replace(settings, log_format="json"), lines))
    stream.lines = lines  # type: ignore[attr-defined]
    yield stream
    app.extensions["observed"].access = None


def lines_of(stream: io.StringIO) -> list[dict[str, Any]]:
    stream.lines.flush_now()  # type: ignore[attr-defined]
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_each_request_is_a_line_with_its_id(
    client: FlaskClient, access: io.StringIO
) -> None:
    reply = client.get(f"/s/{TOKEN}?name=x")
    client.put(f"/s/{TOKEN}/answers", json={})
    client.get("/healthz")
    first, second, third = lines_of(access)
    assert (first["path"], first["status"]) == ("/s/***", 404)
    assert first["request"] == reply.headers["X-Request-ID"]
    assert (second["method"], second["endpoint"]) == ("PUT", "sitting.answers")
    assert (third["endpoint"], third["status"]) == ("running.healthz", 200)
    assert "name" not in access.getvalue()
    assert TOKEN not in access.getvalue()
    assert first["from"] == "127.0.0.1"
    assert first["ms"] >= 0


def test_A14_a_request_names_itself_only_through_a_trusted_proxy(
    app: Flask, client: FlaskClient
) -> None:
    named = {"X-Request-ID": "from-the-proxy-1"}
    reply = client.get("/healthz", headers=named)
    assert reply.headers["X-Request-ID"] != "from-the-proxy-1"
    observed = app.extensions["observed"]
    observed._trusted = True
    try:
        reply = client.get("/healthz", headers=named)
        assert reply.headers["X-Request-ID"] == "from-the-proxy-1"
        for bad in ("x", "a b c d e f g h", "<script>alert</script>", "y" * 65):
            reply = client.get("/healthz", headers={"X-Request-ID": bad})
            assert reply.headers["X-Request-ID"] != bad
    finally:
        observed._trusted = False


def test_a_terminal_is_not_filled_with_requests(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seen, wanted in ((True, False), (False, True)):
        monkeypatch.setattr("sys.stdout.isatty", lambda seen=seen: seen)
        assert wants_access_log(settings) is wanted
    assert wants_access_log(replace(settings, access_log="on"))
    assert not wants_access_log(replace(settings, access_log="off"))
