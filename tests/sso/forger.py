"""A provider that we can make lie: it answers as the standard says, but for what a test has bent."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

Sent = dict[str, list[str]]
Claims = dict[str, Any]


@cache
def rsa(name: str) -> RSAKey:
    """A key a name; they take long to make."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})


def part(value: Claims) -> str:
    """JSON as it stands in a token."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def half(whole: str) -> str:
    """``at_hash`` and ``c_hash``."""
    digest = hashlib.sha256(whole.encode()).digest()
    return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")


class Forger:
    """Keys, claims and answers of one provider on the loopback. What a test may bend are its attributes."""

    def __init__(self) -> None:
        self.url = ""
        self.key: Any = rsa("one")
        self.alg = "RS256"
        self.header: Claims = {}
        self.sub = "paula"
        self.said: Claims = {"email": "paula@region.example"}
        self.bend: Callable[[Claims], Claims] = lambda claims: claims
        self.token: Callable[[Claims], str] = self.signed
        self.userinfo: Callable[[], Any] = self.about
        self.more: Claims = {"given_name": "Paula", "family_name": "Roux"}
        self.status = 200
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[tuple[str, Sent]] = []

    def issue(self, asked: dict[str, str]) -> str:
        """Somebody signed in over there: the code for what was asked."""
        code = secrets.token_urlsafe(12)
        self.codes[code] = asked
        return code

    def claims(self, code: str) -> Claims:
        """What an honest provider would say to whoever brings this code."""
        now = int(time.time())
        asked = self.codes.get(code, {})
        return {
            "iss": self.url, "aud": asked.get("client_id", "kokoroe"), "sub": self.sub, "iat": now, "exp": now + 60,
            "nonce": asked.get("nonce", ""), "at_hash": half("access"), "c_hash": half(code), **self.said,
        }  # fmt: skip

    def about(self) -> Claims:
        """What userinfo says."""
        return {"sub": self.sub} | self.more

    def signed_about(self, **claims: Any) -> str:
        """The same as a signed token for us."""
        return self.signed({"iss": self.url, "aud": "kokoroe"} | self.about() | claims)

    def signed(self, claims: Claims) -> str:
        """A token signed with our key."""
        return jwt.encode({"alg": self.alg, "kid": self.key.kid} | self.header, claims, self.key)

    def raw(self, header: Claims, claims: Claims, key: bytes = b"") -> str:
        """A token put together by hand; with a key, its HMAC."""
        said = f"{part(header)}.{part(claims)}"
        if not key:
            return f"{said}."
        mac = hmac.new(key, said.encode(), hashlib.sha256).digest()
        return f"{said}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"

    def rotate(self) -> None:
        """New keys; the old ones are gone."""
        self.key, self.alg = ECKey.generate_key("P-256", {"kid": "two", "use": "sig"}), "ES256"

    def metadata(self) -> Claims:
        """What it publishes."""
        return {
            "issuer": self.url, "authorization_endpoint": f"{self.url}/authorize", "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks", "userinfo_endpoint": f"{self.url}/userinfo",
            "end_session_endpoint": f"{self.url}/end",
        }  # fmt: skip

    def answer(self, path: str, sent: Sent, _headers: dict[str, str]) -> tuple[int, Any]:
        """Status and JSON (or a token, as text) of one request."""
        self.asked.append((path, sent))
        if path.endswith("openid-configuration"):
            return 200, self.metadata()
        if path == "/jwks":
            return 200, dict(KeySet([self.key]).as_dict(private=False))
        if path == "/token":
            return self._token(sent)
        if path == "/userinfo":
            return 200, self.userinfo()
        return 404, {}

    def _token(self, sent: Sent) -> tuple[int, Any]:
        code = sent["code"][0]
        challenge = self.codes.get(code, {}).get("code_challenge")
        if challenge is not None:
            digest = hashlib.sha256(sent.get("code_verifier", [""])[0].encode()).digest()
            if base64.urlsafe_b64encode(digest).decode().rstrip("=") != challenge:
                return 400, {"error": "invalid_grant"}
        token = self.token(self.bend(self.claims(code)))
        return self.status, {"access_token": "access", "token_type": "Bearer", "id_token": token}


@contextmanager
def forging(forger: Any = None) -> Iterator[Any]:
    """A forger that answers on a port of its own."""
    forger = forger or Forger()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            self._say(parse_qs(body))

        def _say(self, sent: Sent) -> None:
            place = urlsplit(self.path)
            query = {f"?{name}": values for name, values in parse_qs(place.query).items()}
            status, said = forger.answer(place.path, sent | query, dict(self.headers))
            is_token = isinstance(said, str) and status == 200
            body = (said if is_token else json.dumps(said)).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", said)
            self.send_header("Content-Type", "application/jwt" if is_token else "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    forger.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield forger
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
