"""The one file of a backup: a tar of the database, every stored file, their digests, and a manifest at its end."""

import hashlib
import io
import json
import os
import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, BinaryIO

from lms.core.errors import Refused

FORMAT = 1
MANIFEST, DATABASE, DIGESTS, KEY = "manifest.json", "database", "files.sha256", "secret-key"
_CHUNK = 1024 * 1024
_FILE = re.compile(r"files/[0-9a-f]{32}")
_LARGEST_MANIFEST = 10 * 1024 * 1024


class BackupRefused(Refused):
    """A backup that is not made, or not taken back; the text says why, and nothing was changed."""


@dataclass(slots=True)
class Manifest:
    """What a backup holds."""

    made_at: str  #: UTC, ISO 8601
    revision: str  #: migration at which the database stood
    database: str  #: ``sqlite`` or ``postgresql``
    server: int  #: major version of the database
    rows: dict[str, int]  #: table -> rows, counted in the same moment of the data
    roles: list[str]  #: roles that are granted something, and must exist where this is taken back
    key: str  #: fingerprint of the installation's key, which opens what is sealed
    files: int = 0
    file_bytes: int = 0
    sha256: dict[str, str] = field(default_factory=dict)  #: part -> digest
    format: int = FORMAT


class Writer:
    """Puts the parts into the file, and counts and digests them on the way."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self.tar = tar
        self.digests: dict[str, str] = {}
        self.bytes = 0

    def put(self, name: str, stream: BinaryIO, size: int) -> str:
        """Add one part; its digest."""
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = size, 0o600
        reading = _Digesting(stream)
        self.tar.addfile(entry, reading)
        return reading.digest.hexdigest()

    def put_file(self, key: str, stream: BinaryIO) -> None:
        """Add a stored file, once."""
        size = stream.seek(0, os.SEEK_END)
        stream.seek(0)
        self.digests[key] = self.put(f"files/{key}", stream, size)
        self.bytes += size

    def put_text(self, name: str, text: str) -> str:
        """Add a small part."""
        content = text.encode()
        return self.put(name, io.BytesIO(content), len(content))

    def finish(self, manifest: Manifest) -> None:
        """The digests of the files, then the manifest, which speaks for all that stands before it."""
        lines = "".join(f"{digest}  files/{key}\n" for key, digest in sorted(self.digests.items()))
        manifest.sha256[DIGESTS] = self.put_text(DIGESTS, lines)
        manifest.files, manifest.file_bytes = len(self.digests), self.bytes
        self.put_text(MANIFEST, json.dumps(asdict(manifest), indent=1))


@contextmanager
def writing(target: Path) -> Iterator[Writer]:
    """A new backup at ``target``: there whole or not at all, and readable by its owner alone."""
    if target.exists():
        raise BackupRefused(f"{target} is there already.", "Name another file: a backup never replaces one.")
    half = target.with_name(f"{target.name}.part")
    handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
                yield Writer(tar)
            out.flush()
            os.fsync(out.fileno())
        os.link(half, target)  # unlike a rename, it replaces nothing that came meanwhile
    finally:
        half.unlink(missing_ok=True)


class Reader:
    """A backup that was found whole."""

    def __init__(self, tar: tarfile.TarFile, manifest: Manifest, keys: list[str]) -> None:
        self.tar, self.manifest, self.keys = tar, manifest, keys

    def open(self, name: str) -> IO[bytes]:
        """The content of a part. Raises ``BackupRefused`` where it is missing."""
        try:
            found = self.tar.extractfile(name)
        except KeyError:
            found = None
        if found is None:
            raise BackupRefused(f"This backup has no {name}.", _DAMAGED)
        return found

    def open_file(self, key: str) -> IO[bytes]:
        """The content of a stored file."""
        return self.open(f"files/{key}")

    def extract(self, name: str, target: Path) -> None:
        """Write a part to a file."""
        with self.open(name) as stream, target.open("wb") as out:
            while chunk := stream.read(_CHUNK):
                out.write(chunk)


@contextmanager
def reading(source: Path) -> Iterator[Reader]:
    """A backup, read through and compared with its digests before anything is done with it. Raises ``BackupRefused``."""
    try:
        with tarfile.open(source, mode="r:") as tar:
            manifest = _manifest(tar)
            yield Reader(tar, manifest, _judged(tar, manifest))
    except FileNotFoundError:
        raise BackupRefused(f"There is no {source}.") from None
    except (tarfile.TarError, EOFError) as error:
        raise BackupRefused(f"{source} is no backup, or a damaged one ({error}).", _DAMAGED) from error


_DAMAGED = "Take another copy of it, or another backup. Nothing was changed."


def _manifest(tar: tarfile.TarFile) -> Manifest:
    found = next((member for member in tar if member.name == MANIFEST and member.isreg()), None)
    if found is None or found.size > _LARGEST_MANIFEST:
        raise BackupRefused("This file is no backup of ours, or its end is missing.", _DAMAGED)
    stream = tar.extractfile(found)
    assert stream is not None
    try:
        said: dict[str, Any] = json.loads(stream.read())
        if said.get("format", 0) > FORMAT:
            raise BackupRefused(
                "This backup was made by a newer version.", "Install that version, then take it back."
            )
        return Manifest(**said)
    except (ValueError, TypeError, AttributeError) as error:
        raise BackupRefused(f"The manifest of this backup can’t be read ({error}).", _DAMAGED) from error


def _judged(tar: tarfile.TarFile, manifest: Manifest) -> list[str]:
    """The keys of the files. Every part is there, is what it was, and there is no other."""
    found, listed = {}, ""
    for member in tar:
        stream = tar.extractfile(member) if member.isreg() else None
        if stream is None or member.name in found:
            raise BackupRefused(f"This backup holds something that no backup holds: {member.name}.", _DAMAGED)
        if member.name == DIGESTS:
            content = stream.read()
            listed, found[DIGESTS] = content.decode("ascii", "replace"), hashlib.sha256(content).hexdigest()
        elif member.name != MANIFEST:
            found[member.name] = _digest_of(stream)
    wanted = manifest.sha256 | {line[66:]: line[:64] for line in listed.splitlines()}
    wrong = [name for name in sorted(wanted.keys() | found.keys()) if wanted.get(name) != found.get(name)]
    if wrong:
        raise BackupRefused(f"This backup is damaged: {', '.join(wrong[:5])} is not what it was.", _DAMAGED)
    keys = [name for name in found if name.startswith("files/")]
    if DATABASE not in found or not all(_FILE.fullmatch(name) for name in keys):
        raise BackupRefused("This backup lacks its database, or holds strange files.", _DAMAGED)
    return [name.removeprefix("files/") for name in keys]


def _digest_of(stream: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


class _Digesting(io.RawIOBase):
    """A stream that digests what is read from it."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream, self.digest = stream, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        found = self.stream.read(size)
        self.digest.update(found)
        return found
