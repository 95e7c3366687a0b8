"""Files are kept whole, under names of ours."""

import io
from pathlib import Path

import pytest

from lms.core import files
from lms.core.files import FileGone, FileTooLarge, LocalStorage


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "files")


def test_what_was_put_comes_back(storage: LocalStorage) -> None:
    key = storage.put("liste.csv", io.BytesIO(b"x" * 3_000_000))
    with storage.open(key) as file:
        assert file.read() == b"x" * 3_000_000
    assert storage.path(key).read_bytes()[:1] == b"x"
    assert storage.exists(key)
    assert list(storage.keys()) == [key]


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a\0b", "CON", "é" * 300, ""])
def test_a_name_from_outside_never_becomes_a_path(storage: LocalStorage, name: str) -> None:
    key = storage.put(name, io.BytesIO(b"1"))
    path = storage.path(key)
    assert path.is_relative_to(storage.folder)
    assert path.name == key


def test_the_same_content_twice_is_two_files(storage: LocalStorage) -> None:
    first, second = (storage.put("a", io.BytesIO(b"1")) for _ in range(2))
    storage.delete(first)
    assert not storage.exists(first)
    assert storage.exists(second)
    storage.delete(first)  # again: nothing happens


@pytest.mark.parametrize(
    "key", ["../../../etc/passwd", "", "0" * 31, "0" * 33, "A" * 32, "0" * 31 + "/", "0" * 32]
)
def test_a_made_up_key_is_nowhere(storage: LocalStorage, key: str) -> None:
    assert not storage.exists(key)
    with pytest.raises(FileGone):
        storage.open(key)
    with pytest.raises(FileGone):
        storage.path(key)


def test_too_large_leaves_nothing(storage: LocalStorage) -> None:
    with pytest.raises(FileTooLarge):
        storage.put("a", io.BytesIO(b"x" * 11), limit=10)
    assert not [path for path in storage.folder.rglob("*") if path.is_file()]
    assert storage.put("a", io.BytesIO(b"x" * 10), limit=10)


def test_a_stream_that_fails_leaves_nothing(storage: LocalStorage) -> None:
    class Broken(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            raise OSError("the connection broke")

    with pytest.raises(OSError, match="broke"):
        storage.put("a", Broken())
    assert not [path for path in storage.folder.rglob("*") if path.is_file()]


def test_the_setting_chooses_the_storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_storage", None)
    with pytest.raises(RuntimeError):
        files.storage()
    assert isinstance(files.configure(f"file://{tmp_path}/a%20b"), LocalStorage)
    key = files.storage().put("x", io.BytesIO(b"1"))
    assert (tmp_path / "a b" / key[:2] / key[2:4] / key).is_file()
    with pytest.raises(NotImplementedError, match="s3"):
        files.configure("s3://bucket")
    with pytest.raises(ValueError, match="LMS_STORAGE_URL"):
        files.configure("ftp://example.org/x")
