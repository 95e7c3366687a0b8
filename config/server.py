"""Serves one installation: ``python -m config.server`` (what ``make run`` ends in), or ``... web``, ``... worker``.

Brings the tables of a new database, or of the demo, up to date, loads the demo where it is wanted, then starts the web
server, the worker and, in the demo, a partner's sign-on provider, and keeps them alive until Ctrl-C or SIGTERM.
"""

import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from config import processes
from config.settings import ROOT, Settings, SettingsError, load

ACCOUNTS = (
    ("admin", "platform and organisation"),
    ("rh", "HR manager of a company"),
    ("conseiller", "adviser of an agency"),
    ("formateur", "trainer"),
    ("partenaire", "partner who receives reports"),
    ("apprenant", "learner"),
    ("professeur", "teaches peer lessons"),
    ("rh2, conseiller2, apprenant2", "another customer, to try what one sees of the other"),
)
PASSWORD = "kokoroe-demo"  #: of every demo account
#: Celery's workers, as few words as they need: no news among themselves, no orders from elsewhere.
CELERY = (
    "-q",
    "-A",
    "config.workers",
    "worker",
    "--without-gossip",
    "--without-mingle",
    "--loglevel",
    "WARNING",
)
STEADY = 20.0  #: seconds after which a program that stops is taken for a healthy one
LONGEST = 30.0  #: seconds between two tries at most
HOPELESS = 4  #: quick ends in a row after which a start is given up
GRACE = 30  #: seconds that requests and steps of work in hand are given when we are asked to stop
THREADS = 16  #: of each process of the web server: those who wait for their turn to sign in hold one each
PARTS = ("all", "web", "worker")


@dataclass(slots=True)
class Program:
    """One program that must live as long as we do."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    quick_ends: int = 0
    next_try: float = 0.0

    def start(self) -> None:
        """Start it, in a session of its own: Ctrl-C reaches us alone, and we end it in good order."""
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=processes.dies_with_us(),
        )

    def look(self, now: float) -> None:
        """Start it again when it has ended, later and later when it ends at once."""
        if self.process is not None and self.process.poll() is not None:
            lived = now - self.started
            self.quick_ends = 0 if lived > STEADY else self.quick_ends + 1
            wait = 0.0 if lived > STEADY else min(LONGEST, 0.5 * 2**self.quick_ends)
            say(f"The {self.name} ended (status {self.process.returncode}); it starts again in {wait:.0f} s.")
            processes.sweep(self.process)
            self.process, self.next_try = None, now + wait
        if self.process is None and now >= self.next_try:
            self.start()


@dataclass(slots=True)
class House:
    """The programs of one installation, until somebody says stop."""

    programs: list[Program]
    ready_at: str  #: the address that answers 200 once everything works
    on_ready: str  #: what people are told then
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> int:
        """Keep everything alive. 0 when told to stop, 1 when it never got going."""
        threading.Thread(target=self._announce, daemon=True).start()
        try:
            while not self.stopped.wait(0.2):
                for program in self.programs:
                    program.look(time.monotonic())
                    if program.quick_ends >= HOPELESS:
                        say(f"The {program.name} ends as soon as it starts; its own words stand above.")
                        return 1
        finally:
            self._end()
        return 0

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        """Ctrl-C or SIGTERM."""
        self.stopped.set()

    def _end(self) -> None:
        """Ask all to end at once, then wait for each."""
        running = [one.process for one in self.programs if one.process is not None]
        for process in running:
            if process.poll() is None:
                process.terminate()
        for process in running:
            processes.stop(process, (signal.SIGTERM, GRACE + 5), (signal.SIGKILL, 5))
            processes.sweep(process)

    def _announce(self) -> None:
        while not self.stopped.wait(0.1):
            if answers(self.ready_at):
                say(self.on_ready)
                return


def main(part: str = "all") -> int:
    """Prepare and serve. 2 with a sentence when the settings or the port can't be used."""
    if part not in PARTS:
        return _refuse(f"Say one of {', '.join(PARTS)}, not {part}.")
    try:
        chosen = load()
    except SettingsError as error:
        return _refuse(str(error))
    host = os.environ.get("LMS_HOST", "127.0.0.1")
    if part != "worker" and not is_free(host, chosen.port):
        return _refuse(f"Port {chosen.port} is in use. Take another: LMS_PORT={chosen.port + 1} make run")
    if not prepare(chosen):
        return 1
    if part != "worker":
        count_together(chosen)
    web = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # compared, never bound  # nosec B104
    house = House(programs(chosen, host, part), f"http://{web}:{chosen.port}/readyz", welcome(chosen))
    signal.signal(signal.SIGTERM, house.stop)
    signal.signal(signal.SIGINT, house.stop)
    return house.run()


def programs(chosen: Settings, host: str, part: str = "all") -> list[Program]:
    """What this installation consists of, or this part of it."""
    python, flask = sys.executable, [sys.executable, "-m", "flask"]
    found = []
    if part != "worker":
        found.append(Program("web server", [python, "-m", "granian", *web_options(chosen, host), "wsgi:app"]))
    if part != "web":
        found += _workers(chosen, python, flask)
    if part == "all" and chosen.env == "demo" and _exists("config.demo.provider"):
        found.append(Program("sign-on provider of the demo", [python, "-m", "config.demo.provider"]))
    return found


def _workers(chosen: Settings, python: str, flask: list[str]) -> list[Program]:
    """The embedded worker; with a broker, the relay and Celery's workers."""
    if not chosen.queue_url:
        return [Program("worker", [*flask, "jobs", "work"])]
    return [
        Program("relay", [*flask, "jobs", "relay"]),
        Program("workers", [python, "-m", "celery", *CELERY, "--concurrency", "2"]),
    ]


def web_options(chosen: Settings, host: str) -> list[str]:
    """How granian is told to serve."""
    # One process starts soonest, which is what a demo is about; more of them answer more people.
    usual = 1 if chosen.env == "demo" else min(4, os.cpu_count() or 1)
    options = ["--interface", "wsgi", "--host", host, "--port", str(chosen.port), "--no-ws"]
    options += ["--workers", str(chosen.web_workers or usual), "--blocking-threads", str(THREADS)]
    options += ["--log-level", "warning", "--respawn-failed-workers", "--workers-kill-timeout", str(GRACE)]
    if chosen.env == "production":
        options += ["--log-config", str(ROOT / "config/granian-logs.json")]
    return options


def count_together(chosen: Settings) -> None:
    """A new folder in which the web server's processes count their requests, so that ``/metrics`` adds them up."""
    folder = chosen.var / "metrics" / f"{socket.gethostname()}-{chosen.port}"
    shutil.rmtree(folder, ignore_errors=True)  # what an earlier start counted
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def prepare(chosen: Settings) -> bool:
    """Tables up to date, and in the demo its data. False when a command failed; it has said why."""
    was = revision_of(chosen.database_url)
    if was and was != newest_revision() and chosen.env == "production":
        say(
            f"The database stands at {was}, this program at {newest_revision()}. Make a backup, then bring it up to"
            " date: flask backup make FILE, flask db upgrade (docs/operations.md)."
        )
        return False
    if was != newest_revision():
        say("Bringing the database up to date ...")
        if not _flask("db", "upgrade"):
            return False
    loaded = chosen.var / "demo-loaded"
    mark = f"{chosen.database_url} {chosen.port}"  # the sign-on provider's address follows the port
    if chosen.env != "demo" or (was and loaded.exists() and loaded.read_text("utf-8") == mark):
        return True
    say("Loading the demo ...")
    if not _flask("demo", "load"):
        return False
    loaded.parent.mkdir(parents=True, exist_ok=True)
    loaded.write_text(mark, "utf-8")
    return True


def revision_of(url: str) -> str:
    """The migration at which a database stands; empty when it is new. Asked without loading the application."""
    query = "select version_num from alembic_version"
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///"))
        if not path.exists():
            return ""
        connection = sqlite3.connect(path)
        try:
            row = connection.execute(query).fetchone()
        except sqlite3.DatabaseError:
            return ""
        finally:
            connection.close()
        return str(row[0]) if row else ""
    import psycopg

    try:
        with psycopg.connect(
            url.replace("postgresql+psycopg://", "postgresql://"), connect_timeout=5
        ) as server:
            found = server.execute(query).fetchone()
    except psycopg.Error:  # a new database; one that can't be reached is told by the migrations
        return ""
    return str(found[0]) if found else ""


def newest_revision() -> str:
    """The last of the numbered migrations."""
    last = max((ROOT / "migrations/versions").glob("[0-9]*.py"), default=None)
    said = re.search(r"^revision\b[^=]*=\s*[\"']([^\"']+)", last.read_text("utf-8"), re.M) if last else None
    return said[1] if said else "?"


def is_free(host: str, port: int) -> bool:
    """Whether nobody listens there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((host, port))
        except OSError:
            return False
    return True


def answers(address: str) -> bool:
    """Whether an address answers 200."""
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # our own http address  # nosec B310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def welcome(chosen: Settings) -> str:
    """What is printed once everything works."""
    lines = ["", f"Kokoroe is ready: {chosen.base_url}"]
    if chosen.env == "demo":
        lines += [
            f"Demo accounts (password {PASSWORD}):",
            *(f"  {name:<30}{what}" for name, what in ACCOUNTS),
        ]
    return "\n".join([*lines, "Ctrl-C stops it.", ""])


def say(text: str) -> None:
    """To whoever typed the command; in production, to the log, which is read by machines."""
    if os.environ.get("LMS_ENV", "production") == "production":
        line = {"event": text.strip(), "logger": "config.server", "level": "info", "at": f"{_utc()}"}
        print(json.dumps(line, ensure_ascii=False), file=sys.stderr, flush=True)
    else:
        print(text, flush=True)


def _utc() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2


def _flask(*words: str) -> bool:
    return subprocess.run([sys.executable, "-m", "flask", *words], check=False, cwd=ROOT).returncode == 0


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
