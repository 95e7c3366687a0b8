"""Private brokers for the tests: real programs on free ports, in temporary folders, that a test may kill and start again.

Redis keeps nothing on disk here, so that killing it loses every message: what RabbitMQ does only on a bad day.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from config import processes
from tests.support import needs
from tests.support.servers import ServerFailed, free_port


@dataclass(slots=True)
class Broker:
    """One broker. ``programs`` are started in their order: command and more environment."""

    url: str
    folder: Path
    programs: list[tuple[list[str], dict[str, str]]]
    seconds: float  #: it may take to boot
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        """Start it where it is not, and wait until it takes connections. Raises ``ServerFailed``."""
        with (self.folder / "log").open("ab") as out:
            for command, environ in self.programs[len(self.running) :]:
                self.running.append(
                    subprocess.Popen(
                        command,
                        cwd=self.folder,
                        env=os.environ | environ,
                        stdin=subprocess.DEVNULL,
                        stdout=out,
                        stderr=out,
                        start_new_session=True,
                        preexec_fn=processes.dies_with_us(signal.SIGKILL),
                    )
                )
        deadline = time.monotonic() + self.seconds
        while not self._answers():
            if time.monotonic() > deadline:
                raise ServerFailed((self.folder / "log").read_text(errors="replace")[-2000:])
            time.sleep(0.1)

    def kill(self) -> None:
        """End it by SIGKILL, as the lack of memory or a plug would."""
        for process in self.running:
            processes.sweep(process)
            process.wait(10)
        self.running.clear()

    def _answers(self) -> bool:
        from kombu.connection import Connection
        from kombu.exceptions import OperationalError

        with Connection(self.url, connect_timeout=2) as connection:
            try:
                connection.ensure_connection(max_retries=1, interval_start=0.1)
            except (OperationalError, OSError):
                return False
        return True


@contextmanager
def _living(make: Callable[[Path], Broker]) -> Iterator[Broker]:
    folder = Path(tempfile.mkdtemp(prefix="lms-broker-"))
    broker = make(folder)
    try:
        broker.start()
        yield broker
    finally:
        broker.kill()
        shutil.rmtree(folder, ignore_errors=True)


def redis() -> AbstractContextManager[Broker]:
    """A Redis without a disk. Skips the test where the machine has none."""
    program = needs.redis()

    def make(folder: Path) -> Broker:
        port = str(free_port())
        command = [program, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        return Broker(f"redis://127.0.0.1:{port}/0", folder, [(command, {})], seconds=20)

    return _living(make)


def rabbitmq() -> AbstractContextManager[Broker]:
    """A RabbitMQ with a name service of its own. Skips the test where the machine has none."""
    program = needs.rabbitmq()

    def make(folder: Path) -> Broker:
        port, names, between = (str(free_port()) for _ in range(3))
        (folder / "plugins").write_text("[].\n", encoding="ascii")
        environ = {
            "HOME": str(folder),
            "ERL_EPMD_PORT": names,
            "RABBITMQ_NODENAME": f"kokoroe{port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": port,
            "RABBITMQ_DIST_PORT": between,
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "logs"),
            "RABBITMQ_CONFIG_FILE": str(folder / "no-configuration"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            # One scheduler that does not spin while it waits: the machine is shared with the tests.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none",
        }
        epmd = [shutil.which("epmd") or "epmd", "-port", names, "-address", "127.0.0.1"]
        url = f"amqp://guest:guest@127.0.0.1:{port}//"
        return Broker(url, folder, [(epmd, environ), ([program], environ)], seconds=90)

    return _living(make)
