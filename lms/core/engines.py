"""Pools of connections as each database wants them."""

import sqlite3
import time

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError


def postgresql(url: str, pool_size: int) -> Engine:
    """A pool that opens no more connections than it keeps."""
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        hide_parameters=True,  # an error's words go to the log, and values are people's
        connect_args={"connect_timeout": 5},  # a host that swallows packets would hold a page for minutes
    )


def sqlite(url: str, pool_size: int, *, writes: bool, seconds: int) -> Engine:
    """A pool for readers, or one for writers: a PRAGMA at each turn would expire every prepared statement.

    ``seconds``: how long a transaction may take.
    """
    # Renewed every hour: an open connection does not learn of new statistics.
    engine = create_engine(url, pool_size=pool_size, max_overflow=0, pool_recycle=3600, hide_parameters=True)

    def connected(raw: sqlite3.Connection, _record: object) -> None:
        raw.isolation_level = None  # we say BEGIN, not the driver
        raw.execute("PRAGMA journal_mode=WAL")
        raw.execute("PRAGMA synchronous=FULL")
        raw.execute("PRAGMA foreign_keys=ON")
        raw.execute("PRAGMA busy_timeout=10000")
        raw.execute("PRAGMA secure_delete=ON")  # what was erased is not left between the pages of the file
        # KiB: with the usual 2,000 a list of a large agency is read anew each time
        raw.execute("PRAGMA cache_size=-16384")
        raw.execute(f"PRAGMA query_only={'OFF' if writes else 'ON'}")

    def begun(connection: Connection) -> None:
        deadline = time.monotonic() + seconds
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.set_progress_handler(lambda: time.monotonic() > deadline, 50_000)
        begin = "BEGIN IMMEDIATE" if writes else "BEGIN"
        try:
            raw.execute(begin)
        except sqlite3.Error as error:  # SQLAlchemy does not translate what its listeners raise
            raise OperationalError(begin, None, error) from error

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
    return engine
