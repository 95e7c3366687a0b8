"""A database for each test process, copied from one migrated template and emptied after each test.

``prepare("sqlite", "gw0")`` gives the addresses; ``empty(addresses)`` takes every row away again. The roles on
PostgreSQL are those of an installation: the owner migrates, the application owns nothing, so row-level security binds it.
"""

import atexit
import os
import shutil
import sqlite3
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy import make_url, text

from lms.core import roles

ROOT = Path(__file__).resolve().parents[2]
Kind = Literal["sqlite", "postgresql"]

_TEMPLATE = "lms_template"
_LOCK = 4242  #: processes of one run make roles and template one after the other
_ROLES = """
do $$ begin
  if not exists (select from pg_roles where rolname = 'lms_owner') then
    create role lms_owner login createdb;
    create role lms_app login;
    create role lms_worker login;
    create role lms_free login bypassrls in role lms_app;
    grant set on parameter session_replication_role to lms_owner;
  end if;
end $$
"""
_EMPTY = """
do $$ declare name text; begin
  perform set_config('session_replication_role', 'replica', true);  -- neither keys nor guards, only rows
  perform set_config('lock_timeout', '15s', true);  -- a test that left a transaction open fails here, by name
  for name in select oid::regclass::text from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relname <> 'alembic_version'
      and pg_relation_size(oid) > 0  -- most were never written to
  loop execute 'delete from ' || name; end loop;
end $$
"""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the tests of one process find their database."""

    owner_url: str  #: migrates, and may empty the tables
    app_url: str  #: what the application connects with
    worker_url: str  #: what its worker connects with
    template: Path | None = None  #: SQLite: the migrated file that the copies are made from

    @property
    def kind(self) -> Kind:
        """``sqlite`` or ``postgresql``."""
        return "postgresql" if self.owner_url.startswith("postgresql") else "sqlite"


def prepare(kind: Kind, worker_id: str = "main") -> Addresses:
    """A fresh, migrated, empty database for the test process ``worker_id``.

    PostgreSQL is found through ``LMS_TEST_SERVER`` (see ``servers``); ``LMS_TEST_ROLE`` is the application's role.
    """
    if kind == "sqlite":
        return _sqlite(worker_id)
    server = os.environ.get("LMS_TEST_SERVER", "")
    if not server:
        raise LookupError("LMS_TEST_SERVER is empty: run `python -m tests.support.servers pytest ...`")
    return _postgresql(server, f"lms_test_{worker_id}")


def empty(addresses: Addresses) -> None:
    """Take every row away, past keys and guards. Sessions of the application must be over."""
    if addresses.kind == "sqlite":
        _restore(addresses)
        return
    with _engine(addresses.owner_url).begin() as connection:
        connection.exec_driver_sql(_EMPTY)


def migrate(url: str, to: str = "head") -> None:
    """Bring a database to a revision, up or down (``base``: none)."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    config.attributes["quiet"] = True
    now = revision(url)
    down = to == "base" or (to != "head" and to < now)
    (command.downgrade if down else command.upgrade)(config, to)


def revision(url: str) -> str:
    """The revision at which a database stands; empty before the first migration."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        there = sa.inspect(connection).has_table("alembic_version")
        found = connection.scalar(text("select version_num from alembic_version")) if there else ""
    engine.dispose()
    return found or ""


def as_role(url: str, role: str, database: str = "") -> str:
    """The same PostgreSQL server for another role, and another database if one is named."""
    found = make_url(url)
    return found.set(username=role, database=database or found.database).render_as_string(hide_password=False)


def fresh(kind: Kind, name: str) -> str:
    """An empty database without any table, for tests of the migrations themselves. Its owner's address."""
    if kind == "sqlite":
        for file in _folder().glob(f"{name}.db*"):  # of the test before, and its -wal and -shm
            file.unlink()
        return f"sqlite:///{_folder() / name}.db"
    server = os.environ["LMS_TEST_SERVER"]
    name += f"_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"  # processes of one run share the server
    with _engine(server, autocommit=True).connect() as connection:
        _roles(connection)
        connection.execute(text(f"drop database if exists {name} with (force)"))
        connection.execute(text(f"create database {name} owner lms_owner"))
    return as_role(server, "lms_owner", name)


def copied(addresses: Addresses, name: str) -> str:
    """A second database on the same PostgreSQL with the same rows; nobody may be connected to the first one meanwhile.

    The address for the application.
    """
    server, source = os.environ["LMS_TEST_SERVER"], make_url(addresses.owner_url).database
    name = f"{name}_of_{source}"  # processes of one run share the server
    with _engine(server, autocommit=True).connect() as connection:
        connection.execute(text(f"drop database if exists {name} with (force)"))
        connection.execute(text(f"create database {name} template {source} owner lms_owner"))
    return as_role(addresses.app_url, make_url(addresses.app_url).username or "", name)


def _sqlite(worker_id: str) -> Addresses:
    template, copy = _folder() / "template.db", _folder() / f"{worker_id}.db"
    if not template.exists():
        migrate(f"sqlite:///{template}")
    for file in copy.parent.glob(f"{copy.name}*"):  # with the -wal and -shm of an earlier call
        file.unlink()
    shutil.copy(template, copy)
    url = f"sqlite:///{copy}"
    return Addresses(url, url, url, template)


def _restore(addresses: Addresses) -> None:
    """Lay the template's pages over the copy: quicker than deletes, and no trigger can object."""
    assert addresses.template
    template = sqlite3.connect(addresses.template)
    copy = sqlite3.connect(addresses.owner_url.removeprefix("sqlite:///"), timeout=10)
    try:
        copy.execute("PRAGMA synchronous=OFF")
        template.backup(copy)
    finally:
        copy.close()
        template.close()


def _postgresql(server: str, name: str) -> Addresses:
    with _engine(server, autocommit=True).connect() as connection:
        connection.execute(text(f"select pg_advisory_lock({_LOCK})"))
        _roles(connection)
        _template(connection, server)
        connection.execute(text(f"drop database if exists {name} with (force)"))
        connection.execute(text(f"create database {name} template {_TEMPLATE} owner lms_owner"))
        connection.execute(text(f"select pg_advisory_unlock({_LOCK})"))
    role = os.environ.get("LMS_TEST_ROLE", "lms_app")
    owner = as_role(server, "lms_owner", name)
    return Addresses(owner, as_role(server, role, name), as_role(server, "lms_worker", name))


def _roles(connection: sa.Connection) -> None:
    connection.execute(text(_ROLES))


def _template(connection: sa.Connection, server: str) -> None:
    """Migrate the template once for all processes of a run."""
    marked = text("select shobj_description(oid, 'pg_database') from pg_database where datname = :name")
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    if connection.scalar(marked, {"name": _TEMPLATE}) == run:
        return
    connection.execute(text(f"drop database if exists {_TEMPLATE} with (force)"))
    connection.execute(text(f"create database {_TEMPLATE} owner lms_owner"))
    owner = as_role(server, "lms_owner", _TEMPLATE)
    migrate(owner)
    with _engine(owner).begin() as inside:
        roles.grant(inside, [as_role(server, "lms_app")], as_role(server, "lms_worker"))
    connection.exec_driver_sql(f"comment on database {_TEMPLATE} is '{run}'")


@cache
def _folder() -> Path:
    """This process's own folder, gone when it ends."""
    folder = Path(tempfile.mkdtemp(prefix="lms-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def _engine(url: str, autocommit: bool = False) -> sa.Engine:
    """Connections of the tests themselves, closed after each use so that none is left over to warn."""
    options = {"isolation_level": "AUTOCOMMIT"} if autocommit else {}
    return sa.create_engine(url, poolclass=sa.NullPool, **options)
