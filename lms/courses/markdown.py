"""Markdown to HTML that is safe, accessible and light. The only place where an author's text becomes a page."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from lms.core import i18n
from lms.core.i18n import gettext as _
from lms.courses import media

#: What a page knows of the files beside it: name to width, height and version (the start of its SHA-256).
Files = Mapping[str, Sequence[Any]]

_WORDS = "abbr b br cite code del dfn em i ins kbd mark q s samp small span strong sub sup u var wbr"
_PARTS = (
    "a blockquote caption dd details div dl dt figcaption figure h2 h3 h4 h5 h6 hr img li ol p pre summary table"
    " tbody td tfoot th thead tr ul"
)
INLINE = frozenset(_WORDS.split())  #: what may stand in a label
BLOCK = INLINE | frozenset(_PARTS.split())  #: what may stand in a page
_ATTRIBUTES = {
    "*": {"lang", "dir"},
    "a": {"href", "title", "hreflang"},
    "abbr": {"title"},
    "img": {"src", "alt", "width", "height", "loading"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"scope", "colspan", "rowspan"},
    "details": {"open"},
}
_SCHEMES = {"http", "https", "mailto", "tel"}
_BRACES = re.compile(r"\A\{:?[^{}\n]*\}")
_NUMBER = re.compile(r"\d{1,4}")
_NOWHERE = re.compile(r'<a(?: title="[^"]*")?(?: rel="[^"]*")?(?: title="[^"]*")?>(.*?)</a>', re.S)
_IMAGE = re.compile(r"<img\b[^>]*>")
_ALT = re.compile(r' alt="([^"]*)"')
_CONTAINER = re.compile(r"^:::[ \t]*(?:[\w-]+[ \t]*)?(.*)$", re.M)

_parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_inline_parser = MarkdownIt("commonmark", {"html": True}).enable("strikethrough").disable("image")


def parse(text: str) -> list[Token]:
    """The text's tokens: for those who look for headings, blocks and pictures in it."""
    return _parser.parse(text)


def to_html(text: str, course_slug: str, files: Files | None = None, folder: str = "") -> Markup:
    """A lesson's text as HTML for the inside of a page: headings begin at h2.

    ``files`` says which files stand beside it (None: every name is trusted to be there); ``folder`` is where in the
    course the text lies. The same text is made once.
    """
    known = None if files is None else tuple((name, *values) for name, values in sorted(files.items()))
    return Markup(_page(text, course_slug, known, folder, i18n.language()))  # nosec B704


def to_inline(text: str) -> Markup:
    """A short text as HTML for the inside of a label or a legend: words, emphasis and code."""
    return Markup(_line(text))  # nosec B704


def clean(html: str, inline: bool = False) -> Markup:
    """An author's HTML without what may not be in a page; pictures and links to files are left out."""
    tags = set(INLINE if inline else BLOCK - {"img"})
    return Markup(_mend(_cleaner_of(html, tags, None)))  # nosec B704


def resolve(target: str, folder: str = "") -> str:
    """The name, in the course, of the file that a text in ``folder`` calls ``target``; empty where it is none."""
    try:
        parts = urlsplit(target.strip())
    except ValueError:
        return ""
    if parts.scheme or parts.netloc or not parts.path:
        return ""
    path = unquote(parts.path)
    steps: list[str] = [] if path.startswith("/") else [one for one in folder.split("/") if one]
    for one in path.split("/"):
        if one == "..":
            if not steps:
                return ""
            steps.pop()
        elif one not in ("", "."):
            steps.append(one)
    return media.name_of(PurePosixPath(*steps)) if steps else ""


@lru_cache(maxsize=1024)
def _page(text: str, slug: str, known: tuple[Any, ...] | None, folder: str, _language: str) -> str:
    files = None if known is None else {name: values for name, *values in known}
    tokens = _parser.parse(_CONTAINER.sub(_said, text))
    _shift_headings(tokens)
    for token in tokens:
        if token.type == "th_open":
            token.attrSet("scope", "col")
        if token.type == "inline":
            _tidy(token, slug, files, folder)
    html = _parser.renderer.render(tokens, _parser.options, {})
    return _tables(_mend(_cleaner_of(html, set(BLOCK), (slug, files, folder))))


@lru_cache(maxsize=4096)
def _line(text: str) -> str:
    return nh3.clean(
        _inline_parser.renderInline(text), tags=set(INLINE), attributes={"*": {"lang"}}, link_rel=None
    )


def _cleaner_of(html: str, tags: set[str], place: tuple[str, Files | None, str] | None) -> str:
    def address(element: str, attribute: str, value: str) -> str | None:
        if attribute in ("width", "height", "colspan", "rowspan", "start"):
            return value if _NUMBER.fullmatch(value) else None
        if attribute not in ("href", "src"):
            return value
        if place is not None and (own := _media_url(value, *place)):
            return own
        return value if element == "a" and urlsplit(value).scheme in _SCHEMES else None

    return nh3.clean(
        html, tags=tags, attributes=_ATTRIBUTES, attribute_filter=address, url_schemes=_SCHEMES,
        clean_content_tags={"script", "style"},
    )  # fmt: skip


def _mend(html: str) -> str:
    """What an author's own HTML may leave behind: links that lead nowhere, pictures without address or words."""
    html = _NOWHERE.sub(r"\1", html)
    return _IMAGE.sub(_whole, html)


def _whole(found: re.Match[str]) -> str:
    tag, alt = found[0], _ALT.search(found[0])
    if " src=" not in tag:
        return f"<em>{alt[1]}</em>" if alt and alt[1] else ""
    return tag if alt else f'{tag[:-1]} alt="">'


def _media_url(target: str, slug: str, files: Files | None, folder: str) -> str:
    """Where a file beside the texts is served; empty where there is none of this name."""
    if target.startswith(f"/courses/{slug}/media/"):
        return target  # made by ``_tidy`` just before
    name = resolve(target, folder)
    if not name or not media.is_taken(name) or (files is not None and name not in files):
        return ""
    version = files[name][2] if files else ""
    return f"/courses/{slug}/media/{quote(name)}" + (f"?v={version}" if version else "")


def _said(found: re.Match[str]) -> str:
    """``::: tip Title`` of other tools: the title stays, the marks go."""
    return f"**{found[1].strip()}**\n" if found[1].strip() else ""


def _shift_headings(tokens: list[Token]) -> None:
    """The highest heading becomes h2, and no level is skipped on the way down."""
    levels = [int(token.tag[1]) for token in tokens if token.type == "heading_open"]
    if not levels:
        return
    shift, last, now = 2 - min(levels), 1, 2
    for token in tokens:
        if token.type == "heading_open":
            now = last = min(int(token.tag[1]) + shift, last + 1, 6)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{now}"


def _tidy(token: Token, slug: str, files: Files | None, folder: str) -> None:
    """Pictures get their size and load when they come near; a missing one leaves its words; braces go."""
    kept: list[Token] = []
    for child in token.children or []:
        if child.type == "text" and kept and kept[-1].type in ("link_close", "image"):
            child.content = _BRACES.sub("", child.content)
        if child.type != "image":
            kept.append(child)
        elif url := _media_url(str(child.attrGet("src") or ""), slug, files, folder):
            kept.append(_picture(child, url, (files or {}).get(resolve(str(child.attrGet("src")), folder))))
        elif child.content:
            kept += [Token("em_open", "em", 1), *(child.children or []), Token("em_close", "em", -1)]
    token.children = kept


def _picture(child: Token, url: str, known: Sequence[Any] | None) -> Token:
    child.attrSet("src", url)
    child.attrSet("loading", "lazy")
    if known and known[0] and known[1]:
        child.attrSet("width", str(known[0]))
        child.attrSet("height", str(known[1]))
    return child


def _tables(html: str) -> str:
    """Each table in a region of its own, so that a phone scrolls it and not the page."""
    number = 0

    def opened(_found: re.Match[str]) -> str:
        nonlocal number
        number += 1
        name = _("Table %(number)s", number=number)
        return f'<div class="scroll" tabindex="0" role="region" aria-label="{name}"><table>'

    return re.sub("<table>", opened, html).replace("</table>", "</table></div>")
