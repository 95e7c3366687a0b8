"""The outgoing client: where it goes, where it does not, and how long it waits."""

import http.server
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lms.core import http as outgoing
from lms.core.http import OutgoingRefused, guard, session

LOOPBACK = ("127.0.0.1", "::1")


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers what the path asks for."""

    def do_GET(self) -> None:
        getattr(self, f"say_{self.path.strip('/').split('?')[0] or 'hello'}")()

    do_POST = do_GET  # noqa: N815

    def _answer(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def say_hello(self) -> None:
        self._answer(f"host={self.headers['Host']}".encode())

    def say_redirect(self) -> None:
        self._answer(b"", 302, Location="http://169.254.169.254/latest/meta-data/")

    def say_large(self) -> None:
        self._answer(b"x" * (outgoing.BODY_LIMIT + 1))

    def say_full(self) -> None:
        self._answer(b"x" * outgoing.BODY_LIMIT)

    def say_bomb(self) -> None:
        import gzip

        self._answer(gzip.compress(bytes(30_000_000)), Content_Encoding="gzip")

    def say_slow(self) -> None:
        time.sleep(1.5)
        self._answer(b"late")

    def say_drip(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        self._drip(b"X-A: 1\r\n")

    def say_dripping_body(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        self._drip(b"x")

    def _drip(self, drop: bytes) -> None:
        try:
            for _ in range(30):
                self.wfile.write(drop)
                time.sleep(0.1)
        except OSError:
            pass  # we were cut off, which is the point

    def log_message(self, *_: object) -> None:
        """Nobody listens."""


class Quiet(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """A client that leaves early is no news."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with Quiet(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, args=(0.05,), daemon=True).start()
        yield f"127.0.0.1:{running.server_address[1]}"
        running.shutdown()


def test_an_allowed_address_answers(server: str) -> None:
    with session(LOOPBACK) as client:
        answer = client.get(f"http://{server}/")
        assert (answer.status_code, answer.text) == (200, f"host={server}")
        assert client.get(f"http://{server}/full").content == b"x" * outgoing.BODY_LIMIT
        assert client.post(f"http://{server}/", json={}).ok


NOT_PUBLIC = [
    "127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "0", "0.0.0.0", "0x7f.0x0.0x0.0x1", "0x7f000001",
    "2130706433", "017700000001", "0177.0.0.1", "localhost", "LOCALHOST", "localhost.", "[::1]", "[::]",
    "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]", "[::ffff:169.254.169.254]", "[fe80::1]", "[fc00::1]",
    "[fd00:ec2::254]", "[ff02::1]", "[2001:db8::1]", "[64:ff9b:1::1]", "[3fff::1]", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255",
    "192.168.1.1", "169.254.169.254", "169.254.0.1", "0xa9fea9fe", "2852039166", "100.64.0.1", "100.100.100.200",
    "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255",
    "240.0.0.1", "255.255.255.255", "168.63.129.16", "user@127.0.0.1", "user:pw@127.1", "example.org@127.0.0.1",
    "127.0.0.1:80", "127.0.0.1.", "①②⑦.0.0.1", "127。0。0。1",
]  # fmt: skip


@pytest.mark.parametrize("host", NOT_PUBLIC)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_addresses_that_are_not_public_are_refused(
    scheme: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", never)
    # Some spellings are no address at all to requests; what counts is that nothing is called.
    with pytest.raises((OutgoingRefused, requests.exceptions.InvalidURL)), session() as client:
        client.get(f"{scheme}://{host}/")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/",
        "gopher://example.org/",
        "data:text/plain,x",
        "javascript:x",
        "dict://x/",
    ],
)
def test_other_schemes_are_refused(url: str) -> None:
    with pytest.raises(OutgoingRefused) as error, session(("0.0.0.0/0", "::/0")) as client:
        client.get(url)
    assert error.value.code == "scheme"


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(OutgoingRefused) as error, session(resolve=lambda *_: []) as client:
        client.get("http://nowhere.example/")
    assert error.value.code == "unknown_host"


def test_one_private_address_among_public_ones_is_enough() -> None:
    with pytest.raises(OutgoingRefused), session(resolve=lambda *_: ["93.184.215.14", "10.0.0.1"]) as client:
        client.get("http://both.example/")


def test_a_name_that_changes_its_mind_gains_nothing(server: str) -> None:
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])
    asked: list[str] = []

    def resolver(host: str, _port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    with session(("127.0.0.1",), resolve=resolver) as client:
        port = server.rpartition(":")[2]
        assert client.get(f"http://rebinding.example:{port}/").text == f"host=rebinding.example:{port}"
        assert asked == ["rebinding.example"], "resolved once, the connection goes to that very address"
        with pytest.raises(OutgoingRefused):
            client.get(f"http://rebinding.example:{port}/")


@pytest.mark.parametrize(
    ("allow", "is_allowed"),
    [
        (("idp.example",), True),
        (("IDP.example.",), True),
        (("127.0.0.0/8",), True),
        (("127.0.0.1",), True),
        (("example",), False),
        (("10.0.0.0/8",), False),
        ((), False),
    ],
)
def test_what_the_operator_allows(allow: tuple[str, ...], is_allowed: bool, server: str) -> None:
    port = server.rpartition(":")[2]
    with session(allow, resolve=lambda *_: ["127.0.0.1"]) as client:
        if is_allowed:
            assert client.get(f"http://idp.example:{port}/").ok
        else:
            with pytest.raises(OutgoingRefused):
                client.get(f"http://idp.example:{port}/")


def test_redirects_are_answers(server: str) -> None:
    with session(LOOPBACK) as client:
        answer = client.get(f"http://{server}/redirect", allow_redirects=True)
    assert (answer.status_code, answer.headers["Location"][:22]) == (302, "http://169.254.169.254")


@pytest.mark.parametrize("path", ["large", "bomb"])
def test_large_answers_are_refused(path: str, server: str) -> None:
    with pytest.raises(OutgoingRefused) as error, session(LOOPBACK) as client:
        client.get(f"http://{server}/{path}")
    assert error.value.code == "too_large"


@pytest.mark.parametrize("path", ["slow", "drip", "dripping_body"])
def test_the_whole_exchange_has_a_time_out(path: str, server: str) -> None:
    begun = time.monotonic()
    with pytest.raises(requests.Timeout), session(LOOPBACK) as client:
        client.get(f"http://{server}/{path}", timeout=0.4)
    assert time.monotonic() - begun < 1.3


def test_a_server_that_never_shakes_hands_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        begun = time.monotonic()
        with pytest.raises(requests.Timeout), session(LOOPBACK) as client:
            client.get(f"https://127.0.0.1:{mute.getsockname()[1]}/", timeout=0.4)
        assert time.monotonic() - begun < 1.3


def test_nobody_there_is_an_error_of_requests() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(requests.ConnectionError), session(LOOPBACK) as client:
        client.get(f"http://127.0.0.1:{port}/")


def test_proxies_are_never_used(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with session(LOOPBACK) as client:
        assert client.get(f"http://{server}/").ok
        with pytest.raises(OutgoingRefused) as error:
            client.get(f"http://{server}/", proxies={"http": "http://127.0.0.1:1"})
    assert error.value.code == "proxy"


def test_authlib_goes_the_same_way(server: str) -> None:
    with guard(OAuth2Session("client", "secret"), LOOPBACK) as client:
        assert client.request("GET", f"http://{server}/", withhold_token=True).ok
    with guard(OAuth2Session("client", "secret")) as client, pytest.raises(OutgoingRefused):
        client.fetch_token(f"http://{server}/", code="x")


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], tuple[str, Path]]]:
    """``secured(name)``: the port of a server with a certificate for that name, and the authority's file."""
    folder = tmp_path_factory.mktemp("tls")
    running: list[Quiet] = []

    def serve(name: str) -> tuple[str, Path]:
        path = folder / f"{name}.pem"
        path.write_bytes(_certificate(name))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        one = Quiet(("127.0.0.1", 0), Handler)
        one.socket = context.wrap_socket(one.socket, server_side=True)
        threading.Thread(target=one.serve_forever, args=(0.05,), daemon=True).start()
        running.append(one)
        return str(one.server_address[1]), path

    yield serve
    for one in running:
        one.shutdown()
        one.server_close()


def _certificate(name: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + made.public_bytes(serialization.Encoding.PEM)


def test_https_is_checked_against_the_name(secured: Callable[[str], tuple[str, Path]]) -> None:
    port, authority = secured("idp.example")
    with session(LOOPBACK, resolve=lambda *_: ["127.0.0.1"]) as client:
        answer = client.get(f"https://idp.example:{port}/", verify=str(authority))
        assert answer.text == f"host=idp.example:{port}"
        with pytest.raises(requests.exceptions.SSLError):
            client.get(f"https://other.example:{port}/", verify=str(authority))
        with pytest.raises(requests.exceptions.SSLError):
            client.get(f"https://127.0.0.1:{port}/", verify=str(authority))


def test_https_without_a_known_authority_is_refused_even_if_told_not_to_look(
    secured: Callable[[str], tuple[str, Path]],
) -> None:
    port, _ = secured("own.example")
    with session(LOOPBACK, resolve=lambda *_: ["127.0.0.1"]) as client:
        for verify in (True, False):
            with pytest.raises(requests.exceptions.SSLError):
                client.get(f"https://own.example:{port}/", verify=verify)
