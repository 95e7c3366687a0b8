"""A SQLite database copied while it is in use, and laid back over another."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from lms.core.backup.archive import BackupRefused

_MAGIC = b"SQLite format 3\x00"
_WAIT = 30.0  #: seconds for a writer to make room


def path_of(url: str) -> Path:
    """The file of an embedded database."""
    return Path(url.removeprefix("sqlite:///"))


def is_database(file: Path) -> bool:
    """Whether a file is a SQLite database: a snapshot, rather than a whole backup."""
    with file.open("rb") as stream:
        return stream.read(len(_MAGIC)) == _MAGIC


def copy(source: Path, target: Path) -> None:
    """A consistent copy in one go: readers and the writer of ``source`` go on meanwhile. It is checked.

    Raises ``BackupRefused``.
    """
    if not source.exists():
        raise BackupRefused(f"There is no database at {source}.")
    try:
        with closing(_open(source)) as here, closing(_open(target)) as there:
            _lay(here, there)
            there.execute("PRAGMA journal_mode=DELETE")  # one file, not three
    except sqlite3.DatabaseError as error:
        raise BackupRefused(f"The database can’t be copied: {error}.") from error
    _demand_whole(target, "quick_check")


def put_back(source: Path, target: Path) -> None:
    """Lay ``source`` over ``target``: one transaction, so that whoever looks sees all of the old or all of the new.

    Raises ``BackupRefused`` when the copy is damaged or the database is in use.
    """
    _demand_whole(source, "integrity_check")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with closing(_open(source)) as here, closing(_open(target)) as there:
            there.execute("PRAGMA journal_mode=WAL")
            _lay(here, there)
            there.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError as error:
        raise BackupRefused(
            f"The database is in use ({error}).", "Stop the service first. Nothing was changed."
        ) from error


def rows(file: Path) -> dict[str, int]:
    """Table -> rows; empty where there is no database yet."""
    if not file.exists():
        return {}
    with closing(_open(file)) as here:
        names = here.execute(
            "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
        )
        found = {}
        for (name,) in names.fetchall():  # our own tables, named by the file itself
            [found[name]] = here.execute(f'select count(*) from "{name}"').fetchone()  # nosec B608
        return found


def revision(file: Path) -> str:
    """The migration at which it stands; empty before the first."""
    with closing(_open(file)) as here:
        try:
            found = here.execute("select version_num from alembic_version").fetchone()
        except sqlite3.DatabaseError:
            return ""
    return str(found[0]) if found else ""


def _lay(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Copy every page in one step. The driver would wait for a lock for ever."""
    deadline = time.monotonic() + _WAIT

    def look(status: int, _left: int, _total: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > deadline:
            raise sqlite3.OperationalError("it is locked by another program")

    source.backup(target, progress=look, sleep=0.05)


def _demand_whole(file: Path, check: str) -> None:
    try:
        with closing(_open(file)) as here:
            said = [line for (line,) in here.execute(f"PRAGMA {check}(3)")]
            lost = here.execute("PRAGMA foreign_key_check").fetchmany(3) if said == ["ok"] else []
    except sqlite3.DatabaseError as error:
        said, lost = [str(error)], []
    if said != ["ok"] or lost:
        raise BackupRefused(
            f"The database is damaged: {'; '.join(said)[:300]}{f' {lost}' if lost else ''}",
            "Take an earlier backup. Nothing was changed.",
        )


def _open(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(file, timeout=_WAIT, isolation_level=None)
