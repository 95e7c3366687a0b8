"""Files in an object store that speaks S3, for installations whose machines share no disk.

Imported only where ``LMS_STORAGE_URL`` begins with ``s3://``. Who may read a file is decided by our routes, which pass
its content on: the bucket is private, and no link to it leaves the house.
"""

import io
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lms.core.files import FileGone, Limited, StorageAway, is_key

_PART = 8 * 1024 * 1024  #: bytes of a part: what one upload holds in memory at most
_READ = 256 * 1024  #: bytes asked of an open file at a time
#: One thread a transfer: a stream from outside is read in its order, and gives up in its own thread.
_TRANSFER = TransferConfig(multipart_threshold=_PART, multipart_chunksize=_PART, use_threads=False)
_CLIENT = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "max_attempts": 3})
_GONE = ("404", "NoSuchKey", "NotFound")


class BucketStorage:
    """Objects under ``prefix`` of one bucket, each under a random key.

    Credentials, region and endpoint are those of the environment: ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``,
    ``AWS_DEFAULT_REGION``, ``AWS_ENDPOINT_URL_S3``, and the other ways that boto3 knows. Every method raises
    ``StorageAway`` where the store does not answer or refuses.
    """

    def __init__(self, bucket: str, prefix: str = "") -> None:
        self.bucket, self.prefix = bucket, f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._clients: dict[int, Any] = {}
        self._lock = threading.Lock()

    def put(self, name: str, stream: BinaryIO, *, limit: int | None = None) -> str:
        """Keep the content; it is there whole or not at all. The name is not kept: it is the caller's."""
        key = secrets.token_hex(16)
        self._upload(key, Limited(stream, limit))
        return key

    def put_back(self, key: str, stream: BinaryIO) -> None:
        """Keep the content under this key, in place of what lies there. Raises ``FileGone`` where it is no key."""
        if not is_key(key):
            raise FileGone(key)
        self._upload(key, Limited(stream, None))

    def open(self, key: str) -> BinaryIO:
        """The content, fetched while it is read; it may be read from any place. Raises ``FileGone``."""
        head = self._head(key)
        if head is None:
            raise FileGone(key)
        raw = _Object(self._client(), self.bucket, self._object(key), head["ContentLength"], head["ETag"])
        return cast(BinaryIO, io.BufferedReader(raw, _READ))

    def path(self, key: str) -> None:
        """None: it lies on no disk of ours. Raises ``FileGone``."""
        if self._head(key) is None:
            raise FileGone(key)

    def delete(self, key: str) -> None:
        """Take the file away, if it is there."""
        if not is_key(key):
            raise FileGone(key)
        with _answering():
            self._client().delete_object(Bucket=self.bucket, Key=self._object(key))

    def exists(self, key: str) -> bool:
        """Whether something lies under this key; something that is no key is nowhere."""
        return self._head(key) is not None

    def keys(self) -> Iterator[str]:
        """Every key, in no order."""
        with _answering():
            pages = self._client().get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket, Prefix=self.prefix):
                for one in page.get("Contents", ()):
                    if is_key(key := one["Key"].rpartition("/")[2]):
                        yield key

    def _upload(self, key: str, stream: Limited) -> None:
        with _answering():
            self._client().upload_fileobj(stream, self.bucket, self._object(key), Config=_TRANSFER)

    def _head(self, key: str) -> Any:
        """What the store says about an object; None where there is none."""
        if not is_key(key):
            return None
        try:
            with _answering():
                return self._client().head_object(Bucket=self.bucket, Key=self._object(key))
        except FileGone:
            return None

    def _object(self, key: str) -> str:
        """Two levels, as in a folder: people find their way in a console, and some stores spread by beginnings."""
        return f"{self.prefix}{key[:2]}/{key[2:4]}/{key}"

    def _client(self) -> Any:
        """One client a process: its connections do not survive a fork."""
        with self._lock:
            if os.getpid() not in self._clients:
                self._clients = {os.getpid(): boto3.session.Session().client("s3", config=_CLIENT)}
            return self._clients[os.getpid()]


class _Object(io.RawIOBase):
    """One object as a file: read in its order it is one answer; a jump asks anew from there."""

    def __init__(self, client: Any, bucket: str, key: str, size: int, etag: str) -> None:
        self._client, self._what = client, {"Bucket": bucket, "Key": key, "IfMatch": etag}
        self._size, self._at = size, 0
        self._body: Any = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError("before the beginning")
        if start + offset != self._at:
            self._hang_up()
        self._at = start + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._size:
            return 0
        with _answering():
            if self._body is None:
                asked = self._client.get_object(**self._what, Range=f"bytes={self._at}-")
                self._body = asked["Body"]
            got = self._body.read(len(buffer))
        if not got:
            raise StorageAway("the answer ended before its time")
        buffer[: len(got)] = got
        self._at += len(got)
        return len(got)

    def close(self) -> None:
        self._hang_up()
        super().close()

    def _hang_up(self) -> None:
        if self._body is not None:
            self._body.close()
        self._body = None


@contextmanager
def _answering() -> Iterator[None]:
    """The store's words in ours."""
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _GONE:
            raise FileGone("") from error
        raise StorageAway(str(error)) from error
    except BotoCoreError as error:
        raise StorageAway(str(error)) from error
