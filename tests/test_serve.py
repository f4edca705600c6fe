"""Starting the production server, and what the terminal says."""

from __future__ import annotations

import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import zxingcpp
from PIL import Image

import serve
from app import create_app
from core import storage
from core.config import Settings, read_settings
from core.db import db, engine_options, write
from core.errors import Refused
from core.network import lan_address, public_address, why_not_bind
from core.qr import qr_text
from quiz.models import Exam
from tests.conftest import SECRET
from tests.quiz.factories import make_exam

ROOT = Path(serve.__file__).parent
ADDRESS = "http://192.168.1.20:8000/e/7KJFHYGN"


def settings(folder: Path, **env: str) -> Settings:
    return read_settings(
        {"LAWGAUGE_INSTANCE": str(folder), "LAWGAUGE_SECRET_KEY": SECRET, **env}
    )


@pytest.fixture
def taken() -> Iterator[int]:
    """A port somebody listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port: int = other.getsockname()[1]
        yield port


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(folder: Path, port: int) -> dict[str, str]:
    return {
        **os.environ,
        "LAWGAUGE_INSTANCE": str(folder),
        "LAWGAUGE_PORT": str(port),
        "LAWGAUGE_HOST": "127.0.0.1",
        "PYTHONUNBUFFERED": "1",
    }


def test_a_taken_port_is_named_with_the_way_out(tmp_path: Path, taken: int) -> None:
    told = why_not_bind(settings(tmp_path, LAWGAUGE_PORT=str(taken)))
    assert f"端口 {taken} 已被占用" in told
    assert "LAWGAUGE_PORT=" in told


def test_a_free_port_is_free(tmp_path: Path) -> None:
    port = str(free_port())
    assert why_not_bind(settings(tmp_path, LAWGAUGE_PORT=port)) == ""


@pytest.mark.parametrize("host", ["198.51.100.7", "no.such.host.invalid"])
def test_an_address_that_is_not_ours_is_refused(tmp_path: Path, host: str) -> None:
    told = why_not_bind(settings(tmp_path, LAWGAUGE_HOST=host))
    assert host in told
    assert "LAWGAUGE_HOST" in told


def test_phones_are_told_an_address_they_can_reach(tmp_path: Path) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\.\d+", lan_address())
    everywhere = settings(tmp_path)
    assert public_address(everywhere) == f"http://{lan_address()}:8000"
    narrow = settings(tmp_path, LAWGAUGE_HOST="127.0.0.1", LAWGAUGE_PORT="8001")
    assert public_address(narrow) == "http://127.0.0.1:8001"
    six = settings(tmp_path, LAWGAUGE_HOST="::1")
    assert public_address(six) == "http://[::1]:8000"
    named = settings(tmp_path, LAWGAUGE_BASE_URL="https://kaoshi.example/")
    assert public_address(named) == "https://kaoshi.example"


@pytest.mark.parametrize(
    ("version", "workers"), [((3, 51, 2), 1), ((3, 51, 3), 4), ((3, 53, 4), 4)]
)
def test_S7_an_unsound_sqlite_gets_one_writing_process(
    tmp_path: Path, version: tuple[int, ...], workers: int
) -> None:
    chosen = settings(tmp_path, LAWGAUGE_WORKERS="4")
    assert serve.worker_count(chosen, version) == workers
    postgresql = settings(
        tmp_path,
        LAWGAUGE_WORKERS="4",
        LAWGAUGE_DATABASE_URL="postgresql+psycopg://localhost/lawgauge",
    )
    assert serve.worker_count(postgresql, version) == 4


def seen(lines: list[str], ink: int, paper: int) -> Image.Image:
    """The terminal as a picture: blocks in ink, the ground in paper."""
    halves = {"█": (1, 1), "▀": (1, 0), "▄": (0, 1), " ": (0, 0)}
    width, size = len(lines[0]), 6
    image = Image.new("L", (width, 2 * len(lines)))
    for y, line in enumerate(lines):
        for x, mark in enumerate(line):
            for half in (0, 1):
                shade = ink if halves[mark][half] else paper
                image.putpixel((x, 2 * y + half), shade)
    return image.resize((width * size, 2 * len(lines) * size), Image.Resampling.NEAREST)


def test_the_code_in_the_terminal_is_read_by_a_scanner() -> None:
    """White ink on black, whatever colours the terminal has."""
    painted = serve._painted(qr_text(ADDRESS), colour=True)
    for line in painted:
        assert line.startswith("\x1b[38;5;231;48;5;16m")
        assert line.endswith("\x1b[0m")
    lines = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in painted]
    (found,) = zxingcpp.read_barcodes(seen(lines, ink=255, paper=0))
    assert found.text == ADDRESS


def test_without_a_terminal_the_code_has_no_colours() -> None:
    assert "\x1b" not in "".join(serve._painted(qr_text(ADDRESS), colour=False))


def test_a_new_installation_gets_one_organizer_and_a_link_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(tmp_path, 8000).items():
        monkeypatch.setenv(name, value)
    links = set()
    for _ in range(2):
        text = serve.prepare(demo=False, link=True, colour=False)
        assert "组织者（organizer）登录" in text
        assert "现在没有开放的考试" in text
        links |= set(re.findall(r"http://127.0.0.1:8000/login/link/\S+", text))
    assert len(links) == 2
    assert "link" not in serve.prepare(demo=False, link=False, colour=False)


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    """Give the root logger back: a real application sends it to this stderr."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level


@pytest.fixture
def prepare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Prepare an instance of its own, without a demo."""

    def prepare(**env: str) -> str:
        for name, value in (environment(tmp_path, 8000) | env).items():
            monkeypatch.setenv(name, value)
        return serve.prepare(demo=False, link=False, colour=False)

    return prepare


def on_nfs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = folder / "mountinfo"
    mounts.write_text(f"22 1 0:5 / {folder} rw - nfs4 server:/x rw\n")
    monkeypatch.setattr(storage, "MOUNTS", mounts)


def test_S5_no_exam_starts_on_a_network_file_system(
    prepare: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_nfs(tmp_path, monkeypatch)
    with pytest.raises(Refused, match="nfs4"):
        prepare(LAWGAUGE_MODE="exam")
    assert "注意：数据库放在网络文件系统" in prepare(LAWGAUGE_MODE="trial")
    assert "注意：数据库放在网络文件系统" in prepare(LAWGAUGE_MODE="auto")


def test_S5_a_real_exam_that_is_ahead_makes_it_strict(
    prepare: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare()
    on_nfs(tmp_path, monkeypatch)
    app = create_app(environment(tmp_path, 8000), testing=True)
    with app.app_context():
        begun = datetime.now(UTC) - timedelta(hours=1)
        made = make_exam(begun, published_at=begun, demo=True)
    assert "注意" in prepare()
    with app.app_context():
        with write() as session:
            session.execute(sa.update(Exam).values(demo=False))
        db.session.remove()
        db.engine.dispose()
    assert made.exam_id
    with pytest.raises(Refused, match="nfs4"):
        prepare()
    with app.app_context():
        with write() as session:
            session.execute(sa.update(Exam).values(closes_at=begun + timedelta(1 / 48)))
        db.engine.dispose()
    assert "注意" in prepare()  # it is over


def test_S6_no_exam_starts_without_durable_commits(
    prepare: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def soft(_connection: object) -> Iterator[storage.Problem]:
        yield storage.Problem("synchronous", "synchronous 是 1，不是 FULL", grave=True)

    monkeypatch.setattr(serve, "durability_problems", soft)
    with pytest.raises(Refused, match="FULL"):
        prepare(LAWGAUGE_MODE="exam")
    assert "FULL" in prepare(LAWGAUGE_MODE="trial")


def test_S8_a_damaged_database_is_not_served(
    prepare: Callable[..., str], tmp_path: Path
) -> None:
    prepare()
    file = tmp_path / "lawgauge.db"
    content = bytearray(file.read_bytes())
    content[5 * 4096 : 9 * 4096] = b"\x5a" * (4 * 4096)
    file.write_bytes(content)
    for mode in ("auto", "exam"):
        with pytest.raises(Refused, match="flask restore") as refused:
            prepare(LAWGAUGE_MODE=mode)
        assert "损坏" in str(refused.value)
    assert file.read_bytes() == bytes(content)


def test_S8_a_file_too_large_to_be_looked_through_is_served_and_said(
    prepare: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a crash in an exam nobody waits for gigabytes to be read."""
    assert "只检查了" not in prepare()
    monkeypatch.setattr(serve, "LOOK_THROUGH", 0)
    assert "只检查了 0 秒" in prepare()


def test_S7_an_old_SQLite_is_said_at_the_start(
    prepare: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = engine_options("sqlite://", 1)["module"]
    monkeypatch.setattr(driver, "sqlite_version_info", (3, 40, 1))
    assert "只用一个工作进程" in prepare(LAWGAUGE_MODE="exam")


def start(folder: Path, port: int, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "wsgi.py", *options],
        cwd=ROOT,
        env=environment(folder, port),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(port: int) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(
                f"http://127.0.0.1:{port}/healthz", timeout=2
            ).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the server did not answer within 30 s")


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_stopped(tmp_path: Path, stop: signal.Signals) -> None:
    port = free_port()
    server = start(tmp_path, port, "--no-demo")
    try:
        wait_for(port)
        second = start(tmp_path, port, "--no-demo")
        _, said = second.communicate(timeout=60)
        assert second.returncode == 1
        assert said.startswith(f"未能启动：端口 {port} 已被占用")
        assert "Traceback" not in said
    finally:
        server.send_signal(stop)
        out, err = server.communicate(timeout=60)
    assert server.returncode == 0
    assert "服务已停止" in out
    assert "/login/link/" in out
    assert err == ""
    assert (tmp_path / "lawgauge.db").stat().st_mode & 0o077 == 0  # it holds names


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LAWGAUGE_PORT", "eighty"),
        ("LAWGAUGE_INSTANCE", "/proc/nowhere"),
        ("LAWGAUGE_DATABASE_URL", "sqlite:////proc/nowhere.db"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(
    tmp_path: Path, name: str, value: str
) -> None:
    env = environment(tmp_path, free_port()) | {name: value}
    done = subprocess.run(
        [sys.executable, "wsgi.py", "--no-demo"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert value.rpartition("///")[2] in done.stderr
