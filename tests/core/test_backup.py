"""A backup is whole or refused, and what is taken back is what was there: rows, files, key."""

import hashlib
import io
import json
import shutil
import sqlite3
import stat
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from config.settings import Settings
from lms.core import db, files, schedule
from lms.core.backup import archive, snapshots, sqlite, whole
from lms.core.backup.archive import BackupRefused
from lms.core.db import session
from lms.core.tenants import Tenant
from tests import conftest
from tests.support import databases
from tests.support.worlds import World


@pytest.fixture
def chosen(app: Flask, settings: Settings, tmp_path: Path) -> Iterator[Settings]:
    """The settings of the tests, with folders of this test alone."""
    kept = files.storage()
    files.configure(f"file://{tmp_path / 'files'}")
    (tmp_path / "var").mkdir()
    yield replace(settings, var=tmp_path / "var", snapshots=tmp_path / "snapshots")
    files._storage = kept


@pytest.fixture
def elsewhere(chosen: Settings, tmp_path: Path) -> Callable[[], Settings]:
    """``elsewhere()``: from now on this is another, empty machine; its settings."""

    def move() -> Settings:
        files.configure(f"file://{tmp_path / 'other-files'}")
        url = databases.fresh("postgresql" if conftest.KIND == "postgresql" else "sqlite", "lms_restored")
        (tmp_path / "other").mkdir(exist_ok=True)
        return replace(chosen, database_url=url, owner_database_url=url, var=tmp_path / "other")

    return move


def keep(content: bytes) -> str:
    return files.storage().put("x", io.BytesIO(content))


def content(key: str) -> bytes:
    with files.storage().open(key) as stream:
        return stream.read()


def there() -> list[str]:
    return sorted(files.storage().keys())


def test_what_is_taken_back_is_what_was_there(
    chosen: Settings, world: World, elsewhere: Callable[[], Settings], tmp_path: Path
) -> None:
    keys = {keep(bytes([n]) * 1000): bytes([n]) * 1000 for n in range(3)}
    (chosen.var / "secret-key").write_text(chosen.secret_key, "utf-8")
    made = whole.make(chosen, tmp_path / "b.tar")
    assert made.rows["person"] > 10
    assert made.rows == whole.rows(chosen)
    assert (made.files, made.file_bytes) == (3, 3000)
    assert stat.S_IMODE((tmp_path / "b.tar").stat().st_mode) == 0o600

    other = elsewhere()
    back = whole.restore(other, tmp_path / "b.tar")
    assert whole.rows(other) == made.rows == back.rows
    assert {key: content(key) for key in there()} == keys
    assert (other.var / "secret-key").read_text("utf-8") == chosen.secret_key
    assert stat.S_IMODE((other.var / "secret-key").stat().st_mode) == 0o600
    assert whole.fits(back, other)
    assert not whole.fits(back, replace(other, secret_key="another"))
    assert databases.revision(other.owner_database_url) == made.revision
    assert not list(tmp_path.rglob(".kokoroe-*")), "nothing is left over"


def test_common_tools_open_a_backup(chosen: Settings, world: World, tmp_path: Path) -> None:
    key = keep(b"a certificate")
    whole.make(chosen, tmp_path / "b.tar")
    with tarfile.open(tmp_path / "b.tar") as tar:
        tar.extractall(tmp_path / "out", filter="data")
    out = tmp_path / "out"
    digest, name = (out / "files.sha256").read_text().split()
    assert (name, digest) == (f"files/{key}", hashlib.sha256((out / name).read_bytes()).hexdigest())
    if conftest.KIND == "sqlite":
        with closing(sqlite3.connect(out / "database")) as opened:
            assert opened.execute("pragma integrity_check").fetchall() == [("ok",)]
    else:
        assert (out / "database").read_bytes()[:5] == b"PGDMP"


def test_a_backup_replaces_nothing_unless_told(
    chosen: Settings, world: World, elsewhere: Callable[[], Settings], tmp_path: Path
) -> None:
    key = keep(b"of then")
    whole.make(chosen, tmp_path / "b.tar")
    with pytest.raises(BackupRefused, match="is there already"):
        whole.make(chosen, tmp_path / "b.tar")
    other = elsewhere()
    whole.restore(other, tmp_path / "b.tar")
    later = keep(b"of now")
    with pytest.raises(BackupRefused, match=r"something here already: \d+ rows"):
        whole.restore(other, tmp_path / "b.tar")
    assert content(later) == b"of now"
    files.storage().delete(key)
    whole.restore(other, tmp_path / "b.tar", force=True)
    assert there() == [key]
    assert content(key) == b"of then"


def test_files_alone_are_something_too(
    chosen: Settings, elsewhere: Callable[[], Settings], tmp_path: Path
) -> None:
    whole.make(chosen, tmp_path / "b.tar")
    other = elsewhere()
    keep(b"of somebody")
    with pytest.raises(BackupRefused, match="something here already: files"):
        whole.restore(other, tmp_path / "b.tar")


def _flip(path: Path, at: float) -> None:
    with path.open("r+b") as out:
        out.seek(int(path.stat().st_size * at))
        byte = out.read(1)
        out.seek(-1, 1)
        out.write(bytes([byte[0] ^ 0x10]))


def _without(path: Path, name: str) -> None:
    kept = path.with_suffix(".old")
    path.rename(kept)
    with tarfile.open(kept) as old, tarfile.open(path, "w") as new:
        for member in old:
            if member.name != name:
                new.addfile(member, old.extractfile(member))


def _with_more(path: Path, name: str) -> None:
    with tarfile.open(path, "a") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = 1
        tar.addfile(entry, io.BytesIO(b"x"))


def _told_otherwise(path: Path, **said: Any) -> None:
    with tarfile.open(path) as tar:
        stream = tar.extractfile(archive.MANIFEST)
        assert stream
        manifest = json.loads(stream.read()) | said
    _without(path, archive.MANIFEST)
    with tarfile.open(path, "a") as tar:
        body = json.dumps(manifest).encode()
        entry = tarfile.TarInfo(archive.MANIFEST)
        entry.size = len(body)
        tar.addfile(entry, io.BytesIO(body))


DAMAGE: list[tuple[Callable[[Path], object], str]] = [
    (lambda path: path.write_bytes(b""), "no backup|damaged"),
    (lambda path: path.write_bytes(b"no tar at all" * 100), "no backup"),
    (lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]), "no backup|end is missing|damaged"),
    (lambda path: _flip(path, 0.5), "damaged: database"),
    (lambda path: _without(path, archive.MANIFEST), "end is missing"),
    (lambda path: _without(path, archive.DATABASE), "damaged: database"),
    (lambda path: _without(path, archive.DIGESTS), "damaged"),
    (lambda path: _with_more(path, "files/../../etc/passwd"), "damaged"),
    (lambda path: _with_more(path, archive.DATABASE), "no backup holds"),
    (lambda path: _told_otherwise(path, revision="9999"), "made by a newer version"),
    (lambda path: _told_otherwise(path, format=2), "made by a newer version"),
    (lambda path: _told_otherwise(path, database="oracle"), "backup of oracle; this installation has"),
    (lambda path: _told_otherwise(path, surprise=1), "can’t be read"),
]  # fmt: skip


def test_what_is_damaged_or_of_another_time_is_refused_and_nothing_changes(
    chosen: Settings, world: World, elsewhere: Callable[[], Settings], tmp_path: Path
) -> None:
    keep(b"a file" * 50)
    whole.make(chosen, tmp_path / "good.tar")
    other = elsewhere()
    before = whole.rows(other)
    for damage, sentence in DAMAGE:
        bad = tmp_path / "bad.tar"
        shutil.copy(tmp_path / "good.tar", bad)
        damage(bad)
        with pytest.raises(BackupRefused, match=sentence):
            whole.restore(other, bad, force=True)
        assert whole.rows(other) == before
        assert there() == []
    with pytest.raises(BackupRefused, match="There is no"):
        whole.restore(other, tmp_path / "none.tar")


def test_a_copy_is_of_one_moment_while_somebody_writes(
    chosen: Settings, elsewhere: Callable[[], Settings], tmp_path: Path
) -> None:
    """Pairs of tenants are written together: a copy that saw half a pair would hold an odd number."""
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            with db.transaction():
                session.add_all([Tenant(name="left"), Tenant(name="right")])
        db.session.remove()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        counts = [whole.make(chosen, tmp_path / f"{n}.tar").rows["tenant"] for n in range(3)]
    finally:
        stop.set()
        writer.join()
    assert [count % 2 for count in counts] == [0, 0, 0]
    assert counts == sorted(counts)
    assert counts[-1] > 0
    other = elsewhere()
    whole.restore(other, tmp_path / "2.tar")
    assert whole.rows(other)["tenant"] == counts[-1]


def test_files_that_come_and_go_meanwhile(
    chosen: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stays, goes = keep(b"stays"), keep(b"goes")
    came: list[str] = []
    copy, opened = whole._copy_database, files.storage().open

    def copy_later(*words: Any) -> archive.Manifest:
        came.append(keep(b"came between"))
        return copy(*words)

    def open_but_one(key: str) -> Any:
        if key == goes:
            raise files.FileGone(key)
        return opened(key)

    monkeypatch.setattr(whole, "_copy_database", copy_later)
    monkeypatch.setattr(files.storage(), "open", open_but_one)
    assert whole.make(chosen, tmp_path / "b.tar").files == 2
    with archive.reading(tmp_path / "b.tar") as backup:
        assert sorted(backup.keys) == sorted([stays, *came])


def test_a_backup_that_fails_leaves_nothing(
    chosen: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> archive.Manifest:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(whole, "_copy_database", full)
    with pytest.raises(BackupRefused, match="No space left"):
        whole.make(chosen, tmp_path / "b.tar")
    assert [
        path.name for path in tmp_path.iterdir() if "b.tar" in path.name or path.name.startswith(".")
    ] == []


def test_the_commands_say_what_they_did(app: Flask, chosen: Settings, world: World, tmp_path: Path) -> None:
    run = app.test_cli_runner()
    made = run.invoke(args=["backup", "make", str(tmp_path / "b.tar"), "--json"])
    assert made.exit_code == 0, made.output
    said = json.loads(made.stdout)
    assert said["rows"]["person"] > 10
    assert "rows" in made.stderr
    again = run.invoke(args=["backup", "restore", str(tmp_path / "b.tar")])
    assert (again.exit_code, "--force" in again.output) == (1, True)
    told = run.invoke(args=["backup", "restore", str(tmp_path / "b.tar"), "--json"])
    assert (told.exit_code, "--force" in json.loads(told.stdout)["remedy"]) == (1, True)
    assert run.invoke(args=["backup", "restore", str(tmp_path / "none.tar")]).exit_code == 2


# --- snapshots of SQLite ---------------------------------------------------------------------------------------------


@pytest.fixture
def embedded(chosen: Settings, on_postgresql: bool) -> Settings:
    if on_postgresql:
        pytest.skip("PostgreSQL archives its log instead")
    return chosen


def test_a_snapshot_is_a_database_and_goes_back(
    embedded: Settings, world: World, elsewhere: Callable[[], Settings]
) -> None:
    taken = snapshots.take(embedded)
    assert sqlite.is_database(taken)
    assert stat.S_IMODE(taken.stat().st_mode) == 0o600
    assert list(snapshots.taken(embedded.snapshots).values()) == [taken]
    other = elsewhere()
    assert whole.restore_snapshot(other, taken)["person"] == whole.rows(embedded)["person"]
    with pytest.raises(BackupRefused, match="something here already"):
        whole.restore_snapshot(other, taken)


def test_a_damaged_database_is_never_a_snapshot(embedded: Settings, tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    shutil.copy(sqlite.path_of(embedded.database_url), broken)
    with broken.open("r+b") as out:
        out.seek(4096 * 2)
        out.write(b"\xff" * 4096 * 6)
    with pytest.raises(BackupRefused, match="damaged"):
        snapshots.take(replace(embedded, database_url=f"sqlite:///{broken}"))
    assert list(embedded.snapshots.iterdir()) == []
    with pytest.raises(BackupRefused, match="There is no database"):
        snapshots.take(replace(embedded, database_url=f"sqlite:///{tmp_path / 'none.db'}"))


def test_a_database_in_use_is_not_replaced(
    embedded: Settings, world: World, elsewhere: Callable[[], Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, other = snapshots.take(embedded), elsewhere()
    whole.restore_snapshot(other, taken)
    monkeypatch.setattr(sqlite, "_WAIT", 0.1)
    with closing(sqlite3.connect(sqlite.path_of(other.database_url), isolation_level=None)) as writer:
        writer.execute("begin immediate")
        with pytest.raises(BackupRefused, match="in use"):
            whole.restore_snapshot(other, taken, force=True)


def test_the_latest_and_one_a_day_are_kept() -> None:
    at = datetime(2026, 11, 30, 12, tzinfo=UTC)
    moments = [at - timedelta(hours=n) for n in range(24 * 30)]
    gone = snapshots.superfluous(moments, at)
    kept = sorted(set(moments) - set(gone), reverse=True)
    assert kept[: snapshots.LATEST] == moments[: snapshots.LATEST]
    assert {one.date() for one in kept} == {(at - timedelta(days=n)).date() for n in range(snapshots.DAYS)}
    assert all(one.hour == 23 for one in kept[snapshots.LATEST :])
    assert snapshots.superfluous(kept, at) == []


def test_snapshots_are_planned_on_sqlite_alone(chosen: Settings) -> None:
    before = dict(schedule.duties)
    try:
        for url, minutes, is_planned in (
            ("sqlite:///x", 5, True),
            ("sqlite:///x", 0, False),
            ("postgresql://", 5, False),
        ):
            snapshots.plan(replace(chosen, database_url=url, snapshot_minutes=minutes))
            assert (snapshots.TASK in schedule.duties) is is_planned
    finally:
        schedule.duties.clear()
        schedule.duties.update(before)
