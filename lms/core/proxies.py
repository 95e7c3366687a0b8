"""Who really asks, when a proxy stands in front: its word counts, a stranger's does not.

``LMS_TRUSTED_PROXIES`` names the proxies. Headers that only a proxy may write are taken away from everybody else's
requests, so that nothing further in can be deceived by them.
"""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

Environ = dict[str, Any]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: What a request says about itself when somebody passed it on.
PASSED_ON = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")
_PROXYS_OWN = (
    *("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT"),
    *("HTTP_X_FORWARDED_PREFIX", "HTTP_FORWARDED", "HTTP_X_REAL_IP"),
)


class Proxies:
    """The proxies of one installation."""

    def __init__(self, trusted: Iterable[str]) -> None:
        self.networks: tuple[Network, ...] = tuple(ipaddress.ip_network(one, strict=False) for one in trusted)
        self._is_trusted = lru_cache(maxsize=1024)(self._judge)

    def trusts(self, address: str) -> bool:
        """Whether this is one of ours."""
        return bool(self.networks) and self._is_trusted(address)

    def introduce(self, environ: Environ) -> bool:
        """Write the client's own address and scheme into ``environ``; whether a proxy of ours brought it.

        Of the addresses that ``X-Forwarded-For`` lists, the client is the last one that is no proxy of ours: what
        stands further left was written by the client itself.
        """
        environ["lms.peer"] = environ.get("REMOTE_ADDR") or ""
        environ["lms.passed_on"] = any(name in environ for name in PASSED_ON)
        is_ours = self.trusts(environ["lms.peer"])
        if is_ours:
            environ["REMOTE_ADDR"] = self._client(environ)
            proto = _last(environ.get("HTTP_X_FORWARDED_PROTO", ""))
            if proto in ("http", "https"):
                environ["wsgi.url_scheme"] = proto
        else:
            environ.pop("HTTP_X_REQUEST_ID", None)
        for name in _PROXYS_OWN:
            environ.pop(name, None)
        return is_ours

    def _client(self, environ: Environ) -> str:
        client = environ["lms.peer"]
        for said in reversed(environ.get("HTTP_X_FORWARDED_FOR", "").split(",")):
            address = _address(said)
            if not address:
                break  # whoever writes no address is believed no further
            client = address
            if not self.trusts(address):
                break
        return str(client)

    def _judge(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        mapped = getattr(found, "ipv4_mapped", None)
        return any((mapped or found) in network for network in self.networks)


def is_from_this_machine(environ: Environ) -> bool:
    """Whether a program of this machine asks for itself: from the loopback, and not passed on for somebody else."""
    peer = str(environ.get("lms.peer") or environ.get("REMOTE_ADDR"))
    passed_on = environ.get("lms.passed_on", any(name in environ for name in PASSED_ON))
    try:
        return bool(ipaddress.ip_address(peer).is_loopback and not passed_on)
    except ValueError:
        return False


def _last(text: str) -> str:
    return text.rpartition(",")[2].strip().lower()


def _address(said: str) -> str:
    """An address as proxies write it: bare, with a port, or an IPv6 address in brackets. Empty when it is none."""
    text = said.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""
