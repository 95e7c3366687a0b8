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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url

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


@dataclass(frozen=True, slots=True)
class Ground:
    """A temporary folder in which servers live, the programs, and the account that they run under."""

    folder: Path
    tools: Path
    user: str | None

    def give(self, path: Path) -> None:
        """Make a folder, and all below it, the server's own."""
        if self.user is not None:
            found = pwd.getpwnam(self.user)
            for one in (path, *path.rglob("*")):
                os.chown(one, found.pw_uid, found.pw_gid, follow_symlinks=False)


@contextmanager
def ground() -> Iterator[Ground]:
    """A place for clusters; it is gone when the block ends."""
    tools = programs.postgresql()
    if tools is None:
        raise ServerFailed("no PostgreSQL on this machine: `make test` installs it, or names what to install")
    root = os.geteuid() == 0
    folder = Path(tempfile.mkdtemp(prefix="lms-pg-", dir="/tmp" if root else None))
    try:
        user = _owner(folder) if root else None
        yield Ground(folder, _within_reach(tools, folder) if root else tools, user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(
    place: Ground, name: str, settings: Mapping[str, str] | None = None, port: int = 0
) -> Iterator[str]:
    """The administrator's address of a server on the cluster ``name`` of this ground; it stops when the block ends."""
    server, port = _start(place, name, settings or {}, port)
    try:
        yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
    finally:
        _stop(server)


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of a new server for its administrator; it stops when the block ends, however it ends."""
    with ground() as place:
        initialise(place, "data")
        with running(place, "data") as address:
            yield address


@contextmanager
def standby(primary: str) -> Iterator[str]:
    """The same of a server that follows the one at ``primary``, an administrator's address: every commit, a moment later."""
    with ground() as place:
        _copy(place, "data", make_url(primary))
        with running(place, "data") as address:
            yield address


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


def initialise(place: Ground, name: str, *more: str) -> None:
    """A new, empty cluster."""
    command = [str(place.tools / "initdb"), "-D", str(place.folder / name), "-U", "postgres", "-A", "trust"]
    command += ["-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions", *more]
    _make(place, command)


def _copy(place: Ground, name: str, primary: URL) -> None:
    command = [
        str(place.tools / "pg_basebackup"),
        "-D",
        str(place.folder / name),
        "-R",
        "-X",
        "stream",
        "-c",
        "fast",
    ]
    command += ["--no-sync", "-U", "postgres", "-h", str(primary.host), "-p", str(primary.port)]
    _make(place, command)


def _make(place: Ground, command: list[str]) -> None:
    made = subprocess.run(
        command, check=False, user=place.user, cwd="/", capture_output=True, text=True, env=_environment()
    )
    if made.returncode:
        raise ServerFailed(made.stderr.strip())


def _start(
    place: Ground, name: str, more: Mapping[str, str], port: int
) -> tuple[subprocess.Popen[bytes], int]:
    """The server's process and port; a port that somebody else took meanwhile is tried again."""
    log = place.folder / f"{name}.log"
    for _attempt in range(3):
        at = port or free_port()
        command = [str(place.tools / "postgres"), "-D", str(place.folder / name), "-p", str(at)]
        command += ["-k", str(place.folder)]
        for setting, value in {**_SETTINGS, **more}.items():
            command += ["-c", f"{setting}={value}"]
        with log.open("wb") as out:
            server = subprocess.Popen(
                command,
                user=place.user,
                cwd="/",
                stdout=out,
                stderr=out,
                env=_environment(),
                start_new_session=True,  # Ctrl-C reaches the tests first, then they stop us
                preexec_fn=processes.dies_with_us(signal.SIGINT),
            )
        if _answers(server, at):
            return server, at
        _stop(server)
    raise ServerFailed(log.read_text(errors="replace")[-2000:])


def _answers(server: subprocess.Popen[bytes], port: int, seconds: float = 30) -> bool:
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
