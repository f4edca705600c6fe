"""The cast and the ground of the tests: a fresh database on each backend."""

from __future__ import annotations

import contextvars
import shutil
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from hypothesis import settings
from werkzeug.test import TestResponse

from accounts.models import Account, RoleGrant
from app import create_app
from core import heads
from core.db import Model, db, write
from quiz.queries.cards import known
from tests.pages import inspect
from tests.postgres import PostgresServer

PASSWORD = "tamarisk-under-snow"
# Made once: hashing for each test is slow.
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
SECRET = "a-secret-for-tests-only-" + "0" * 20


# How long something takes is the business of `make bench`: tests share the machine.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


class OwnContext(FlaskClient):
    """A client that looks at every page it fetches (see tests/pages.py).

    Its requests share nothing with the test around them: the ``app`` fixture keeps
    an application context open for the test's own queries, and a request inside it
    would share its session and its ``g``.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send one request."""
        response = contextvars.Context().run(super().open, *args, **kwargs)
        inspect(response, self.application)
        return response


def pytest_addoption(parser: pytest.Parser) -> None:
    """Leaving out PostgreSQL or the browser needs an explicit flag."""
    parser.addoption("--no-postgres", action="store_true", help="leave out PostgreSQL")
    parser.addoption("--no-browser", action="store_true", help="leave out the browser")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test that uses the database on both."""
    if "backend" in metafunc.fixturenames:
        backends = ["sqlite"]
        if not metafunc.config.getoption("--no-postgres"):
            backends.append("postgresql")
        metafunc.parametrize("backend", backends, scope="session", indirect=True)


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave out tests/browser when asked to."""
    if config.getoption("--no-browser"):
        reason = pytest.mark.skip(reason="--no-browser was given")
        for item in items:
            if "browser" in item.path.parts:
                item.add_marker(reason)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for the whole run."""
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def durable_postgres() -> Iterator[PostgresServer]:
    """One that may be crashed, and whose commits wait for the disk."""
    server = PostgresServer(durable=True)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def backend(request: pytest.FixtureRequest) -> str:
    """The database under test: sqlite or postgresql."""
    name: str = request.param
    return name


def _migrate(settings: dict[str, str]) -> None:
    """Make the tables, as the migrations do."""
    with create_app(settings, testing=True).app_context():
        upgrade()
        db.engine.dispose()


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite database, to be copied."""
    folder = tmp_path_factory.mktemp("empty")
    _migrate({"LAWGAUGE_INSTANCE": str(folder), "LAWGAUGE_SECRET_KEY": SECRET})
    return folder / "lawgauge.db"


@pytest.fixture(scope="session")
def migrated(backend: str, request: pytest.FixtureRequest) -> Callable[[Path], str]:
    """Give an instance of its own an empty, migrated database; returns its address."""
    if backend == "sqlite":
        empty: Path = request.getfixturevalue("empty_file")

        def copied(folder: Path) -> str:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copy(empty, folder / "lawgauge.db")
            return f"sqlite:///{folder / 'lawgauge.db'}"

        return copied
    server: PostgresServer = request.getfixturevalue("postgres")
    template: str = request.getfixturevalue("empty_database")

    def created(folder: Path) -> str:
        name = f"{folder.name}_{uuid.uuid4().hex[:8]}"
        return server.create(name, template=template)

    return created


@pytest.fixture(scope="session")
def empty_database(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The name of a migrated, empty PostgreSQL database, to be copied."""
    env = {
        "LAWGAUGE_INSTANCE": str(tmp_path_factory.mktemp("empty")),
        "LAWGAUGE_SECRET_KEY": SECRET,
        "LAWGAUGE_DATABASE_URL": postgres.create("empty"),
    }
    _migrate(env)
    return "empty"


@pytest.fixture(scope="session")
def _built(
    backend: str,
    migrated: Callable[[Path], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Flask, Path]]:
    """An application with a migrated, empty database, once per backend."""
    folder = tmp_path_factory.mktemp(backend)
    env = {
        "LAWGAUGE_INSTANCE": str(folder),
        "LAWGAUGE_SECRET_KEY": SECRET,
        "LAWGAUGE_DATABASE_URL": migrated(folder),
    }
    app = create_app(env, testing=True)
    app.test_client_class = OwnContext
    with app.app_context():
        if backend == "sqlite":
            sa.event.listen(db.engine, "connect", _leave_the_disk_alone)
    yield app, folder
    with app.app_context():
        db.engine.dispose()


def _leave_the_disk_alone(connection: Any, _record: object) -> None:
    """What a test stores outlives nothing: waiting for the disk would be most of it."""
    if not _in_earnest:
        connection.execute("PRAGMA synchronous=OFF")


#: Not empty while a test wants its commits on the disk. A listener that is taken off
#: an engine may live on in the pool the engine made anew.
_in_earnest: list[Flask] = []


#: A line for each table that holds something. Told to PostgreSQL once a test.
FULL = " UNION ALL ".join(
    f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM \"{table}\")"
    for table in Model.metadata.tables
)
COUNT_ANEW = """
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false)
FROM pg_sequences WHERE last_value IS NOT NULL
"""


def empty_tables(connection: sa.Connection) -> None:
    """Empty PostgreSQL's tables. A tenth of what TRUNCATE of all of them takes."""
    full = list(connection.scalars(sa.text(FULL)))
    connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
    for table in full:
        connection.execute(sa.text(f'DELETE FROM "{table}"'))
    connection.execute(sa.text(COUNT_ANEW))


@pytest.fixture
def durable(app: Flask) -> Iterator[None]:
    """SQLite's commits wait for the disk, as they do in earnest."""
    _in_earnest.append(app)
    db.engine.dispose()
    yield
    _in_earnest.remove(app)
    db.engine.dispose()


@pytest.fixture
def app(
    _built: tuple[Flask, Path], migrated: Callable[[Path], str], backend: str
) -> Iterator[Flask]:
    """The application with an empty database of its own."""
    application, folder = _built
    with application.app_context():
        if backend == "sqlite":
            db.engine.dispose()
            for name in ("lawgauge.db-wal", "lawgauge.db-shm"):
                (folder / name).unlink(missing_ok=True)
            migrated(folder)
        else:
            with db.engine.begin() as connection:
                empty_tables(connection)
        known.clear()  # question contents of the test before
        (folder / heads.NAME).unlink(missing_ok=True)
        yield application
        db.session.remove()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """The outsider: nobody is signed in."""
    return app.test_client()


@pytest.fixture
def moment() -> datetime:
    """A moment to count from."""
    return datetime(2026, 11, 24, 1, 0, tzinfo=UTC)  # 09:00 in Beijing


def make_account(username: str, *roles: str) -> int:
    """An account with a password; returns its id."""
    made = datetime(2026, 1, 1, tzinfo=UTC)
    with write() as session:
        account = Account(
            username=username,
            display_name=username,
            password_hash=PASSWORD_HASH,
            created_at=made,
            failures=0,
        )
        account.grants = [RoleGrant(role=role, granted_at=made) for role in roles]
        session.add(account)
        session.flush()  # generate account.id
        return account.id


def signed_in(app: Flask, username: str, *roles: str) -> FlaskClient:
    """A client signed in as a new account with these roles."""
    make_account(username, *roles)
    return sign_in(app, username)


def sign_in(app: Flask, username: str) -> FlaskClient:
    """A client signed in as an account that is there."""
    client = app.test_client()
    page = client.get("/login").get_data(as_text=True)
    csrf = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    form = {"username": username, "password": PASSWORD, "csrf_token": csrf}
    assert client.post("/login", data=form).status_code in (302, 303)
    return client


@pytest.fixture
def organizer(app: Flask) -> FlaskClient:
    """A client signed in as an organizer."""
    return signed_in(app, "olivia", "organizer")


@pytest.fixture
def author(app: Flask) -> FlaskClient:
    """A client signed in as one who writes questions and approves them."""
    return signed_in(app, "anna", "author", "reviewer")


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    """A client signed in as the administrator, who may do everything."""
    return signed_in(app, "ada", "admin")


@pytest.fixture
def organizer_account(app: Flask) -> int:
    """The id of an organizer's account."""
    return make_account("oscar", "organizer")
