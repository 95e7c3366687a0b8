"""Row 11: five gigabytes, ten thousand parts, clients that never finish. Refused early, in little memory, and others are served."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from flask import Flask

from tests.bad_days import people
from tests.bad_days.installation import Installation, children
from tests.bad_days.people import Browser
from tests.bad_days.place import Place
from tests.support import needs
from tests.support.worlds import World

FORM = "/cohorts/imports/new"
MIB = 1024 * 1024
_SLOW_FORM = (
    b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nlogin="
)
GROWTH = 50 * MIB  #: of each process of the web server


@needs.once
def test_refused_early_and_others_are_served(
    the_app: Flask, place: Place, town: World, tmp_path: Path, on_postgresql: bool
) -> None:
    if on_postgresql:
        pytest.skip("the database has no part in it")
    passing = tmp_path / "passing"
    passing.mkdir()
    with Installation(place.settings, more={"TMPDIR": str(passing)}) as house:
        claire = people.browser(the_app, house.url, town.one.adviser)
        for _ in range(6):
            assert claire.once("GET", FORM)
        before = _memory(house)
        assert _sent_until_answered(house, claire, 5 * 1024 * MIB)[0] == 413
        assert _endless(house, claire) in (0, 400, 411, 413)
        parts = "".join(
            f'--b\r\nContent-Disposition: form-data; name="{n}"\r\n\r\nx\r\n' for n in range(10_000)
        )
        answer = claire.once(
            "POST",
            FORM,
            data=f"{parts}--b--\r\n",
            headers={"Content-Type": "multipart/form-data; boundary=b"},
        )
        assert answer is not None
        assert answer.status_code == 413
        assert "trop" in answer.text
        grown = {pid: size - before.get(pid, size) for pid, size in _memory(house).items()}
        assert max(grown.values()) < GROWTH, grown
        assert sum(path.stat().st_size for path in passing.rglob("*") if path.is_file()) == 0
        print(
            f"\nafter 5 GB announced, an endless body and 10,000 parts: grown by {max(grown.values()) // 1024} KiB at most"
        )
        with _many(house, b"POST /sign-in HTTP/1.1\r\nHost: x\r\nX-Slow: ") as slow:
            _others_are_served(claire, slow)
        with _many(house, _SLOW_FORM) as slow:
            _others_are_served(claire, slow)


def _sent_until_answered(house: Installation, who: Browser, announced: int) -> tuple[int, int]:
    """Announce so many bytes and send on until there is an answer: its status, and the bytes sent."""
    head = _head(who, f"Content-Length: {announced}")
    with socket.create_connection(("127.0.0.1", house.settings.port), timeout=20) as line:
        line.sendall(head)
        sent, chunk = 0, b"x" * MIB
        line.setblocking(False)
        while sent < 80 * MIB:
            try:
                found = line.recv(65536)
            except BlockingIOError:
                found = b""
            if found:
                return int(found.split()[1]), sent
            try:
                sent += line.send(chunk)
            except BlockingIOError:
                time.sleep(0.01)
            except OSError:
                break
        return 0, sent


def _endless(house: Installation, who: Browser) -> int:
    """A body in pieces that says no length and does not end: the status, or 0 where the line was cut."""
    with socket.create_connection(("127.0.0.1", house.settings.port), timeout=20) as line:
        line.sendall(_head(who, "Transfer-Encoding: chunked"))
        piece = b"100000\r\n" + b"x" * MIB + b"\r\n"
        try:
            for _ in range(200):
                line.sendall(piece)
            line.sendall(b"0\r\n\r\n")
            return int(line.recv(65536).split()[1])
        except (OSError, IndexError):
            return 0


def _head(who: Browser, length: str) -> bytes:
    cookie = "; ".join(f"{one.name}={one.value}" for one in who.session.cookies)
    lines = [f"POST {FORM} HTTP/1.1", "Host: 127.0.0.1", f"Cookie: {cookie}", length]
    lines += ["Content-Type: multipart/form-data; boundary=b", "", ""]
    return "\r\n".join(lines).encode()


@contextmanager
def _many(house: Installation, beginning: bytes, number: int = 60) -> Iterator[list[socket.socket]]:
    """So many clients that began a request and do not finish it: more than the web server has threads."""
    lines = [socket.create_connection(("127.0.0.1", house.settings.port), timeout=20) for _ in range(number)]
    for line in lines:
        line.sendall(beginning)
    try:
        yield lines
    finally:
        for line in lines:
            line.close()


def _others_are_served(who: Browser, slow: list[socket.socket]) -> None:
    for n in range(10):
        for line in slow:
            with suppress(OSError):  # cut off by the server: as it may
                line.sendall(b"x")
        began = time.monotonic()
        answer = who.once("GET", "/cohorts")
        assert answer is not None, f"no answer after {n} pages"
        assert answer.status_code == 200
        assert time.monotonic() - began < 5


def _memory(house: Installation) -> dict[int, int]:
    """Resident bytes of each process of the web server."""
    web = house.running["web"].pid
    return {
        pid: int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 for pid in [web, *children(web)]
    }
