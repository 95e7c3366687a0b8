"""A whole installation, as ``config.server`` starts it, whose programs a test may kill: each is started again at once."""

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import requests

from config import processes, server
from config.settings import ROOT, Settings
from tests.support.servers import free_port
from tests.support.waiting import until


@dataclass(slots=True)
class Installation:
    """Web server (two processes) and worker on ``settings``; ``with Installation(...)`` starts, watches and ends them."""

    settings: Settings
    more: dict[str, str] = field(default_factory=dict)  #: environment besides the settings, such as TMPDIR
    before: tuple[str, ...] = ()  #: what each program is started with, such as faketime
    logs: Path | None = None  #: where the programs' own words go; None: to the installation's folder
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    starts: Counter[str] = field(default_factory=Counter)
    _over: threading.Event = field(default_factory=threading.Event)
    _watch: threading.Thread | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.settings = replace(self.settings, port=free_port())

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.settings.port}"

    def __enter__(self) -> "Installation":
        self.settings.var.mkdir(parents=True, exist_ok=True)
        self._start_missing()
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()
        until(self.is_ready, 60, self.said)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._watch is not None:
            self._watch.join()
        for process in self.running.values():  # no goodbye: it is the last kill
            processes.sweep(process)
            process.wait(10)

    def is_ready(self) -> bool:
        """Whether pages, database and worker answer."""
        return self.status("/readyz") == 200

    def status(self, path: str) -> int:
        """What a page answers to a stranger; 0: nobody listens."""
        try:
            return requests.get(self.url + path, timeout=10, allow_redirects=False).status_code
        except requests.RequestException:
            return 0

    def kill(self, whom: str, chance: random.Random) -> bool:
        """SIGKILL to the ``web`` or ``worker`` parent alone, or to one child (``web child``); says whether it was there."""
        name, _, child = whom.partition(" ")
        with self._lock:
            process = self.running.get(name)
            if process is None or process.poll() is not None:
                return False
            below = children(process.pid)
            if child and not below:
                return False
            os.kill(chance.choice(below) if child else process.pid, signal.SIGKILL)
        return True

    def said(self) -> str:
        """The last words of the programs."""
        logs = sorted(self._folder().glob("*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}" for log in logs)

    def _look(self) -> None:
        while not self._over.wait(0.05):
            with self._lock:
                for name, process in list(self.running.items()):
                    if process.poll() is not None:
                        processes.sweep(process)
                        del self.running[name]
                self._start_missing()

    def _start_missing(self) -> None:
        for program in server.programs(self.settings, "127.0.0.1"):
            name = program.name.split()[0]
            if name not in self.running:
                self.starts[name] += 1
                with (self._folder() / f"{name}.log").open("ab") as out:
                    self.running[name] = subprocess.Popen(
                        [*self.before, *program.command],
                        cwd=ROOT,
                        env=self._environ(),
                        stdin=subprocess.DEVNULL,
                        stdout=out,
                        stderr=out,
                        start_new_session=True,
                        preexec_fn=processes.dies_with_us(signal.SIGKILL),
                    )

    def _folder(self) -> Path:
        folder = self.logs or self.settings.var
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _environ(self) -> dict[str, str]:
        chosen = self.settings
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LMS_", "PG"))}
        return kept | {
            "LMS_DATABASE_URL": chosen.database_url, "LMS_WORKER_DATABASE_URL": chosen.worker_database_url,
            "LMS_VAR": str(chosen.var), "LMS_STORAGE_URL": chosen.storage_url, "LMS_ENV": chosen.env,
            "LMS_SECRET_KEY": chosen.secret_key, "LMS_BASE_URL": chosen.base_url, "LMS_PORT": str(chosen.port),
            "LMS_SMTP_URL": chosen.smtp_url, "PYTHONPATH": str(ROOT), "PYTHON": sys.executable,
        } | self.more  # fmt: skip


def children(pid: int) -> list[int]:
    """The processes that this one started. Linux."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(one) for task in tasks for one in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []
