"""Zip files from outside: looked at before anything is unpacked, unpacked whole or not at all, never outside a folder."""

import errno
import secrets
import shutil
import stat
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from lms.core.errors import Refused
from lms.core.i18n import Lazy, lazy

_CHUNK = 256 * 1024
#: Archives within an archive are refused; documents that happen to be zip files inside are not.
_ARCHIVES = (".zip", ".jar", ".7z", ".rar", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".zst", ".cab", ".iso")
_DOCUMENTS = (".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".epub", ".h5p", ".kmz")
_MARKS = (b"PK\x03\x04", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x1f\x8b\x08", b"\xfd7zXZ")
#: What a broken zip makes ``zipfile`` raise.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, ValueError, KeyError, EOFError, NotImplementedError, RuntimeError, OverflowError,
    IndexError,
)  # fmt: skip

_SAID: Final[dict[str, tuple[Lazy, Lazy]]] = {
    "not_zip": (
        lazy("This file is not a zip archive, or it is damaged."),
        lazy("Make the archive again and send it once more."),
    ),
    "unsafe_path": (
        lazy("This archive holds a file whose path leads out of its folder: %(name)s."),
        lazy("Make the archive again from within the folder, without absolute paths."),
    ),
    "link": (
        lazy("This archive holds a link instead of a file: %(name)s."),
        lazy("Replace the link by the file it points to, and make the archive again."),
    ),
    "duplicate": (
        lazy("This archive holds the same file twice: %(name)s."),
        lazy("Keep one of the two; upper and lower case count as the same."),
    ),
    "too_many": (
        lazy("This archive holds too many files."),
        lazy("Take away what is not needed, or split it."),
    ),
    "too_large": (
        lazy("This archive is too large once unpacked."),
        lazy("Make its pictures and videos smaller, or split it into several archives."),
    ),
    "bomb": (
        lazy("This archive unpacks to an abnormal size. It was not opened."),
        lazy("Check where it comes from, and make it again from the original files."),
    ),
    "encrypted": (
        lazy("This archive is protected by a password."),
        lazy("Make it again without a password."),
    ),
    "nested": (
        lazy("This archive holds another archive: %(name)s."),
        lazy("Unpack the inner archive first, then make a single one."),
    ),
}
CODES: Final = frozenset(_SAID)


class ArchiveRejected(Refused):
    """An archive that is not unpacked. ``code`` is stable, ``name`` the entry it is about, if any."""

    status = 422

    def __init__(self, code: str, name: str = "") -> None:
        self.code = code
        self.name = name
        super().__init__(*sentence(self))


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an archive may hold; sizes in bytes, unpacked."""

    entries: int = 10_000
    total: int = 1024 * 1024 * 1024
    #: Unpacked over packed, judged from ``ratio_from`` bytes on: a few repetitive files prove nothing.
    ratio: float = 100
    ratio_from: int = 1024 * 1024


def sentence(error: ArchiveRejected) -> tuple[str, str]:
    """What is wrong and what to do, in the reader's language."""
    message, remedy = _SAID[error.code]
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in error.name)[:120]
    return (message % {"name": shown} if error.name else str(message)), str(remedy)


def unpack(path: Path, folder: Path, limits: Limits | None = None) -> list[Path]:
    """Unpack into ``folder``, which must not exist yet, and return the files, sorted.

    Raises ``ArchiveRejected``; then ``folder`` does not exist. Nothing is unpacked before every entry was looked at.
    """
    limits = limits or Limits()
    half = folder.with_name(f"{folder.name}.{secrets.token_hex(4)}.part")
    try:
        with zipfile.ZipFile(path) as archive:
            targets = _checked(archive.infolist(), limits)
            half.mkdir(parents=True)
            for entry, target in targets:
                _write(archive, entry, half / target)
        half.rename(folder)
    except _BROKEN as error:
        raise ArchiveRejected("not_zip") from error
    except OSError as error:
        if error.errno == errno.EINVAL:  # a directory that points before the start of the file
            raise ArchiveRejected("not_zip") from error
        raise
    finally:
        shutil.rmtree(half, ignore_errors=True)
    return sorted(folder / target for _, target in targets)


def names_in(path: Path) -> list[str]:
    """The names that an archive lists, to tell what it is; empty when it can't be read. Nothing is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (*_BROKEN, OSError):
        return []


def _checked(entries: list[zipfile.ZipInfo], limits: Limits) -> list[tuple[zipfile.ZipInfo, PurePosixPath]]:
    """The entries that are files, with where each goes below the folder. Raises ``ArchiveRejected``."""
    _check_sizes(entries, limits)
    seen: set[str] = set()
    files = []
    for entry in entries:
        target = _place(entry)
        key = unicodedata.normalize("NFC", str(target)).casefold()
        if entry.is_dir():
            continue
        if key in seen:
            raise ArchiveRejected("duplicate", entry.filename)
        seen.add(key)
        _check_kind(entry)
        files.append((entry, target))
    # A file can't be the folder of another.
    for entry, target in files:
        if any(unicodedata.normalize("NFC", str(parent)).casefold() in seen for parent in target.parents):
            raise ArchiveRejected("duplicate", entry.filename)
    return files


def _check_sizes(entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(entries) > limits.entries:
        raise ArchiveRejected("too_many")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > limits.ratio_from and unpacked > limits.ratio * sum(
        entry.compress_size for entry in entries
    ):
        raise ArchiveRejected("bomb")
    for entry in entries:
        if entry.file_size > max(limits.ratio_from, limits.ratio * entry.compress_size):
            raise ArchiveRejected("bomb")
    if unpacked > limits.total:
        raise ArchiveRejected("too_large")


def _check_kind(entry: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in {0, stat.S_IFREG}:
        raise ArchiveRejected("link", entry.filename)
    if entry.flag_bits & 0x1:
        raise ArchiveRejected("encrypted", entry.filename)
    if entry.filename.lower().endswith(_ARCHIVES):
        raise ArchiveRejected("nested", entry.filename)


def _place(entry: zipfile.ZipInfo) -> PurePosixPath:
    """Where an entry goes below the folder."""
    name = entry.orig_filename  # ``filename`` is cut at a NUL
    parts = name.rstrip("/").split("/")
    is_strange = any(ord(char) < 32 for char in name) or "\\" in name or ":" in parts[0]
    if is_strange or name.startswith("/") or ".." in parts or not all(_fits(part) for part in parts):
        raise ArchiveRejected("unsafe_path", name)
    return PurePosixPath(*parts)


def _fits(part: str) -> bool:
    """Whether a part of a path can be the name of a file anywhere."""
    return part not in {"", "."} and len(part.encode("utf-8", "replace")) <= 255


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    """Unpack one file, no further than the size it declares: its sender's rights and dates are not taken over."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(entry) as content, target.open("xb") as out:
        first = content.read(_CHUNK)
        if first.startswith(_MARKS) and not entry.filename.lower().endswith(_DOCUMENTS):
            raise ArchiveRejected("nested", entry.filename)
        out.write(first)
        shutil.copyfileobj(content, out, _CHUNK)
