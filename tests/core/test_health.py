"""Ready or not: what /readyz looks at, what /metrics tells, and who may ask."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from core import health, storage
from core.clock import now
from core.config import BadSetting, Networks, read_settings
from core.database_file import Gone
from core.db import db, engine_options, read_core, write_core
from core.errors import Busy
from core.metrics import metrics
from core.pages import refusal
from core.storage import (
    durability_problems,
    file_system_of,
    place_problems,
    shrink_wal,
    structure_problems,
    wal_size,
)
from core.watch import Watch
from tests.conftest import SECRET
from tests.postgres import PostgresServer
from tests.quiz.factories import make_exam

MOUNTS = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
31 22 0:27 / /mnt/share rw,relatime shared:2 - nfs4 server:/share rw,vers=4.2
32 22 0:28 / /mnt/win\\040share rw,relatime shared:3 - cifs //server/x rw
33 31 254:1 / /mnt/share/disk rw,relatime shared:4 - xfs /dev/vdb rw
"""


@pytest.fixture
def own(tmp_path: Path, empty_file: Path) -> Iterator[Flask]:
    """An application on a SQLite file of its own."""
    shutil.copy(empty_file, tmp_path / "lawgauge.db")
    app = create_app(
        {"LAWGAUGE_INSTANCE": str(tmp_path), "LAWGAUGE_SECRET_KEY": SECRET},
        testing=True,
    )
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@contextmanager
def changed(app: Flask, **values: Any) -> Iterator[None]:
    """The application with other settings."""
    before = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(before, **values)
    yield
    app.config["SETTINGS"] = before


def connect(folder: Path) -> Any:
    """Another connection to the file, by the same library: its locks are by process."""
    driver = engine_options("sqlite://", 1)["module"]
    return driver.connect(str(folder / "lawgauge.db"), isolation_level=None)


def state_of(client: FlaskClient, name: str) -> str:
    told = client.get("/readyz").get_json()
    return str(told["checks"][name]["state"])


# --- who may ask ------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
def test_only_who_may_watch_finds_it(
    app: Flask, client: FlaskClient, path: str
) -> None:
    away = {"REMOTE_ADDR": "192.168.1.7"}
    assert client.get(path).status_code in (200, 503)
    assert client.get(path, environ_base=away).status_code == 404
    # Behind a proxy nobody was told of, everybody has the proxy's address.
    behind = client.get(path, headers={"X-Forwarded-For": "192.168.1.7"})
    assert behind.status_code == 404
    token = "t" * 24
    sent = {"Authorization": f"Bearer {token}"}
    assert client.get(path, environ_base=away, headers=sent).status_code == 404
    with changed(app, monitor_token=token):
        assert client.get(path, environ_base=away, headers=sent).status_code != 404
        wrong = {"Authorization": f"Bearer {token[:-1]}"}
        assert client.get(path, environ_base=away, headers=wrong).status_code == 404
    with changed(app, monitor_networks=Networks(read_networks("192.168.0.0/16"))):
        assert client.get(path, environ_base=away).status_code != 404
        assert client.get(path).status_code == 404


def read_networks(text: str) -> Networks:
    env = {"LAWGAUGE_MONITOR_NETWORKS": text, "LAWGAUGE_SECRET_KEY": SECRET}
    return read_settings(env).monitor_networks


def test_networks_are_read_and_refused_by_name(tmp_path: Path) -> None:
    networks = read_networks("10.0.0.0/8, ::1")
    assert networks.hold("10.200.3.4")
    assert networks.hold("::ffff:10.1.1.1")
    assert networks.hold("::1")
    assert not networks.hold("11.0.0.1")
    assert not networks.hold(None)
    assert not networks.hold("unix:")
    with pytest.raises(BadSetting, match="LAWGAUGE_MONITOR_NETWORKS"):
        read_networks("everybody")


def test_healthz_asks_nothing_of_the_database(app: Flask, client: FlaskClient) -> None:
    asked: list[str] = []

    def listen(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", listen)
    try:
        assert client.get("/healthz").get_json() == {"ok": True}
        assert asked == []
        client.get("/readyz")
        assert asked
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", listen)


# --- ready ------------------------------------------------------------------------


def test_a_sound_server_is_ready(
    app: Flask, durable: None, client: FlaskClient, backend: str
) -> None:
    told = client.get("/readyz").get_json()
    bad = {name for name, one in told["checks"].items() if one["state"] == "bad"}
    # The PostgreSQL of the tests has no durability, and is told off for it.
    assert bad == ({"fsync", "full_page_writes"} if backend == "postgresql" else set())
    assert told["ready"] is (backend == "sqlite")


def test_a_schema_of_another_program_is_not_ready(own: Flask) -> None:
    with write_core() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'old'"))
    reply = own.test_client().get("/readyz")
    assert reply.status_code == 503
    assert reply.get_json()["checks"]["schema"]["state"] == "bad"


def test_P14_a_full_disk_is_not_ready(
    own: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = own.test_client()
    for free, state in ((10**6, "bad"), (3 * 10**8, "warn"), (10**10, "good")):
        usage = shutil._ntuple_diskusage(10**11, 10**11 - free, free)
        monkeypatch.setattr(shutil, "disk_usage", lambda _p, u=usage: u)
        assert state_of(client, "disk") == state


def test_a_writer_that_holds_the_database_makes_it_unready(
    own: Flask, tmp_path: Path
) -> None:
    with closing(connect(tmp_path)) as other:
        other.execute("BEGIN IMMEDIATE")
        reply = own.test_client().get("/readyz")
        assert reply.status_code == 503
        other.execute("ROLLBACK")
    assert own.test_client().get("/readyz").status_code == 200


@pytest.mark.skipif(os.name == "nt", reason="modes of POSIX")
def test_a_secret_others_can_read_is_not_ready(own: Flask, tmp_path: Path) -> None:
    key = tmp_path / "secret_key"
    key.write_text(SECRET)
    client = own.test_client()
    for mode, state in ((0o644, "bad"), (0o600, "good")):
        key.chmod(mode)
        assert state_of(client, "secret") == state


# --- S4 ---------------------------------------------------------------------------


def test_S4_a_log_held_by_a_reader_is_seen_and_emptied_afterwards(
    own: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (storage, health):
        monkeypatch.setattr(module, "WAL_LIMIT", 200_000)
    monkeypatch.setattr("core.watch.WAL_FULL", 50_000)
    settings = own.config["SETTINGS"]
    client = own.test_client()
    attempt()  # turns WAL on
    with closing(connect(tmp_path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM audit_entry").fetchone()
        for _ in range(100):
            attempt()
        size = wal_size(settings)
        assert size is not None
        assert size > 200_000
        assert state_of(client, "wal") == "bad"
        Watch(own).look_at_wal(now())
        assert (wal_size(settings) or 0) >= size  # the reader holds it
    db.session.remove()  # this test has read too
    Watch(own).look_at_wal(now())
    assert wal_size(settings) == 0
    assert state_of(client, "wal") == "good"
    db.session.remove()
    assert shrink_wal()


# --- S5, S6, S7, S12 --------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/lawgauge", "ext4"),
        ("/mnt/share/lawgauge", "nfs4"),
        ("/mnt/win share/x", "cifs"),
        ("/mnt/share/disk/x", "xfs"),
        ("/mnt/shared", "ext4"),
    ],
)
def test_S5_the_file_system_of_a_path(path: str, kind: str) -> None:
    assert file_system_of(Path(path), MOUNTS) == kind


@pytest.mark.parametrize(
    "kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "ceph", "glusterfs"]
)
def test_S5_a_database_on_a_network_is_grave(
    own: Flask, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"22 1 0:5 / {tmp_path} rw - {kind} server:/x rw\n")
    monkeypatch.setattr(storage, "MOUNTS", mounts)
    (problem,) = place_problems(own.config["SETTINGS"])
    assert problem.grave
    assert kind in problem.said
    assert own.test_client().get("/readyz").status_code == 503


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "tmpfs", "overlay", "zfs"])
def test_S5_a_disk_of_its_own_is_fine(
    own: Flask, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"22 1 0:5 / {tmp_path} rw - {kind} /dev/x rw\n")
    monkeypatch.setattr(storage, "MOUNTS", mounts)
    assert list(place_problems(own.config["SETTINGS"])) == []


@pytest.mark.parametrize(
    ("pragma", "name"),
    [("synchronous=NORMAL", "synchronous"), ("synchronous=OFF", "synchronous")],
)
def test_S6_a_commit_that_does_not_reach_the_disk_is_grave(
    own: Flask, pragma: str, name: str
) -> None:
    def spoil(connection: Any, _record: object) -> None:
        connection.execute(f"PRAGMA {pragma}")

    assert own.test_client().get("/readyz").status_code == 200
    db.engine.dispose()
    sa.event.listen(db.engine, "connect", spoil)
    with read_core() as connection:
        (problem,) = durability_problems(connection)
    assert (problem.name, problem.grave) == (name, True)
    assert own.test_client().get("/readyz").status_code == 503


def test_S6_a_journal_that_is_not_WAL_is_grave(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'plain.db'}")
    with engine.connect() as connection:
        found = {one.name for one in durability_problems(connection) if one.grave}
    engine.dispose()
    assert found == {"journal_mode"}


def test_S6_ours_is_WAL_and_FULL(own: Flask) -> None:
    with read_core() as connection:
        assert list(durability_problems(connection)) == []


def test_S7_an_old_SQLite_is_named(own: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = engine_options("sqlite://", 1)["module"]
    monkeypatch.setattr(driver, "sqlite_version_info", (3, 40, 1))
    monkeypatch.setattr(driver, "sqlite_version", "3.40.1")
    found = {one.name: one for one in place_problems(own.config["SETTINGS"])}
    assert "3.40.1" in found["old_sqlite"].said
    assert not found["old_sqlite"].grave
    assert state_of(own.test_client(), "old_sqlite") == "warn"


def test_S12_a_PostgreSQL_that_may_forget_is_grave(
    request: pytest.FixtureRequest,
) -> None:
    if request.config.getoption("--no-postgres"):
        pytest.skip("--no-postgres was given")
    server: PostgresServer = request.getfixturevalue("postgres")
    engine = sa.create_engine(server.url("postgres"))
    with engine.connect() as connection:
        names = {one.name for one in durability_problems(connection) if one.grave}
        assert names == {"fsync", "full_page_writes"}  # as the tests have it
        connection.exec_driver_sql("SET synchronous_commit = off")
        names = {one.name for one in durability_problems(connection) if one.grave}
        assert "synchronous_commit" in names
        for safe in ("local", "remote_apply", "on"):
            connection.exec_driver_sql(f"SET synchronous_commit = {safe}")
            names = {one.name for one in durability_problems(connection)}
            assert "synchronous_commit" not in names
    engine.dispose()


# --- S8 ---------------------------------------------------------------------------


def test_S8_a_flipped_bit_is_named_with_what_to_do(own: Flask, tmp_path: Path) -> None:
    make_exam(now())
    with closing(connect(tmp_path)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'question_version'"
        (page,) = raw.execute(query).fetchone()
        (size,) = raw.execute("PRAGMA page_size").fetchone()
    db.session.remove()
    db.engine.dispose()
    file = tmp_path / "lawgauge.db"
    content = bytearray(file.read_bytes())
    start = (page - 1) * size
    for at in range(start + 1, start + 8):
        content[at] ^= 0xFF
    file.write_bytes(content)
    with db.engine.connect() as connection:
        for thorough in (False, True):
            assert list(structure_problems(connection, thorough=thorough))
    done = own.test_cli_runner().invoke(args=["database", "check"])
    assert done.exit_code == 1
    assert "损坏" in done.output
    assert "flask restore" in done.output


def test_S8_a_sound_database_checks_out(own: Flask) -> None:
    done = own.test_cli_runner().invoke(args=["database", "check"])
    assert done.exit_code == 0, done.output
    assert "前后一致" in done.output


# --- S9 ---------------------------------------------------------------------------


def attempt() -> None:
    with write_core() as connection:
        connection.execute(
            sa.text("INSERT INTO topic (name, position) VALUES (:name, 1)"),
            {"name": uuid.uuid4().hex},
        )


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be removed there")
@pytest.mark.parametrize("how", ["deleted", "moved", "replaced", "replaced by empty"])
def test_S9_a_database_that_is_gone_is_not_written_to(
    own: Flask, tmp_path: Path, how: str
) -> None:
    attempt()
    file, aside = tmp_path / "lawgauge.db", tmp_path / "aside.db"
    if how == "deleted":
        file.unlink()
    elif how == "moved":
        file.rename(aside)
    elif how == "replaced":
        shutil.copy(file, aside)
        aside.replace(file)
    else:
        (tmp_path / "empty").touch()
        (tmp_path / "empty").replace(file)
    size = file.stat().st_size if file.exists() else None
    with pytest.raises(Gone) as refused:
        attempt()
    assert refused.value.status == 503
    # No new connection is opened, and no new, empty database is made either.
    db.session.remove()
    db.engine.dispose()
    with pytest.raises(Gone), read_core():
        pass
    assert (file.stat().st_size if file.exists() else None) == size
    reply = own.test_client().get("/readyz")
    assert reply.status_code == 503
    assert "停止写入" in reply.get_json()["checks"]["database"]["said"]
    if how == "moved":
        aside.rename(file)
        attempt()


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be removed there")
def test_S9_it_is_an_event_in_the_log_once(
    own: Flask, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    attempt()
    watch = Watch(own)
    watch.look(now())
    (tmp_path / "lawgauge.db").rename(tmp_path / "aside.db")
    watch.look(now())
    watch.look(now())
    (tmp_path / "aside.db").rename(tmp_path / "lawgauge.db")
    watch.look(now())
    events = [str(record.msg) for record in caplog.records]
    assert sum("database_file_gone" in event for event in events) == 1
    assert sum("database_file_back" in event for event in events) == 1


# --- T10 and the clock ------------------------------------------------------------


def test_T10_a_clock_that_differs_from_the_database_is_seen(
    app: Flask, client: FlaskClient, backend: str
) -> None:
    if backend == "sqlite":
        assert health.clock_skew() is None  # one machine, one clock
        return
    skew = health.clock_skew()
    assert skew is not None
    assert abs(skew) < 0.5
    assert state_of(client, "clock") == "good"
    with time_machine.travel(now() - timedelta(seconds=5), tick=True):
        skew = health.clock_skew()
        assert skew is not None
        assert 4 < skew < 6
        assert state_of(client, "clock") == "bad"
        text = client.get("/metrics").get_data(as_text=True)
        (line,) = [ln for ln in text.splitlines() if ln.startswith("lawgauge_clock_sk")]
        assert 4 < float(line.split()[1]) < 6


def test_T2_a_clock_that_was_set_is_told(
    own: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "clock_step", lambda: timedelta(seconds=900))
    told = own.test_client().get("/readyz").get_json()["checks"]["clock_step"]
    assert told["state"] == "warn"
    assert "+900 秒" in told["said"]
    text = own.test_client().get("/metrics").get_data(as_text=True)
    assert "lawgauge_clock_step_seconds 900.0" in text


# --- figures ----------------------------------------------------------------------


def test_metrics_tell_saves_busy_writes_and_what_lies_around(
    app: Flask, client: FlaskClient
) -> None:
    client.put("/s/nothing/answers", json={})
    client.get("/healthz")
    text = client.get("/metrics").get_data(as_text=True)
    for wanted in (
        'lawgauge_request_seconds_count{endpoint="sitting.answers",status="4',
        'lawgauge_request_seconds_bucket{endpoint="running.healthz",le="0.25"',
        "lawgauge_busy_total",
        "lawgauge_open_sittings 0.0",
        "lawgauge_disk_free_bytes",
        "lawgauge_database_bytes",
        "lawgauge_jobs_queued 0.0",
        "lawgauge_ready",
    ):
        assert wanted in text
    assert "nothing" not in text


def test_S1_a_write_without_its_turn_is_counted(own: Flask) -> None:
    with own.test_request_context():
        assert refusal(Busy("系统正忙")).status_code == 503
    assert "lawgauge_busy_total 1.0" in metrics().exposition({}).decode()


ON_A_FULL_DISK = """
import os, resource, sys
from pathlib import Path
from app import create_app
from core.metrics import begin_counting, make_room
def full(bytes):
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes, hard))
begin_counting(Path(sys.argv[1]))
if sys.argv[2] == "before":
    full(65536)
print(make_room())
app = create_app()
full(65536)
client = app.test_client()
print(client.get("/healthz").status_code)
print('endpoint="running.healthz"' in client.get("/metrics").get_data(as_text=True))
"""


@pytest.mark.skipif(os.name == "nt", reason="POSIX limits")
@pytest.mark.parametrize(
    ("when", "told"),
    [("before", ["False", "200", "False"]), ("after", ["True", "200", "True"])],
)
def test_S2_a_full_disk_stops_no_answer_for_the_sake_of_counting_it(
    own: Flask, tmp_path: Path, when: str, told: list[str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ON_A_FULL_DISK, str(tmp_path / "metrics"), when],
        cwd=own.root_path,
        env={"LAWGAUGE_INSTANCE": str(tmp_path), "LAWGAUGE_SECRET_KEY": SECRET},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == told, done.stderr


def test_S2_what_cannot_be_counted_is_answered_all_the_same(
    own: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(own.extensions["metrics"].requests, "labels", no_room)
    assert own.test_client().get("/healthz").status_code == 200
