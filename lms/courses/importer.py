"""What a course can be made of: one file in a room's ``importers/``, found by a folder scan.

An importer only reads: it makes a draft, which ``services.keep`` then writes in one short transaction.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.kinds import Kind


class Unusable(Refused):
    """Nothing at all can be made of this file or folder."""

    status = 422


@dataclass(frozen=True, slots=True)
class Unread:
    """A part that was left out: the file's path in the course, its line (0 for the file itself), and why."""

    file: str
    line: int
    reason: str

    def as_json(self) -> dict[str, Any]:
        """The same as ``flask courses import --json`` prints it."""
        return {"file": self.file, "line": self.line, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class StepDraft:
    """A step to be. ``key`` is what the next import of the same course knows it by."""

    key: str
    module: str
    kind: str
    title: str
    minutes: int
    content: dict[str, Any]
    is_mandatory: bool = True
    questions: int = 0


@dataclass(frozen=True, slots=True)
class FileDraft:
    """A picture or document beside the texts: where it lies, or what it holds where it had to be cleaned."""

    name: str
    media_type: str
    sha256: str
    size: int
    path: Path | None = None
    content: bytes = b""
    width: int = 0
    height: int = 0


@dataclass(slots=True)
class Draft:
    """A course to be. ``minutes`` 0: the sum of its steps. ``modules``: folder to title, in their order."""

    title: str
    summary: str = ""
    presentation: str = ""
    language: str = "fr"
    minutes: int = 0
    sheet: dict[str, Any] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)
    steps: list[StepDraft] = field(default_factory=list)
    files: dict[str, FileDraft] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)


class Importer(Kind):
    """A family of readers. A member has a ``name`` and says what it takes."""

    name: ClassVar[str] = ""

    def takes(self, path: Path) -> bool:
        """Whether this file or folder is for this importer; by its name and nature, without reading it."""
        raise NotImplementedError

    def read(self, path: Path) -> Draft:
        """The course in it. Raises ``Unusable`` where there is none; what is only partly readable goes to ``unread``."""
        raise NotImplementedError


def read(path: Path) -> Draft:
    """The draft of a course, from whichever importer takes the path. Needs no database."""
    if not path.exists():
        raise Unusable(_("There is nothing at %(path)s.", path=path), _("Check the path."))
    for kind in Importer.registered.values():
        if (importer := kind()).takes(path):
            draft: Draft = importer.read(path)
            return draft
    raise Unusable(
        _("%(name)s is not something a course can be made of.", name=path.name),
        _("Give a folder of Markdown files, the same as a .zip, or a .gift file of questions."),
    )
