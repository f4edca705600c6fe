"""Who is believed and how much is read: A9, A14, F13."""

from __future__ import annotations

import io
import re
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from app import UPLOAD_LIMIT, create_app
from core.bodies import Bodies
from rehearsal.server import running
from tests.conftest import SECRET
from tests.quiz.factories import make_exam
from tests.quiz.phone import Phone

REFUSED = "请求来自其他网站"
FORM = "application/x-www-form-urlencoded"


def token(client: FlaskClient, path: str, **more: Any) -> str:
    page = client.get(path, **more).get_data(as_text=True)
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found
    return found[1]


# --- A9: another site --------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "secure", "passes"),
    [
        ({}, False, True),
        ({"Origin": "http://localhost"}, False, True),
        ({"Origin": "https://localhost"}, True, True),
        ({"Origin": "https://localhost"}, False, True),  # a proxy ends https
        ({"Origin": "http://localhost"}, True, False),  # anybody's page
        ({"Origin": "http://evil.localhost"}, False, False),  # a sub-domain
        ({"Origin": "http://localhost.evil.example"}, False, False),
        ({"Origin": "http://localhost:8001"}, False, False),  # another port
        ({"Origin": "null"}, False, False),  # a sandboxed frame
        ({"Origin": "http://["}, False, False),
        ({"Origin": ""}, False, False),
        ({"Sec-Fetch-Site": "same-origin"}, True, True),
        ({"Sec-Fetch-Site": "none"}, True, True),
        ({"Sec-Fetch-Site": "same-site"}, True, False),
        ({"Sec-Fetch-Site": "cross-site"}, True, False),
    ],
)
def test_A9_a_write_from_another_site_is_refused_even_with_the_token(
    client: FlaskClient, headers: dict[str, str], secure: bool, passes: bool
) -> None:
    base = f"http{'s' if secure else ''}://localhost"
    form = {"csrf_token": token(client, "/login", base_url=base)}
    # Flask-WTF wants a Referer over https; browsers send it with our policy.
    sent = {"Referer": f"{base}/login"} | headers
    reply = client.post("/login", data=form, headers=sent, base_url=base)
    text = reply.get_data(as_text=True)
    assert (REFUSED not in text) == passes
    assert reply.status_code == (400 if passes else 403)


def test_A9_a_token_of_somebody_else_is_refused(app: Flask) -> None:
    stolen = token(app.test_client(), "/login")
    other = app.test_client()
    token(other, "/login")
    reply = other.post("/login", data={"csrf_token": stolen, "username": "a"})
    assert reply.status_code == 400
    assert "停留太久" in reply.get_data(as_text=True)


def test_A9_a_save_from_another_site_is_refused(app: Flask) -> None:
    made = make_exam(datetime.now(UTC) - timedelta(minutes=1))
    phone = Phone(app)
    phone.enter(*made.people[0])
    for origin in ("http://evil.example", "null"):
        reply = phone.client.put(
            f"/s/{phone.token}/answers",
            json=phone.body(("1", ["A"], 1)),
            headers={"Origin": origin},
        )
        assert reply.status_code == 403
    assert phone.save(("1", ["A"], 1)).status_code == 200


# --- A14: proxies ------------------------------------------------------------------


@pytest.fixture
def seen(tmp_path: Path) -> Any:
    """What an application with so many trusted proxies makes of forged headers."""

    def ask(proxies: int, **headers: str) -> tuple[str | None, str, str]:
        app = create_app(
            {
                "LAWGAUGE_INSTANCE": str(tmp_path),
                "LAWGAUGE_SECRET_KEY": SECRET,
                "LAWGAUGE_TRUSTED_PROXIES": str(proxies),
            },
            testing=True,
        )
        found: list[tuple[str | None, str, str]] = []
        app.before_request(
            lambda: found.append((request.remote_addr, request.scheme, request.host))
        )
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        app.test_client().get("/healthz", headers=sent)
        return found[0]

    return ask


FORGED = {
    "X_Forwarded_For": "6.6.6.6, 10.0.0.9",
    "X_Forwarded_Proto": "https",
    "X_Forwarded_Host": "evil.example",
    "X_Forwarded_Prefix": "/evil",
    "Forwarded": "for=6.6.6.6;proto=https;host=evil.example",
    "X_Real_IP": "6.6.6.6",
}


def test_A14_without_a_configured_proxy_no_forwarded_header_is_believed(
    seen: Any,
) -> None:
    assert seen(0, **FORGED) == ("127.0.0.1", "http", "localhost")


def test_A14_of_a_chain_only_the_last_hops_are_believed(seen: Any) -> None:
    address, scheme, _ = seen(1, **FORGED)
    assert (address, scheme) == ("10.0.0.9", "https")
    assert seen(2, **FORGED)[0] == "6.6.6.6"
    # More hops are claimed than there are: nothing of it holds.
    assert seen(3, **FORGED)[0] == "127.0.0.1"


# --- F13: too much, too slowly -----------------------------------------------------


def test_F13_a_body_over_the_limit_is_one_sentence(organizer: FlaskClient) -> None:
    # Written by hand: for a large file the test client leaves a temporary one open.
    head = 'Content-Disposition: form-data; name="file"; filename="people.csv"'
    reply = organizer.post(
        "/console/people/import",
        data=f"--b\r\n{head}\r\n\r\n{'x' * (UPLOAD_LIMIT + 1)}\r\n--b--\r\n".encode(),
        content_type="multipart/form-data; boundary=b",
    )
    assert reply.status_code == 413
    assert "文件太大" in reply.get_data(as_text=True)


class Unread(io.BytesIO):
    """200 MB that nobody must read."""

    def tell(self) -> int:
        return self.end

    def seek(self, _place: int, whence: int = 0) -> int:
        self.end = 200 * 1024 * 1024 if whence else 0
        return self.end

    end = 0

    def read(self, _size: int | None = -1) -> bytes:
        raise AssertionError("it was read")


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=b", "a/b", FORM])
def test_F13_200_MB_are_refused_by_their_announced_length_alone(
    client: FlaskClient, kind: str
) -> None:
    reply = client.post(
        "/login",
        input_stream=Unread(),
        content_type=kind,
    )
    assert reply.request.content_length == 200 * 1024 * 1024
    assert reply.status_code == 413


def test_F13_100_000_parts_of_a_form_are_refused(client: FlaskClient) -> None:
    part = '--b\r\nContent-Disposition: form-data; name="f"\r\n\r\n1\r\n'
    began = time.process_time()
    reply = client.post(
        "/login",
        data=(part * 100_000 + "--b--\r\n").encode(),
        content_type="multipart/form-data; boundary=b",
    )
    assert reply.status_code == 413
    assert time.process_time() - began < 5


def test_F13_a_long_form_of_one_field_is_refused(client: FlaskClient) -> None:
    reply = client.post(
        "/login",
        data=b"username=" + b"a" * 3_000_000,
        content_type=FORM,
    )
    assert reply.status_code == 413


def test_F13_a_candidates_message_is_short(app: Flask) -> None:
    made = make_exam(datetime.now(UTC) - timedelta(minutes=1))
    phone = Phone(app)
    phone.enter(*made.people[0])
    padding = "x" * 2_000_000
    reply = phone.save(("1", ["A"], 1), more=padding)
    assert reply.status_code == 413
    assert phone.save(("1", ["A"], 1)).status_code == 200


def test_F13_slow_senders_hold_no_place_of_those_who_work() -> None:
    working = threading.Semaphore(0)
    arrived = threading.Event()

    class Slow:
        def read(self, _size: int) -> bytes:
            arrived.set()
            working.acquire()
            return b"late"

    def app(environ: dict[str, Any], start: Any) -> list[bytes]:
        start("200 OK", [])
        return [environ["wsgi.input"].read()]

    bodies = Bodies(app, places=1, limit=1000)
    slow = {"CONTENT_LENGTH": "4", "wsgi.input": Slow(), "REMOTE_ADDR": "10.0.0.1"}
    answers: list[list[bytes]] = []
    waiting = threading.Thread(
        target=lambda: answers.append(list(bodies(slow, lambda *_: None)))
    )
    waiting.start()
    assert arrived.wait(5)
    quick = {"CONTENT_LENGTH": "2", "wsgi.input": io.BytesIO(b"ok")}
    assert list(bodies(quick, lambda *_: None)) == [b"ok"]
    assert list(bodies({"wsgi.input": io.BytesIO()}, lambda *_: None)) == [b""]
    working.release()
    waiting.join(5)
    assert answers == [[b"late"]]


@pytest.mark.parametrize("size", [0, 5, 300_000])
def test_F13_a_body_arrives_whole(size: int) -> None:
    def app(environ: dict[str, Any], _start: Any) -> list[bytes]:
        return [environ["wsgi.input"].read()]

    bodies = Bodies(app, places=1, limit=1_000_000)
    content = b"z" * size
    for length in (
        {"CONTENT_LENGTH": str(size)},
        {"HTTP_TRANSFER_ENCODING": "chunked"},
    ):
        sent = {"wsgi.input": io.BytesIO(content), **length}
        assert b"".join(bodies(sent, lambda *_: None)) == content
    # Larger than the limit: left unread, for the application to refuse.
    source = io.BytesIO(b"z")
    sent = {"wsgi.input": source, "CONTENT_LENGTH": "1000001"}
    assert b"".join(bodies(sent, lambda *_: None)) == b"z"


@pytest.fixture
def slow_hall(tmp_path: Path) -> Iterator[str]:
    """The real server with 60 senders on it who never finish; its address."""
    with running(tmp_path) as server:
        host, port = server.address.host, server.address.port
        head = (
            f"POST /login HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5000\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\nusername=a"
        )
        lines = [socket.create_connection((host, port), 5) for _ in range(60)]
        for line in lines:
            line.sendall(head.encode())
        time.sleep(1)
        yield f"http://{host}:{port}"
        for line in lines:
            line.close()


def test_F13_the_server_answers_others_while_sixty_send_slowly(slow_hall: str) -> None:
    for _ in range(5):
        with urllib.request.urlopen(f"{slow_hall}/healthz", timeout=20) as reply:
            assert reply.status == 200
