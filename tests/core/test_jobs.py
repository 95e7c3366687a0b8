"""Jobs: written with their cause, fenced, resumed, cancelled; and done again when their worker is killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from config.settings import ROOT, Settings
from lms.core import db, jobs, journal
from lms.core.clock import Later
from lms.core.db import Mode, session
from lms.core.errors import Refused
from lms.core.jobs import Job, LeaseLost, Run
from lms.core.journal import Entry
from tests.core import slow_task

STEPS = 3


class Nobody:
    """Whoever asks."""

    tenant_id, person_id, account_id = 1, 7, 9


def three(run: Run, fail_at: int = -1, refuse: bool = False) -> dict[str, int]:
    if refuse:
        raise Refused("The cohort is gone.", "Choose another.")
    for n in range(run.done, STEPS):
        with run.step(1, total=STEPS):
            journal.note("step", tenant_id=1, n=n)
            if n == fail_at and run.attempt == 1:
                raise ValueError("no")
    return {"rows": STEPS}


@pytest.fixture(autouse=True)
def _task() -> Iterator[None]:
    jobs.task("test.three")(three)
    yield
    jobs.tasks.pop("test.three")


def ask(**arguments: Any) -> int:
    with db.transaction(tenant_id=1):
        return jobs.later("test.three", Nobody(), **arguments).id


def look(job_id: int) -> Job:
    with db.transaction(Mode.READ, 1):
        return session.scalars(select(Job).where(Job.id == job_id)).one()


def steps() -> int:
    with db.transaction(Mode.READ, 1):
        return session.execute(select(func.count()).select_from(Entry)).scalar_one()


def expire(job_id: int) -> None:
    with db.transaction(tenant_id=1):
        session.execute(update(Job).where(Job.id == job_id).values(lease_until=Later(-1), run_at=Later(-1)))


def claimed(name: str = "w") -> Run:
    run = jobs.claim(name)
    assert run is not None
    return run


def test_a_job_exists_only_with_its_cause(app: Flask) -> None:
    with pytest.raises(RuntimeError), db.transaction(tenant_id=1):
        jobs.later("test.three")
        raise RuntimeError
    assert jobs.claim("w") is None


def test_a_job_is_done_once_with_its_receipt(app: Flask) -> None:
    job_id = ask()
    run = claimed()
    assert jobs.claim("other") is None
    run.run()
    job = look(job_id)
    assert (job.state, job.progress, job.total, job.result) == ("done", 3, 3, {"rows": 3})
    assert steps() == 3


def test_an_error_keeps_whole_steps_and_goes_on_there(app: Flask) -> None:
    job_id = ask(fail_at=1)
    claimed().run()
    job = look(job_id)
    assert (job.state, job.progress, job.error) == ("waiting", 1, "ValueError: no")
    expire(job_id)
    claimed().run()
    assert (look(job_id).state, steps()) == ("done", 3)


def test_a_refusal_is_told_and_not_tried_again(app: Flask) -> None:
    job_id = ask(refuse=True)
    claimed().run()
    assert (look(job_id).state, look(job_id).error) == ("failed", "The cohort is gone. Choose another.")


def test_the_presumed_dead_can_write_nothing(app: Flask) -> None:
    job_id = ask()
    zombie = claimed("zombie")
    expire(job_id)
    heir = claimed("heir")
    with pytest.raises(LeaseLost), zombie.step():
        journal.note("zombie", tenant_id=1)
    heir.run()
    zombie.run()
    assert (look(job_id).state, look(job_id).attempt, steps()) == ("done", 2, 3)


def test_a_cancelled_job_stops_at_its_next_step(app: Flask) -> None:
    job_id = ask()
    run = claimed()
    with db.transaction(tenant_id=1):
        jobs.cancel(job_id)
    run.run()
    assert (look(job_id).state, steps()) == ("cancelled", 0)


def test_only_who_asked_sees_a_job(app: Flask) -> None:
    job_id = ask()

    class Other(Nobody):
        person_id = 8

    with db.transaction(Mode.READ, 1):
        assert jobs.in_sight(Nobody(), job_id) is not None
        assert jobs.in_sight(Other(), job_id) is None


@pytest.mark.parametrize("whom", ["child", "all"])
def test_a_job_whose_worker_is_killed_is_done_again_and_stands_once(
    app: Flask, settings: Settings, whom: str
) -> None:
    with db.transaction(tenant_id=1):
        jobs.task(slow_task.NAME)(slow_task.slowly)
        job_id = jobs.later(slow_task.NAME, Nobody(), steps=8).id
        jobs.tasks.pop(slow_task.NAME)
    first = _worker(settings)
    try:
        _wait(lambda: look(job_id).progress >= 3)
        child = int((look(job_id).worker or ":").partition(":")[2])
        os.kill(child, signal.SIGKILL)
        if whom == "all":
            first.kill()
            first.wait()
            first = _worker(settings)
        _wait(lambda: look(job_id).state == "done")
    finally:
        first.terminate()
        first.wait(20)
    job = look(job_id)
    assert (job.progress, job.attempt, steps()) == (8, 2, 8)


def _worker(settings: Settings) -> subprocess.Popen[bytes]:
    """The embedded worker in processes of its own, on this test's database."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LMS_")} | {
        "LMS_DATABASE_URL": settings.database_url,
        "LMS_WORKER_DATABASE_URL": settings.worker_database_url,
        "LMS_VAR": str(settings.var),
        "LMS_SECRET_KEY": settings.secret_key,
        "LMS_ENV": "test",
    }
    return subprocess.Popen([sys.executable, "-m", "tests.core.slow_task"], cwd=ROOT, env=environment)


def _wait(until: Any, seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)
