"""What the house does by itself: once per period, by one worker, however many there are."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from lms.core import db, jobs, schedule
from lms.core.clock import now
from lms.core.db import Mode, session
from lms.core.jobs import Job
from lms.core.schedule import Duty

NAME = "test.nightly"


@pytest.fixture(autouse=True)
def _duty(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(schedule, "duties", {})
    schedule.every(name=NAME, hours=24)(lambda _run: None)
    yield
    jobs.tasks.pop(NAME)


def asked() -> int:
    with db.transaction(Mode.READ):
        return session.execute(select(func.count()).where(Job.kind == NAME)).scalar_one()


def wind(**back: float) -> None:
    with db.transaction():
        session.execute(update(Duty).values(next_at=now() - timedelta(**back)))


def at_once(work: Callable[[], object], number: int = 4) -> list[str]:
    """Do ``work`` in so many threads that start together; what went wrong."""
    faults: list[str] = []
    start = threading.Barrier(number)

    def one() -> None:
        start.wait()
        try:
            work()
        except Exception as error:  # noqa: BLE001 - told to the test
            faults.append(repr(error))
        finally:
            session.remove()

    threads = [threading.Thread(target=one) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


def test_a_new_duty_waits_for_its_first_time(app: Flask) -> None:
    assert schedule.turn() is False
    assert asked() == 0
    with db.transaction(Mode.READ):
        first = session.scalars(select(Duty.next_at)).one()
    assert timedelta(hours=23) < first - now() <= timedelta(hours=24)


def test_what_is_due_is_asked_once_per_period(app: Flask) -> None:
    schedule.turn()
    wind(minutes=1)
    assert schedule.turn() is True
    assert schedule.turn() is False
    assert asked() == 1
    wind(minutes=1)
    assert schedule.turn() is True
    assert asked() == 2


def test_a_house_that_slept_for_a_week_does_it_once(app: Flask) -> None:
    schedule.turn()
    wind(days=7)
    schedule.turn()
    schedule.turn()
    assert asked() == 1


def test_workers_that_start_together_write_one_row(app: Flask) -> None:
    assert at_once(schedule.turn) == []
    with db.transaction(Mode.READ):
        assert session.execute(select(func.count()).select_from(Duty)).scalar_one() == 1


def test_workers_that_look_together_ask_once(app: Flask) -> None:
    schedule.turn()
    wind(minutes=1)
    assert at_once(schedule.turn) == []
    assert asked() == 1


def test_what_is_asked_is_done(app: Flask) -> None:
    schedule.turn()
    wind(minutes=1)
    schedule.turn()
    run = jobs.claim("w")
    assert run is not None
    run.run()
    with db.transaction(Mode.READ):
        assert session.scalars(select(Job.state).where(Job.kind == NAME)).one() == "done"


def test_two_duties_of_one_name_cannot_be() -> None:
    with pytest.raises(TypeError, match="two tasks"):
        schedule.every(name=NAME, hours=1)(lambda _run: None)
