"""Celery on a real broker: messages go out, workers take them, and both outlive an absence of the broker."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from config import processes, server
from config import settings as house
from config.settings import ROOT, Settings
from lms.core import db, jobs, post
from lms.core.db import Mode, session
from lms.core.jobs import Job
from lms.core.relay import BrokerAway
from tests.core import slow_task
from tests.support import brokers, needs
from tests.support.brokers import Broker
from tests.support.crews import Crew


@pytest.fixture
def redis() -> Iterator[Broker]:
    with brokers.redis() as broker:
        yield broker


@pytest.fixture(autouse=True)
def _task() -> Iterator[None]:
    jobs.task(slow_task.NAME)(slow_task.slowly)
    yield
    jobs.tasks.pop(slow_task.NAME)


def ask(steps: int) -> int:
    with db.transaction(tenant_id=1):
        return jobs.later(slow_task.NAME, tenant_id=1, steps=steps).id


def look(job_id: int) -> Job:
    with db.transaction(Mode.READ, 1, of_all=True):
        job = session.scalars(select(Job).where(Job.id == job_id)).one()
        session.expunge(job)  # read on as it was: outside, nobody looks over every tenant
    return job


def until(true: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


@needs.once
def test_messages_are_counted_and_a_killed_broker_is_found_again(redis: Broker) -> None:
    from lms.core import carrier

    carrier.configure(redis.url)
    broker = carrier.CeleryBroker()
    broker.send([1, 2, 3])
    assert broker.waiting() == 3
    redis.kill()
    for _ in range(2):
        began = time.monotonic()
        with pytest.raises(BrokerAway):
            broker.send([4])
        assert time.monotonic() - began < 5
    redis.start()
    broker.send([5])
    assert broker.waiting() == 1, "Redis without a disk forgets; the relay does not"


@needs.once
def test_an_installation_with_a_broker_does_jobs_sends_mails_and_is_ready(
    app: Flask, settings: Settings, redis: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `config.server` starts beside the web server, as it is."""
    chosen = replace(settings, queue_url=redis.url)
    for field in ("database_url", "worker_database_url", "var", "secret_key", "env", "queue_url", "base_url"):
        monkeypatch.setenv(f"LMS_{field.upper()}", str(getattr(chosen, field)))
    house.use(chosen)
    beside = server.programs(chosen, "127.0.0.1")[1:]
    try:
        for program in beside:
            program.start()
        with db.transaction():
            job_id = jobs.later("people.forget").id
            welcome = post.Message.registered["enrolment.welcome"].example
            post.send("enrolment.welcome", "nadia@exemple.fr", welcome, key="k")
        until(lambda: look(job_id).state == "done")
        mail = settings.var / "mail" / f"{post.message_id('k', 'x')[1:33]}.eml"
        until(mail.is_file)
        until(lambda: app.test_client().get("/readyz").status_code == 200)
    finally:
        house.use(settings)
        for program in beside:
            if program.process:
                processes.stop(program.process)
                processes.sweep(program.process)
    assert [program.process.returncode for program in beside if program.process] == [0, 0]


@needs.once
def test_a_crew_outlives_its_broker_and_hands_back_what_it_cannot_finish(
    app: Flask, settings: Settings, redis: Broker
) -> None:
    with Crew(settings, redis) as crew:
        first = ask(1)
        until(lambda: look(first).is_over)
        redis.kill()
        second = ask(1)
        time.sleep(1)
        assert look(second).state == "waiting"
        redis.start()
        until(lambda: look(second).state == "done")
        assert all(process.poll() is None for process in crew.running.values()), "nobody was restarted"

        long = ask(400)
        until(lambda: look(long).progress >= 2)
        workers = crew.running["workers"]
        workers.send_signal(signal.SIGTERM)
        assert workers.wait(20) == 0
        job = look(long)
        assert (job.state, job.attempt, job.token) == ("waiting", 0, None)
        assert 2 <= job.progress < 400


@needs.once
def test_children_whose_parent_was_killed_end_by_themselves(
    app: Flask, settings: Settings, redis: Broker
) -> None:
    with Crew(settings, redis) as crew:
        parent = crew.running["workers"].pid
        until(lambda: len(_children(parent)) >= 2)
        orphans = _children(parent)
        crew.kill("workers", alone=True)
        until(lambda: not any(map(_lives, orphans)))


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _lives(pid: int) -> bool:
    with suppress(OSError):
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    return False


@needs.once
def test_workers_without_a_broker_are_told_so(app: Flask, settings: Settings) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("LMS_")}
    environ |= {"LMS_VAR": str(settings.var), "LMS_SECRET_KEY": "k", "LMS_ENV": "test"}
    for words in (["celery", *server.CELERY], ["flask", "jobs", "relay"]):
        done = subprocess.run(
            [sys.executable, "-m", *words], check=False, cwd=ROOT, capture_output=True, text=True, env=environ
        )
        assert done.returncode == 2
        assert "LMS_QUEUE_URL names no broker: start `flask jobs work` instead" in done.stderr
