"""The one way out: a client that reaches public addresses, and those that the operator allowed, and nothing else.

A name is resolved once, every address it has is judged, and the connection goes to the judged address: a name that
answers differently the second time gains nothing. The certificate is still checked against the name.
"""

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import requests
from requests import RequestException, Response
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from lms.core.errors import Refused
from lms.core.i18n import Lazy, lazy

__all__ = ["OutgoingRefused", "RequestException", "Response", "guard", "session"]

SECONDS: Final = 5.0  #: for a whole exchange, whatever the other side dribbles
BODY_LIMIT: Final = 1024 * 1024  #: bytes of an answer, unpacked

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], list[str]]

#: Public to Python, yet answered by the machine's own cloud or network, or by nobody.
_SPECIAL = tuple(
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "64:ff9b:1::/48",
        "3fff::/20",
        "fec0::/10",
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")
Guarded = TypeVar("Guarded", bound=requests.Session)
_SAID: Final[dict[str, Lazy]] = {
    "scheme": lazy("Only http and https addresses can be reached."),
    "address": lazy("This address can’t be used: it does not lead to the public network."),
    "unknown_host": lazy("This address leads nowhere: its name is unknown."),
    "too_large": lazy("The answer from this address is too large."),
    "proxy": lazy("This address can’t be reached through a proxy."),
}


class OutgoingRefused(Refused):
    """A call that the house does not make, or an answer that it does not take. ``code`` is stable."""

    status = 422

    def __init__(self, code: str, url: str = "") -> None:
        self.code = code
        self.url = url
        super().__init__(str(_SAID[code]))


def session(allow: Iterable[str] = (), *, resolve: Resolver | None = None) -> requests.Session:
    """A client. ``allow``: names, addresses or networks that may be reached although they are not public.

    Redirects are not followed (the answer is the redirect), proxies of the environment are not used. Raises
    ``OutgoingRefused``, or ``requests.RequestException`` when the other side does not answer in time or at all.
    """
    return guard(requests.Session(), allow, resolve=resolve)


def guard(client: Guarded, allow: Iterable[str] = (), *, resolve: Resolver | None = None) -> Guarded:
    """Make any ``requests`` session, such as authlib's, go this way; returns it."""
    client.trust_env = False  # no proxy, no .netrc: both would send a call elsewhere, or more than was meant
    client.proxies.clear()
    client.adapters.clear()
    door = _Door(_Rules(allow), resolve or _resolve)
    client.mount("http://", door)
    client.mount("https://", door)
    client.mount("", _NoDoor())
    client.get_redirect_target = lambda resp: None  # type: ignore[method-assign]
    return client


class _Rules:
    """What may be reached."""

    def __init__(self, allow: Iterable[str]) -> None:
        self.names: set[str] = set()
        self.networks: list[Network] = []
        for entry in allow:
            try:
                self.networks.append(ipaddress.ip_network(entry.strip("[]"), strict=False))
            except ValueError:
                self.names.add(entry.lower().rstrip("."))

    def allow(self, name: str, address: Address) -> bool:
        """Whether a name that leads to this address may be called."""
        if name.lower().rstrip(".") in self.names or any(address in network for network in self.networks):
            return True
        return all(_is_public(meant) for meant in _meanings(address))


def _meanings(address: Address) -> Iterator[Address]:
    """The address, and the IPv4 address that it may hold inside."""
    yield address
    if isinstance(address, ipaddress.IPv4Address):
        return
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo
    if address in _NAT64 or address in _COMPATIBLE:
        yield ipaddress.IPv4Address(address.packed[-4:])


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return True  # judged by what it holds
    if address.is_multicast or address.is_reserved or any(address in network for network in _SPECIAL):
        return False
    return address.is_global


def _resolve(host: str, port: int) -> list[str]:
    """Every address of a name; the system also understands 127.1, 0x7f000001 and 2130706433."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a request really goes: the judged address, and the name that the certificate must bear."""

    address: str
    host: str


class _NoDoor(requests.adapters.BaseAdapter):
    """What answers for ftp, file and the like."""

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> Response:
        """Refuse."""
        raise OutgoingRefused("scheme", str(request.url))

    def close(self) -> None:
        """Nothing is open."""


class _Door(HTTPAdapter):
    """Judges and pins the address, and bounds the time and the size of each exchange."""

    def __init__(self, rules: _Rules, resolve: Resolver) -> None:
        super().__init__()
        self._rules = rules
        self._resolve = resolve
        self._here = threading.local()

    def send(  # type: ignore[override]
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: object = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: dict[str, str] | None = None,
    ) -> Response:
        """Make the call. The answer is read at once, so ``stream`` changes nothing; a certificate is always checked."""
        if proxies and any(proxies.values()):
            raise OutgoingRefused("proxy", str(request.url))
        self._here.target = self._target(str(request.url))
        request.headers["Host"] = urlsplit(str(request.url)).netloc.rpartition("@")[2]
        request.headers["Connection"] = "close"  # the next call is judged anew
        seconds = min(SECONDS, timeout) if isinstance(timeout, int | float) else SECONDS
        with _deadline(seconds) as watch:
            self._here.watch = watch
            try:
                answer = super().send(
                    request, stream=True, timeout=seconds, verify=verify or True, cert=cert, proxies=None
                )
                _read(answer, watch)
            except (RequestException, HTTPError, OSError) as error:
                if watch.has_fired:
                    raise requests.Timeout(
                        f"no whole answer within {seconds:g} s", request=request
                    ) from error
                if isinstance(error, RequestException):
                    raise
                raise requests.ConnectionError(error, request=request) from error
        return answer

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> Any:
        """Connect to the judged address; ask for, and check, the certificate of the name."""
        pair: Any = super().build_connection_pool_key_attributes(request, verify, cert)
        place, security = pair
        target: _Target = self._here.target
        place["host"] = target.address
        if place["scheme"] == "https":
            security.update(server_hostname=target.host, assert_hostname=target.host)
        return place, security

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """A pool whose connections can be cut off when the time is up."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        if not issubclass(pool.ConnectionCls, _Watched):
            pool.ConnectionCls = type("Watched", (_Watched, pool.ConnectionCls), {"here": self._here})
        return pool

    def _target(self, url: str) -> _Target:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme not in {"http", "https"} or not host or "%" in host:
            raise OutgoingRefused("scheme", url)
        try:
            found = self._resolve(host, parts.port or (443 if parts.scheme == "https" else 80))
        except (OSError, UnicodeError, ValueError) as error:
            raise OutgoingRefused("unknown_host", url) from error
        addresses = [ipaddress.ip_address(address.partition("%")[0]) for address in found]
        if not addresses:
            raise OutgoingRefused("unknown_host", url)
        if not all(self._rules.allow(host, address) for address in addresses):
            raise OutgoingRefused("address", url)
        return _Target(str(addresses[0]), host)


class _Watched:
    """Mixed into a connection: hands its socket to the watch of this thread, before any handshake."""

    here: threading.local

    def _new_conn(self) -> socket.socket:
        opened: socket.socket = super()._new_conn()  # type: ignore[misc]
        self.here.watch.hold(opened.dup())
        return opened


class _Watch:
    """Cuts a connection when the time is up: a time-out of the socket begins anew with each byte that dribbles in."""

    def __init__(self, seconds: float) -> None:
        self.has_fired = False
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self.cut)
        self._timer.daemon = True
        self._timer.start()

    def hold(self, opened: socket.socket) -> None:
        """Watch over this connection."""
        self._socket = opened
        if self.has_fired:
            self.cut()

    def release(self) -> None:
        """All is said."""
        self._timer.cancel()
        if self._socket is not None:
            self._socket.close()

    def cut(self) -> None:
        """Stop reading, now."""
        self.has_fired = True
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it is closed already


@contextmanager
def _deadline(seconds: float) -> Iterator[_Watch]:
    watch = _Watch(seconds)
    try:
        yield watch
    finally:
        watch.release()


def _read(answer: Response, watch: _Watch) -> None:
    """Take the body, unpacked, as far as the limit."""
    body = bytearray()
    try:
        for chunk in answer.raw.stream(16 * 1024, decode_content=True):
            body += chunk
            if len(body) > BODY_LIMIT:
                raise OutgoingRefused("too_large", str(answer.url))
    finally:
        answer.raw.close()
    if watch.has_fired:
        raise requests.Timeout("cut off while reading")
    answer._content = bytes(body)
    answer._content_consumed = True  # type: ignore[attr-defined]
