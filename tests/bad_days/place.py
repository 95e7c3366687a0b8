"""Where one installation of the tests lives: its database, its folder, and how both are asked whether they are whole."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from config.settings import Settings
from lms.core import db, files, roles
from tests.bad_days.postgres import Server
from tests.support import databases

DATABASE = "lms_test_days"


@dataclass(frozen=True, slots=True)
class Place:
    """One installation, of which nothing runs yet. ``server``: its PostgreSQL; None: a file of SQLite."""

    settings: Settings
    server: Server | None = None

    @property
    def file(self) -> Path:
        """The database of SQLite."""
        return Path(self.settings.database_url.removeprefix("sqlite:///"))

    def faults(self) -> str:
        """What the database has against its own files; empty when nothing. Stops a PostgreSQL for the time it takes."""
        if self.server is None:
            raw = sqlite3.connect(self.file)
            try:
                (said,), *_ = raw.execute("pragma integrity_check").fetchall()
                broken = raw.execute("pragma foreign_key_check").fetchall()
            finally:
                raw.close()
            return "" if said == "ok" and not broken else f"{said} {broken[:3]}"
        db.disconnect_idle()
        self.server.stop()
        said = self.server.faults()
        self.server.start()
        return said


@contextmanager
def at(settings: Settings, place: Place) -> Iterator[Place]:
    """This process works on the installation in ``place``; afterwards on that of ``settings`` again."""
    roles.connect(place.settings)
    files.configure(place.settings.storage_url)
    try:
        yield place
    finally:
        roles.connect(settings)
        files.configure(settings.storage_url)


def on_sqlite(settings: Settings, template: Path, folder: Path) -> Place:
    """An installation whose database is a copy of ``template``."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "lms.db"
    file.write_bytes(template.read_bytes())
    url = f"sqlite:///{file}"
    return Place(_moved(settings, folder, url, url, url))


def on_postgresql(settings: Settings, server: Server, folder: Path) -> Place:
    """An installation on this server, which runs."""
    urls = [
        databases.as_role(server.address, role, DATABASE) for role in ("lms_owner", "lms_app", "lms_worker")
    ]
    return Place(_moved(settings, folder, *urls), server)


def _moved(settings: Settings, folder: Path, owner: str, app: str, worker: str) -> Settings:
    return replace(
        settings, owner_database_url=owner, database_url=app, worker_database_url=worker, var=folder,
        storage_url=f"file://{folder / 'files'}",
    )  # fmt: skip
