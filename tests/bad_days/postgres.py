"""A PostgreSQL that a test may bring down as a bad day does: pulled out, out of disk, one backend shot.

Made once a run with all tables and roles; each test gets a copy of the folder, on a port of its own. Unlike the server of
the other tests it waits for the disk (``synchronous_commit=on``) and has checksums, as an installation should.
"""

import os
import pwd
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

from config import processes
from tests.support import servers

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "60",
    "max_wal_size": "16MB",
    "min_wal_size": "5MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "64MB",
    "restart_after_crash": "on",
    "log_min_messages": "fatal",
    "timezone": "UTC",
}


@dataclass(slots=True)
class Server:
    """One server: ``folder`` holds its data, ``tools`` its programs; ``user`` runs it where we are root."""

    folder: Path
    tools: Path
    user: str | None
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """For its administrator."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    @property
    def data(self) -> Path:
        """The folder of its files."""
        return self.folder / "data"

    def make(self) -> None:
        """An empty cluster. Raises ``ServerFailed``."""
        command = ["initdb", "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        self._run(
            *command, "--locale=C", "--no-sync", "--no-instructions", "--data-checksums", "--wal-segsize=1"
        )

    def start(self, seconds: float = 30) -> None:
        """Start it, as an operator or the machine's own watch would, and wait until it answers. Raises ``ServerFailed``."""
        options = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as out:
            self.process = subprocess.Popen(
                [
                    str(self.tools / "postgres"),
                    "-D",
                    str(self.data),
                    "-p",
                    str(self.port),
                    "-k",
                    "",
                    *options,
                ],
                user=self.user,
                cwd="/",
                stdout=out,
                stderr=out,
                env=servers._environment(),
                start_new_session=True,
                preexec_fn=processes.dies_with_us(signal.SIGQUIT),
            )
        deadline = time.monotonic() + seconds
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise servers.ServerFailed((self.folder / "log").read_text(errors="replace")[-2000:])
            time.sleep(0.05)

    def answers(self) -> bool:
        """Whether it takes connections."""
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def connect(self, database: str = "postgres") -> "psycopg.Connection[tuple[object, ...]]":
        """A connection of the administrator, each statement by itself."""
        found = f"postgresql://postgres@127.0.0.1:{self.port}/{database}"
        return psycopg.connect(found, connect_timeout=2, autocommit=True)

    def pull_out(self) -> None:
        """``pg_ctl stop -m immediate``: no checkpoint, no goodbye."""
        assert self.process
        processes.stop(self.process, (signal.SIGQUIT, 15), (signal.SIGKILL, 5))

    def stop(self) -> None:
        """A fast shutdown; nothing happens when it does not run."""
        if self.process is not None:
            processes.stop(self.process, (signal.SIGINT, 15), (signal.SIGQUIT, 10), (signal.SIGKILL, 5))

    def is_up(self) -> bool:
        """Whether the postmaster is there."""
        return self.process is not None and self.process.poll() is None

    def shoot_a_backend(self) -> bool:
        """SIGKILL to one backend of the application, as the kernel does when memory is short; says whether there was one."""
        with self.connect() as connection:
            found = connection.execute(
                "select pid from pg_stat_activity where usename like 'lms_%' order by state <> 'active', random() limit 1"
            ).fetchone()
        if found is not None:
            os.kill(int(str(found[0])), signal.SIGKILL)
        return found is not None

    def faults(self) -> str:
        """What ``pg_checksums`` and ``pg_amcheck`` say against the files; empty when nothing. It must have been stopped."""
        try:
            self._run("pg_checksums", "--check", "-D", str(self.data))
        except servers.ServerFailed as failure:
            return str(failure)
        return ""

    def copy(self, folder: Path) -> "Server":
        """A server on a copy of these files, which must be at rest, in ``folder``."""
        made = Server(folder, self.tools, self.user, servers.free_port())
        shutil.copytree(self.data, made.data)
        if self.user is not None:
            found = pwd.getpwnam(self.user)
            for path in (folder, made.data, *made.data.rglob("*")):
                os.chown(path, found.pw_uid, found.pw_gid)
        return made

    def _run(self, name: str, *words: str) -> None:
        done = subprocess.run(
            [str(self.tools / name), *words], check=False, user=self.user, cwd="/", capture_output=True,
            text=True, env=servers._environment(),
        )  # fmt: skip
        if done.returncode:
            raise servers.ServerFailed(f"{done.stdout}{done.stderr}".strip())
