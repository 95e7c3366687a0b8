"""Tables change while people work: no long wait for a lock, one upgrade at a time, and rows live through it."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from config import settings as house
from config.settings import Settings
from lms.core import db, upgrades
from lms.core.backup import postgresql, sqlite
from tests import conftest
from tests.support import databases
from tests.support.databases import Addresses
from tests.support.worlds import World


def plain(url: str) -> str:
    return sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture
def flask(app: Flask, settings: Settings) -> Iterator[Callable[..., Result]]:
    """``flask(url, "db", "upgrade")``: a command on another database, in this process."""

    def run(url: str, *words: str) -> Result:
        house.use(replace(settings, database_url=url, owner_database_url=url))
        return app.test_cli_runner().invoke(args=[*words])

    yield run
    house.use(settings)


@pytest.mark.postgresql
def test_an_upgrade_does_not_wait_behind_somebodys_transaction(
    flask: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upgrades, "LOCK_SECONDS", 1)
    url = databases.fresh("postgresql", "lms_locked")
    databases.migrate(url)
    with psycopg.connect(plain(url), application_name="a long report") as other:
        other.execute("select * from person")
        time.sleep(1.1)
        began = time.monotonic()
        done = flask(url, "db", "downgrade", "base")
        assert time.monotonic() - began < 20
    assert done.exit_code == 1
    assert "nothing is half done" in done.output
    assert "a long report" in done.output
    assert databases.revision(url) != "", "the first migration, which would have dropped the table, stands"
    assert flask(url, "db", "upgrade").exit_code == 0
    assert flask(url, "db", "check").exit_code == 0


@pytest.mark.postgresql
def test_two_machines_that_upgrade_together_take_turns(flask: Callable[..., Result]) -> None:
    url = databases.fresh("postgresql", "lms_turns")
    done: list[Result] = []
    with psycopg.connect(plain(url), autocommit=True) as other:
        other.execute("select pg_advisory_lock(%s)", [20_261_130])  # migrations/env.py
        waiting = threading.Thread(target=lambda: done.append(flask(url, "db", "upgrade")))
        waiting.start()
        while not other.execute(
            "select 1 from pg_locks where locktype = 'advisory' and not granted"
        ).fetchone():
            time.sleep(0.05)
        assert databases.revision(url) == "", "it waits for its turn"
    waiting.join()
    assert [one.exit_code for one in done] == [0]
    assert databases.revision(url) != ""


def test_rows_live_through_down_and_up(app: Flask, world: World, addresses: Addresses) -> None:
    """Every migration but the first goes down and up again over rows; what both ends have is what it was."""
    url = _copy_of(addresses)
    before = _counts(url)
    assert sum(before.values()) > 50
    databases.migrate(url, "0001")
    between = _counts(url)
    databases.migrate(url)
    after = _counts(url)
    assert after.keys() == before.keys()
    assert {t: n for t, n in after.items() if t in between} == {t: before[t] for t in between if t in before}


def _copy_of(addresses: Addresses) -> str:
    """The test's own database with its rows, at another place: its roles and rights stay as they are."""
    db.disconnect_idle()
    url = databases.fresh("postgresql" if conftest.KIND == "postgresql" else "sqlite", "lms_rows")
    if conftest.KIND == "sqlite":
        sqlite.copy(sqlite.path_of(addresses.owner_url), sqlite.path_of(url))
        return url
    folder = Path(os.environ.get("TMPDIR", "/tmp"))
    dump = folder / f"lms-rows-{os.getpid()}.dump"
    try:
        with postgresql.moment(addresses.owner_url) as (_server, snapshot):
            postgresql.dump(addresses.owner_url, snapshot, dump)
        postgresql.load(url, dump)
    finally:
        dump.unlink(missing_ok=True)
    return url


def _counts(url: str) -> dict[str, int]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        names = [name for name in sa.inspect(connection).get_table_names() if name != "alembic_version"]
        found = {
            name: int(connection.scalar(sa.text(f'select count(*) from "{name}"')) or 0) for name in names
        }
    engine.dispose()
    return found
