"""Statements of the candidate's path: compiled once, run on the driver itself.

SQLAlchemy takes several times as long as SQLite to run a statement that it has run
before, and a sitting runs over a hundred. So what it makes of a statement (text,
order of the values, conversions) is kept for each dialect, and the driver is given
that. Errors are SQLAlchemy's, as everywhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar, overload

import sqlalchemy as sa
from sqlalchemy.sql.compiler import SQLCompiler

Row = TypeVar("Row")

_Convert = Callable[[Any], Any]


class _Ready:
    """What one dialect makes of a statement."""

    def __init__(
        self, statement: Any, dialect: sa.Dialect, columns: Sequence[str]
    ) -> None:
        keys = list(columns) or None
        compiled = statement.compile(dialect=dialect, column_keys=keys)
        assert isinstance(compiled, SQLCompiler)
        if "POSTCOMPILE" in compiled.string:
            raise ValueError("this statement's text depends on its values")
        self.sql = compiled.string
        self.error: type[Exception] = dialect.dbapi.Error  # type: ignore[union-attr]
        self._fixed = dict(compiled.params)  # constants of the statement among them
        self._order = compiled.positiontup
        self._binds: list[tuple[str, _Convert]] = []
        for name, bind in compiled.binds.items():
            if isinstance(bind.type, sa.types.NullType):
                raise TypeError(f"the statement does not know the type of {name}")
            convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if convert is not None:
                self._binds.append((name, convert))
        self.results: list[tuple[int, _Convert]] = []
        for place, column in enumerate(_columns(statement)):
            convert = column.type.dialect_impl(dialect).result_processor(dialect, None)
            if convert is not None:
                self.results.append((place, convert))

    def values(self, given: Mapping[str, Any]) -> Any:
        """The values as the driver takes them."""
        values = {**self._fixed, **given}
        for name, convert in self._binds:
            values[name] = convert(values[name])
        if self._order is None:
            return values
        return [values[name] for name in self._order]

    def read(self, raw: Sequence[Any]) -> Sequence[Any]:
        """One row of the driver as Python's types."""
        row = list(raw)
        for place, convert in self.results:
            row[place] = convert(row[place])
        return tuple(row)


def _columns(statement: Any) -> Sequence[Any]:
    """The columns of the rows that a statement gives back."""
    return tuple(getattr(statement, "exported_columns", ()))


class Statement(Generic[Row]):
    """One statement whose text never changes.

    :param statement: With ``bindparam`` for what varies; no ``IN`` list of any length.
    :param row: Makes an object of the columns of one row; without it, a tuple.
    :param columns: Of an insert without values: those that will be given.
    """

    @overload
    def __init__(
        self: Statement[tuple[Any, ...]],
        statement: sa.Executable,
        *,
        columns: Sequence[str] = ...,
    ) -> None: ...

    @overload
    def __init__(self, statement: sa.Executable, row: Callable[..., Row]) -> None: ...

    def __init__(
        self,
        statement: sa.Executable,
        row: Callable[..., Any] | None = None,
        *,
        columns: Sequence[str] = (),
    ) -> None:
        self._statement = statement
        self._row = row
        self._columns = columns
        self._ready: dict[str, _Ready] = {}

    def run(self, connection: sa.Connection, values: Mapping[str, Any]) -> list[Row]:
        """Run it; returns all rows.

        :param values: By name; every time the same names.
        """
        dialect = connection.dialect
        ready = self._ready.get(dialect.name)
        if ready is None:
            ready = _Ready(self._statement, dialect, self._columns)
            self._ready[dialect.name] = ready
        driver: Any = connection.connection.dbapi_connection
        given = ready.values(values)
        cursor = driver.cursor()
        try:
            cursor.execute(ready.sql, given)
            found = cursor.fetchall() if cursor.description else []
        except ready.error as error:
            raise sa.exc.DBAPIError.instance(
                ready.sql,
                given,
                error,
                ready.error,
                hide_parameters=connection.engine.hide_parameters,
                dialect=dialect,
            ) from error
        finally:
            cursor.close()
        if ready.results:
            found = [ready.read(one) for one in found]
        return [self._row(*one) for one in found] if self._row else found

    def first(self, connection: sa.Connection, values: Mapping[str, Any]) -> Row | None:
        """Run it; returns the first row, or None."""
        rows = self.run(connection, values)
        return rows[0] if rows else None
