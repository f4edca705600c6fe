"""PostgreSQL: all tables of one moment by COPY, and loading them again.

No other program is needed: pg_dump refuses a server newer than itself and cannot
prove what it wrote. A dump is proven here by loading it into a schema of its own, in
a transaction that is rolled back. DDL is not in it: the tables are made by the
migrations, up to the revision the dump was made at.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

REVISIONS = "alembic_version"

#: Told how many tables of how many are done.
Tell = Callable[[int, int], None]
Writer = Callable[[bytes | memoryview], None]


def part_of(table: str) -> str:
    """The name of a table's part in the archive."""
    return f"tables/{table}.copy"


@contextmanager
def one_moment(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection that sees the database as it is now, whatever is written."""
    with engine.connect().execution_options(
        isolation_level="REPEATABLE READ", postgresql_readonly=True
    ) as connection:
        yield connection


def tables_in(connection: sa.Connection) -> list[str]:
    """All tables of the schema, with the one that holds its revision."""
    query = (
        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        " ORDER BY tablename"
    )
    return list(connection.exec_driver_sql(query).scalars())


def columns_of(connection: sa.Connection, table: str) -> list[str]:
    """The columns of a table in their order."""
    query = sa.text(
        "SELECT column_name FROM information_schema.columns WHERE table_name = :table"
        " AND table_schema = current_schema() ORDER BY ordinal_position"
    )
    return list(connection.execute(query, {"table": table}).scalars())


def dump_table(connection: sa.Connection, table: str, write: Writer) -> None:
    """Write a table in COPY's text form; the first line names its columns."""
    names = ", ".join(_quoted(name) for name in columns_of(connection, table))
    write(f"{names}\n".encode())
    with _cursor(connection).copy(f"COPY {_quoted(table)} ({names}) TO STDOUT") as rows:
        for piece in rows:
            write(piece)


def load_tables(
    connection: sa.Connection, parts: Mapping[str, Iterable[bytes]], tell: Tell
) -> None:
    """Fill empty tables; references are taken off before and put on again after.

    :param parts: The pieces of each table's part.
    """
    references = _take_off_references(connection)
    for done, (table, pieces) in enumerate(parts.items()):
        tell(done, len(parts))
        _load_table(connection, table, pieces)
        _set_sequences(connection, table)
    for statement in references:
        connection.exec_driver_sql(statement)
    tell(len(parts), len(parts))


def _load_table(connection: sa.Connection, table: str, pieces: Iterable[bytes]) -> None:
    walk = iter(pieces)
    head = b""
    while b"\n" not in head:
        head += next(walk)
    names, _, rest = head.partition(b"\n")
    known = {_quoted(name) for name in columns_of(connection, table)}
    if not set(names.decode().split(", ")) <= known:
        raise RuntimeError(f"columns of {table} that this schema does not have")
    sql = f"COPY {_quoted(table)} ({names.decode()}) FROM STDIN"
    with _cursor(connection).copy(sql) as rows:
        rows.write(rest)
        for piece in walk:
            rows.write(piece)


def _take_off_references(connection: sa.Connection) -> list[str]:
    """Drop all foreign keys; returns the statements that make them again."""
    statements = []
    for table, name, definition in _references(connection):
        alter = f"ALTER TABLE {_quoted(table)}"
        connection.exec_driver_sql(f"{alter} DROP CONSTRAINT {_quoted(name)}")
        statements.append(f"{alter} ADD CONSTRAINT {_quoted(name)} {definition}")
    return statements


def _references(connection: sa.Connection) -> list[tuple[str, str, str]]:
    """All foreign keys of the schema: table, name, definition."""
    found = connection.exec_driver_sql(
        "SELECT c.relname, k.conname, pg_get_constraintdef(k.oid)"
        " FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid"
        " WHERE k.contype = 'f' AND c.relnamespace = current_schema()::regnamespace"
    )
    return [(table, name, definition) for table, name, definition in found]


def _set_sequences(connection: sa.Connection, table: str) -> None:
    """Let numbering go on behind what was loaded."""
    for name in columns_of(connection, table):
        sequence = connection.execute(
            sa.select(sa.func.pg_get_serial_sequence(_quoted(table), name))
        ).scalar()
        if sequence:
            newest: sa.ColumnElement[int] = sa.func.coalesce(
                sa.func.max(sa.column(name)), 0
            )
            following = sa.func.setval(sequence, newest + 1, False)
            connection.execute(sa.select(following).select_from(sa.table(table)))


def drop_tables(connection: sa.Connection) -> None:
    """Remove all tables of the schema."""
    names = ", ".join(_quoted(table) for table in tables_in(connection))
    if names:
        connection.exec_driver_sql(f"DROP TABLE {names} CASCADE")


@contextmanager
def scratch(engine: sa.Engine) -> Iterator[sa.Connection]:
    """The same tables, empty, in a schema of its own that is never committed.

    :raises sqlalchemy.exc.ProgrammingError: If the account may not make a schema.
    """
    name = f"check_{secrets.token_hex(6)}"
    with engine.connect() as connection:
        tables = tables_in(connection)
        source = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
        references = _references(connection)
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
        connection.exec_driver_sql(f"SET LOCAL search_path TO {name}")
        for table in tables:
            connection.exec_driver_sql(
                f"CREATE TABLE {_quoted(table)}"
                f" (LIKE {_quoted(source)}.{_quoted(table)} INCLUDING ALL)"
            )
        for table, name_of_key, definition in references:
            connection.exec_driver_sql(
                f"ALTER TABLE {_quoted(table)}"
                f" ADD CONSTRAINT {_quoted(name_of_key)} {definition}"
            )
        yield connection  # closed without a commit: all of it is gone


def others_connected(connection: sa.Connection) -> int:
    """How many other sessions this database has."""
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    return int(connection.exec_driver_sql(query).scalar_one())


def _cursor(connection: sa.Connection) -> Any:
    """The driver's own cursor: COPY is not spoken by SQLAlchemy."""
    driver: Any = connection.connection.dbapi_connection
    return driver.cursor()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
