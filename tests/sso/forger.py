"""A provider that we can make lie: each ``Forger`` answers as the standard says, but for what a test has bent."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey


class Forger:
    """Keys, claims and answers of one provider on the loopback."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.published = [self.key]
        self.alg = "RS256"
        self.bend: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
        self.token: Callable[[dict[str, Any]], str] = self.signed
        self.userinfo: dict[str, Any] | None = {"given_name": "Paula", "family_name": "Roux"}
        self.nonce = ""
        self.sub = "paula"
        self.status = 200
        self.asked: list[tuple[str, dict[str, list[str]]]] = []
        self.url = ""

    def claims(self) -> dict[str, Any]:
        """What an honest provider would say."""
        now = int(time.time())
        return {
            "iss": self.url, "aud": "kokoroe", "sub": self.sub, "iat": now, "exp": now + 60, "nonce": self.nonce,
            "email": "paula@region.example",
        }  # fmt: skip

    def signed(self, claims: dict[str, Any]) -> str:
        """The ID token, signed with our key."""
        return jwt.encode({"alg": self.alg, "kid": self.key.kid}, claims, self.key)

    def unsigned(self, claims: dict[str, Any]) -> str:
        """The same with ``alg: none``."""
        return ".".join([_part({"alg": "none"}), _part(claims), ""])

    def signed_with_the_public_key(self, claims: dict[str, Any]) -> str:
        """HS256 with what everybody can read: the oldest forgery of all."""
        said = f"{_part({'alg': 'HS256', 'kid': 'one'})}.{_part(claims)}"
        mac = hmac.new(self.key.as_pem(private=False), said.encode(), hashlib.sha256).digest()
        return f"{said}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"

    def signed_by_another(self, claims: dict[str, Any]) -> str:
        """A key that nobody published, under the known name."""
        other = RSAKey.generate_key(2048, {"kid": "one"})
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, other)

    def rotate(self) -> None:
        """New keys; the old ones are gone."""
        self.key = ECKey.generate_key("P-256", {"kid": "two", "use": "sig"})  # type: ignore[assignment]
        self.alg, self.published = "ES256", [self.key]

    def answer(self, path: str, sent: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        """Status and JSON of one request."""
        self.asked.append((path, sent))
        if path.endswith("openid-configuration"):
            return 200, {
                "issuer": self.url, "authorization_endpoint": f"{self.url}/authorize", "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/jwks", "userinfo_endpoint": f"{self.url}/userinfo",
            }  # fmt: skip
        if path == "/jwks":
            return 200, dict(KeySet(list(self.published)).as_dict(private=False))
        if path == "/token":
            return self.status, {
                "access_token": "a",
                "token_type": "Bearer",
                "id_token": self.token(self.bend(self.claims())),
            }
        if path == "/userinfo":
            return 200, {"sub": self.sub} | (self.userinfo or {})
        return 404, {}


@contextmanager
def forging() -> Iterator[Forger]:
    """A forger that answers on a port of its own."""
    forger = Forger()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            self._say(parse_qs(body))

        def _say(self, sent: dict[str, list[str]]) -> None:
            status, said = forger.answer(urlsplit(self.path).path, sent)
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    forger.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield forger
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
