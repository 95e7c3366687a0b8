"""Changing tables while people work: no migration waits long for a lock, since all that comes later waits behind it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click
from alembic.config import Config
from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import OperationalError, SQLAlchemyError

LOCK_SECONDS = 5  #: that a migration waits for one lock
_LOCKED = "55P03"
_OTHERS = """
select pid, coalesce(nullif(application_name, ''), usename), extract(epoch from now() - xact_start)::int
from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and xact_start < now() - interval '1 second'
order by xact_start limit 5
"""


@contextmanager
def waited_for_nobody(config: Config) -> Iterator[None]:
    """A sentence about who holds the lock, where somebody does. Each migration is one transaction: it left nothing."""
    try:
        yield
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", "") != _LOCKED:
            raise
        raise click.ClickException(_sentence(config)) from error


def _sentence(config: Config) -> str:
    words = (
        f"Somebody held a table for more than {LOCK_SECONDS} s: the migration that waited was taken back, those before"
        " it stand, and nothing is half done."
    )
    others = _others(config)
    if others:
        words += f" Open transactions: {'; '.join(others)}."
    return f"{words} Try again, at a quiet hour or with the workers stopped."


def _others(config: Config) -> list[str]:
    """Who has had a transaction open for a while: process, program, since when. Empty where we may not ask."""
    url = (config.get_main_option("sqlalchemy.url") or "").replace("%%", "%")
    engine, found = create_engine(url, poolclass=NullPool), list[str]()
    with suppress(SQLAlchemyError), engine.connect() as connection:
        for pid, program, seconds in connection.exec_driver_sql(_OTHERS).all():
            found.append(f"process {pid} ({program}), for {seconds} s")
    engine.dispose()
    return found
