"""Requests straight into an application, as a web server would hand them over: its own cost, without a server's."""

from collections.abc import Callable, Sequence
from html import unescape
from io import BytesIO
from re import search
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from werkzeug.test import EnvironBuilder

from benchmarks.meter import Figures, Meter, typical

Environ = dict[str, Any]
ROUNDS = 4  #: house and floor take turns, so that a busy moment of the machine meets both
_TIMES = 3  #: the floor is short: it is asked so many times as often


def page(path: str, cookie: str = "") -> Environ:
    """What a server says of a browser that asks for a page."""
    return _environ(path, cookie, "GET", b"")


def form(path: str, cookie: str, **typed: str) -> Environ:
    """What a server says of a browser that sends a form."""
    return _environ(path, cookie, "POST", urlencode(typed).encode())


def ask(app: Flask, environ: Environ, expected: int = 200) -> str:
    """The text of the answer, which must have this status. An environ may be used again."""
    said: list[str] = []

    def start(status: str, _headers: list[tuple[str, str]], _error: object = None) -> Callable[[bytes], None]:
        said.append(status)
        return lambda _body: None

    once = {**environ, "wsgi.input": BytesIO(environ["bench.body"])}
    answer = app(once, start)
    body = b"".join(answer)
    if hasattr(answer, "close"):
        answer.close()
    if not said[0].startswith(str(expected)):
        raise RuntimeError(f"{environ['PATH_INFO']} answers {said[0]}, not {expected}")
    return body.decode()


def csrf_token(html: str) -> str:
    """The token of the forms of a page."""
    found = search(r'name="csrf_token" value="([^"]+)"', html)
    if found is None:
        raise RuntimeError("a page without a form")
    return unescape(found[1])


def compared(
    meter: Meter,
    house: tuple[Flask, Sequence[Environ]],
    floor: tuple[Flask, Sequence[Environ]],
    expected: int = 200,
) -> tuple[Figures, float]:
    """What one request costs here, and the CPU seconds of one at the floor; both are asked by turns."""
    ours, theirs = [], []
    many = -(-len(house[1]) // ROUNDS)
    for n in range(0, len(house[1]), many):  # in their order: a step opens when the one before is done
        ours.append(_each(meter, house[0], house[1][n : n + many], expected))
        theirs.append(_each(meter, floor[0], list(floor[1][n : n + many]) * _TIMES, 200))
    return typical(ours), typical(theirs).own


def _each(meter: Meter, app: Flask, environs: Sequence[Environ], expected: int) -> Figures:
    """The figures of one of these requests, the first of which does not count."""
    ask(app, environs[0], expected)
    rest = environs[1:] or environs
    with meter.measured() as found:
        for environ in rest:
            ask(app, environ, expected)
    many = len(rest)
    return Figures(
        found.seconds / many, found.cpu / many, found.own / many, found.peak_mib, -(-found.queries // many)
    )


def _environ(path: str, cookie: str, method: str, body: bytes) -> Environ:
    builder = EnvironBuilder(path=path, method=method, base_url="http://localhost/", data=body or None)
    builder.headers["Accept-Language"] = "fr"
    if cookie:
        builder.headers["Cookie"] = cookie
    if body:
        builder.content_type = "application/x-www-form-urlencoded"
    return {**builder.get_environ(), "bench.body": body}
