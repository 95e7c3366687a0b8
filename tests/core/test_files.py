"""Files are kept whole, under names of ours: the same promises for a folder and for a bucket."""

import io
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask, Response, send_file

from config.settings import Settings
from lms.app import create_app
from lms.core import files, web
from lms.core.buckets import BucketStorage
from lms.core.files import FileGone, FileTooLarge, LocalStorage, Storage, StorageAway
from tests.support import needs, stores
from tests.support.stores import BUCKET, Store

pytestmark = needs.once
BIG = os.urandom(1024) * 9 * 1024  #: beyond one part of an upload


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with stores.s3() as one:
        yield one


@pytest.fixture(params=["folder", "bucket"])
def kept(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Storage, Callable[[], int]]]:
    """A storage, and how many files lie in it, whole or in part."""
    if request.param == "folder":
        folder = tmp_path / "files"
        yield LocalStorage(folder), lambda: sum(path.is_file() for path in folder.rglob("*"))
        return
    store: Store = request.getfixturevalue("store")
    for name, value in store.environ.items():
        monkeypatch.setenv(name, value)
    before = len(store.objects()) + store.unfinished()
    monkeypatch.setattr(files, "_storage", None)
    prefix = f"of/{tmp_path.name}"
    yield (
        files.configure(f"s3://{BUCKET}/{prefix}"),
        lambda: len(store.objects()) + store.unfinished() - before,
    )
    assert all(name.startswith("of/") for name in store.objects())


@pytest.fixture
def storage(kept: tuple[Storage, Callable[[], int]]) -> Storage:
    return kept[0]


@pytest.fixture
def count(kept: tuple[Storage, Callable[[], int]]) -> Callable[[], int]:
    return kept[1]


@pytest.mark.parametrize("content", [b"", b"x", BIG], ids=["empty", "small", "big"])
def test_what_was_put_comes_back(storage: Storage, content: bytes) -> None:
    source = io.BytesIO(content)
    key = storage.put("liste.csv", source)
    assert not source.closed, "it is the caller's"
    with storage.open(key) as file:
        assert file.read() == content
        assert file.read() == b""
    assert storage.exists(key)
    assert list(storage.keys()) == [key]


def test_a_file_may_be_read_from_any_place(storage: Storage) -> None:
    key = storage.put("a", io.BytesIO(BIG))
    with storage.open(key) as file:
        assert file.seek(-10, io.SEEK_END) == len(BIG) - 10
        assert file.read(100) == BIG[-10:]
        assert file.seek(3_000_000) == 3_000_000
        assert file.read(5) == BIG[3_000_000:3_000_005]
        assert file.read(5) == BIG[3_000_005:3_000_010]
        assert file.seek(2, io.SEEK_CUR) == file.tell() == 3_000_012
        assert file.read(1) == BIG[3_000_012:3_000_013]
        assert (file.seek(len(BIG) + 5), file.read(1)) == (len(BIG) + 5, b"")


def test_content_passes_in_pieces(storage: Storage) -> None:
    """Neither way does a file lie in memory as a whole."""
    asked: list[int] = []

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            asked.append(size if size is not None else -1)
            return super().read(size)

    key = storage.put("a", Watched(BIG))
    assert max(asked) <= 8 * 1024 * 1024
    assert min(asked) > 0
    with storage.open(key) as file:
        assert len(file.read(1000)) == 1000


def test_a_reader_that_wants_a_path_has_one(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_storage", storage)
    key = storage.put("a", io.BytesIO(BIG))
    with files.on_disk(key) as path:
        assert path.read_bytes() == BIG
    assert path.exists() is isinstance(storage, LocalStorage), "a copy is gone with its block"
    with pytest.raises(FileGone), files.on_disk("0" * 32):
        pass


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a\0b", "CON", "é" * 300, ""])
def test_a_name_from_outside_never_becomes_one_of_ours(storage: Storage, name: str) -> None:
    key = storage.put(name, io.BytesIO(b"1"))
    assert files.is_key(key)
    path = storage.path(key)
    if isinstance(storage, LocalStorage):
        assert path is not None
        assert path.is_relative_to(storage.folder)
        assert path.name == key
    else:
        assert path is None


def test_the_same_content_twice_is_two_files(storage: Storage) -> None:
    first, second = (storage.put("a", io.BytesIO(b"1")) for _ in range(2))
    storage.delete(first)
    assert not storage.exists(first)
    assert storage.exists(second)
    storage.delete(first)  # again: nothing happens


@pytest.mark.parametrize(
    "key", ["../../../etc/passwd", "", "0" * 31, "0" * 33, "A" * 32, "0" * 31 + "/", "0" * 32]
)
def test_a_made_up_key_is_nowhere(storage: Storage, key: str) -> None:
    assert not storage.exists(key)
    with pytest.raises(FileGone):
        storage.open(key)
    with pytest.raises(FileGone):
        storage.path(key)


@pytest.mark.parametrize("size", [11, len(BIG)])
def test_too_large_leaves_nothing(storage: Storage, count: Callable[[], int], size: int) -> None:
    with pytest.raises(FileTooLarge):
        storage.put("a", io.BytesIO(BIG[:size]), limit=size - 1)
    assert count() == 0
    assert storage.put("a", io.BytesIO(BIG[:size]), limit=size)
    assert count() == 1


@pytest.mark.parametrize("after", [0, 1, 9])
def test_a_stream_that_fails_leaves_nothing(storage: Storage, count: Callable[[], int], after: int) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() >= after * 1024 * 1024:
                raise OSError("the connection broke")
            return super().read(size)

    with pytest.raises(OSError, match="broke"):
        storage.put("a", Broken(BIG))
    assert count() == 0


def test_many_at_once(storage: Storage) -> None:
    keys: list[str] = []

    def put(content: bytes) -> None:
        keys.append(storage.put("a", io.BytesIO(content)))

    threads = [threading.Thread(target=put, args=(b"%d" % n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = []
    for key in keys:
        with storage.open(key) as file:
            found.append(file.read())
    assert sorted(found) == [b"%d" % n for n in range(6)]


def test_a_fork_gets_connections_of_its_own(storage: Storage) -> None:
    key = storage.put("a", io.BytesIO(b"1"))
    child = os.fork()
    if not child:
        os._exit(0 if storage.exists(key) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert storage.exists(key)


def test_the_setting_chooses_the_storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_storage", None)
    with pytest.raises(RuntimeError):
        files.storage()
    assert isinstance(files.configure(f"file://{tmp_path}/a%20b"), LocalStorage)
    key = files.storage().put("x", io.BytesIO(b"1"))
    assert (tmp_path / "a b" / key[:2] / key[2:4] / key).is_file()
    for wrong in ("ftp://example.org/x", "s3://", "file://"):
        with pytest.raises(ValueError, match="LMS_STORAGE_URL"):
            files.configure(wrong)


def test_a_store_that_is_away_is_a_page_that_says_so(
    app: Flask, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    with stores.s3() as own:
        for name, value in own.environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(files, "_storage", None)
        storage = files.configure(f"s3://{BUCKET}")
        key = storage.put("a", io.BytesIO(BIG))
        room = web.Room("probe")

        @room.get("/probe/file", may=web.anyone)
        def file() -> Response:
            return send_file(files.storage().open(key), "application/pdf")

        probe = create_app(settings)
        probe.register_blueprint(room.blueprint)
        probe.config.update(TESTING=False)
        monkeypatch.setattr(files, "_storage", storage)
        answer = probe.test_client().get("/probe/file")
        assert (answer.status_code, answer.data == BIG) == (200, True)
        own.process.send_signal(signal.SIGKILL)
        own.process.wait(10)
        answer = probe.test_client().get("/probe/file")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
        for attempt in (storage.exists, storage.open, storage.path, storage.delete):
            with pytest.raises(StorageAway):
                attempt(key)
        with pytest.raises(StorageAway):
            storage.put("a", io.BytesIO(b"1"))


def test_a_bucket_takes_back_what_a_backup_holds(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in store.environ.items():
        monkeypatch.setenv(name, value)
    bucket = BucketStorage(BUCKET, "of/backups")
    key = bucket.put("a", io.BytesIO(b"1"))
    bucket.put_back(key, io.BytesIO(b"2"))
    with bucket.open(key) as file:
        assert file.read() == b"2"
    for wrong in ("", "../x", "A" * 32):
        with pytest.raises(FileGone):
            bucket.put_back(wrong, io.BytesIO(b"3"))


def test_a_wrong_bucket_is_no_missing_file(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in store.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(files, "_storage", None)
    with pytest.raises(StorageAway):
        files.configure("s3://nobodys").put("a", io.BytesIO(b"1"))
