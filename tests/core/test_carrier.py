"""Celery on a real broker: messages go out, workers take them, and both outlive an absence of the broker."""

import signal
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from config.settings import Settings
from lms.core import db, jobs
from lms.core.db import Mode, session
from lms.core.jobs import Job
from lms.core.relay import BrokerAway
from tests.core import slow_task
from tests.support import brokers
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
    with db.transaction(Mode.READ, 1):
        return session.scalars(select(Job).where(Job.id == job_id)).one()


def until(true: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


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
