"""Make a backup of everything, and take one back."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.settings import ROOT, Settings
from lms.core import anchors, files
from lms.core.backup import archive, marks, postgresql, sqlite
from lms.core.backup.archive import BackupRefused, Manifest, Reader, Writer
from lms.core.clock import now
from lms.core.sealing import fingerprint

_LEAVE_FREE = 64 * 1024 * 1024  #: bytes that stay free beside a backup


def make(chosen: Settings, target: Path) -> Manifest:
    """Write everything into ``target``, while the service goes on. Raises ``BackupRefused``.

    Files are copied before the database and again after it: none is ever changed, and one that a row of the copy names
    was there in the first round or came before the second.
    """
    storage = files.storage()
    with _told_when_full(target), archive.writing(target) as out, _beside(target) as folder:
        _copy_files(storage, out)
        manifest = _copy_database(chosen, folder / "database")
        _copy_files(storage, out)
        size = (folder / "database").stat().st_size
        with (folder / "database").open("rb") as stream:
            manifest.sha256[archive.DATABASE] = out.put(archive.DATABASE, stream, size)
        own_key = chosen.var / "secret-key"
        if own_key.exists() and own_key.read_text("utf-8").strip() == chosen.secret_key:
            manifest.sha256[archive.KEY] = out.put_text(archive.KEY, chosen.secret_key)
        out.finish(manifest)
    marks.mark_backup(chosen)
    return manifest


def restore(chosen: Settings, source: Path, *, force: bool = False) -> Manifest:
    """Put a backup in place of what is there. Raises ``BackupRefused`` before anything was changed.

    Refused: what is damaged, made by a newer version or on the other database; and, unless ``force``, a target in which
    there is something. Files come first and the old ones go last, so that no row ever names a file that is missing.
    """
    with archive.reading(source) as backup:
        _demand_known(backup.manifest, _kind(chosen))
        before = rows(chosen)
        _demand_empty(before, force=force)
        with _told_when_full(chosen.var), _beside(chosen.var / "restore") as folder:
            backup.extract(archive.DATABASE, folder / "database")
            _demand_roles(chosen, backup.manifest)
            _put_files_back(backup)
            _load(chosen, folder / "database")
        _demand_rows(backup.manifest.rows, rows(chosen))
        _forget_others(set(backup.keys))
        anchors.set_aside(chosen)
        if archive.KEY in backup.manifest.sha256:
            _put_key_back(chosen, backup)
        return backup.manifest


def restore_snapshot(chosen: Settings, source: Path, *, force: bool = False) -> dict[str, int]:
    """Put a snapshot of a SQLite database in place of what is there; files stay as they are. Its rows."""
    if _kind(chosen) != "sqlite":
        raise BackupRefused("This is a snapshot of a SQLite database; this installation has PostgreSQL.")
    _demand_revision(sqlite.revision(source))
    _demand_empty(rows(chosen), force=force)
    sqlite.put_back(source, sqlite.path_of(chosen.database_url))
    anchors.set_aside(chosen)
    return rows(chosen)


def rows(chosen: Settings) -> dict[str, int]:
    """Table -> rows of the database as it is; empty where there is none yet."""
    if _kind(chosen) == "sqlite":
        return sqlite.rows(sqlite.path_of(chosen.database_url))
    with postgresql.connected(_owner(chosen)) as server:
        return postgresql.rows(server)


def fits(manifest: Manifest, chosen: Settings) -> bool:
    """Whether this installation's key is the one of the backup: what is sealed can be opened with no other."""
    return manifest.key == _key_of(chosen)


def _kind(chosen: Settings) -> str:
    return "sqlite" if chosen.database_url.startswith("sqlite") else "postgresql"


def _owner(chosen: Settings) -> str:
    return chosen.owner_database_url or chosen.database_url


def _key_of(chosen: Settings) -> str:
    return fingerprint(f"kokoroe/backup/{chosen.secret_key}")[:16]


def _copy_files(storage: files.Storage, out: Writer) -> None:
    keys = storage.keys()
    for key in keys:
        if key in out.digests:
            continue
        try:
            stream = storage.open(key)
        except files.FileGone:
            continue  # taken away meanwhile: whatever named it is gone too, or never was
        with stream:
            out.put_file(key, stream)


def _copy_database(chosen: Settings, target: Path) -> Manifest:
    made_at = now().isoformat(timespec="seconds")
    if _kind(chosen) == "sqlite":
        source = sqlite.path_of(chosen.database_url)
        _demand_room(target.parent, source.stat().st_size if source.exists() else 0)
        sqlite.copy(source, target)
        major = sqlite3.sqlite_version_info[0]
        return Manifest(
            made_at, sqlite.revision(target), "sqlite", major, sqlite.rows(target), [], _key_of(chosen)
        )
    with postgresql.moment(_owner(chosen)) as (server, snapshot):
        revision, major, roles = postgresql.facts(server)
        postgresql.dump(_owner(chosen), snapshot, target)
        counted = postgresql.rows(server)
    return Manifest(made_at, revision, "postgresql", major, counted, roles, _key_of(chosen))


def _demand_known(manifest: Manifest, kind: str) -> None:
    if manifest.database != kind:
        names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
        raise BackupRefused(
            f"This is a backup of {names.get(manifest.database, manifest.database)}; this installation has"
            f" {names[kind]}.",
            "Set LMS_DATABASE_URL to a database of that kind.",
        )
    _demand_revision(manifest.revision)


def _demand_revision(revision: str) -> None:
    known = {path.name.partition("_")[0] for path in (ROOT / "migrations/versions").glob("[0-9]*.py")}
    if revision not in known:
        raise BackupRefused(
            f"This backup was made by a newer version (its database stands at {revision or 'no migration'}).",
            "Install that version, then take it back.",
        )


def _demand_empty(before: dict[str, int], *, force: bool) -> None:
    used = {table: number for table, number in before.items() if number and table != "alembic_version"}
    has_files = next(iter(files.storage().keys()), None) is not None
    if (used or has_files) and not force:
        what = f"{sum(used.values())} rows" if used else "files"
        raise BackupRefused(
            f"There is something here already: {what}.", "Repeat with --force to replace it by the backup."
        )


def _demand_roles(chosen: Settings, manifest: Manifest) -> None:
    if manifest.database != "postgresql":
        return
    with postgresql.connected(_owner(chosen)) as server:
        missing = postgresql.missing_roles(server, manifest.roles)
        major = server.info.server_version // 10_000
    if major < manifest.server:
        raise BackupRefused(f"This backup is of PostgreSQL {manifest.server}; this server is {major}.")
    if missing:
        raise BackupRefused(
            f"This server lacks the roles {', '.join(missing)}, which are granted rights in the backup.",
            "Make them first (docs/operations.md says how).",
        )


def _demand_rows(wanted: dict[str, int], found: dict[str, int]) -> None:
    wrong = [f"{t} {found.get(t, 0)} of {n}" for t, n in sorted(wanted.items()) if found.get(t) != n]
    if wrong:
        raise BackupRefused(
            f"The database was loaded, but rows differ: {', '.join(wrong[:5])}.",
            "Is somebody writing? Stop the service and take the backup back once more.",
        )


def _load(chosen: Settings, source: Path) -> None:
    if _kind(chosen) == "sqlite":
        sqlite.put_back(source, sqlite.path_of(chosen.database_url))
    else:
        postgresql.load(_owner(chosen), source)


def _put_files_back(backup: Reader) -> None:
    storage = files.storage()
    for key in backup.keys:
        with backup.open_file(key) as stream:
            storage.put_back(key, stream)  # type: ignore[arg-type]  # zipfile calls its streams IO[bytes]


def _forget_others(kept: set[str]) -> None:
    storage = files.storage()
    for key in set(storage.keys()) - kept:
        storage.delete(key)


def _put_key_back(chosen: Settings, backup: Reader) -> None:
    draft = chosen.var / "secret-key.part"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as out, backup.open(archive.KEY) as stream:
        shutil.copyfileobj(stream, out)
    draft.replace(chosen.var / "secret-key")


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A folder for the time of the work, on the same disk as ``target``, closed to others."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".kokoroe-", dir=target.parent) as name:
        yield Path(name)


@contextmanager
def _told_when_full(where: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BackupRefused(f"{where} can’t be written: {error.strerror or error}.") from error


def _demand_room(folder: Path, size: int) -> None:
    """Twice the database: its copy, and the copy in the backup."""
    if shutil.disk_usage(folder).free < 2 * size + _LEAVE_FREE:
        raise BackupRefused(
            f"There is no room for the backup in {folder}.", "Free space, or name another folder."
        )
