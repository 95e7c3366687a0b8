"""Files beside the texts of a course: which are taken, and what is looked at before."""

import hashlib
import unicodedata
import warnings
from pathlib import Path, PurePosixPath

from lms.core.i18n import gettext as _
from lms.courses import svg
from lms.courses.importer import FileDraft

#: What may be shown beside a lesson, by the ending of the name. Nothing here runs in a page.
TYPES = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".pdf": "application/pdf",
}
MOST = {"image/svg+xml": 2_000_000, "application/pdf": 20_000_000}  #: bytes
MOST_OTHERWISE = 10_000_000
MOST_PIXELS = 40_000_000
_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}


class NotTaken(ValueError):
    """This file is left out; the text says why, in the reader's language."""


def name_of(path: PurePosixPath) -> str:
    """The name under which a file is kept and found: one spelling for each accented letter."""
    return unicodedata.normalize("NFC", path.as_posix())


def is_taken(name: str) -> bool:
    """Whether a file of this name may be beside a course."""
    return PurePosixPath(name).suffix.lower() in TYPES


def look(path: Path, name: str) -> tuple[FileDraft, int]:
    """The file to keep, and how many unsafe parts had to go. Raises ``NotTaken``."""
    media_type = TYPES[PurePosixPath(name).suffix.lower()]
    size = path.stat().st_size
    if size > MOST.get(media_type, MOST_OTHERWISE):
        raise NotTaken(_("%(name)s is too large to be sent to a phone. Make it smaller.", name=name))
    if media_type == "image/svg+xml":
        return _drawing(path, name)
    width, height = (0, 0) if media_type == "application/pdf" else _picture(path, name, media_type)
    with path.open("rb") as file:
        if media_type == "application/pdf" and b"%PDF-" not in file.read(1024):
            raise NotTaken(_("%(name)s is not a PDF, in spite of its name.", name=name))
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return FileDraft(name, media_type, sha256, size, path, width=width, height=height), 0


def _drawing(path: Path, name: str) -> tuple[FileDraft, int]:
    try:
        drawing = svg.clean(path.read_bytes())
    except svg.NotSvg:
        raise NotTaken(_("%(name)s is not a drawing that can be read.", name=name)) from None
    content = drawing.content
    made = FileDraft(
        name, "image/svg+xml", hashlib.sha256(content).hexdigest(), len(content),
        content=content, width=drawing.width, height=drawing.height,
    )  # fmt: skip
    return made, drawing.removed


def _picture(path: Path, name: str, media_type: str) -> tuple[int, int]:
    from PIL import Image, UnidentifiedImageError

    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(path, formats=[_FORMATS[media_type]]) as image:  # reads the head only
                width, height = image.size
        except (UnidentifiedImageError, Image.DecompressionBombWarning, OSError, ValueError, SyntaxError):
            raise NotTaken(_("%(name)s is not the picture that its name says.", name=name)) from None
    if width * height > MOST_PIXELS:
        raise NotTaken(_("%(name)s has too many pixels for a phone. Make it smaller.", name=name))
    return width, height
