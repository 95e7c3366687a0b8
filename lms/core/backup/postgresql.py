"""A PostgreSQL database dumped and loaded by its own programs, all of it from one moment."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from sqlalchemy import make_url

from lms.core.backup.archive import BackupRefused

Server = psycopg.Connection[tuple[Any, ...]]

_TABLES = "select tablename from pg_tables where schemaname = 'public' order by 1"
_ROLES = """
select distinct grantee::text from information_schema.role_table_grants
where table_schema = 'public' and grantee not in (session_user, 'PUBLIC')
union select unnest(roles)::text from pg_policies where schemaname = 'public' and roles <> '{public}'
order by 1
"""
#: Everything of ours goes, and what extensions own stays.
_EMPTY = """
set client_min_messages = warning;
do $$ declare words text; begin
  foreach words in array (select coalesce(array_agg(format('drop %s if exists %s cascade', kind, name)), '{}') from (
      select oid, 'pg_class'::regclass as of, oid::regclass::text as name, case relkind when 'v' then 'view'
        when 'm' then 'materialized view' when 'S' then 'sequence' else 'table' end as kind
      from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'S')
    union all
      select oid, 'pg_proc'::regclass, oid::regprocedure::text, 'routine'
      from pg_proc where pronamespace = 'public'::regnamespace
  ) as ours
  where not exists (select from pg_depend d where d.objid = ours.oid and d.classid = ours.of and d.deptype in ('e', 'i', 'a')))
  loop execute words; end loop;
end $$;
"""


@contextmanager
def moment(url: str) -> Iterator[tuple[Server, str]]:
    """A moment of the data: a connection that sees it, and its name for ``pg_dump``."""
    with _connect(url) as server:
        server.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        server.read_only = True
        server.execute("set lock_timeout = '30s'")
        [name] = _one(server, "select pg_export_snapshot()")
        yield server, str(name)


def dump(url: str, snapshot: str, target: Path) -> None:
    """Write the database as it was at ``snapshot``, in ``pg_dump``'s own compressed format."""
    _run("pg_dump", url, "--format=custom", "--no-owner", f"--snapshot={snapshot}", f"--file={target}")


def load(url: str, source: Path) -> None:
    """Put a dump in place of everything there is, in one transaction: all of it or nothing."""
    with tempfile.TemporaryDirectory(prefix="kokoroe-restore-", dir=source.parent) as name:
        script, clearing = Path(name) / "load.sql", Path(name) / "clear.sql"
        clearing.write_text(_EMPTY, "utf-8")
        # first into a file: a pipe that breaks half way would end in a commit
        _run("pg_restore", "", "--no-owner", f"--file={script}", str(source))
        words = [
            "--no-psqlrc",
            "--quiet",
            "--single-transaction",
            "--set=ON_ERROR_STOP=1",
            "--output=/dev/null",
        ]
        _run("psql", url, *words, f"--file={clearing}", f"--file={script}")
    with _connect(url) as server:
        server.autocommit = True
        server.execute("analyze")


def rows(server: Server) -> dict[str, int]:
    """Table -> rows."""
    found = {}
    for (table,) in server.execute(_TABLES).fetchall():
        counting = sql.SQL("select count(*) from {}").format(sql.Identifier(table))
        [found[table]] = _one(server, counting)
    return found


def facts(server: Server) -> tuple[str, int, list[str]]:
    """The migration at which it stands (empty before the first), the server's major version, the roles that are granted."""
    [is_there] = _one(server, "select to_regclass('public.alembic_version') is not null")
    found = server.execute("select version_num from alembic_version").fetchone() if is_there else None
    roles = [str(role) for (role,) in server.execute(_ROLES).fetchall()]
    return str(found[0]) if found else "", server.info.server_version // 10_000, roles


def missing_roles(server: Server, wanted: list[str]) -> list[str]:
    """Those that this server does not know."""
    known = server.execute("select rolname from pg_roles where rolname = any(%s)", [wanted]).fetchall()
    return sorted(set(wanted) - {str(role) for (role,) in known})


@contextmanager
def connected(url: str) -> Iterator[Server]:
    """A connection as the tables' owner. Raises ``BackupRefused`` where nobody answers."""
    with _connect(url) as server:
        yield server


def _connect(url: str) -> Server:
    address, password = _address(url)
    try:
        return psycopg.connect(address, password=password or None, connect_timeout=5)
    except psycopg.OperationalError as error:
        raise BackupRefused(f"The database does not answer: {error}".strip()) from error


def _one(server: Server, query: Any) -> tuple[Any, ...]:
    found = server.execute(query).fetchone()
    assert found is not None
    return found


def _address(url: str) -> tuple[str, str]:
    """libpq's address without the password, which would show in the list of processes, and the password."""
    parts = make_url(url)
    named = {"host": parts.host, "port": parts.port, "user": parts.username, "dbname": parts.database}
    said: dict[str, Any] = dict(parts.query) | {name: value for name, value in named.items() if value}
    return make_conninfo("", **said), str(parts.password or "")


def _run(program: str, url: str, *words: str) -> None:
    address, password = _address(url) if url else ("", "")
    command = [_found(program), *words, *([f"--dbname={address}"] if address else [])]
    environ = os.environ | ({"PGPASSWORD": password} if password else {})
    done = subprocess.run(
        command,
        check=False,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if done.returncode:
        raise BackupRefused(f"{program} failed: {done.stderr.strip()[-1000:]}", "Nothing was changed.")


def _found(program: str) -> str:
    """The newest on this machine: an old ``pg_dump`` refuses a newer server."""
    versions = Path("/usr/lib/postgresql").glob(f"*/bin/{program}")
    newest = max(versions, key=lambda path: float(path.parts[-3]), default=None)
    found = str(newest) if newest else shutil.which(program) or _packaged(program)
    if not found:
        raise BackupRefused(
            f"{program} is not on this machine.",
            "Install PostgreSQL's client programs (Debian: postgresql-client).",
        )
    return found


def _packaged(program: str) -> str:
    """That of the PyPI package, which brings PostgreSQL where the machine has none."""
    from config import programs

    folder = programs.postgresql()
    return str(folder / program) if folder and (folder / program).exists() else ""
