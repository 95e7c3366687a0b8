"""The servers of production, for real: started, asked through a proxy, hurt, stopped; a request in hand is answered."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config import processes
from config.settings import ROOT
from tests.support import databases
from tests.support.servers import free_port

CLIENT = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https", "X-Request-Id": "from-the-proxy"}


@contextmanager
def started(
    tmp_path: Path, command: list[str], port: int
) -> Iterator[tuple[str, Path, subprocess.Popen[bytes]]]:
    """The address of a server that answers, its log, and its process."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("LMS_")}
    environ |= {
        "LMS_VAR": str(tmp_path), "LMS_PORT": str(port), "LMS_TRUSTED_PROXIES": "127.0.0.1", "LMS_WEB_WORKERS": "2",
        "LMS_METRICS_TOKEN": "a token that is long enough",
    }  # fmt: skip
    database = tmp_path / "lms.db"
    databases.migrate(f"sqlite:///{database}")
    log = tmp_path / "log"
    with log.open("wb") as out:
        running = subprocess.Popen(
            command, cwd=ROOT, env=environ, stdout=out, stderr=out, start_new_session=True,
            preexec_fn=processes.dies_with_us(),
        )  # fmt: skip
    try:
        address, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 60
        while status(address + "/healthz") != 200:
            assert running.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield address, log, running
    finally:
        processes.stop(running, (signal.SIGTERM, 40), (signal.SIGKILL, 5))
        processes.sweep(running)


def status(address: str, **headers: str) -> int:
    """How an address answers; 0: not at all."""
    asked = urllib.request.Request(address, headers={k.replace("_", "-"): v for k, v in headers.items()})
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except (urllib.error.URLError, OSError):
        return 0


def begin_a_deed(port: int) -> tuple[socket.socket, bytes]:
    """A request of which half is sent, and the other half."""
    body = b"language=en&next=/"
    head = (
        b"POST /language HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    )
    line = socket.create_connection(("127.0.0.1", port), timeout=30)
    line.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body[:9])
    return line, body[9:]


@pytest.mark.timeout(180)
def test_the_house_in_production(tmp_path: Path) -> None:
    port = free_port()
    with started(tmp_path, [sys.executable, "-m", "config.server"], port) as (address, log, house):
        deadline = time.monotonic() + 60
        while "Kokoroe is ready" not in log.read_text("utf-8"):  # its worker, too
            assert time.monotonic() < deadline, log.read_text("utf-8")
            time.sleep(0.1)
        asked = urllib.request.Request(address + "/sign-in?token=hunter2", headers=CLIENT)
        with urllib.request.urlopen(asked, timeout=10) as answer:
            assert answer.headers["X-Request-Id"] == "from-the-proxy"
        assert status(address + "/metrics") == 200
        assert status(address + "/metrics", X_Forwarded_For="198.51.100.7") == 404, "a proxy passes it on"

        workers = children(house.pid)
        assert workers, "the web server's processes"
        line, rest = begin_a_deed(port)
        time.sleep(0.3)
        house.send_signal(signal.SIGTERM)
        time.sleep(0.7)
        line.sendall(rest)
        said = line.recv(4096)
        line.close()
        assert said.startswith(b"HTTP/1.1 400"), "answered although we stop: a form without a token"
        assert house.wait(60) == 0
    lines = [json.loads(text) for text in log.read_text("utf-8").splitlines()]
    page = next(one for one in lines if one.get("route") == "/sign-in")
    assert (page["request"], page["status"]) == ("from-the-proxy", 200)
    assert any("Kokoroe is ready" in one["event"] for one in lines)
    assert "hunter2" not in log.read_text("utf-8")


def children(pid: int) -> list[int]:
    """All that a process has started, and what these have; Linux."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *children(child)]
    return found


@pytest.mark.timeout(120)
def test_gunicorn_serves_it_too(tmp_path: Path) -> None:
    """The known alternative, as docs/operations.md says."""
    paper = (ROOT / "docs/operations.md").read_text("utf-8")
    [said] = re.findall(r"gunicorn (--.*) wsgi:app", paper)
    port = free_port()
    words = [word.replace("127.0.0.1:5000", f"127.0.0.1:{port}") for word in said.split()]
    with started(tmp_path, [sys.executable, "-m", "gunicorn", *words, "wsgi:app"], port) as (
        address,
        log,
        server,
    ):
        assert status(address + "/sign-in") == 200
        assert status(address + "/metrics", Authorization="Bearer a token that is long enough") == 200
        assert status(address + "/readyz") == 503, "nobody works here"
        line, rest = begin_a_deed(port)
        time.sleep(0.3)
        server.send_signal(signal.SIGTERM)
        line.sendall(rest)
        assert line.recv(4096).startswith(b"HTTP/1.1 400")
        line.close()
        assert server.wait(40) == 0, log.read_text()
