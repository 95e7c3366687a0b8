"""Those who do jobs, as programs that a test may kill: the embedded worker, or Celery's with a relay and a broker."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field

from config import processes
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
        for name, words in (_CARRIED if self.broker else _EMBEDDED).items():
            if name not in self.running:
                with (self.settings.var / f"{name}.log").open("ab") as out:
                    self.running[name] = subprocess.Popen(
                        [sys.executable, *words],
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

    def kill_worker(self, name: str | None) -> None:
        """End the one process that holds a job: ``host:pid``, as the job's row says."""
        with suppress(ProcessLookupError):
            os.kill(int((name or "").partition(":")[2]), signal.SIGKILL)

    def _environ(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LMS_")}
        chosen = self.settings
        return kept | {
            "LMS_DATABASE_URL": chosen.database_url, "LMS_VAR": str(chosen.var), "LMS_ENV": "test",
            "LMS_SECRET_KEY": chosen.secret_key, "LMS_QUEUE_URL": self.broker.url if self.broker else "",
            "LMS_WORKER_DATABASE_URL": chosen.worker_database_url,
        }  # fmt: skip
