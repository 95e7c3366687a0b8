"""A .zip of a folder of Markdown."""

import tempfile
from dataclasses import replace
from pathlib import Path

from lms.core import archives
from lms.core.archives import ArchiveRejected, Limits
from lms.courses.importer import Draft, FileDraft, Importer, Unusable
from lms.courses.importers.folder import Folder
from lms.courses.lessons import slug_of

LIMITS = Limits(entries=3_000, total=200 * 1024 * 1024)
_MANIFEST = "imsmanifest.xml"  #: a package of another standard: not ours to read


class Archive(Importer):
    """The folder may be the archive itself or the one folder in it."""

    name = "archive"

    def takes(self, path: Path) -> bool:
        return path.is_file() and path.suffix.lower() == ".zip" and not _is_package(path)

    def read(self, path: Path) -> Draft:
        with tempfile.TemporaryDirectory(prefix="lms-course-") as place:
            folder = Path(place) / (slug_of(path.stem) or "course")
            try:
                archives.unpack(path, folder, LIMITS)
            except ArchiveRejected as error:
                raise Unusable(error.reason, error.remedy) from error
            draft = Folder().read(_inner(folder))
            draft.files = {name: _held(file) for name, file in draft.files.items()}
            return draft


def _inner(folder: Path) -> Path:
    inside = [one for one in folder.iterdir() if not one.name.startswith((".", "__MACOSX"))]
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else folder


def _held(file: FileDraft) -> FileDraft:
    """With its bytes in hand: the unpacked folder goes away before the draft is kept."""
    return replace(file, content=file.path.read_bytes(), path=None) if file.path else file


def _is_package(path: Path) -> bool:
    return _MANIFEST in archives.names_in(path)  # of a broken one, ``read`` says what is wrong
