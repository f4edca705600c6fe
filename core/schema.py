"""Which revision the tables are at, and which this program knows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from flask import current_app

_VERSION = sa.table("alembic_version", sa.column("version_num"))


def revision_of(connection: sa.Connection) -> str:
    """The revision of a database's tables; empty where there are none yet."""
    if not sa.inspect(connection).has_table(_VERSION.name):
        return ""
    return str(connection.scalar(sa.select(_VERSION.c.version_num)) or "")


def head_revision() -> str:
    """The revision this program works with."""
    return str(_scripts().get_current_head())


def is_known(revision: str) -> bool:
    """Whether this program can bring such tables to its own revision."""
    try:
        return _scripts().get_revision(revision) is not None
    except CommandError:
        return False


def migrate(revision: str = "head", connection: sa.Connection | None = None) -> None:
    """Bring the tables to a revision, in one transaction.

    :param connection: Work inside its transaction; the caller commits.
    """
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _config() -> Config:
    config: Config = current_app.extensions["migrate"].migrate.get_config()
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
