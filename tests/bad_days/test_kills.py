"""Workers, their parents, the relay and the broker are killed with -9 in the midst of jobs: nothing lost, nothing twice."""

import os
from collections.abc import Iterator

import pytest
from flask import Flask

from config.settings import Settings
from lms.core import jobs
from tests.bad_days import kills
from tests.bad_days.kills import CARRIED, EMBEDDED
from tests.core import slow_task
from tests.support import brokers, needs
from tests.support.crews import Crew

FULL = int(os.environ.get("KILLS", "50"))  #: of a series that counts


@pytest.fixture(autouse=True)
def _task() -> Iterator[None]:
    jobs.task(slow_task.NAME)(slow_task.slowly)
    yield
    jobs.tasks.pop(slow_task.NAME)


def survives(crew: Crew, kinds: tuple[str, ...], count: int) -> None:
    toll = kills.torture(crew, kinds, count)
    print(f"\n{toll}")
    assert (toll.lost, toll.double, toll.not_done) == (0, 0, 0)


def test_embedded(app: Flask, settings: Settings) -> None:
    with Crew(settings) as crew:
        survives(crew, ("child", "family"), 2)


@needs.beside_postgresql  # beside SQLite it is RabbitMQ; in full both are killed on both databases
def test_celery_on_redis(app: Flask, settings: Settings) -> None:
    with brokers.redis() as broker, Crew(settings, broker) as crew:
        survives(crew, ("child", "family", "broker"), 3)


@pytest.mark.timeout(300)
@needs.once  # RabbitMQ boots slowly; in full it is killed on both databases
def test_celery_on_rabbitmq(app: Flask, settings: Settings) -> None:
    with brokers.rabbitmq() as broker, Crew(settings, broker) as crew:
        survives(crew, ("child", "family", "broker"), 3)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_embedded_in_full(app: Flask, settings: Settings) -> None:
    with Crew(settings) as crew:
        survives(crew, EMBEDDED, FULL)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_celery_on_redis_in_full(app: Flask, settings: Settings) -> None:
    with brokers.redis() as broker, Crew(settings, broker) as crew:
        survives(crew, CARRIED, FULL)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_celery_on_rabbitmq_in_full(app: Flask, settings: Settings) -> None:
    with brokers.rabbitmq() as broker, Crew(settings, broker) as crew:
        survives(crew, CARRIED, FULL)
