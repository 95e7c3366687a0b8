"""The relay: what falls due is handed over once, what got lost again, and a broker that is away is waited for."""

import logging
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from config.settings import ROOT
from lms.core import db, jobs, relay
from lms.core.clock import Later
from lms.core.db import Mode, session
from lms.core.jobs import Job, Run
from lms.core.relay import BrokerAway, Relay
from tests.support import needs

NAME = "test.carried"


class Pigeons:
    """A broker that keeps what it was given."""

    def __init__(self) -> None:
        self.sent: list[int] = []
        self.is_away = False
        self.unread = 0

    def send(self, job_ids: Sequence[int]) -> None:
        if self.is_away:
            raise BrokerAway("no pigeon flies in this weather")
        self.sent += job_ids

    def waiting(self) -> int:
        return self.unread


@pytest.fixture(autouse=True)
def _task() -> Iterator[None]:
    jobs.task(NAME)(lambda _run: None)
    yield
    jobs.tasks.pop(NAME)


@pytest.fixture
def pigeons() -> Pigeons:
    return Pigeons()


@pytest.fixture
def turn(app: Flask, pigeons: Pigeons) -> Callable[[], list[int]]:
    """``turn()``: the numbers that one turn of the relay hands over."""
    one = Relay(pigeons)

    def do() -> list[int]:
        pigeons.sent.clear()
        assert one.turn() is bool(pigeons.sent)
        return list(pigeons.sent)

    return do


def ask(**more: Any) -> int:
    with db.transaction(tenant_id=1):
        return jobs.later(NAME, tenant_id=1, **more).id


def change(job_id: int, **values: Any) -> None:
    with db.transaction(tenant_id=1):
        session.execute(update(Job).where(Job.id == job_id).values(**values))


def claimed(job_id: int) -> Run:
    run = jobs.claim("w", 30, job_id)
    assert run is not None
    return run


def test_what_falls_due_is_handed_over_once_and_in_its_order(turn: Callable[[], list[int]]) -> None:
    first, second, later = ask(), ask(), ask(delay=60)
    assert turn() == [first, second]
    assert turn() == []
    change(later, run_at=Later(-1))
    assert turn() == [later]


def test_nothing_is_handed_over_before_its_cause_is_kept(turn: Callable[[], list[int]]) -> None:
    with pytest.raises(RuntimeError), db.transaction(tenant_id=1):
        jobs.later(NAME, tenant_id=1)
        raise RuntimeError
    assert turn() == []


def test_a_job_that_is_to_be_tried_again_is_handed_over_again(turn: Callable[[], list[int]]) -> None:
    def fails(_run: Run) -> None:
        raise ValueError("not yet")

    jobs.tasks.pop(NAME)
    jobs.task(NAME)(fails)
    job_id = ask()
    assert turn() == [job_id]
    claimed(job_id).run()
    assert turn() == [], "it waits for its next try"
    change(job_id, run_at=Later(0))
    assert turn() == [job_id]


def test_a_job_that_lost_its_worker_is_handed_over_again(turn: Callable[[], list[int]]) -> None:
    """Its message may have come back while the lease still ran: then somebody looked, and nobody took it."""
    job_id = ask()
    turn()
    claimed(job_id)
    assert turn() == []
    change(job_id, lease_until=Later(0))
    assert turn() == [job_id]
    assert turn() == []


def test_a_job_that_its_worker_gave_back_is_handed_over_again(turn: Callable[[], list[int]]) -> None:
    job_id = ask()
    turn()
    run = claimed(job_id)
    run._hand_back()
    assert turn() == [job_id]


def test_a_message_that_got_lost_is_sent_again(turn: Callable[[], list[int]], pigeons: Pigeons) -> None:
    job_id = ask()
    turn()
    change(job_id, run_at=Later(-relay.PATIENCE - 10), carried_at=Later(-relay.PATIENCE - 5))
    pigeons.unread = 7
    assert turn() == [], "it may be among those that nobody has read yet"
    pigeons.unread = 0
    assert turn() == [job_id]
    change(job_id, run_at=Later(-relay.LONG_PATIENCE - 10), carried_at=Later(-relay.LONG_PATIENCE - 5))
    pigeons.unread = 7
    assert turn() == [job_id], "after so long it is not"


def test_what_a_broker_held_when_it_fell_is_handed_over_again_at_once(
    app: Flask, pigeons: Pigeons, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its messages a job would wait a quarter of an hour while newer ones keep the queue filled."""
    at = [100.0]
    monkeypatch.setattr("lms.core.relay.time.monotonic", lambda: at[0])
    one, first = Relay(pigeons), ask()
    assert one.turn()
    pigeons.unread, pigeons.is_away = 7, True
    second = ask()
    assert not one.turn()
    pigeons.is_away, at[0] = False, at[0] + 10
    pigeons.sent.clear()
    assert one.turn()
    assert pigeons.sent == [second, first], "what it had forgotten, too"
    assert not one.turn(), "and that once"
    pigeons.sent.clear()
    assert Relay(pigeons).turn(), "a relay that starts does not know either what fell while it was away"
    assert pigeons.sent == [first, second]


def test_the_broker_keeps_no_long_queue(
    turn: Callable[[], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "WINDOW", 2)
    ids = [ask() for _ in range(3)]
    assert turn() == ids[:2]
    assert turn() == []
    claimed(ids[0])
    assert turn() == ids[2:]


def test_a_broker_that_is_away_is_told_once_and_asked_now_and_then(
    app: Flask, pigeons: Pigeons, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    at = [100.0]
    monkeypatch.setattr("lms.core.relay.time.monotonic", lambda: at[0])
    caplog.set_level(logging.WARNING, "lms.relay")
    one, job_id = Relay(pigeons), ask()
    pigeons.is_away = True
    pauses = []
    for _ in range(6):
        assert one.turn() is False
        pauses.append(one._not_before - at[0])
        at[0] = one._not_before
    assert pauses == [1, 2, 4, 8, 8, 8]
    pigeons.is_away = False
    at[0] -= 1
    assert one.turn() is False, "not before its time"
    at[0] += 1
    assert one.turn() is True
    assert pigeons.sent == [job_id]
    assert [record.message.partition(",")[0] for record in caplog.records] == [
        "the broker is away",
        "the broker is back",
    ]


def test_what_a_broken_broker_was_given_counts_as_not_given(
    turn: Callable[[], list[int]], pigeons: Pigeons
) -> None:
    job_id = ask()
    pigeons.is_away = True
    turn()
    with db.transaction(Mode.READ):
        carried = select(func.count()).where(Job.id == job_id, Job.carried_at.is_not(None))
        assert session.execute(carried).scalar_one() == 0


@needs.once
def test_pages_and_the_embedded_worker_know_nothing_of_brokers_and_buckets() -> None:
    """No page can wait for a broker, as no page can speak to one; and nobody pays for what one machine does not need."""
    code = (
        "import sys; from lms.app import create_app; create_app(); import lms.core.cli;"
        "print(sorted({'celery', 'kombu', 'redis', 'boto3', 'botocore'} & set(sys.modules)))"
    )
    for more in ({}, {"LMS_QUEUE_URL": "redis://127.0.0.1:1/0"}):
        done = subprocess.run(
            [sys.executable, "-c", code], check=False, cwd=ROOT, capture_output=True, text=True,
            env={"PATH": "/usr/bin", "LMS_VAR": "/nonexistent", "LMS_SECRET_KEY": "k",
                 "LMS_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"} | more,
        )  # fmt: skip
        assert (done.stdout, done.stderr) == ("[]\n", "")
