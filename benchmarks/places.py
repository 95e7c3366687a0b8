"""Where a benchmark runs: the application over a database that is there, or over one made for it."""

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from sqlalchemy import Engine, event

from benchmarks.meter import Meter, of_server
from config.settings import Settings
from lms.app import create_app
from lms.core import db, logs
from lms.core.db import Mode
from tests.support import databases, servers

_WORKER = "LMS_WORKER_DATABASE_URL"  #: the role that sees the jobs of every tenant
_LONG = 1_800  #: seconds that a transaction of the preparations may take: a million rows are written in one
_OWNER = "LMS_OWNER_DATABASE_URL"  #: the role that owns the tables


@dataclass(frozen=True, slots=True)
class Place:
    """The application, its database, and a folder for files."""

    app: Flask
    url: str
    folder: Path
    meter: Meter

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is a file."""
        return self.url.startswith("sqlite")

    def bare(self, tenant_id: int) -> Engine:
        """A plain engine for floors: nothing of the house stands between them and the rows of this tenant."""
        if not self.is_sqlite:
            return sa.create_engine(self.url, connect_args={"options": f"-c app.tenant={tenant_id}"})
        engine = sa.create_engine(self.url)

        @event.listens_for(engine, "connect")
        def _like_ours(raw: sa.PoolProxiedConnection, _record: object) -> None:
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
                raw.cursor().execute(f"PRAGMA {pragma}")

        return engine

    def beside(self, name: str) -> tuple[str, str]:
        """Another database of the same kind, with its tables: the application's address, and the owner's."""
        made = databases.prepare("sqlite" if self.is_sqlite else "postgresql", name)
        return made.app_url, made.owner_url


@contextmanager
def database(said: str) -> Iterator[str]:
    """The address to measure on. Empty: a file of each benchmark's own; ``postgresql``: a private server."""
    if said != "postgresql":
        yield said
        return
    with servers.postgresql() as server:
        os.environ["LMS_TEST_SERVER"] = server
        addresses = databases.prepare("postgresql", "benchmarks")
        os.environ[_WORKER], os.environ[_OWNER] = addresses.worker_url, addresses.owner_url
        yield addresses.app_url


@contextmanager
def place(url: str) -> Iterator[Place]:
    """The application over ``url``, whose tables are made if it has none; without one, over a new SQLite file."""
    with tempfile.TemporaryDirectory(prefix="lms-bench-") as name:
        folder = Path(name)
        url = (url or f"sqlite:///{folder / 'bench.db'}").replace("postgresql://", "postgresql+psycopg://")
        if not databases.revision(url):
            databases.migrate(url)
        chosen = Settings(
            database_url=url, var=folder, secret_key=secrets.token_hex(16), base_url="http://localhost",
            worker_database_url="" if url.startswith("sqlite") else os.environ.get(_WORKER, ""),
            owner_database_url="" if url.startswith("sqlite") else os.environ.get(_OWNER, ""),
            storage_url=f"file://{folder / 'files'}",
        )  # fmt: skip
        db.SECONDS.update({Mode.WRITE: _LONG, Mode.REPORT: _LONG})
        app = create_app(chosen)
        try:
            with open(os.devnull, "w") as nowhere:
                logs.configure(chosen.env, nowhere)  # each line is made, as ever, and read by nobody
                yield Place(app, url, folder, Meter(_server(url)))
        finally:
            db.disconnect()


def _server(url: str) -> Callable[[], float]:
    if url.startswith("sqlite"):
        return lambda: 0.0
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return of_server(int(connection.scalar(sa.text("select pg_backend_pid()")) or 0))
