"""Signs of life: what ``/readyz`` says, and that silence is noticed."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select, update

from lms.core import beats, db, worker
from lms.core.beats import Beat
from lms.core.clock import now
from lms.core.db import Mode, session


def names() -> list[str]:
    with db.transaction(Mode.READ):
        return sorted(session.scalars(select(Beat.worker)))


def anyone() -> bool:
    with db.transaction(Mode.READ):
        return beats.is_anyone_working()


def silent_for(**time: float) -> None:
    with db.transaction():
        session.execute(update(Beat).values(at=now() - timedelta(**time)))


def test_nobody_works_before_the_first_sign(app: Flask) -> None:
    assert anyone() is False
    assert app.test_client().get("/readyz").status_code == 503


def test_a_sign_is_one_row_a_worker(app: Flask) -> None:
    for _ in range(3):
        beats.beat("host:1")
    beats.beat("host:2")
    assert names() == ["host:1", "host:2"]
    assert anyone() is True
    assert app.test_client().get("/readyz").get_data() == b"ready\n"


def test_with_a_broker_a_relay_must_live_too(app: Flask) -> None:
    def fed() -> bool:
        with db.transaction(Mode.READ):
            return beats.is_anyone_working(with_relay=True)

    beats.beat(f"{beats.RELAY}host:1")
    assert (anyone(), fed()) == (False, False), "a relay does no job"
    beats.beat("host:2")
    assert (anyone(), fed()) == (True, True)
    silent_for(seconds=50)
    beats.beat("host:2")
    assert (anyone(), fed()) == (True, False), "nobody hands jobs over"


def test_silence_is_noticed_and_in_the_end_forgotten(app: Flask) -> None:
    beats.beat("host:1")
    silent_for(seconds=40)
    assert anyone() is True
    silent_for(seconds=50)
    assert anyone() is False
    silent_for(minutes=10)
    beats.beat("host:2")
    assert names() == ["host:2"]


def test_a_worker_says_so_now_and_then_and_it_is_no_work(app: Flask) -> None:
    turn = worker.sign_of_life(3600)
    assert [turn(), turn()] == [False, False]
    assert names() == [worker.me()]
    silent_for(minutes=5)
    turn()
    assert anyone() is False, "once an hour is once an hour"
