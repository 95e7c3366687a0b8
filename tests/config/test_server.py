"""The programs of an installation live as long as they should, and no longer."""

import http.server
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from config import processes, server
from config.server import House, Program
from config.settings import ROOT, Settings, load
from tests.support.servers import free_port

SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]
ENDS = [sys.executable, "-c", "raise SystemExit(3)"]


@pytest.fixture
def house() -> Iterator[Callable[..., House]]:
    """Houses that are surely over when the test is."""
    built: list[House] = []

    def build(*programs: Program, ready_at: str = "http://127.0.0.1:1/", on_ready: str = "ready") -> House:
        built.append(House(list(programs), ready_at, on_ready))
        return built[-1]

    yield build
    for one in built:
        one.stopped.set()
        for program in one.programs:
            if program.process:
                processes.stop(program.process, (signal.SIGKILL, 5))


@pytest.fixture(autouse=True)
def _told_to_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LMS_ENV", "demo")


def _until(true: Callable[[], object], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while not (found := true()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(found)


def test_a_killed_program_is_started_again(house: Callable[..., House]) -> None:
    program = Program("sleeper", SLEEPS)
    running = house(program)
    thread = threading.Thread(target=running.run)
    thread.start()
    assert _until(lambda: program.process)
    first = program.process
    assert first
    first.kill()
    assert _until(lambda: program.process not in (None, first))
    running.stopped.set()
    thread.join(20)
    assert program.process
    assert program.process.poll() is not None, "stopping the house ends its programs"


def test_each_quick_end_makes_the_next_try_later(house: Callable[..., House]) -> None:
    program = Program("ender", ENDS)
    now, waits = time.monotonic(), []
    program.look(now)
    for _ in range(3):
        assert program.process
        program.process.wait()
        program.look(now)
        waits.append(round(program.next_try - now, 1))
        program.look(program.next_try)
    assert waits == [1.0, 2.0, 4.0]
    assert program.process
    program.process.wait()


def test_a_program_that_lived_long_is_started_again_at_once() -> None:
    program = Program("ender", ENDS, quick_ends=3)
    program.start()
    assert program.process
    program.process.wait()
    program.look(time.monotonic() + server.STEADY + 1)
    assert program.quick_ends == 0
    again = program.process
    assert again is not None, "at once"
    again.wait()


def test_a_program_that_never_gets_going_ends_the_house(
    house: Callable[..., House], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(server, "LONGEST", 0.0)
    assert house(Program("ender", ENDS), Program("sleeper", SLEEPS)).run() == 1
    assert "ender ends as soon as it starts" in capsys.readouterr().out


def test_people_are_told_once_the_address_answers(
    house: Callable[..., House], capsys: pytest.CaptureFixture[str]
) -> None:
    class Ready(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Ready) as ready:
        threading.Thread(target=ready.handle_request, daemon=True).start()
        running = house(ready_at=f"http://127.0.0.1:{ready.server_port}/readyz", on_ready="Here we are")
        thread = threading.Thread(target=running.run)
        thread.start()
        assert _until(lambda: "Here we are" in capsys.readouterr().out)
        running.stopped.set()
        thread.join(10)


def test_programs_die_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux tells a child of its parent's death")
    note = tmp_path / "pid"
    code = f"""
import sys, time
from config.server import Program
program = Program("sleeper", {SLEEPS!r})
program.start()
open({str(note)!r}, "w").write(str(program.process.pid))
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) as supervisor:
        assert _until(lambda: note.exists() and note.read_text())
        child = int(note.read_text())
        supervisor.kill()
    assert _until(lambda: not _lives(child))


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_children_of_a_killed_program_do_not_serve_on(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = f"import subprocess; one = subprocess.Popen({SLEEPS!r}); open({str(note)!r}, 'w').write(str(one.pid)); one.wait()"
    program = Program("parent", [sys.executable, "-c", code])
    program.start()
    assert _until(lambda: note.exists() and note.read_text())
    child = int(note.read_text())
    assert _lives(child)
    assert program.process is not None
    program.process.kill()
    program.process.wait()
    program.look(time.monotonic())
    assert _until(lambda: not _lives(child))


def test_a_port_in_use_is_seen() -> None:
    port = free_port()
    assert server.is_free("127.0.0.1", port)
    with http.server.HTTPServer(("127.0.0.1", port), http.server.BaseHTTPRequestHandler):
        assert not server.is_free("127.0.0.1", port)


def test_the_revision_of_a_database_is_read_without_the_application(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'lms.db'}"
    assert server.revision_of(url) == "", "no file yet"
    connection = sqlite3.connect(tmp_path / "lms.db")
    connection.execute("create table alembic_version (version_num text)")
    assert server.revision_of(url) == "", "no row yet"
    connection.execute("insert into alembic_version values ('0001')")
    connection.commit()
    connection.close()
    assert server.revision_of(url) == "0001"
    assert server.revision_of("postgresql+psycopg://nobody@127.0.0.1:1/none") == ""


def test_the_newest_revision_is_that_of_the_migrations() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == server.newest_revision()


def test_wrong_settings_are_refused_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LMS_PORT", "many")
    assert server.main() == 2
    assert "LMS_PORT is a number" in capsys.readouterr().err


def test_in_production_what_is_said_is_a_line_for_machines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LMS_ENV")
    server.say("\nHere we are\n")
    said = capsys.readouterr()
    assert (said.out, json.loads(said.err)["event"]) == ("", "Here we are")


def test_a_database_in_use_is_not_changed_by_a_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    connection = sqlite3.connect(tmp_path / "lms.db")
    connection.execute("create table alembic_version (version_num text)")
    connection.execute("insert into alembic_version values ('0000')")
    connection.commit()
    connection.close()
    asked: list[tuple[str, ...]] = []

    def ask(*words: str) -> bool:
        asked.append(words)
        return True

    monkeypatch.setattr(server, "_flask", ask)
    chosen = Settings(database_url=f"sqlite:///{tmp_path / 'lms.db'}", var=tmp_path)
    assert server.prepare(chosen) is False
    assert "flask backup make" in capsys.readouterr().out
    assert asked == []
    assert server.prepare(replace(chosen, database_url=f"sqlite:///{tmp_path / 'new.db'}")) is True
    assert asked == [("db", "upgrade")], "a new one is made ready"


def test_an_installation_may_be_split(tmp_path: Path) -> None:
    chosen = Settings(var=tmp_path, web_workers=3)
    names = {part: [one.name for one in server.programs(chosen, "::1", part)] for part in server.PARTS}
    assert names == {"all": ["web server", "worker"], "web": ["web server"], "worker": ["worker"]}
    options = server.web_options(chosen, "::1")
    assert options[options.index("--workers") + 1] == "3"
    assert Path(options[options.index("--log-config") + 1]).is_file()
    assert "--log-config" not in server.web_options(replace(chosen, env="demo"), "::1")
    assert server.main("everything") == 2


def test_the_counts_of_an_earlier_start_are_gone_and_a_neighbours_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    counted = []
    for port in (5000, 5001):
        server.count_together(Settings(var=tmp_path, port=port))
        counted.append(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]) / "counter_1.db")
        counted[-1].touch()
    server.count_together(Settings(var=tmp_path, port=5000))
    assert [file.exists() for file in counted] == [False, True]
    assert Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]).is_dir()


@pytest.mark.parametrize(
    ("queue", "names"),
    [("", ["web server", "worker"]), ("amqp://h", ["web server", "relay", "workers"])],
)
def test_a_broker_means_a_relay_and_workers_of_celery(tmp_path: Path, queue: str, names: list[str]) -> None:
    chosen = load({"LMS_VAR": str(tmp_path), "LMS_QUEUE_URL": queue})
    assert [one.name for one in server.programs(chosen, "127.0.0.1")] == names
