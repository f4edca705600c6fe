"""Backups: whole, proven, never half; and what comes back is what was there."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import uuid
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from flask import Flask

from app import ROOT, create_app
from core.audit import AuditEntry
from core.backup import jobs, keeping, restoring, sealed, upgrading
from core.backup.checks import Findings
from core.backup.keeping import kept_in, last_taken, take_backup, unfinished
from core.backup.making import rows_of_tables
from core.backup.manifest import MANIFEST, reading
from core.backup.restoring import check_database, restore_backup, server_lock
from core.backup.upgrading import upgrade_instance
from core.clock import now
from core.db import db, read_core, write
from core.errors import Refused
from core.jobs.queries import job_shown
from core.jobs.runner import run_job
from core.jobs.starting import start_job, tend_jobs
from core.schema import head_revision, revision_of
from core.sealing import settle_seals
from quiz.models import Answer, Score, Sitting
from quiz.operations.closing import submit_sitting
from quiz.queries.cards import known
from tests.audit.world import build
from tests.conftest import SECRET
from tests.postgres import PostgresServer

PASSPHRASE = "correct horse battery"
Make = Callable[..., Flask]


@pytest.fixture
def make(
    backend: str,
    tmp_path: Path,
    migrated: Callable[[Path], str],
    request: pytest.FixtureRequest,
) -> Iterator[Make]:
    """Make instances of their own, each with an empty database or one that is there."""
    made: list[Flask] = []

    def make(name: str, *, empty: bool = True, url: str = "", **env: str) -> Flask:
        folder = tmp_path / name
        if not url:
            url = migrated(folder) if empty else nowhere(folder, backend, request)
        app = instance(folder, url, **env)
        made.append(app)
        with app.app_context():
            if empty:
                settle_seals(now=now())
            db.engine.dispose()
        return app

    known.clear()
    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()
    known.clear()


def instance(folder: Path, url: str, **env: str) -> Flask:
    """An application on its own folder and database."""
    settings = {
        "LAWGAUGE_INSTANCE": str(folder),
        "LAWGAUGE_SECRET_KEY": SECRET,
        "LAWGAUGE_DATABASE_URL": url,
    }
    return create_app(settings | env, testing=True)


def nowhere(folder: Path, backend: str, request: pytest.FixtureRequest) -> str:
    """The address of a database without tables."""
    if backend == "sqlite":
        return f"sqlite:///{folder / 'lawgauge.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.create(f"{folder.name}_{uuid.uuid4().hex[:8]}")


@pytest.fixture(scope="module")
def used(
    migrated: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """An instance that was used: one exam is over, in another somebody sits."""
    folder = tmp_path_factory.mktemp("used")
    url = migrated(folder)
    with instance(folder, url).app_context():
        settle_seals(now=now())
        build(now() - timedelta(hours=3))
        db.session.remove()
        db.engine.dispose()
    return folder, url


@pytest.fixture
def site(
    used: tuple[Path, str],
    make: Make,
    backend: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Iterator[Flask]:
    """The used instance, for one test: a copy of its folder and database."""
    folder, url = used
    own = tmp_path / "site"
    shutil.copytree(folder, own, ignore=shutil.ignore_patterns("*.writer*", "*.lock"))
    own.chmod(0o700)
    if backend == "sqlite":
        url = f"sqlite:///{own / 'lawgauge.db'}"
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        template = str(sa.make_url(url).database)
        url = server.create(f"site_{uuid.uuid4().hex[:8]}", template=template)
    app = make("site", empty=False, url=url)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def rows(table: type[Any]) -> int:
    db.session.remove()
    return db.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def content() -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    db.session.remove()
    with read_core() as connection:
        names = sorted(sa.inspect(connection).get_table_names())
        return {
            name: sorted(
                map(
                    tuple,
                    connection.execute(sa.text(f'SELECT * FROM "{name}"')).all(),
                ),
                key=repr,
            )
            for name in names
        }


def take(target: Path, **changes: Any) -> Path:
    wanted: dict[str, Any] = {
        "with_secret": False,
        "passphrase": "",
        "keep": None,
        "actor": "system",
        "now": now(),
    }
    take_backup(target, **(wanted | changes))
    return target


def restore(path: Path, **changes: Any) -> Any:
    wanted: dict[str, Any] = {
        "replace": False,
        "other_key": False,
        "passphrase": "",
        "now": now(),
    }
    return restore_backup(path, **(wanted | changes))


def manifest_of(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        told: dict[str, Any] = json.loads(archive.read(MANIFEST))
        return told


# --- there and back ---------------------------------------------------------------


def test_P15_what_comes_back_is_what_was_there(
    site: Flask, make: Make, tmp_path: Path
) -> None:
    before, scores = content(), rows(Score)
    path = take(tmp_path / "copy.zip")
    with make("other", empty=False).app_context():
        manifest, findings, aside = restore(path)
        after = content()
        # The restore itself is two more acts.
        extra = [
            row for row in after["audit_entry"] if row not in before["audit_entry"]
        ]
        assert {row[3] for row in extra} == {"audit.heads", "backup.restore"}
        for table in ("audit_entry", "audit_payload"):
            after[table] = [row for row in after[table] if row in before[table]]
        assert after == before
        assert aside is None
        assert (findings.scores, list(findings.problems)) == (scores, [])
        assert scores >= 3
        assert manifest.audit_n == len(before["audit_entry"])
        assert check_database().sound


def test_P15_work_goes_on_in_what_was_restored(
    site: Flask, make: Make, tmp_path: Path
) -> None:
    """New rows get new numbers, the open sitting is answered and handed in."""
    scores = rows(Score)
    path = take(tmp_path / "copy.zip")
    with make("other").app_context():
        restore(path, replace=True)
        db.session.remove()
        device = hashlib.sha256(b"phone 90").hexdigest()
        query = sa.select(Sitting.token).where(Sitting.device == device)
        body: dict[str, Any] = {"generation": 1, "holder": 1, "n": 1}
        body["answers"] = [{"q": "2", "seq": 9, "value": ["B"], "at_ms": 9}]
        submit_sitting(
            token=str(db.session.scalar(query)),
            device=device,
            body=body,
            now=now(),
            key=SECRET,
        )
        db.session.remove()
        findings = check_database()
        assert (findings.scores, list(findings.problems)) == (scores + 1, [])


def test_the_manifest_says_what_is_inside(
    site: Flask, tmp_path: Path, backend: str
) -> None:
    told = manifest_of(take(tmp_path / "copy.zip"))
    assert told["database"] == backend
    assert told["revision"] == head_revision()
    assert told["counts"]["sitting"] == rows(Sitting)
    assert told["counts"]["answer"] == rows(Answer)
    entry = db.session.get(AuditEntry, told["audit_n"])
    assert entry is not None
    assert entry.hash == told["audit_hash"]
    assert {part["sha256"] for part in told["parts"]}
    assert SECRET not in json.dumps(told)


def test_a_backup_is_in_the_audit_log(site: Flask, tmp_path: Path) -> None:
    path = take(tmp_path / "copy.zip")
    taken = last_taken()
    assert taken is not None
    assert (taken.name, taken.size) == (path.name, path.stat().st_size)
    assert taken.scores == rows(Score)


def test_nobody_else_on_the_machine_can_read_it(site: Flask, tmp_path: Path) -> None:
    assert take(tmp_path / "copy.zip").stat().st_mode & 0o077 == 0


# --- what is refused --------------------------------------------------------------


def test_data_is_replaced_only_when_asked_and_kept_aside(
    site: Flask, tmp_path: Path
) -> None:
    scores = rows(Score)
    path = take(tmp_path / "copy.zip")
    with pytest.raises(Refused, match="--replace"):
        restore(path)
    with write() as session:
        session.execute(sa.delete(Score))
    _, _, aside = restore(path, replace=True)
    assert aside is not None
    assert aside.exists()
    assert rows(Score) == scores


def test_a_running_server_is_in_the_way(site: Flask, tmp_path: Path) -> None:
    path = take(tmp_path / "copy.zip")
    lock = server_lock()
    assert lock.take()
    try:
        with pytest.raises(Refused, match="服务正在运行"):
            restore(path, replace=True)
        with pytest.raises(Refused, match="服务正在运行"):
            upgrade_instance(accept=False, now=now())
    finally:
        lock.leave()


def test_another_key_is_noticed_before_anything_is_touched(
    site: Flask, make: Make, tmp_path: Path
) -> None:
    path = take(tmp_path / "copy.zip")
    other = make("other", LAWGAUGE_SECRET_KEY="another-secret-of-32-characters-x")
    with other.app_context():
        before = content()
        with pytest.raises(Refused, match="另一把密钥"):
            restore(path)
        assert content() == before
        restore(path, other_key=True)


def test_the_key_comes_along_when_it_was_asked_for(
    site: Flask, make: Make, tmp_path: Path
) -> None:
    path = take(tmp_path / "copy.zip", with_secret=True)
    other = make("other", LAWGAUGE_SECRET_KEY="")
    kept = tmp_path / "other" / "secret_key"
    before = kept.read_text()
    with other.app_context():
        restore(path)
    assert kept.read_text() == SECRET
    assert kept.stat().st_mode & 0o077 == 0
    (aside,) = kept.parent.glob("secret_key.replaced-*")
    assert aside.read_text() == before


def test_a_key_in_the_environment_is_not_overruled(
    site: Flask, make: Make, tmp_path: Path
) -> None:
    path = take(tmp_path / "copy.zip", with_secret=True)
    other = make("other", LAWGAUGE_SECRET_KEY="another-secret-of-32-characters-x")
    with other.app_context(), pytest.raises(Refused, match="LAWGAUGE_SECRET_KEY"):
        restore(path)


def damaged(path: Path, at: int) -> Path:
    bad = bytearray(path.read_bytes())
    bad[at] ^= 0x40
    other = path.with_name("bad.zip")
    other.write_bytes(bad)
    return other


def test_P15_a_damaged_backup_is_refused_and_changes_nothing(
    site: Flask, make: Make, tmp_path: Path
) -> None:
    path = take(tmp_path / "copy.zip")
    with zipfile.ZipFile(path) as archive:
        largest = max(archive.infolist(), key=lambda part: part.compress_size)
    bad = damaged(path, largest.header_offset + 100)
    with make("other").app_context():
        before = content()
        with pytest.raises(Refused, match=r"损坏|不是备份"):
            restore(bad)
        assert content() == before


def test_P15_no_byte_of_what_was_kept_can_change_unseen(
    site: Flask, tmp_path: Path
) -> None:
    path = take(tmp_path / "copy.zip")
    whole = everything_in(path)
    for at in range(0, path.stat().st_size, 97):
        try:
            found = everything_in(damaged(path, at))
        except Refused:
            continue
        assert found == whole  # a byte of the archive's own that means nothing


def everything_in(path: Path) -> dict[str, bytes]:
    with reading(path) as archive:
        return {
            part.name: b"".join(archive.pieces(part.name, lambda *_: None))
            for part in archive.manifest.parts
        }


def test_what_is_no_backup_is_said_to_be_none(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "list.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "a")
    with make("other").app_context():
        with pytest.raises(Refused, match="不是备份"):
            restore(path)
        path.write_bytes(b"PK nothing")
        with pytest.raises(Refused, match="不是备份"):
            restore(path)


def changed_manifest(path: Path, **changes: object) -> Path:
    target = path.with_name("changed.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == MANIFEST:
                data = json.dumps(json.loads(data) | changes).encode()
            new.writestr(name, data)
    return target


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"revision": "ffffffffffff"}, "比本程序新"),
        ({"database": "oracle"}, "LAWGAUGE_DATABASE_URL"),
        ({"format": 99}, "更新版本"),
        ({"audit_hash": "0" * 64}, "审计记录不同"),
        ({"counts": {"sitting": 7, "alembic_version": 1}}, "与清单不符"),
    ],
)
def test_a_backup_that_does_not_fit_is_refused(
    site: Flask, make: Make, tmp_path: Path, change: dict[str, object], told: str
) -> None:
    path = changed_manifest(take(tmp_path / "copy.zip"), **change)
    with make("other").app_context():
        before = content()
        with pytest.raises(Refused, match=told):
            restore(path)
        assert content() == before


# --- proving ----------------------------------------------------------------------


ALTERED = [
    (sa.update(Score).where(Score.points > 0).values(points=777), "成绩"),
    (sa.update(Answer).where(Answer.q == "1").values(value='["D"]'), "答卷"),
    (sa.delete(Score), "成绩"),
    (sa.update(AuditEntry).where(AuditEntry.n == 2).values(actor="x"), "第 2 条"),
]


@pytest.mark.parametrize(("change", "told"), ALTERED)
def test_P11_what_was_altered_is_told_and_kept_as_evidence(
    site: Flask, tmp_path: Path, change: Any, told: str
) -> None:
    with write() as session:
        session.execute(change)
    before = content()
    path = tmp_path / "copy.zip"
    done = site.test_cli_runner().invoke(args=["backup", str(path)])
    assert done.exit_code == 1
    assert told in done.stderr
    assert "处不一致" in done.stderr
    taken = last_taken()
    assert taken is not None
    assert taken.problems > 0
    restore(path, replace=True)
    after = content()
    assert after["score"] == before["score"]
    assert after["answer"] == before["answer"]


@pytest.mark.skipif(os.name == "nt", reason="an open file is not overwritten there")
def test_S8_a_damaged_database_gives_no_backup_and_the_old_one_stays(
    site: Flask, tmp_path: Path, backend: str
) -> None:
    if backend != "sqlite":
        pytest.skip("PostgreSQL looks after its own pages")
    path = take(tmp_path / "copy.zip")
    before = path.read_bytes()
    db.session.remove()
    db.engine.dispose()  # the last one takes the log into the file
    file = tmp_path / "site" / "lawgauge.db"
    content = bytearray(file.read_bytes())
    content[9 * 4096 : 30 * 4096] = b"\x5a" * (21 * 4096)
    file.write_bytes(content)
    with pytest.raises(Refused, match="数据库"):
        take(path)
    assert path.read_bytes() == before
    assert list(tmp_path.glob(".*")) == []


def test_nothing_in_the_clear_is_left_behind(site: Flask, tmp_path: Path) -> None:
    take(tmp_path / "copy.sealed", passphrase=PASSPHRASE)
    folder = tmp_path / "site" / "backups"
    assert list(folder.iterdir()) == []
    assert not unfinished(tmp_path / "copy.sealed").exists()


# --- V4: sealed -------------------------------------------------------------------


def test_V4_a_sealed_backup_needs_its_passphrase(
    site: Flask, make: Make, tmp_path: Path
) -> None:
    path = take(tmp_path / "copy.sealed", passphrase=PASSPHRASE, with_secret=True)
    for telling in ("张伟", "sitting", SECRET, "manifest"):
        assert telling.encode() not in path.read_bytes()
    with make("other").app_context():
        with pytest.raises(Refused, match="口令不对"):
            restore(path, passphrase="wrong horse battery")
        with pytest.raises(Refused, match="加密"):
            restore(path)
        _, findings, _ = restore(path, passphrase=PASSPHRASE)
        assert findings.sound


@pytest.mark.parametrize("size", [0, 1, sealed.PIECE, sealed.PIECE + 1, 3 << 20])
def test_V4_what_is_sealed_comes_back(size: int) -> None:
    plain = os.urandom(size)
    shut, back = io.BytesIO(), io.BytesIO()
    sealed.seal(io.BytesIO(plain), shut, PASSPHRASE)
    sealed.unseal(io.BytesIO(shut.getvalue()), back, PASSPHRASE)
    assert back.getvalue() == plain


def test_V4_a_sealed_file_cannot_be_changed_unseen() -> None:
    shut = io.BytesIO()
    sealed.seal(io.BytesIO(os.urandom(2 * sealed.PIECE + 5)), shut, PASSPHRASE)
    whole = shut.getvalue()
    head, piece = len(sealed.MAGIC) + 23, sealed.PIECE + sealed.TAG
    first, second = whole[head : head + piece], whole[head + piece : head + 2 * piece]
    rest = whole[head + 2 * piece :]
    wrong = [
        whole[: head + piece],  # cut off at the end of a piece
        whole[:-1],
        whole[:head] + second + first + rest,  # exchanged
        whole[:head] + first + rest,
        whole + b"\0",
        *(
            whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
            for at in (len(sealed.MAGIC), head - 1, head, head + piece, len(whole) - 1)
        ),
    ]
    for changed in wrong:
        with pytest.raises(Refused):
            sealed.unseal(io.BytesIO(changed), io.BytesIO(), PASSPHRASE)


def test_V4_an_open_backup_comes_with_a_warning(site: Flask, tmp_path: Path) -> None:
    runner = site.test_cli_runner()
    done = runner.invoke(args=["backup", str(tmp_path / "copy.zip")])
    assert done.exit_code == 0, done.output
    assert "没有加密" in done.stderr
    assert "secret_key" in done.stderr
    done = runner.invoke(
        args=["backup", str(tmp_path / "copy.sealed"), "--encrypt", "--with-secret"],
        input=f"{PASSPHRASE}\n{PASSPHRASE}\n",
    )
    assert done.exit_code == 0, done.output
    assert "没有加密" not in done.stderr
    assert "secret_key" not in done.stderr


# --- X10 --------------------------------------------------------------------------


POINTS = {
    "nothing is written yet": "core.backup.making._describe",
    "the archive is written": "core.backup.keeping.prove_archive",
    "it has been restored": "core.backup.making.examine",
    "it is proven": "core.backup.keeping.keep_backup",
}


@pytest.mark.parametrize("point", POINTS)
def test_X10_a_crash_leaves_the_old_backup_and_no_half_one(
    site: Flask, tmp_path: Path, point: str, backend: str
) -> None:
    path = take(tmp_path / "copy.zip")
    before = path.read_bytes()
    code = f"""
import os, sys
from unittest import mock
from app import create_app
app = create_app(dict(os.environ))
with app.app_context(), mock.patch({POINTS[point]!r}, lambda *a, **k: os._exit(9)):
    app.test_cli_runner().invoke(args=["backup", {str(path)!r}], catch_exceptions=False)
"""
    env = os.environ | dict(site.extensions["jobs"].environment)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, check=False)
    assert done.returncode == 9
    assert path.read_bytes() == before
    named = [p.name for p in tmp_path.iterdir() if not p.name.startswith(".")]
    assert sorted(named) == ["copy.zip", "site"]
    take(path)  # the next one is not disturbed by what was left
    assert path.read_bytes() != before


# --- keeping ----------------------------------------------------------------------


def test_only_the_newest_backups_of_ours_are_kept(site: Flask, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    (folder / "lawgauge-notes.zip").write_text("somebody's own")
    runner = site.test_cli_runner()
    start = now() - timedelta(minutes=1)
    for n in range(4):
        target = keeping.chosen_target(
            folder, sealed=False, now=start + timedelta(seconds=n)
        )
        take(target, keep=2)
    kept = kept_in(folder)
    assert [one.path.name for one in kept] == sorted(
        (one.path.name for one in kept), reverse=True
    )
    assert len(kept) == 2
    assert (folder / "lawgauge-notes.zip").exists()
    done = runner.invoke(args=["backup", str(folder), "--keep", "1", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert [one.path for one in kept_in(folder)] == [Path(told["file"])]
    assert told["findings"]["problems"] == []


def test_a_folder_that_is_not_there_is_named(site: Flask, tmp_path: Path) -> None:
    target = str(tmp_path / "nowhere" / "copy.zip")
    done = site.test_cli_runner().invoke(args=["backup", target])
    assert done.exit_code == 1
    assert "nowhere" in done.output


def test_a_name_without_an_ending_is_a_folder_and_made(tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    moment = now()
    for _ in range(2):  # made, then found
        target = keeping.chosen_target(folder, sealed=False, now=moment)
        assert target == folder / keeping.file_name(moment, sealed=False)
    assert folder.stat().st_mode & 0o777 == 0o700
    named = tmp_path / "copy.zip"
    assert keeping.chosen_target(named, sealed=False, now=moment) == named
    assert not named.exists()


def test_the_job_makes_the_same_backup(site: Flask, tmp_path: Path) -> None:
    job_id = start_job(
        kind="backup", arguments={"at": now().isoformat()}, account_id=None, now=now()
    )
    assert run_job(job_id)
    db.session.remove()
    job = job_shown(job_id, account_id=None).job
    assert job.state == "done", job.message
    (kept,) = kept_in(tmp_path / "site" / "backups")
    assert kept.path.name in job.message
    assert not kept.sealed


def test_X10_the_job_goes_on_after_a_crash_in_its_second_step(
    site: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = start_job(
        kind="backup", arguments={"at": now().isoformat()}, account_id=None, now=now()
    )
    keep = keeping.keep_backup

    def keep_and_die(*arguments: Any, **named: Any) -> None:
        keep(*arguments, **named)
        raise KeyboardInterrupt

    monkeypatch.setattr(jobs, "keep_backup", keep_and_die)
    with pytest.raises(KeyboardInterrupt):
        run_job(job_id)
    monkeypatch.setattr(jobs, "keep_backup", keep)
    tend_jobs(now=now())
    assert run_job(job_id)
    db.session.remove()
    assert job_shown(job_id, account_id=None).job.state == "done"
    assert len(kept_in(tmp_path / "site" / "backups")) == 1
    taken = sa.select(sa.func.count()).where(AuditEntry.action == keeping.TAKEN)
    assert db.session.scalar(taken) == 1


# --- upgrading --------------------------------------------------------------------


@pytest.fixture
def behind(site: Flask) -> str:
    """The revision the instance is at: one before the program's.

    Going back loses what the newest migration added. It must be empty in ``site``, or
    the seals name what is gone.
    """
    config = site.extensions["migrate"].migrate.get_config()
    db.session.remove()
    db.engine.dispose()
    command.downgrade(config, "-1")
    return revision()


def revision() -> str:
    db.session.remove()
    with read_core() as connection:
        return revision_of(connection)


def test_X8_an_upgrade_backs_up_migrates_and_checks(
    site: Flask, behind: str, tmp_path: Path
) -> None:
    done = upgrade_instance(accept=False, now=now())
    assert (done.before, done.after) == (behind, head_revision())
    assert revision() == head_revision()
    assert done.backup is not None
    assert manifest_of(done.backup)["revision"] == behind
    assert done.findings.sound


def test_X8_an_upgrade_that_does_not_check_out_is_undone(
    site: Flask, behind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content()

    found = Findings((), ["成绩 3 与第 9 条写入的不一致"], 9, 3)
    monkeypatch.setattr(upgrading, "check_database", lambda: found)
    with pytest.raises(Refused, match="已恢复原样") as refused:
        upgrade_instance(accept=False, now=now())
    assert "成绩 3" in str(refused.value)
    assert revision() == behind
    assert content() == before
    assert upgrade_instance(accept=True, now=now()).findings is found


def test_X8_a_migration_that_fails_leaves_everything_as_it_was(
    site: Flask, behind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content()

    def break_down() -> None:
        raise RuntimeError("the power went")

    monkeypatch.setattr(upgrading, "migrate", break_down)
    with pytest.raises(Refused, match="the power went"):
        upgrade_instance(accept=False, now=now())
    assert content() == before


def test_an_instance_that_is_up_to_date_is_only_checked(site: Flask) -> None:
    done = site.test_cli_runner().invoke(args=["upgrade"])
    assert done.exit_code == 0, done.output
    assert "已是当前版本" in done.output
    assert f"成绩复核一致 {rows(Score)} 份" in done.output


def test_a_backup_of_an_older_program_is_brought_up_to_date(
    site: Flask, behind: str, make: Make, tmp_path: Path
) -> None:
    upgraded = upgrade_instance(accept=False, now=now())
    assert upgraded.backup is not None
    with make("other").app_context():
        manifest, findings, _ = restore(upgraded.backup)
        assert manifest.revision == behind
        assert revision() == head_revision()
        assert findings.sound


# --- a crash while replacing ------------------------------------------------------


@pytest.mark.parametrize(
    "point",
    [
        "core.backup.sqlite.os.link",
        "core.backup.sqlite.sync_folder",
        "core.backup.restoring._take_secret",
        "core.backup.restoring.migrate",
    ],
)
def test_X9_a_crash_while_restoring_leaves_the_old_data_or_the_new(
    make: Make, tmp_path: Path, point: str, backend: str
) -> None:
    if backend != "sqlite":
        pytest.skip("PostgreSQL replaces everything in one transaction")
    app = make("site")
    with app.app_context():
        build(now() - timedelta(hours=3))
        path = take(tmp_path / "copy.zip")
        old = rows_of_tables(db.session.connection())
        with write() as session:
            session.execute(sa.delete(Score))
        new = rows_of_tables(db.session.connection())
        db.session.remove()
        db.engine.dispose()
    code = f"""
import os
from unittest import mock
from app import create_app
app = create_app(dict(os.environ))
with app.app_context(), mock.patch({point!r}, lambda *a, **k: os._exit(9)):
    app.test_cli_runner().invoke(
        args=["restore", {str(path)!r}, "--replace"], catch_exceptions=False)
"""
    env = os.environ | dict(app.extensions["jobs"].environment)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, check=False)
    assert done.returncode == 9
    with app.app_context():
        db.engine.dispose()
        app.extensions["database_file"].forget()  # as a newly started process
        found = rows_of_tables(db.session.connection())
        for counted in (found, old, new):
            del counted["audit_entry"]  # the backup itself stands in the live one
        assert found in (old, new)
        restore(path, replace=True)
        assert check_database().sound


def test_dates_in_names_are_those_of_the_backup() -> None:
    moment = datetime(2026, 11, 25, 13, 0, 5, tzinfo=UTC)
    assert keeping.file_name(moment, sealed=False) == "lawgauge-20261125T130005Z.zip"
    assert restoring._stamp(moment) == "20261125T130005Z"
