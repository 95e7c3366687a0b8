"""Compressed answers for who can read them: a page of 20 kB leaves as 4.

Pages carry secrets (the CSRF token) beside what a stranger may choose (a search), and the length of a compressed
page tells how alike they are (BREACH). A comment of random length at the end of each page hides that.
"""

import gzip
import secrets

from flask import Flask, Response, request

LEVEL = 6
LEAST = 500  #: bytes below which compressing costs more than it saves
_KINDS = ("text/html", "text/csv", "text/plain", "application/json", "text/css", "application/geo+json")
_PADDING = 200


def init_app(app: Flask) -> None:
    """Compress what leaves."""
    app.after_request(compress)


def compress(response: Response) -> Response:
    """The response, compressed when that is worth it and welcome. Files and streams pass untouched."""
    if not _is_worth_it(response):
        return response
    response.vary.add("Accept-Encoding")
    if not request.accept_encodings.quality("gzip"):
        return response
    body = response.get_data()
    if response.mimetype == "text/html":
        body += _padding()
    response.set_data(gzip.compress(body, LEVEL, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    etag, weak = response.get_etag()
    if etag and not weak:  # the bytes are not those the tag named
        response.set_etag(etag, weak=True)
    return response


def _is_worth_it(response: Response) -> bool:
    if response.direct_passthrough or response.is_streamed or response.status_code in (204, 206, 304):
        return False
    if "Content-Encoding" in response.headers or response.mimetype not in _KINDS:
        return False
    return len(response.get_data()) > LEAST


def _padding() -> bytes:
    """A comment of 0 to 200 letters that do not compress away."""
    letters = secrets.token_urlsafe(_PADDING)[: secrets.randbelow(_PADDING + 1)].replace("-", "_")
    return f"<!-- {letters} -->".encode()
