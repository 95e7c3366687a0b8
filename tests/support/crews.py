"""Those who do jobs, as programs that a test may kill: the embedded worker, or Celery's with a relay and a broker."""

import os
import random
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from config import processes, server
from config.server import CELERY
from config.settings import ROOT, Settings
from tests.support.brokers import Broker

_EMBEDDED = {"workers": ["-m", "tests.core.slow_task", "2"]}
_CELERY = ["-m", "celery", *CELERY, "--concurrency", "2"]
_CARRIED = {
    "workers": ["tests.core.carried_task" if word == "config.workers" else word for word in _CELERY],
    "relay": ["-m", "tests.core.carried_task"],
}


@dataclass(slots=True)
class Crew:
    """The programs of one engine, each in a session of its own; ``with Crew(...)`` starts and ends them."""

    settings: Settings
    broker: Broker | None = None
    is_real: bool = False  #: the programs of an installation, with its leases and its post, instead of the tests' quick ones
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __enter__(self) -> "Crew":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self.running):
            self.kill(name)

    def start(self) -> None:
        """Start what does not run, as whoever watches over an installation would."""
        if self.broker and not self.broker.running:
            self.broker.start()
        for name, words in self._commands().items():
            if name not in self.running:
                with (self.settings.var / f"{name}.log").open("ab") as out:
                    self.running[name] = subprocess.Popen(
                        words,
                        cwd=ROOT,
                        env=self._environ(),
                        stdin=subprocess.DEVNULL,
                        stdout=out,
                        stderr=out,
                        start_new_session=True,
                        preexec_fn=processes.dies_with_us(signal.SIGKILL),
                    )

    def kill(self, name: str, *, alone: bool = False) -> None:
        """End a program and its children by SIGKILL; ``alone``: the parent only, its children are left to themselves."""
        process = self.running.pop(name)
        process.kill()
        process.wait(10)
        if not alone:
            processes.sweep(process)

    def kill_child(self, name: str, chance: random.Random) -> None:
        """End one child of a program; nobody, where it has none at this moment."""
        pid = self.running[name].pid
        with suppress(FileNotFoundError, ProcessLookupError):
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            if children:
                os.kill(int(chance.choice(children)), signal.SIGKILL)

    def kill_worker(self, name: str | None) -> None:
        """End the one process that holds a job: ``host:pid``, as the job's row says."""
        with suppress(ProcessLookupError):
            os.kill(int((name or "").partition(":")[2]), signal.SIGKILL)

    def _commands(self) -> dict[str, list[str]]:
        if self.is_real:
            chosen = replace(self.settings, queue_url=self.broker.url if self.broker else "")
            beside = server.programs(chosen, "127.0.0.1")[1:]
            return {"relay" if one.name == "relay" else "workers": one.command for one in beside}
        quick = _CARRIED if self.broker else _EMBEDDED
        return {name: [sys.executable, *words] for name, words in quick.items()}

    def _environ(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LMS_")}
        chosen = self.settings
        return kept | {
            "LMS_DATABASE_URL": chosen.database_url, "LMS_VAR": str(chosen.var), "LMS_ENV": "test",
            "LMS_SECRET_KEY": chosen.secret_key, "LMS_QUEUE_URL": self.broker.url if self.broker else "",
            "LMS_WORKER_DATABASE_URL": chosen.worker_database_url, "LMS_SMTP_URL": chosen.smtp_url,
            "LMS_STORAGE_URL": chosen.storage_url,
        }  # fmt: skip
