"""The pictures and documents that a text speaks of, and what to say of those that are not there."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from lms.core.i18n import gettext as _
from lms.courses import markdown, media

_IMAGE = re.compile(r"<img\b[^>]*>", re.I)
_ATTRIBUTE = re.compile(r"""\b(src|alt)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.I)


@dataclass(frozen=True, slots=True)
class Mention:
    """A file that a text speaks of: its name in the course (or its address as written), the line from 0, its words."""

    name: str
    line: int
    words: str = ""
    is_picture: bool = True


def mentions(text: str, folder: str = "") -> list[Mention]:
    """Every picture and every linked document of a Markdown text that lies in ``folder``."""
    found: list[Mention] = []
    for token in markdown.parse(text):
        line = token.map[0] if token.map else 0
        if token.type == "html_block":
            found += _in_html(token.content, line, folder)
        for child in token.children or []:
            line += child.type in ("softbreak", "hardbreak")
            if child.type == "image":
                found.append(Mention(_name(str(child.attrGet("src") or ""), folder), line, child.content))
            elif child.type == "html_inline":
                found += _in_html(child.content, line, folder)
            elif child.type == "link_open" and (name := _document(str(child.attrGet("href") or ""), folder)):
                found.append(Mention(name, line, is_picture=False))
    return found


def missing(mention: Mention) -> str:
    """What to say of a file that is not there: its name, and the words that stand for it."""
    name, words = mention.name, mention.words
    if not mention.is_picture:
        if not media.is_taken(name):
            return _("The document %(name)s is of a kind that is not taken: its link is left out.", name=name)
        return _("The document %(name)s is not there: its link is left out.", name=name)
    if "://" in name:
        return _("The picture %(name)s stands on another site: it is not fetched.", name=name)
    if words:
        return _(
            "The picture %(name)s is missing. Its words are shown instead: “%(alt)s”", name=name, alt=words
        )
    return _("The picture %(name)s is missing, and no words stand for it.", name=name)


def _in_html(html: str, line: int, folder: str) -> Iterator[Mention]:
    for tag in _IMAGE.finditer(html):
        said = {name.lower(): one or two for name, one, two in _ATTRIBUTE.findall(tag[0])}
        yield Mention(
            _name(said.get("src", ""), folder), line + html.count("\n", 0, tag.start()), said.get("alt", "")
        )


def _name(target: str, folder: str) -> str:
    return markdown.resolve(target, folder) or target


def _document(target: str, folder: str) -> str:
    """A file of the course that is linked to; other lessons and addresses elsewhere are none."""
    name = markdown.resolve(target, folder)
    ending = PurePosixPath(name).suffix.lower()
    return name if ending and ending not in (".md", ".markdown") else ""
