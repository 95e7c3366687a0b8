"""Texts of questions as HTML: what an author wrote in Markdown, HTML or plain words."""

import re
from functools import lru_cache

from markupsafe import Markup, escape

from lms.courses import markdown

#: An opening or closing tag that may mean something; everything else is shown as it was written.
_TAG = re.compile(r"<(?!/?(?:" + "|".join(sorted(markdown.BLOCK - {"img"})) + r")\b)", re.I)
_PARAGRAPH = re.compile(r"\s*<p>(.*?)</p>\s*(.*)", re.S)
_BLOCK = re.compile(r"<(?:p|div|ul|ol|pre|table|blockquote|h[2-6]|dl|details|figure|hr)\b")


def short(text: str, form: str = "") -> Markup:
    """For the inside of a label: an answer. Words, emphasis, code; no paragraphs, links or pictures."""
    return Markup(_short(text, form))  # nosec B704


def long(text: str, form: str = "") -> Markup:
    """For the inside of a page: an explanation."""
    return Markup(_long(text, form))  # nosec B704


def question(text: str, form: str = "") -> tuple[Markup, Markup]:
    """The question itself, for a heading, and what comes with it: more paragraphs, a list, code."""
    html = _long(text, form)
    if found := _PARAGRAPH.fullmatch(html):
        lead, more = found[1], found[2]
    else:
        lead, more = ("", html) if _BLOCK.search(html) else (html, "")
    return markdown.clean(lead, inline=True), Markup(more)  # nosec B704


@lru_cache(maxsize=4096)
def _short(text: str, form: str) -> str:
    if form == "plain":
        return str(escape(text))
    html = str(markdown.to_inline(text)) if form == "markdown" else _breaks(text, form)
    return str(markdown.clean(html, inline=True)).strip()


@lru_cache(maxsize=4096)
def _long(text: str, form: str) -> str:
    if form == "markdown":
        return str(markdown.to_html(text, "-", {})).strip()
    if form == "plain":
        return str(escape(text)).replace("\n", "<br>")
    return str(markdown.clean(_breaks(text, form))).strip()


def _breaks(text: str, form: str) -> str:
    """HTML as it is; the words of a question without a format with their breaks, and with a < that is no tag."""
    return text if form == "html" else _TAG.sub("&lt;", text).replace("\n", "<br>")
