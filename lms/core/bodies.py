"""What clients send, read so that those who send slowly, or never end, do not hold every thread of the server.

A thread that waits for the rest of a form serves nobody. Some may wait; whoever sends something while they do is told to
try again, and pages, which have no body, go on. A proxy that takes requests in whole spares us all of this.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO

from flask import Flask

from lms.core.errors import Refused
from lms.core.i18n import gettext as _

READERS = 12  #: threads of a process that may wait for a client; ``config.server.THREADS`` are more
PATIENCE = 0.2  #: seconds that a thread waits for a place among them
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class TooManySenders(Refused):
    """Too many clients are sending at this moment."""

    status = 503
    retry_after = 5


class Body:
    """The stream of one request: a place among the readers is held while it waits for bytes, not longer."""

    def __init__(self, stream: BinaryIO, places: threading.Semaphore) -> None:
        self._stream, self._places = stream, places

    def read(self, size: int = -1) -> bytes:
        """Raises ``TooManySenders``."""
        return self._placed(self._stream.read, size)

    def readline(self, size: int = -1) -> bytes:
        """Raises ``TooManySenders``."""
        return self._placed(self._stream.readline, size)

    def readlines(self, hint: int = -1) -> list[bytes]:
        """All lines. Raises ``TooManySenders``."""
        return list(self)

    def __iter__(self) -> Iterator[bytes]:
        while line := self.readline():
            yield line

    def _placed(self, reading: Callable[[int], bytes], size: int) -> bytes:
        if not self._places.acquire(timeout=PATIENCE):
            raise TooManySenders(
                _("Too many people are sending something"), _("Wait a minute, then try again.")
            )
        try:
            return reading(size)
        finally:
            self._places.release()


def init_app(app: Flask) -> None:
    """Read every body this way."""
    inside: Wsgi = app.wsgi_app
    places = threading.BoundedSemaphore(READERS)

    def outside(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("REQUEST_METHOD") not in ("GET", "HEAD"):
            environ["wsgi.input"] = Body(environ["wsgi.input"], places)
        return inside(environ, start_response)

    app.wsgi_app = outside  # type: ignore[method-assign]
