"""Response headers: a content security policy with a nonce, and the small ones."""

import secrets

from flask import Flask, Response, g
from werkzeug.datastructures import Headers

from config import settings

_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{0}'; style-src 'self' 'nonce-{0}'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; media-src 'self'; manifest-src 'self'; form-action {1};"
    " base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def nonce() -> str:
    """The nonce of this response, for ``<script nonce>``."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def allow_form_to(origin: str) -> None:
    """Let a form of this page end at ``origin``: sign-on leaves by a redirect after a POST."""
    g.form_origins = [*g.get("form_origins", []), origin]


def init_app(app: Flask) -> None:
    """Put the headers on every response."""
    app.jinja_env.globals["nonce"] = nonce

    @app.after_request
    def put(response: Response) -> Response:
        targets = " ".join(["'self'", *g.get("form_origins", [])])
        response.headers.setdefault("Content-Security-Policy", _POLICY.format(nonce(), targets))
        for name, value in _ALWAYS.items():
            response.headers.setdefault(name, value)
        if settings.current().is_secure:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        if response.headers.get("Cache-Control") in (None, "no-cache"):  # send_file's own may still be kept
            response.headers["Cache-Control"] = "no-store"
            response.vary.add("Cookie")
        return response


def on_file(headers: Headers, _path: str, _url: str) -> None:
    """The small ones on a served file too."""
    for name in ("X-Content-Type-Options", "Cross-Origin-Resource-Policy"):
        headers[name] = _ALWAYS[name]
