"""The program that draws: ``python -m lms.core.pdf.worker`` reads questions on its input and answers on its output.

It opens no connection, starts no program, and reads no file for a document; the house's fonts it has read before.
"""

import base64
import io
import json
import os
import re
import resource
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from html import escape
from itertools import islice
from typing import Any

from lms.core.pdf import look

_MEMORY = 2 * 1024**3
_LENGTH = struct.Struct(">I")
_PAGES = 30  #: of somebody's PDF that are looked at
_PICTURES = 20  #: of it in which a square code is looked for
_TYPES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
_FORBIDDEN = (
    "socket.connect",
    "socket.bind",
    "socket.getaddrinfo",
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
)


def main() -> None:
    """Answer until the input ends, as it does when the application does."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(
        os.open(os.devnull, os.O_WRONLY), 1
    )  # whatever a library prints must not end up among the answers
    _lock_in()
    while len(head := sys.stdin.buffer.read(_LENGTH.size)) == _LENGTH.size:
        message = json.loads(sys.stdin.buffer.read(_LENGTH.unpack(head)[0]))
        body = json.dumps(_answer(message)).encode()
        answers.write(_LENGTH.pack(len(body)) + body)
        answers.flush()


def _lock_in() -> None:
    """No network, no programs, not all of the memory: what is drawn may come from a customer."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def refuse(event: str, _arguments: tuple[object, ...]) -> None:
        if event in _FORBIDDEN:
            raise PermissionError(f"{event} is not for drawing")

    sys.addaudithook(refuse)


def _answer(message: dict[str, Any]) -> dict[str, Any]:
    tasks: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {"draw": _draw, "text": _text}
    try:
        return tasks[message["do"]](message)
    except Exception as error:  # noqa: BLE001 - whatever went wrong, the asker is told and the worker lives on
        return {"error": f"{type(error).__name__}: {error}"}


def _draw(message: dict[str, Any]) -> dict[str, Any]:
    from xhtml2pdf.config.resources import ResourceAccessPolicy
    from xhtml2pdf.document import pisaDocument

    images = {name: _inline(base64.b64decode(content)) for name, content in message["images"].items()}
    unknown: list[str] = []

    def picture(uri: str, _base: str | None) -> str | None:
        if uri in images:
            return images[uri]
        if not uri.startswith("data:"):
            unknown.append(uri)
        return None

    out = io.BytesIO()
    context = pisaDocument(
        _whole(message["html"], message["title"], message["language"]),
        out,
        link_callback=picture,
        default_css=look.default_style(message["html"]),
        encoding="utf-8",
        context_meta={
            "title": message["title"],
            "author": "Kokoroe",
            "keywords": ",".join(message["keywords"]),
        },
        resource_policy=ResourceAccessPolicy.server(None, allow_remote=False),
    )
    if unknown:
        return {"error": f"nothing is fetched, and no such picture was given: {', '.join(unknown)[:200]}"}
    if context.err:
        return {"error": f"{context.err} errors in the document"}
    return {"pdf": base64.b64encode(out.getvalue()).decode()}


def _inline(content: bytes) -> str:
    kind = next(
        (kind for mark, kind in _TYPES.items() if content.startswith(mark)), "application/octet-stream"
    )
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _whole(html: str, title: str, language: str) -> str:
    """The document with its language, which screen readers need, whoever forgot it."""
    if not re.search(r"<html\b", html, re.IGNORECASE):
        html = f"<html><head><title>{escape(title)}</title></head><body>{html}</body></html>"
    if re.search(r"<html\b[^>]*\slang\s*=", html, re.IGNORECASE):
        return html
    return re.sub(r"<html\b", f'<html lang="{escape(language)}"', html, count=1, flags=re.IGNORECASE)


def _text(message: dict[str, Any]) -> dict[str, Any]:
    """What a PDF says: its metadata, the text of its first pages, and the square codes in their pictures.

    The parts that are broken are left out.
    """
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(base64.b64decode(message["pdf"])), strict=False)
    said = []
    for part in (_metadata, _pages, _square_codes):
        with suppress(Exception):  # a broken file breaks anywhere
            said += part(reader)
    return {"text": "\n".join(said)}


def _metadata(reader: Any) -> list[str]:
    return [str(value) for value in (reader.metadata or {}).values()]


def _pages(reader: Any) -> list[str]:
    said = []
    for number, page in enumerate(reader.pages):
        if number >= _PAGES:
            break
        with suppress(Exception):  # the next page may be whole
            said.append(page.extract_text())
    return said


def _square_codes(reader: Any) -> list[str]:
    """What the square codes say: of a document that was scanned, or printed as a picture, nothing else can be read."""
    import zxingcpp

    said, kind = [], zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    for picture in islice(_pictures(reader), _PICTURES):
        with suppress(Exception):  # a picture of no known kind, or one too large for our memory
            grey = picture.image.convert("L")
            said += [one.text for one in zxingcpp.read_barcodes(grey, formats=kind)]
    return said


def _pictures(reader: Any) -> Iterator[Any]:
    for page in islice(reader.pages, _PAGES):
        for name in page.images.keys():  # noqa: SIM118 - a list of pictures that knows them by name, no mapping
            with suppress(Exception):  # the next picture may be whole
                yield page.images[name]


if __name__ == "__main__":
    main()
