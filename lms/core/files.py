"""Where uploads, certificates and exports lie: a storage that hands out keys and never uses a name from outside."""

import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

from lms.core.errors import Refused
from lms.core.i18n import lazy

_KEY = re.compile(r"[0-9a-f]{32}")
_CHUNK = 1024 * 1024


class FileGone(Refused):
    """No file lies under this key (any more)."""

    status = 404

    def __init__(self, key: str) -> None:
        super().__init__(str(lazy("This file is not there any more.")))
        self.key = key


class FileTooLarge(Refused):
    """More bytes came than the caller allowed."""

    status = 413

    def __init__(self, limit: int) -> None:
        super().__init__(str(lazy("This file is too large.")), str(lazy("Send a smaller file.")))
        self.limit = limit


class StorageAway(Exception):
    """The store does not answer, or does not let us in: to be tried again. Never raised by a folder."""


class Storage(Protocol):
    """A place for files. Keys are 32 hexadecimal digits, made here, and safe in addresses and logs."""

    def put(self, name: str, stream: BinaryIO, *, limit: int | None = None) -> str:
        """Keep what ``stream`` holds and return its key. ``name`` is for people (a log, a bucket's console).

        Raises ``FileTooLarge`` past ``limit`` bytes; then nothing is kept.
        """

    def open(self, key: str) -> BinaryIO:
        """The content, to be closed by the caller. Raises ``FileGone``."""

    def path(self, key: str) -> Path | None:
        """Where the file lies, if it lies on this machine; None in an object store. Raises ``FileGone``."""

    def delete(self, key: str) -> None:
        """Take the file away; nothing happens when it is gone already."""

    def exists(self, key: str) -> bool:
        """Whether something lies under this key."""

    def keys(self) -> Iterator[str]:
        """Every key, in no order: for a backup, and to find what no row mentions any more."""

    def put_back(self, key: str, stream: BinaryIO) -> None:
        """Keep the content under a key that was given out before: from a backup, nowhere else."""


class LocalStorage:
    """Files in a folder, each under a random name, two levels deep so that no folder grows too long."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, name: str, stream: BinaryIO, *, limit: int | None = None) -> str:
        """Keep the content; after a crash it is there whole or not at all. The name is not kept: it is the caller's."""
        key = secrets.token_hex(16)
        self._write(key, stream, limit)
        return key

    def put_back(self, key: str, stream: BinaryIO) -> None:
        """Keep the content under this key, in place of what lies there. Raises ``FileGone`` where it is no key."""
        self._write(key, stream, None)

    def _write(self, key: str, stream: BinaryIO, limit: int | None) -> None:
        target = self._where(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        half = target.with_suffix(".part")
        try:
            with half.open("xb") as out:
                within = Limited(stream, limit)
                while chunk := within.read(_CHUNK):
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            half.rename(target)
        except BaseException:
            half.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)

    def open(self, key: str) -> BinaryIO:
        """The content. Raises ``FileGone``."""
        try:
            return self._where(key).open("rb")
        except FileNotFoundError:
            raise FileGone(key) from None

    def path(self, key: str) -> Path:
        """Where the file lies. Raises ``FileGone``."""
        where = self._where(key)
        if not where.is_file():
            raise FileGone(key)
        return where

    def delete(self, key: str) -> None:
        """Take the file away, if it is there."""
        self._where(key).unlink(missing_ok=True)

    def exists(self, key: str) -> bool:
        """Whether something lies under this key; something that is no key is nowhere."""
        return is_key(key) and self._where(key).is_file()

    def keys(self) -> Iterator[str]:
        """Every key, in no order."""
        for path in self.folder.glob("??/??/*"):
            if is_key(path.name):
                yield path.name

    def _where(self, key: str) -> Path:
        if not is_key(key):
            raise FileGone(key)  # a made-up key never becomes a path
        return self.folder / key[:2] / key[2:4] / key


_storage: Storage | None = None


def configure(url: str) -> Storage:
    """Open the storage that ``LMS_STORAGE_URL`` names and use it from here on: a folder, or a bucket. It is not asked yet."""
    global _storage  # one storage per process, like the database
    parts = urlsplit(url)
    if parts.scheme == "s3" and parts.netloc:
        from lms.core.buckets import BucketStorage  # boto3 stays out of processes that need no bucket

        _storage = BucketStorage(parts.netloc, unquote(parts.path))
        return _storage
    if parts.scheme != "file" or not (parts.netloc or parts.path):
        raise ValueError(f"LMS_STORAGE_URL is file:// and a folder or s3:// and a bucket, not {url!r}.")
    _storage = LocalStorage(Path(unquote(parts.netloc + parts.path)))
    return _storage


def storage() -> Storage:
    """The storage in use. ``configure`` comes first."""
    if _storage is None:
        raise RuntimeError("files.configure() was not called")
    return _storage


@contextmanager
def on_disk(key: str) -> Iterator[Path]:
    """The file as a path, for readers that want one: where it lies, or a copy for the time of the block.

    Raises ``FileGone``.
    """
    path = storage().path(key)
    if path is not None:
        yield path
        return
    with tempfile.NamedTemporaryFile(prefix="lms-") as copy, storage().open(key) as source:
        shutil.copyfileobj(source, copy, _CHUNK)
        copy.flush()
        yield Path(copy.name)


def is_key(key: str) -> bool:
    """Whether this may be a key of ours."""
    return bool(_KEY.fullmatch(key))


class Limited:
    """A stream that may only be read, and not beyond ``limit`` bytes: then ``FileTooLarge``."""

    def __init__(self, stream: BinaryIO, limit: int | None) -> None:
        self._stream, self._limit, self._size = stream, limit, 0

    def read(self, size: int = -1) -> bytes:
        """The next ``size`` bytes at most."""
        chunk = self._stream.read(size)
        self._size += len(chunk)
        if self._limit is not None and self._size > self._limit:
            raise FileTooLarge(self._limit)
        return chunk


def _sync_folder(folder: Path) -> None:
    """Make the new name durable too: without it a power cut may forget the rename."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
