"""A SAML identity provider that we can make lie: pysaml2's own server, over HTTP on the loopback.

What it says is bent as objects before it signs (``bend``), or as text after that (``spoil``).
"""

import base64
import datetime as dt
import html
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from config import programs

PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2001/04/xmlenc#sha256"
SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1", "http://www.w3.org/2000/09/xmldsig#sha1"
FORM = '<form method="post" action="{}">{}<button>Continue</button></form>'


@cache
def pair(name: str) -> tuple[str, str]:
    """Files of a key and of its certificate, one pair a name: they take long to make. That of ``short`` is short."""
    folder = Path(tempfile.mkdtemp(prefix="saml-"))
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024 if name == "short" else 2048)
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(called).issuer_name(called).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=900)).sign(key, hashes.SHA256())
    )  # fmt: skip
    plain, pem = serialization.NoEncryption(), serialization.Encoding.PEM
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, plain)
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    return str(folder / "key.pem"), str(folder / "cert.pem")


class Idp:
    """One provider. What a test may bend are its attributes."""

    def __init__(self) -> None:
        self.url = ""
        self.ours = b""  #: our metadata, as it was given to the provider
        self.key = "one"  #: with which it signs
        self.published = "one"  #: of which it publishes the certificate
        self.algorithms = SHA256
        self.signs_answer, self.signs_assertion = False, True
        self.number, self.format = "paula-7", PERSISTENT
        self.said: dict[str, Any] = {
            "givenName": ["Paula"], "sn": ["Roux"], "mail": ["paula@region.example"], "uid": ["p7"],
        }  # fmt: skip
        self.level = PASSWORD
        self.bend: Callable[[Any], Any] = lambda answer: answer
        self.spoil: Callable[[str], str] = lambda text: text
        self.metadata: Callable[[], str] = self.described
        self.away = False
        self.asked: list[str] = []
        self._servers: dict[tuple[str, bytes], Any] = {}

    @property
    def name(self) -> str:
        """Its entity ID."""
        return f"{self.url}/idp"

    def server(self, key: str = "") -> Any:
        """pysaml2's own, with this key, knowing us as it was told."""
        wanted = (key or self.key, self.ours)
        if wanted not in self._servers:
            self._servers[wanted] = self._server(*wanted)
        return self._servers[wanted]

    def _server(self, key: str, ours: bytes) -> Any:
        from saml2 import BINDING_HTTP_REDIRECT
        from saml2.config import IdPConfig
        from saml2.server import Server

        secret, certificate = pair(key)
        service = {"endpoints": {"single_sign_on_service": [(f"{self.url}/sso", BINDING_HTTP_REDIRECT)]}}
        said = {
            "entityid": self.name, "service": {"idp": service}, "key_file": secret, "cert_file": certificate,
            "xmlsec_binary": programs.xmlsec1(), **({"metadata": {"inline": [ours.decode()]}} if ours else {}),
        }  # fmt: skip
        return Server(config=IdPConfig().load(said))

    def described(self) -> str:
        """Its metadata."""
        from saml2.metadata import entity_descriptor

        return str(entity_descriptor(self.server(self.published).config))

    def answer_to(self, request: str) -> tuple[str, str]:
        """The answer to a request of the redirect binding, as a form brings it; and where it goes."""
        from saml2 import BINDING_HTTP_REDIRECT

        server = self.server()
        asked = server.parse_authn_request(request, BINDING_HTTP_REDIRECT).message
        where = asked.assertion_consumer_service_url
        return base64.b64encode(
            self.answer(server, asked.id, where, asked.issuer.text).encode()
        ).decode(), where

    def answer(self, server: Any, asked: str, where: str, whom: str) -> str:
        """The answer as XML: made by the library, bent, signed, spoilt."""
        from saml2.saml import NameID

        answer = server.create_authn_response(
            self.said, asked, where, whom, name_id=NameID(format=self.format, text=self.number), userid="paula",
            authn={"class_ref": self.level, "authn_auth": self.name}, sign_response=False, sign_assertion=False,
        )  # fmt: skip
        return self.spoil(self.sign(server, self.bend(answer)))

    def sign(self, server: Any, answer: Any) -> str:
        """Sign what this provider signs."""
        from saml2 import class_name
        from saml2.sigver import pre_signature_part

        signing, digest = self.algorithms
        parts = []
        for one, wanted in ((_assertion_of(answer), self.signs_assertion), (answer, self.signs_answer)):
            if wanted and one is not None:
                one.signature = pre_signature_part(
                    one.id, server.sec.my_cert, sign_alg=signing, digest_alg=digest
                )
                parts.append((class_name(one), one.id))
        text = str(answer)
        for name, number in parts:
            text = server.sec.sign_statement(text, node_name=name, node_id=number)
        return text

    def page(self, path: str, query: dict[str, list[str]]) -> tuple[int, str, str]:
        """Status, content type and body of one request."""
        self.asked.append(path)
        if self.away:
            return 503, "text/plain", "resting"
        if path == "/metadata":
            return 200, "application/samlmetadata+xml", self.metadata()
        if path == "/sso":
            answer, where = self.answer_to(query["SAMLRequest"][0])
            fields = {"SAMLResponse": answer, "RelayState": query["RelayState"][0]}
            inputs = "".join(
                f'<input type="hidden" name="{name}" value="{html.escape(value)}">'
                for name, value in fields.items()
            )
            page = "<!doctype html><title>IdP</title>" + FORM.format(html.escape(where), inputs)
            return 200, "text/html; charset=utf-8", page
        return 404, "text/plain", "nothing here"


def _assertion_of(answer: Any) -> Any:
    found = answer.assertion
    return (found[0] if found else None) if isinstance(found, list) else found


@contextmanager
def answering(idp: Idp | None = None) -> Iterator[Idp]:
    """A provider that answers on a port of its own."""
    one = idp or Idp()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place = urlsplit(self.path)
            status, kind, body = one.page(place.path, parse_qs(place.query))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_words: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    one.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield one
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
