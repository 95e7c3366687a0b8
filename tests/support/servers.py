"""A private PostgreSQL for one run of the tests: made in a temporary folder, gone afterwards.

``python -m tests.support.servers pytest tests/enrolment`` runs one command on it.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config import processes, programs

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "100",
    "fsync": "on",
    "synchronous_commit": "off",  # what a killed client or worker committed is there all the same; only a crash of the server could lose it
    "shared_buffers": "128MB",
    "log_min_messages": "fatal",
    "timezone": "UTC",
}


class ServerFailed(Exception):
    """PostgreSQL did not start; the text holds its last words."""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on right now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of a new server for its administrator; it stops when the block ends, however it ends."""
    tools = programs.postgresql()
    if tools is None:
        raise ServerFailed("no PostgreSQL on this machine: `make test` installs it, or names what to install")
    root = os.geteuid() == 0
    folder = Path(tempfile.mkdtemp(prefix="lms-pg-", dir="/tmp" if root else None))
    server: subprocess.Popen[bytes] | None = None
    try:
        user = _owner(folder) if root else None
        tools = _within_reach(tools, folder) if root else tools
        _initialise(tools, folder, user)
        server, port = _start(tools, folder, user)
        yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
    finally:
        if server is not None:
            _stop(server)
        shutil.rmtree(folder, ignore_errors=True)


def _owner(folder: Path) -> str:
    """PostgreSQL refuses to run as root: the account it runs under then."""
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(folder, found.pw_uid, found.pw_gid)
        return name
    raise ServerFailed("run the tests as an ordinary user, or add the account `postgres`")


def _within_reach(tools: Path, folder: Path) -> Path:
    """The programs at a place that the other account may enter: a checkout in /root is closed to it."""
    if all(parent.stat().st_mode & 0o001 for parent in tools.parents):
        return tools
    installed, package = tools.parent, tools.parents[1]
    libraries = package.with_name(f"{package.name}.libs")  # where a wheel keeps them
    there = folder / "programs"
    shutil.copytree(installed, there / package.name / installed.name, symlinks=True)
    if libraries.is_dir():
        shutil.copytree(libraries, there / libraries.name)
    return there / package.name / installed.name / tools.name


def _initialise(tools: Path, folder: Path, user: str | None) -> None:
    command = [
        str(tools / "initdb"),
        "-D",
        str(folder / "data"),
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
    ]
    command += ["--locale=C", "--no-sync", "--no-instructions"]
    made = subprocess.run(
        command, check=False, user=user, cwd="/", capture_output=True, text=True, env=_environment()
    )
    if made.returncode:
        raise ServerFailed(made.stderr.strip())


def _start(tools: Path, folder: Path, user: str | None) -> tuple[subprocess.Popen[bytes], int]:
    """The server's process and port; a port that somebody else took meanwhile is tried again."""
    log = folder / "log"
    for _attempt in range(3):
        port = free_port()
        command = [str(tools / "postgres"), "-D", str(folder / "data"), "-p", str(port), "-k", str(folder)]
        for name, value in _SETTINGS.items():
            command += ["-c", f"{name}={value}"]
        with log.open("wb") as out:
            server = subprocess.Popen(
                command,
                user=user,
                cwd="/",
                stdout=out,
                stderr=out,
                env=_environment(),
                start_new_session=True,  # Ctrl-C reaches the tests first, then they stop us
                preexec_fn=processes.dies_with_us(signal.SIGINT),
            )
        if _answers(tools, server, port):
            return server, port
        _stop(server)
    raise ServerFailed(log.read_text(errors="replace")[-2000:])


def _answers(tools: Path, server: subprocess.Popen[bytes], port: int, seconds: float = 30) -> bool:
    """Wait until the server takes connections; False when it ended or took too long."""
    import psycopg

    deadline = time.monotonic() + seconds
    while server.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return True
    return False


def _stop(server: subprocess.Popen[bytes]) -> None:
    """A fast shutdown, and a rough one when that takes too long."""
    processes.stop(server, (signal.SIGINT, 10), (signal.SIGQUIT, 10), (signal.SIGKILL, 5))


def _environment() -> dict[str, str]:
    """Without the caller's PG... variables, which would lead the tools elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}


def main(command: list[str]) -> int:
    """Run a command with a server of its own. Ctrl-C and SIGTERM end the command, then the server."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with postgresql() as address:
        environ = os.environ | {"LMS_TEST_DATABASE": "postgresql", "LMS_TEST_SERVER": address}
        return subprocess.run(command, check=False, env=environ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
