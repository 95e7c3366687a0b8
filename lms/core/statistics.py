"""What the database knows of its own tables, refreshed: without it, SQLite reads whole tables where an index would do.

PostgreSQL's autovacuum does this by itself, and only a table's owner may ask for it.
"""

from sqlalchemy import text

from lms.core import jobs
from lms.core.db import session
from lms.core.jobs import Run
from lms.core.schedule import every

MANY = 1_000  #: rows written at once, from which on the figures of yesterday mislead
_LIMIT = 1_000  #: entries of an index that are looked at: enough to tell a key from a flag, soon done


@every(name="core.refresh_statistics", hours=24)
def refresh(run: Run) -> None:
    """Look at the tables anew. Connections that are open learn of it when they are renewed, within the hour."""
    with run.step():
        gather()


def gather() -> None:
    """The same in the caller's transaction, for commands that load much."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text(f"PRAGMA analysis_limit={_LIMIT}"))
        session.execute(text("ANALYZE"))


def refresh_after(rows: int, key: str) -> None:
    """Have it done soon where so many rows have just been written; ``key`` names the occasion."""
    if rows >= MANY:
        jobs.later("core.refresh_statistics", unique_key=f"statistics after {key}")
