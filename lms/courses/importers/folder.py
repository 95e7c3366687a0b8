"""A folder of Markdown: one file a lesson, pictures beside, sub-folders as modules."""

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from lms.core.i18n import gettext as _
from lms.courses import lessons, media
from lms.courses.importer import Draft, Importer, Unread, Unusable
from lms.courses.lessons import Lesson

MOST_FILES = 3_000
LONGEST_TEXT = 2_000_000  #: bytes of one lesson
TEXTS = (".md", ".markdown")
SHEETS = ("index", "readme")
_NOT_LESSONS = re.compile(r"(licen[cs]e|contributing|changelog|code_of_conduct|authors)\b", re.I)
_DIGITS = re.compile(r"(\d+)")
_LEFT_BY_PROGRAMS = ("Thumbs.db", "desktop.ini", "__MACOSX")


class Folder(Importer):
    """A folder, read as it lies. ``index.md`` (or ``README.md``) is the course's sheet."""

    name = "folder"

    def takes(self, path: Path) -> bool:
        return path.is_dir()

    def read(self, path: Path) -> Draft:
        return _Reading(path).done()


def natural(name: str) -> tuple[tuple[tuple[int, int, str], ...], ...]:
    """Sorts paths as people count: 2 before 10, part by part, without regard to case."""
    return tuple(
        tuple(
            (0, int(one), "") if one.isdigit() else (1, 0, one.casefold())
            for one in _DIGITS.split(part)
            if one
        )
        for part in PurePosixPath(name).with_suffix("").parts
    )


class _Reading:
    """The walk through one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.draft = Draft(title="")
        self.texts: dict[str, Path] = {}

    def done(self) -> Draft:
        for name, path in self._files():
            self._sort_out(name, path)
        if not self.texts:
            said = _("There is no Markdown file (.md) in %(name)s.", name=self.root.name)
            raise Unusable(said, _("Put each lesson in a file whose name ends in .md."))
        sheets = self._sheets()
        self._sheet(sheets.pop("", ""))
        for name in sorted(self.texts, key=lambda one: (natural(self._place(one, sheets)), one)):
            self._lesson(name, is_sheet=name in sheets.values())
        if not self.draft.steps:
            said = _("There is no lesson in %(name)s.", name=self.root.name)
            raise Unusable(
                said, _("Put each lesson in a file whose name ends in .md, beside the course sheet.")
            )
        return self.draft

    def _files(self) -> Iterator[tuple[str, Path]]:
        """Every file that is really in the folder, by its path there."""
        count = 0
        for path in sorted(self.root.rglob("*")):
            inside = path.relative_to(self.root)
            if any(part.startswith(".") or part in _LEFT_BY_PROGRAMS for part in inside.parts):
                continue
            if not path.resolve().is_relative_to(self.root):
                self._unread(media.name_of(PurePosixPath(inside)), 0, _("This leads out of the folder."))
            elif path.is_file():
                count += 1
                if count > MOST_FILES:
                    raise Unusable(_("There are more than %(most)s files in this folder.", most=MOST_FILES))
                yield media.name_of(PurePosixPath(inside)), path

    def _sort_out(self, name: str, path: Path) -> None:
        ending = PurePosixPath(name).suffix.lower()
        if ending in TEXTS and not _NOT_LESSONS.match(PurePosixPath(name).name):
            self.texts[name] = path
        elif media.is_taken(name):
            self._media(name, path)
        elif ending in TEXTS:
            self._unread(name, 0, _("This text speaks of the folder itself: it is not taken as a lesson."))
        else:
            self._unread(name, 0, _("This is neither a lesson nor a kind of file that is taken."))

    def _media(self, name: str, path: Path) -> None:
        try:
            file, removed = media.look(path, name)
        except media.NotTaken as reason:
            self._unread(name, 0, str(reason))
            return
        except OSError:
            self._unread(name, 0, _("This file can't be opened."))
            return
        self.draft.files[name] = file
        if removed:
            self._unread(
                name, 0, _("Parts of this drawing that could act or fetch something were taken out.")
            )

    def _sheets(self) -> dict[str, str]:
        """Folder to the file that presents it: ``index.md``, else ``README.md``."""
        found: dict[str, str] = {}
        for wanted in SHEETS:
            for name in sorted(self.texts):
                path = PurePosixPath(name)
                if path.stem.lower() == wanted:
                    found.setdefault("" if str(path.parent) == "." else str(path.parent), name)
        return found

    def _sheet(self, name: str) -> None:
        """The course's own presentation."""
        source = self._text(name) if name else ""
        lesson = lessons.read(source, name or "index.md", self.draft.files)
        head, draft = lesson.head, self.draft
        draft.title = (lesson.title if name else "") or lessons.title_of_file(self.root.name)
        draft.summary = head.text("summary", "description")
        draft.language = head.text("language", "lang")[:2].lower() or "fr"
        draft.minutes = head.number("minutes", 1, 60_000) or 0
        draft.presentation = lesson.text
        sheet = {
            "objectives": head.texts("objectives"), "audience": head.text("audience"), "family": head.text("family"),
            "prerequisites": head.text("prerequisites"), "themes": head.texts("themes"), "author": head.text("author"),
        }  # fmt: skip
        draft.sheet = {key: value for key, value in sheet.items() if value}
        self.texts.pop(name, None)
        draft.unread += [Unread(name, one.line, one.reason) for one in head.problems]
        draft.unread += [one for one in lesson.unread if one not in draft.unread]

    def _place(self, name: str, sheets: dict[str, str]) -> str:
        """Where a file comes: a module's presentation before the module's lessons."""
        return str(PurePosixPath(name).parent) if name in sheets.values() else name

    def _lesson(self, name: str, is_sheet: bool) -> None:
        source = self._text(name)
        lesson = lessons.read(source, name, self.draft.files)
        self._modules(lesson, is_sheet)
        self.draft.steps += lesson.steps
        self.draft.unread += lesson.unread
        if not lesson.steps and source:
            self._unread(name, 0, _("This file holds no text."))

    def _modules(self, lesson: Lesson, is_sheet: bool) -> None:
        """The modules of a file's steps: its folder, or the file itself where it holds a whole one."""
        for key in {step.module for step in lesson.steps}:
            own = lesson.title if lesson.head.is_headers else ""
            said = own or (lesson.head.text("title") if is_sheet else "")
            title = said or (lessons.title_of_file(PurePosixPath(key).name) if key else self.draft.title)
            self.draft.modules.setdefault(key, title)

    def _text(self, name: str) -> str:
        path = self.texts[name]
        try:
            if path.stat().st_size > LONGEST_TEXT:
                self._unread(name, 0, _("This text is too long for one lesson. Cut it into several files."))
                return ""
            raw = path.read_bytes()
            text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            self._unread(name, line, _("This file is not in UTF-8. Save it again in that encoding."))
            return ""
        except OSError:
            self._unread(name, 0, _("This file can't be opened."))
            return ""
        plain = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
        return plain.replace("\x00", "")

    def _unread(self, name: str, line: int, reason: str) -> None:
        self.draft.unread.append(Unread(name, line, reason))
