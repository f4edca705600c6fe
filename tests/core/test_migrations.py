"""Migrations: nothing lost, nothing half done, and the same schema as the models."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade

from app import create_app
from core.db import Model, engine_options
from tests.conftest import SECRET
from tests.postgres import PostgresServer

MIGRATIONS = Path(__file__).parents[2] / "migrations"
HEADER = "import sqlalchemy as sa\nfrom alembic import op\n"
FIRST = """
revision = "one"
down_revision = None
def upgrade():
    op.create_table("parent", sa.Column("id", sa.Integer, primary_key=True))
    op.create_table(
        "child",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("parent", sa.Integer, sa.ForeignKey("parent.id", ondelete="CASCADE")),
    )
    op.execute("INSERT INTO parent VALUES (1), (2)")
    op.execute("INSERT INTO child VALUES (10, 1), (20, 2)")
"""
SECOND = """
revision = "two"
down_revision = "one"
def upgrade():
    with op.batch_alter_table("parent", recreate="always") as batch:
        batch.add_column(sa.Column("name", sa.Text, server_default="?"))
"""
FAILS_LATE = SECOND + "    raise RuntimeError('the power went')\n"
ORPHANS = """
revision = "two"
down_revision = "one"
def upgrade():
    op.execute("DELETE FROM parent WHERE id = 1")
"""


def application(folder: Path, url: str | None = None) -> Flask:
    env = {"LAWGAUGE_INSTANCE": str(folder), "LAWGAUGE_SECRET_KEY": SECRET}
    return create_app(env | ({"LAWGAUGE_DATABASE_URL": url} if url else {}))


def write_revision(folder: Path, name: str, body: str) -> None:
    (folder / "migrations" / "versions" / f"{name}.py").write_text(HEADER + body)


def rows(folder: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(str(folder / "lawgauge.db"))) as connection:
        return list(connection.execute(sql))


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    """A folder with migrations of its own, at revision one."""
    (tmp_path / "migrations" / "versions").mkdir(parents=True)
    for name in ("env.py", "alembic.ini", "script.py.mako"):
        shutil.copy(MIGRATIONS / name, tmp_path / "migrations" / name)
    write_revision(tmp_path, "one", FIRST)
    run(tmp_path)
    return tmp_path


def run(folder: Path) -> None:
    with application(folder).app_context():
        upgrade(str(folder / "migrations"))


def test_altering_a_parent_keeps_its_children(scene: Path) -> None:
    write_revision(scene, "two", SECOND)
    run(scene)
    assert rows(scene, "SELECT id, parent FROM child ORDER BY id") == [(10, 1), (20, 2)]
    assert rows(scene, "SELECT name FROM parent") == [("?",), ("?",)]


def test_a_new_database_is_not_copied(scene: Path) -> None:
    assert not list(scene.glob("lawgauge.db.before-*"))


def test_the_file_is_copied_before_it_is_changed(scene: Path) -> None:
    write_revision(scene, "two", SECOND)
    run(scene)
    (copy,) = scene.glob("lawgauge.db.before-*")
    assert copy.name.endswith("-one")
    assert copy.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(str(copy))) as connection:
        assert list(connection.execute("SELECT * FROM parent")) == [(1,), (2,)]


def test_nothing_to_do_makes_no_copy(scene: Path) -> None:
    run(scene)
    assert not list(scene.glob("lawgauge.db.before-*"))


@pytest.mark.parametrize("body", [FAILS_LATE, ORPHANS])
def test_a_migration_that_fails_leaves_the_database_as_it_was(
    scene: Path, body: str
) -> None:
    before = rows(scene, "SELECT name, sql FROM sqlite_master ORDER BY name")
    write_revision(scene, "two", body)
    with pytest.raises(SystemExit):  # Flask-Migrate says why and ends
        run(scene)
    assert rows(scene, "SELECT name, sql FROM sqlite_master ORDER BY name") == before
    assert rows(scene, "SELECT id, parent FROM child ORDER BY id") == [(10, 1), (20, 2)]
    assert rows(scene, "SELECT version_num FROM alembic_version") == [("one",)]


SLOW = (
    SECOND
    + """
    import pathlib, time
    pathlib.Path(op.get_bind().engine.url.database).with_name("half").touch()
    time.sleep(60)
"""
)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_X8_a_killed_migration_leaves_the_database_as_it_was(scene: Path) -> None:
    before = rows(scene, "SELECT name, sql FROM sqlite_master ORDER BY name")
    write_revision(scene, "two", SLOW)
    env = os.environ | {"LAWGAUGE_INSTANCE": str(scene), "LAWGAUGE_SECRET_KEY": SECRET}
    command = ["-m", "flask", "db", "upgrade", "-d", str(scene / "migrations")]
    child = subprocess.Popen([sys.executable, *command], cwd=MIGRATIONS.parent, env=env)
    end = time.monotonic() + 60
    while not (scene / "half").exists() and time.monotonic() < end:
        time.sleep(0.05)
    child.kill()
    child.wait()
    assert (scene / "half").exists()
    assert rows(scene, "SELECT name, sql FROM sqlite_master ORDER BY name") == before
    assert rows(scene, "PRAGMA integrity_check") == [("ok",)]
    write_revision(scene, "two", SECOND)
    run(scene)
    assert rows(scene, "SELECT version_num FROM alembic_version") == [("two",)]


def test_it_can_be_tried_again_after_a_failure(scene: Path) -> None:
    write_revision(scene, "two", FAILS_LATE)
    with pytest.raises(SystemExit):
        run(scene)
    write_revision(scene, "two", SECOND)
    run(scene)
    assert rows(scene, "SELECT version_num FROM alembic_version") == [("two",)]


def test_only_the_newest_copies_are_kept(scene: Path) -> None:
    old = [scene / f"lawgauge.db.before-2020010{n}T000000Z-zero" for n in range(1, 6)]
    for path in old:
        path.touch()
    write_revision(scene, "two", SECOND)
    run(scene)
    kept = sorted(scene.glob("lawgauge.db.before-*"))
    assert kept[:2] == old[-2:]
    assert len(kept) == 3


def schema(url: str) -> dict[str, object]:
    """What a database says of its tables, without the order of columns."""
    engine = sa.create_engine(url, **engine_options(url, 1))
    found: dict[str, object] = {}
    inspector = sa.inspect(engine)
    for table in set(inspector.get_table_names()) - {"alembic_version"}:
        found[table] = (
            sorted(
                (c["name"], str(c["type"]), c["nullable"], str(c["default"]))
                for c in inspector.get_columns(table)
            ),
            inspector.get_pk_constraint(table)["constrained_columns"],
            sorted(
                (k["constrained_columns"], k["referred_table"], str(k["options"]))
                for k in inspector.get_foreign_keys(table)
            ),
            sorted(
                (str(u["name"]), u["column_names"])
                for u in inspector.get_unique_constraints(table)
            ),
            sorted(
                (str(k["name"]), str(k["sqltext"]))
                for k in inspector.get_check_constraints(table)
            ),
            sorted(
                (str(i["name"]), i["column_names"], i["unique"])
                for i in inspector.get_indexes(table)
            ),
        )
    engine.dispose()
    return found


@pytest.mark.skipif(
    not any((MIGRATIONS / "versions").glob("*.py")), reason="no migrations yet"
)
def test_migrations_make_the_schema_of_the_models(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """CHECK constraints too, which Alembic's own comparison does not see."""
    urls = [f"sqlite:///{tmp_path / name}.db" for name in ("made", "migrated")]
    if backend == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        urls = [server.create("made"), server.create("migrated")]
    made = sa.create_engine(urls[0], **engine_options(urls[0], 1))
    Model.metadata.create_all(made)
    made.dispose()
    with application(tmp_path, urls[1]).app_context():
        upgrade()
    assert schema(urls[1]) == schema(urls[0])
