"""The drill: a database is lost by a command typed in the wrong window, and comes back as it was a second before.

Short in every run, with half a million rows in ``make test-long``. What is typed is what docs/operations.md says.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask

from config import pitr
from config import settings as house
from config.settings import ROOT, Settings
from lms.core.backup import snapshots, sqlite, whole
from tests.support import databases, servers
from tests.support.servers import Ground

SIZES = [20_000, pytest.param(500_000, marks=[pytest.mark.long, pytest.mark.timeout(900)])]

#: So many rows in the tables that grow most; each holds what its number says, so that a sum shows a wrong row.
_FILL = (
    "insert into tenant (id, name, created_at) values (1, 'a', '2026-01-01'), (2, 'b', '2026-01-01')",
    """with recursive n(i) as (select 1 union all select i + 1 from n where i < {0})
    insert into person (id, tenant_id, first_name, last_name, sort_name, situation, language, created_at)
    select i, 1 + i % 2, 'Nadia ' || i, 'Benali', 'benali nadia ' || i, 'unknown', 'fr', '2026-01-01' from n""",
    """with recursive n(i) as (select 1 union all select i + 1 from n where i < {0})
    insert into journal_entry (id, tenant_id, at, person_id, verb, details)
    select i, 1 + i % 2, '2026-01-01', i, 'enrolled', '{{"cohort": 7}}' from n""",
)


def fill(url: str, rows: int) -> dict[str, tuple[int, int]]:
    """Write about so many rows into a migrated database; table -> its rows and the sum of their numbers."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in _FILL:
            connection.execute(sa.text(statement.format((rows - 2) // 2)))
    engine.dispose()
    return sums(url)


def sums(url: str) -> dict[str, tuple[int, int]]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    found = {}
    with engine.connect() as connection:
        for table in ("tenant", "person", "journal_entry"):
            row = connection.execute(sa.text(f"select count(*), coalesce(sum(id), 0) from {table}")).one()
            found[table] = int(row[0]), int(row[1])
    engine.dispose()
    return found


def models_equal_migrations(app: Flask, settings: Settings, url: str) -> str:
    """Empty when ``flask db check`` is content."""
    house.use(replace(settings, database_url=url, owner_database_url=url))
    try:
        done = app.test_cli_runner().invoke(args=["db", "check"])
    finally:
        house.use(settings)
    return "" if done.exit_code == 0 else done.output


# --- PostgreSQL: back to a second ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kept:
    """A ground with the folders of a server's log and base copies."""

    place: Ground
    wal: Path
    bases: Path
    settings: dict[str, str]


@pytest.fixture
def kept(on_postgresql: bool) -> Iterator[Kept]:
    if not on_postgresql:
        pytest.skip("this is PostgreSQL's own")
    with servers.ground() as place:
        wal, bases = place.folder / "wal", place.folder / "base"
        for folder in (wal, bases):
            folder.mkdir()
            place.give(folder)
        settings = {
            "archive_mode": "on", "archive_command": _archive_command(place, wal), "archive_timeout": "60",
            "wal_level": "replica", "fsync": "off", "log_min_messages": "warning",
        }  # fmt: skip
        yield Kept(place, wal, bases, settings)


def _archive_command(place: Ground, wal: Path) -> str:
    """What the papers say; the server's own account must be able to read both files."""
    script = place.folder / "pitr.py"
    script.write_text((ROOT / "config/pitr.py").read_text("utf-8"), "utf-8")
    script.chmod(0o644)
    python = Path(sys._base_executable).resolve()  # type: ignore[attr-defined]
    if not all(parent.stat().st_mode & 0o001 for parent in python.parents):
        return f'test ! -f "{wal}/%f" && cp "%p" "{wal}/%f"'
    return f'"{python}" "{script}" keep "%p" "{wal}/%f"'


def _archived(address: str, seconds: float = 60) -> None:
    """Wait until every piece of the log up to now is kept."""
    with psycopg.connect(address, autocommit=True) as server:
        name = server.execute("select pg_walfile_name(pg_switch_wal())").fetchone()
        assert name
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            last = server.execute("select last_archived_wal from pg_stat_archiver").fetchone()
            if last and last[0] and last[0] >= name[0]:
                return
            time.sleep(0.05)
    raise AssertionError("the log is not kept: see the server's log")


def _base_copy(kept: Kept, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = sa.make_url(address)
    monkeypatch.setenv("PGBIN", str(kept.place.tools))
    for name, value in (("PGHOST", parts.host), ("PGPORT", parts.port), ("PGUSER", parts.username)):
        monkeypatch.setenv(name, str(value))
    assert pitr.main(["base", str(kept.bases)]) == 0


def _plain(address: str, database: str = "postgres") -> str:
    return (
        sa.make_url(address)
        .set(drivername="postgresql", database=database)
        .render_as_string(hide_password=False)
    )


def _whole(address: str) -> None:
    """Every index and every table, by PostgreSQL's own check where it is there; and everything can be read."""
    with psycopg.connect(address, autocommit=True) as server:
        if server.execute("select 1 from pg_available_extensions where name = 'amcheck'").fetchone():
            server.execute("create extension amcheck")
            checked = server.execute(
                "select count(bt_index_check(c.oid, true)) from pg_class c join pg_am a on a.oid = c.relam"
                " where a.amname = 'btree' and c.relkind = 'i' and c.relnamespace = 'public'::regnamespace"
            ).fetchone()
            assert checked
            assert checked[0] > 50
            faults = server.execute(
                "select c.relname, v.msg from pg_class c, verify_heapam(c.oid) v"
                " where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace"
            ).fetchall()
            assert faults == []
            server.execute("drop extension amcheck")
        sums_on = server.execute("show data_checksums").fetchone()
        assert sums_on == ("on",)


@pytest.mark.postgresql
@pytest.mark.parametrize("rows", SIZES)
def test_postgresql_goes_back_to_the_second_before(
    app: Flask, settings: Settings, kept: Kept, rows: int, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    place, began = kept.place, time.monotonic()
    servers.initialise(place, "data", "--data-checksums", "--wal-segsize=4")
    with servers.running(place, "data", kept.settings) as address:
        with psycopg.connect(_plain(address), autocommit=True) as server:
            server.execute("create database lms")
        url = databases.as_role(address, "postgres", "lms")
        databases.migrate(url)
        _base_copy(kept, _plain(address), monkeypatch)
        before = fill(url, rows)
        time.sleep(1.1)
        moment = datetime.now(UTC)  # as somebody would say it: to the second
        time.sleep(1.1)
        with psycopg.connect(_plain(address, "lms"), autocommit=True) as server:
            server.execute("drop table journal_entry cascade")  # its lines let nobody take them away
            server.execute("delete from person")
            server.execute("drop table tenant cascade")
        _archived(_plain(address))
    prepared = time.monotonic() - began

    began = time.monotonic()
    words = ["--base", str(kept.bases), "--wal", str(kept.wal), "--data", str(place.folder / "back")]
    assert pitr.main(["back", *words, "--until", moment.isoformat(timespec="seconds")]) == 0
    place.give(place.folder / "back")
    with servers.running(place, "back") as address:
        _opened(_plain(address, "lms"))
        restored = time.monotonic() - began
        url = databases.as_role(address, "postgres", "lms")
        assert sums(url) == before, "each row, and nothing else"
        assert sum(count for count, _ in before.values()) >= rows - 2
        assert models_equal_migrations(app, settings, url) == ""
        _whole(_plain(address, "lms"))
        dump = subprocess.run(
            [str(place.tools / "pg_dump"), "--format=custom", "--no-sync", "--file=/dev/null", _plain(address, "lms")],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        assert (dump.returncode, dump.stderr) == (0, "")
        with psycopg.connect(_plain(address)) as server:
            assert server.execute("show archive_mode").fetchone() == ("off",), (
                "a drill writes into no archive"
            )
    with capsys.disabled():
        print(f"\ndrill, PostgreSQL, {rows} rows: {prepared:.1f} s to prepare, {restored:.2f} s to go back")


def _opened(address: str, seconds: float = 120) -> None:
    """Wait until the server has replayed its log and takes writes."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with psycopg.connect(address) as server:
                if server.execute("select pg_is_in_recovery()").fetchone() == (False,):
                    return
        except psycopg.OperationalError:
            pass
        time.sleep(0.05)
    raise AssertionError("the server does not open: see its log")


# --- SQLite: back to the last snapshot -------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", SIZES)
def test_sqlite_goes_back_to_its_last_snapshot(
    app: Flask,
    settings: Settings,
    on_postgresql: bool,
    rows: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if on_postgresql:
        pytest.skip("PostgreSQL has better")
    url = databases.fresh("sqlite", "lms_drill")
    databases.migrate(url)
    before = fill(url, rows)
    chosen = replace(
        settings, database_url=url, owner_database_url="", snapshots=tmp_path / "kept", var=tmp_path
    )
    began = time.monotonic()
    taken = snapshots.take(chosen)
    copied = time.monotonic() - began
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("drop table journal_entry")  # its lines let nobody take them away
        for table in ("person", "tenant"):
            connection.exec_driver_sql(f"delete from {table}")
    engine.dispose()
    began = time.monotonic()
    whole.restore_snapshot(chosen, taken, force=True)
    restored = time.monotonic() - began
    assert sums(url) == before
    sqlite._demand_whole(sqlite.path_of(url), "integrity_check")
    assert models_equal_migrations(app, settings, url) == ""
    with capsys.disabled():
        print(f"\ndrill, SQLite, {rows} rows: {copied:.2f} s for a snapshot, {restored:.2f} s to go back")
