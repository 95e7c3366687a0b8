"""One Markdown file to the steps in it: pages, and what its fences become."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import ceil
from pathlib import PurePosixPath
from typing import Any

from lms.core.i18n import gettext as _
from lms.core.i18n import sort_key
from lms.courses import front_matter, markdown
from lms.courses.activity import ActivityKind
from lms.courses.fence import Fence, FenceResult
from lms.courses.front_matter import Head, Problem
from lms.courses.importer import FileDraft, StepDraft, Unread
from lms.courses.mentions import mentions, missing

WORDS_A_MINUTE = 150  #: how fast a text on a screen is read by somebody who is not at ease
SECONDS_A_QUESTION = 40
SHORT = 30  #: words; a text shorter than this after a quiz belongs to the page before
_ENDING = re.compile(r"[ ]{0,3}(`{3,}|~{3,})[ \t]*")
_COMMENT = re.compile(r"<!--.*?-->", re.S)
_ORDER = re.compile(r"^\d+[\s._-]+")


@dataclass(slots=True)
class Lesson:
    """What a file holds: its head and title, the rest of its text, its steps, and what could not be read."""

    head: Head
    title: str
    text: str = ""
    steps: list[StepDraft] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)


@dataclass(slots=True)
class _Page:
    """A page being put together."""

    key: str
    title: str
    lines: list[str] = field(default_factory=list)
    content: dict[str, Any] = field(default_factory=dict)


def read(source: str, name: str, files: Mapping[str, FileDraft], module: str | None = None) -> Lesson:
    """The steps of the file called ``name`` (its path in the course), whose text is ``source``."""
    return _Reading(source, name, files, module).done()


def title_of_file(name: str) -> str:
    """A title made of a file's or folder's name: ``01-lire_un-message`` gives ``Lire un message``."""
    plain = _ORDER.sub("", name) or name
    words = " ".join(re.split(r"[\s_-]+", plain)).strip()
    return words[:1].upper() + words[1:]


def slug_of(text: str, longest: int = 60) -> str:
    """Lower-case words with dashes: what stands in addresses."""
    plain = re.sub(r"[^a-z0-9]+", "-", sort_key(text)).strip("-")
    return plain[:longest].rstrip("-")


def minutes_for(text: str) -> int:
    """How long a text takes to read, in whole minutes, at least 1."""
    return max(1, ceil(len(text.split()) / WORDS_A_MINUTE))


class _Reading:
    """The walk through one file."""

    def __init__(self, source: str, name: str, files: Mapping[str, FileDraft], module: str | None) -> None:
        self.name, self.files = name, files
        self.key = str(PurePosixPath(name).with_suffix(""))
        parent = str(PurePosixPath(name).parent)
        self.folder = "" if parent == "." else parent
        self.head = front_matter.read(source)
        self.module = module if module is not None else (self.key if self.head.is_headers else self.folder)
        self.lines = self.head.body.split("\n")
        self.tokens = markdown.parse(self.head.body)
        self.problems: list[Problem] = []
        self.steps: list[StepDraft] = []
        self.pages: dict[str, _Page] = {}
        self.blocks = 0
        self.title = self._title()
        self.is_mandatory = self.head.flag("mandatory", True)
        self.page = _Page(self.key, self.title)

    def done(self) -> Lesson:
        wanted = self.head.text("kind")
        if wanted and wanted not in ActivityKind.registered:
            self.head.wrong(
                "kind", _("%(kind)s is not a kind of step; this text is taken as a page.", kind=wanted)
            )
            wanted = ""
        self._walk(one_step=wanted not in ("", "page"))
        if wanted and not any(step.kind == wanted for step in self.steps):
            said = _("This text has nothing of the kind %(kind)s; it is taken as a page.", kind=wanted)
            self.head.wrong("kind", said)
        self._pictures()
        first = self.head.number("minutes", 1, 600)
        if first and self.steps:
            self.steps[0] = _with_minutes(self.steps[0], first)
        problems = sorted([*self.head.problems, *self.problems], key=lambda one: one.line)
        unread = [Unread(self.name, one.line, one.reason) for one in problems]
        return Lesson(self.head, self.title, "\n".join(self.lines).strip(), self.steps, unread)

    def _title(self) -> str:
        """The front matter's title, else the first heading; a heading that says the same leaves the text."""
        said = self.head.text("title")
        if self.head.is_headers:
            return said
        path = PurePosixPath(self.key)
        named = title_of_file(path.parent.name if path.name.lower() in ("index", "readme") else path.name)
        first = next((n for n, token in enumerate(self.tokens) if token.type == "heading_open"), None)
        if first is None:
            return said or named
        heading, opening = _plain(self.tokens[first + 1]), self.tokens[first]
        if opening.map and first == 0 and (not said or sort_key(said) == sort_key(heading)):
            for line in range(*opening.map):
                self.lines[line] = ""
            self.tokens = self.tokens[3:]
        return said or heading or named

    def _walk(self, one_step: bool) -> None:
        """Cut the text at its fences, and, where a file holds a whole module, at its main headings."""
        at = 0
        for n, token in enumerate(self.tokens):
            if token.level or not token.map:
                continue
            start, end = token.map
            if token.type == "fence" and (kind := self._fence(token.info)):
                self.page.lines += self.lines[at:start]
                self._block(kind, token.content, start, end, one_step)
                at = end
            elif self.head.is_headers and token.type == "heading_open" and token.tag == "h1":
                self.page.lines += self.lines[at:start]
                title = _plain(self.tokens[n + 1]) or self.title
                self._close()
                self.page = _Page(self._free_key(title), title)
                at = end
        self.page.lines += self.lines[at:]
        self._close()

    def _fence(self, info: str) -> type[Fence] | None:
        word = unicodedata.normalize("NFC", info.split()[0]) if info.strip() else ""
        return Fence.registered.get(word)

    def _block(self, kind: type[Fence], text: str, start: int, end: int, one_step: bool) -> None:
        line = self.head.line + start
        if not _ENDING.fullmatch(self.lines[min(end, len(self.lines)) - 1]):
            said = _("The block %(name)s that opens here never closes.", name=kind.name)
            self.problems.append(Problem(line, said))
        result = kind().read(text, line + 1, self.head)
        self.problems += result.problems
        if result.is_empty:
            return
        if not result.kind:
            self.page.content.update(result.content)
            return
        self.blocks += 1
        self._step_of(result, one_step)

    def _step_of(self, result: FenceResult, one_step: bool) -> None:
        """A block that is a step: the file's own where there is no page (yet), else the one after the page."""
        words = "\n".join(self.page.lines).strip()
        alone = self.blocks == 1 and not self.steps and (one_step or not _written(words))
        content = result.content | ({"intro": words} if alone and _written(words) else {})
        if alone:
            self.page.lines = []
        self._close()
        key = self.key if alone else f"{self.key}#{self.blocks}"
        title = self.title if alone else result.title or _("Check: %(title)s", title=self.page.title)
        minutes = max(minutes_for(words if alone else ""), ceil(result.questions * SECONDS_A_QUESTION / 60))
        step = StepDraft(
            key, self.module, result.kind, title, minutes, self._placed(content),
            result.is_mandatory and self.is_mandatory, result.questions,
        )  # fmt: skip
        self.steps.append(step)
        self.page = _Page("", self.page.title)

    def _close(self) -> None:
        """Keep the page in hand, if it has words: as a step, or with the page before where it is a mere sentence."""
        page, text = self.page, "\n".join(self.page.lines).strip()
        page.lines = []
        if not (_written(text) or page.content):
            return
        if not page.key and self._belongs_before(text, page):
            return
        if not page.key:
            page.title = self._heading_of(text) or _("%(title)s (continued)", title=page.title)
            page.key = self._free_key(page.title)
        content = {"markdown": text, **page.content}
        page.content = {}
        minutes, placed = minutes_for(text), self._placed(content)
        self.steps.append(
            StepDraft(page.key, self.module, "page", page.title, minutes, placed, self.is_mandatory)
        )

    def _belongs_before(self, text: str, page: _Page) -> bool:
        """A short ending after a quiz is added to the last page of this file, not made a step."""
        if len(text.split()) >= SHORT or self._heading_of(text):
            return False
        for n in range(len(self.steps) - 1, -1, -1):
            step = self.steps[n]
            if step.kind == "page":
                more = {"markdown": f"{step.content['markdown']}\n\n{text}".strip(), **page.content}
                self.steps[n] = _with_content(step, step.content | more)
                page.content = {}
                return True
        return False

    def _heading_of(self, text: str) -> str:
        tokens = markdown.parse(text)
        return _plain(tokens[1]) if tokens and tokens[0].type == "heading_open" else ""

    def _free_key(self, title: str) -> str:
        """A key of its own for a part of the file: by its title, so that adding a part before it moves nothing."""
        taken = {step.key for step in self.steps} | {self.key}
        wanted = f"{self.key}+{slug_of(title) or 'suite'}"
        return next(
            key for n in range(1, 10_000) if (key := wanted if n == 1 else f"{wanted}-{n}") not in taken
        )

    def _placed(self, content: dict[str, Any]) -> dict[str, Any]:
        """The content with what its pictures and documents are, so that showing it asks nothing."""
        texts = " ".join(str(content.get(part, "")) for part in ("markdown", "simple", "intro"))
        found = {
            one.name: self.files[one.name] for one in mentions(texts, self.folder) if one.name in self.files
        }
        files = {name: [file.width, file.height, file.sha256[:8]] for name, file in found.items()}
        return content | {"files": files} | ({"folder": self.folder} if self.folder else {})

    def _pictures(self) -> None:
        """List the pictures and documents that are not there, with the words that stand for them."""
        for one in mentions(self.head.body, self.folder):
            if one.name not in self.files:
                self.problems.append(Problem(self.head.line + one.line, missing(one)))


def _written(text: str) -> str:
    """What readers see of a text: an author's comments are none of it."""
    return _COMMENT.sub("", text).strip()


def _plain(inline: Any) -> str:
    """The words of a heading, without its marks."""
    return front_matter.one_line("".join(child.content or " " for child in inline.children or []))


def _with_minutes(step: StepDraft, minutes: int) -> StepDraft:
    return replace(step, minutes=minutes)


def _with_content(step: StepDraft, content: dict[str, Any]) -> StepDraft:
    return replace(step, content=content, minutes=minutes_for(str(content.get("markdown", ""))))
