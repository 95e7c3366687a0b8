"""Snapshots of a SQLite database, every so often: what a lost disk can cost at most.

PostgreSQL has better: its log is archived all the time (``config/pitr.py``), and a second is named to go back to.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from config import settings
from config.settings import Settings
from lms.core import jobs, schedule
from lms.core.backup import sqlite
from lms.core.clock import now
from lms.core.i18n import lazy

TASK = "core.snapshot"
LATEST, DAYS = 24, 14  #: the latest so many are kept, and the last one of each of so many days
_FORM = "lms-%Y%m%dT%H%M%SZ.db"


@jobs.task(TASK, lazy("Snapshot of the database"))
def snapshot(run: jobs.Run) -> None:
    """Take one, and let go of those that nobody needs any more."""
    take(settings.current())


def plan(chosen: Settings) -> None:
    """Have it done as often as the settings say; never on PostgreSQL."""
    schedule.duties.pop(TASK, None)
    if chosen.snapshot_minutes and chosen.database_url.startswith("sqlite"):
        schedule.duties[TASK] = timedelta(minutes=chosen.snapshot_minutes)


def take(chosen: Settings) -> Path:
    """A checked copy of the database, in the folder of the snapshots. Raises ``BackupRefused``."""
    folder = chosen.snapshots
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / now().strftime(_FORM)
    half = target.with_suffix(".part")
    half.unlink(missing_ok=True)
    try:
        sqlite.copy(sqlite.path_of(chosen.database_url), half)
        half.chmod(0o600)
        with half.open("rb") as made:
            os.fsync(made.fileno())
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)
    for old in superfluous(list(taken(folder)), now()):
        (folder / old.strftime(_FORM)).unlink(missing_ok=True)
    return target


def taken(folder: Path) -> dict[datetime, Path]:
    """The snapshots of a folder by their moment, oldest first; what is named otherwise is none of ours."""
    found = {}
    for path in folder.glob("lms-*.db"):
        try:
            found[datetime.strptime(path.name, _FORM).replace(tzinfo=UTC)] = path
        except ValueError:
            continue
    return dict(sorted(found.items()))


def superfluous(moments: list[datetime], at: datetime) -> list[datetime]:
    """Those that may go."""
    newest_first = sorted(moments, reverse=True)
    last_of_day: dict[object, datetime] = {}
    for one in newest_first:
        last_of_day.setdefault(one.date(), one)
    kept = set(newest_first[:LATEST])
    first = (at - timedelta(days=DAYS)).date()
    kept |= {one for one in last_of_day.values() if one.date() > first}
    return [one for one in moments if one not in kept]
