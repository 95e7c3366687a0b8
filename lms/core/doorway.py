"""What stands before the application: the request's number, its line in the log, its measure, and the last resort.

Outside of Flask on purpose: whatever breaks inside, a request has a number, an answer in words and a line.
"""

import logging
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, g, request

from config import settings
from lms.core import logs, metrics
from lms.core.proxies import Environ, Proxies

log = logging.getLogger("lms.requests")

Start = Callable[..., Any]
Wsgi = Callable[[Environ, Start], Iterable[bytes]]

NUMBER = "lms.request_id"  #: key of the request's number in the environ
_INSIDE = "lms.g"
_NAME = re.compile(r"[A-Za-z0-9._-]{1,40}")
#: Asked every few seconds by machines: a line only when they fail.
_PROBES = ("/healthz", "/readyz", "/metrics")
_STRICT = [
    ("Content-Security-Policy", "default-src 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cache-Control", "no-store"),
]
_PAGE = (
    '<!doctype html><html lang="fr"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>Une erreur est survenue · Kokoroe</title><h1>Une erreur est survenue</h1>"
    "<p>Rien n’a été modifié. Réessayez ; si cela recommence, appelez-nous en donnant ce numéro : {0}</p>"
    '<p lang="en">Something broke on our side. Nothing was changed. Try again; if it happens again, call us and'
    " give this number: {0}</p></html>"
)


def init_app(app: Flask) -> None:
    """Put the doorway before everything else; called last, so that nothing stands outside of it."""
    app.url_value_preprocessor(_look_inside)
    app.wsgi_app = Doorway(app.wsgi_app, Proxies(settings.current().trusted_proxies))  # type: ignore[method-assign]


class Doorway:
    """A WSGI application around another."""

    def __init__(self, inside: Wsgi, proxies: Proxies) -> None:
        self.inside, self.proxies = inside, proxies
        self._has_told = False

    def __call__(self, environ: Environ, start_response: Start) -> Iterable[bytes]:
        """Answer, whatever happens."""
        began = time.perf_counter()
        number = self._introduce(environ)
        said = {"status": 0}  # nothing yet

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            said["status"] = int(status[:3])
            headers = _completed(headers, number, is_fault=said["status"] >= 500)
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        try:
            body = self.inside(environ, start)
        except Exception:  # what no error page caught: the server would show its own words, or none
            log.exception("the last resort answered", extra={"request": number})
            body = _last_resort(start, number, sys.exc_info() if said["status"] else None)
        self._note(environ, said["status"], time.perf_counter() - began)
        return body

    def _introduce(self, environ: Environ) -> str:
        """Whose request this is, and its number: the proxy's if it is ours and gave one, else a new one."""
        is_ours = self.proxies.introduce(environ)
        if environ["lms.passed_on"] and not is_ours and not self._has_told:
            self._has_told = True  # once a process is enough
            log.warning(
                "requests are passed on by a proxy that LMS_TRUSTED_PROXIES does not name:"
                " all its clients look like one",
                extra={"peer": environ["lms.peer"]},
            )
        said = environ.get("HTTP_X_REQUEST_ID", "")
        environ[NUMBER] = said if _NAME.fullmatch(said) else secrets.token_hex(6)
        return str(environ[NUMBER])

    def _note(self, environ: Environ, status: int, seconds: float) -> None:
        """The line and the measure. The path is that of the route: what people type there may be a secret."""
        inside, rule, room = environ.get(_INSIDE, (None, None, None))
        metrics.count(environ.get("REQUEST_METHOD", ""), room, rule, status, seconds)
        path = environ.get("PATH_INFO", "")
        if status < 500 and (path in _PROBES or path.startswith("/static/")):
            return
        line = {
            "request": environ[NUMBER],
            "method": environ.get("REQUEST_METHOD"),
            "route": rule or "-",
            "status": status,
            "ms": round(seconds * 1000, 1),
        }
        actor = inside.get("actor") if inside is not None else None
        level = logging.WARNING if status >= 500 else logging.INFO
        log.log(level, "answered", extra=line | logs.who(actor))


def _look_inside(_endpoint: str | None, _values: object) -> None:
    """Keep what the line will say once the request is over. The first thing that Flask does for a request."""
    rule = request.url_rule.rule if request.url_rule else None
    request.environ[_INSIDE] = g._get_current_object(), rule, request.blueprint


def _completed(headers: list[tuple[str, str]], number: str, *, is_fault: bool) -> list[tuple[str, str]]:
    """With the number; and what broke before it had its headers gets the strictest."""
    has = {name.lower() for name, _ in headers}
    more = [] if "x-request-id" in has else [("X-Request-Id", number)]
    if is_fault and "content-security-policy" not in has:
        more += _STRICT
    return [*headers, *more]


def _last_resort(start: Start, number: str, taking_back: Any) -> list[bytes]:
    """The page. ``taking_back``: what broke after an answer was announced, of which nothing has left yet."""
    body = _PAGE.format(number).encode()
    headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))]
    start("500 Internal Server Error", headers, taking_back)
    return [body]
