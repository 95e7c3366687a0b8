"""Asks the workers to draw. xhtml2pdf holds one lock per process, so two processes draw twice as much as two threads."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from lms.core.pdf import pool

SECONDS: Final = 60.0  #: for one document


class PdfFailed(Exception):
    """A document that could not be drawn; the text, for the log, says why."""


@dataclass(frozen=True, slots=True)
class Document:
    """What is to be drawn. ``images`` are the only pictures that the HTML may show: ``<img src="name.png">``."""

    html: str
    title: str
    language: str
    images: Mapping[str, bytes] = field(default_factory=dict)
    keywords: Sequence[str] = ()


def render(
    html: str,
    *,
    title: str,
    language: str,
    images: Mapping[str, bytes] | None = None,
    keywords: Sequence[str] = (),
) -> bytes:
    """The PDF of an HTML document. Nothing is fetched: no address, no file, only ``images`` and the house's font.

    Raises ``PdfFailed``, also when it takes more than a minute or shows a picture that was not given.
    """
    return _draw(Document(html, title, language, images or {}, keywords))


def render_many(documents: Iterable[Document]) -> list[bytes]:
    """The PDFs of several documents, in their order, drawn side by side. Raises ``PdfFailed`` if one fails."""
    with ThreadPoolExecutor(pool.WORKERS) as threads:
        return list(threads.map(_draw, documents))


def _draw(document: Document) -> bytes:
    message = {
        "do": "draw",
        "html": document.html,
        "title": document.title,
        "language": document.language,
        "keywords": list(document.keywords),
        "images": {name: base64.b64encode(content).decode() for name, content in document.images.items()},
    }
    try:
        answer = pool.ask(message, SECONDS)
    except pool.NoAnswer as error:
        raise PdfFailed(f"{document.title}: {error}") from error
    if "error" in answer:
        raise PdfFailed(f"{document.title}: {answer['error']}")
    return base64.b64decode(answer["pdf"])
