"""The worker: it holds what it does, backs off, outlives mistakes, and leaves in good order when asked."""

import contextlib
import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from config.settings import ROOT, Settings
from lms.core import beats, db, jobs, journal, post, worker
from lms.core.clock import Later
from lms.core.db import Mode, session
from lms.core.jobs import Job, Run
from lms.core.journal import Entry
from tests.core import slow_task
from tests.support import needs

NAME = "test.work"


@pytest.fixture
def task() -> Iterator[Callable[..., int]]:
    """``task(function)`` makes a job of it and gives its number."""

    def ask(function: Callable[[Run], Any], **more: Any) -> int:
        jobs.task(NAME)(function)
        with db.transaction(tenant_id=1):
            return jobs.later(NAME, tenant_id=1, **more).id

    yield ask
    jobs.tasks.pop(NAME, None)
    jobs.leaving.clear()


def look(job_id: int) -> Job:
    with db.transaction(Mode.READ, 1):
        return session.scalars(select(Job).where(Job.id == job_id)).one()


def rewind(job_id: int, **values: Any) -> None:
    with db.transaction(tenant_id=1):
        session.execute(update(Job).where(Job.id == job_id).values(**values))


def claimed(lease: float = 30) -> Run:
    run = jobs.claim("w", lease)
    assert run is not None
    return run


def until(true: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


# --- holding on to a job ---------------------------------------------------------------------------------------------


def test_a_long_job_without_steps_stays_its_workers(app: Flask, task: Callable[..., int]) -> None:
    others: list[Run | None] = []

    def slow(_run: Run) -> None:
        for _ in range(3):
            time.sleep(0.5)
            others.append(jobs.claim("other"))

    job_id = task(slow)
    worker.with_heartbeat(claimed(lease=0.9))
    assert others == [None, None, None]
    assert (look(job_id).state, look(job_id).attempt) == ("done", 1)


def test_a_heartbeat_that_meets_a_lock_beats_again(
    app: Flask, task: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    beaten: list[str] = []
    real = Run.beat

    def beat(run: Run) -> None:
        beaten.append("x")
        if len(beaten) == 1:
            raise OperationalError("UPDATE job", None, Exception("database is locked"))
        real(run)

    monkeypatch.setattr(Run, "beat", beat)
    job_id = task(lambda _run: time.sleep(1.2))
    worker.with_heartbeat(claimed(lease=0.9))
    assert len(beaten) >= 2
    assert look(job_id).state == "done"


def test_a_job_that_is_to_stop_is_held_until_it_hears(app: Flask, task: Callable[..., int]) -> None:
    others: list[Run | None] = []

    def deaf(run: Run) -> None:
        time.sleep(1.2)
        others.append(jobs.claim("other"))
        with run.step():
            pass

    job_id = task(deaf)
    run = claimed(lease=0.6)
    with db.transaction(tenant_id=1):
        jobs.cancel(job_id)
    worker.with_heartbeat(run)
    assert (others, look(job_id).state) == ([None], "cancelled")


def test_whoever_lost_the_lease_writes_nothing_more(app: Flask, task: Callable[..., int]) -> None:
    heirs: list[Run] = []

    def asleep(run: Run) -> None:
        if not heirs:
            rewind(run.job_id, lease_until=Later(-1))
            heirs.append(claimed())
        with run.step():
            journal.note("written", tenant_id=1)

    job_id = task(asleep)
    zombie = claimed()
    worker.with_heartbeat(zombie)
    assert (look(job_id).state, look(job_id).token) == ("running", heirs[0].token)
    worker.with_heartbeat(heirs[0])
    with db.transaction(Mode.READ, 1):
        assert session.execute(select(func.count()).select_from(Entry)).scalar_one() == 1
    assert look(job_id).state == "done"


def test_a_busy_worker_does_not_pass_for_dead(
    app: Flask, task: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(beats, "beat", told.append)
    task(lambda _run: time.sleep(0.7))
    worker.with_heartbeat(claimed(lease=0.6))
    assert worker.me() in told


# --- mistakes --------------------------------------------------------------------------------------------------------


def test_a_job_whose_workers_all_die_is_given_up(app: Flask, task: Callable[..., int]) -> None:
    done: list[int] = []
    job_id = task(lambda run: done.append(run.attempt))
    for _ in range(5):
        claimed()  # and never heard of again
        rewind(job_id, lease_until=Later(-1))
    worker.with_heartbeat(claimed())
    job = look(job_id)
    assert (job.state, done) == ("failed", [])
    assert (job.error or "").startswith("WorkerDied:")
    assert jobs.claim("w") is None


def test_a_job_that_meets_a_full_disk_waits_and_loses_no_try(app: Flask, task: Callable[..., int]) -> None:
    disk = ["full"] * 7 + ["free"]

    def writes(run: Run) -> None:
        if disk.pop(0) == "full":
            raise OSError(errno.ENOSPC, "No space left on device")
        with run.step():
            pass

    job_id = task(writes)
    for _ in range(8):
        claimed().run()
        rewind(job_id, run_at=Later(-1))
    assert (look(job_id).state, look(job_id).attempt) == ("done", 1)


def test_what_a_dead_worker_held_is_free_at_once(app: Flask, task: Callable[..., int]) -> None:
    """Jobs and mails; those of the living, and of other machines, are left alone."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait(30)
    dead, alive, elsewhere = f"{socket.gethostname()}:{gone.pid}", worker.me(), "other-machine:1"
    with db.transaction():
        for n, name in enumerate((dead, alive, elsewhere)):
            held = {"state": "leaving", "token": f"{name}/x", "lease_until": Later(60)}
            post.send("enrolment.welcome", f"{n}@exemple.fr", {}, key=name)
            session.execute(update(post.Mail).where(post.Mail.key == name).values(**held))
    job_id = task(lambda _run: None)
    claimed()
    rewind(job_id, worker=dead)
    worker.bury_the_dead()
    assert jobs.claim("w") is not None
    with db.transaction(Mode.READ):
        free = session.scalars(select(post.Mail.key).where(post.Mail.lease_until < Later())).all()
    assert list(free) == [dead]


@pytest.mark.parametrize("result", [{"on": object()}, {"at": {1, 2}}])
def test_a_result_that_cannot_be_kept_is_the_jobs_fault(
    app: Flask, task: Callable[..., int], result: dict[str, Any]
) -> None:
    job_id = task(lambda _run: result)
    turn = worker.work_on_jobs(30)
    assert turn() is True
    assert (look(job_id).state, look(job_id).attempt) == ("waiting", 1)
    rewind(job_id, attempt=4, run_at=Later(-1))
    turn()
    assert look(job_id).state == "failed"
    assert "TypeError" in (look(job_id).error or "")


def test_a_job_that_nobody_knows_any_more_fails_in_the_end(app: Flask, task: Callable[..., int]) -> None:
    job_id = task(lambda _run: None)
    known = jobs.tasks.pop(NAME)
    rewind(job_id, attempt=4)
    worker.work_on_jobs(30)()
    assert look(job_id).state == "failed"
    jobs.tasks[NAME] = known


def test_a_turn_that_fails_stops_no_other(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_RETRY", 0.01)
    done: list[str] = []

    def bad() -> bool:
        raise ZeroDivisionError

    def good() -> bool:
        done.append("mail")
        return True

    assert worker.round_of((bad, good)) is False
    assert done == ["mail"]


def test_asked_twice_is_done_once(app: Flask, task: Callable[..., int]) -> None:
    first = task(lambda _run: None, unique_key="report/7")
    with db.transaction(tenant_id=1):
        assert jobs.later(NAME, tenant_id=1, unique_key="report/7").id == first
        assert jobs.later(NAME, tenant_id=1, unique_key="report/8").id != first


# --- leaving, and dying ----------------------------------------------------------------------------------------------


def test_a_worker_that_leaves_gives_the_job_back_at_its_step(app: Flask, task: Callable[..., int]) -> None:
    def three(run: Run) -> None:
        for n in range(run.done, 3):
            with run.step(1, total=3):
                journal.note("step", tenant_id=1, n=n)
            if n == 0 and run.attempt == 1 and not jobs.leaving.is_set() and not gave_back:
                gave_back.append(True)
                jobs.leaving.set()

    gave_back: list[bool] = []
    job_id = task(three)
    claimed().run()
    job = look(job_id)
    assert (job.state, job.progress, job.attempt, job.token) == ("waiting", 1, 0, None)
    jobs.leaving.clear()
    claimed().run()
    assert (look(job_id).state, look(job_id).progress, look(job_id).attempt) == ("done", 3, 1)


def test_a_task_that_stops_because_its_worker_leaves_is_not_cancelled(
    app: Flask, task: Callable[..., int]
) -> None:
    """Reports hear of the end from another thread, and only know that they must stop."""

    def stops(_run: Run) -> None:
        jobs.leaving.set()
        raise jobs.Cancelled

    job_id = task(stops)
    claimed().run()
    assert (look(job_id).state, look(job_id).attempt) == ("waiting", 0)


def small(how: str, file: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tests.core.small_worker", how, str(file)]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)


def born(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def lives(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@needs.once
@pytest.mark.parametrize("how", ["dies", "breaks"])
def test_a_child_that_dies_at_once_is_replaced_later_and_later(tmp_path: Path, how: str) -> None:
    file = tmp_path / "born"
    parent = small(how, file)
    try:
        until(lambda: len(born(file)) >= 3)
        time.sleep(3)
        assert len(born(file)) < 10, "a worker that spins"
    finally:
        parent.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert parent.wait(10) == 0
    assert time.monotonic() - began < 1.5 + os.getloadavg()[0] / 4, "no pause is waited for"
    assert not [pid for pid in born(file) if lives(pid)]


@needs.once
def test_an_idle_worker_leaves_within_a_second(tmp_path: Path) -> None:
    file = tmp_path / "born"
    parent = small("idle", file)
    until(lambda: len(born(file)) == 2)
    began = time.monotonic()
    parent.send_signal(signal.SIGTERM)
    assert parent.wait(10) == 0
    assert time.monotonic() - began < 1.0 + os.getloadavg()[0] / 4, "a second, and what a busy machine adds"
    assert not [pid for pid in born(file) if lives(pid)]


@needs.once
def test_a_child_that_lost_its_parent_leaves(tmp_path: Path) -> None:
    file = tmp_path / "born"
    parent = small("idle", file)
    until(lambda: len(born(file)) == 2)
    parent.kill()
    parent.wait()
    until(lambda: not [pid for pid in born(file) if lives(pid)], 5)


@needs.once
def test_a_child_that_is_killed_is_replaced_at_once(tmp_path: Path) -> None:
    file = tmp_path / "born"
    parent = small("idle", file)
    until(lambda: len(born(file)) == 2)
    time.sleep(1.1)
    os.kill(born(file)[0], signal.SIGKILL)
    until(lambda: len(born(file)) == 3, 3)
    parent.terminate()
    assert parent.wait(10) == 0


def test_a_worker_in_the_midst_of_a_job_leaves_at_its_next_step(app: Flask, settings: Settings) -> None:
    jobs.task(slow_task.NAME)(slow_task.slowly)
    with db.transaction(tenant_id=1):
        job_id = jobs.later(slow_task.NAME, tenant_id=1, steps=100).id
    jobs.tasks.pop(slow_task.NAME)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LMS_")} | {
        "LMS_DATABASE_URL": settings.database_url, "LMS_VAR": str(settings.var),
        "LMS_WORKER_DATABASE_URL": settings.worker_database_url,
        "LMS_SECRET_KEY": settings.secret_key, "LMS_ENV": "test",
    }  # fmt: skip
    parent = subprocess.Popen([sys.executable, "-m", "tests.core.slow_task"], cwd=ROOT, env=environment)
    try:
        until(lambda: look(job_id).progress >= 2)
    finally:
        parent.send_signal(signal.SIGTERM)
        began = time.monotonic()
        status = parent.wait(20)
    took = time.monotonic() - began
    job = look(job_id)
    assert (status, job.state, job.attempt, job.token) == (0, "waiting", 0, None)
    assert 2 <= job.progress < 100
    assert took < 2.0 + os.getloadavg()[0], "a step takes 0.1 s; a busy machine adds"
