"""Rows by the hundred thousand: written as tuples, past the session, by the quickest way that each database has.

For what was made in sets and has no objects: a history taken over, data to measure with. The rows are those of the
transaction in hand, and the keys, guards and limits of their tables hold for them as for any others.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from typing import Any

import sqlalchemy as sa

from config import settings
from lms.core.db import Model, session

Row = Sequence[Any]


def write(table: type[Model], columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Add rows, each a tuple of these columns' values; the columns that are not named have no default. How many.

    PostgreSQL: COPY, by way of a temporary table where row-level security guards the real one, as it must not be copied
    into. SQLite: the driver's ``executemany``. Neither holds the rows in memory.
    """
    connection = session.connection()
    bound, names = _bound(table, columns, rows, connection.dialect), ", ".join(columns)
    raw: Any = connection.connection.driver_connection
    with closing(raw.cursor()) as cursor:
        if connection.dialect.name == "sqlite":
            marks = ", ".join("?" * len(columns))
            # The names are our own, of the model and its columns; values are bound.
            cursor.executemany(f"insert into {table.__tablename__} ({names}) values ({marks})", bound)  # nosec B608
            return int(cursor.rowcount)
        return _copy(cursor, table.__tablename__, names, bound)


def reserve(table: type[Model], number: int) -> Sequence[int]:
    """Ids that nobody else will get, for rows whose children are written with them. Once a table until they are written."""
    if session.get_bind().dialect.name == "sqlite":  # it has one writer: whoever asks is the one
        last = session.scalar(sa.select(sa.func.max(table.__table__.c.id))) or 0
        return range(last + 1, last + 1 + number)
    drawn = sa.text(
        "select nextval(pg_get_serial_sequence(:table, 'id')) from generate_series(1, :number) order by 1"
    )
    return session.scalars(drawn, {"table": table.__tablename__, "number": number}).all()


def refresh_statistics(url: str = "") -> None:
    """Tell the database how its tables have grown, so that it looks for a few rows in a better way than through all.

    Outside of any transaction. On PostgreSQL only the owner of the tables may; else the server does it by itself, later.
    ``url``: of another database than the installation's own.
    """
    chosen = settings.current()
    url = url or chosen.owner_database_url or chosen.database_url
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("analyze" if engine.dialect.name == "sqlite" else "vacuum analyze")
    engine.dispose()


def _copy(cursor: Any, table: str, columns: str, rows: Iterable[Row]) -> int:
    """COPY, and where the table is guarded from there on INSERT ... SELECT, which the guard can judge."""
    is_guarded = cursor.execute("select row_security_active(%s)", (table,)).fetchone()[0]
    target = f"bulk_{table}" if is_guarded else table
    if is_guarded:
        empty = f"select {columns} from {table}"  # our own names  # nosec B608
        cursor.execute(f"create temp table {target} on commit drop as {empty} with no data")
    with cursor.copy(f"copy {target} ({columns}) from stdin") as copy:
        for row in rows:
            copy.write_row(row)
    number = int(cursor.rowcount)
    if is_guarded:
        cursor.execute(f"insert into {table} ({columns}) select {columns} from {target}")  # our own names  # nosec B608
        cursor.execute(f"drop table {target}")
    return number


def _bound(
    table: type[Model], columns: Sequence[str], rows: Iterable[Row], dialect: sa.Dialect
) -> Iterator[Row]:
    """The values as the driver wants them: only those columns are touched whose type says how."""
    changes: list[tuple[int, Callable[[Any], Any]]] = []
    for at, name in enumerate(columns):
        made = table.__table__.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        if made is not None:
            changes.append((at, made))
    for row in rows:
        values = list(row)
        for at, change in changes:
            values[at] = change(values[at])
        yield values
