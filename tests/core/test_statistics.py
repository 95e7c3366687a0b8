"""What the database knows of its tables is refreshed every night, and after much was written."""

from flask import Flask
from sqlalchemy import text

from lms.core import db, jobs, schedule, statistics
from lms.core.db import Mode, session
from tests.support.worlds import World


def test_it_is_a_duty_of_every_night() -> None:
    assert schedule.duties["core.refresh_statistics"].total_seconds() == 24 * 3600


def test_sqlite_is_told_of_its_tables(app: Flask, world: World, on_postgresql: bool) -> None:
    with db.transaction():
        jobs.later("core.refresh_statistics")
    run = jobs.claim("test")
    assert run is not None
    run.run()
    with db.transaction(Mode.READ):
        assert jobs.latest()[0].state == "done"
        if not on_postgresql:
            known = session.execute(text("select count(*) from sqlite_stat1 where tbl = 'person'"))
            assert known.scalar_one() > 0


def test_only_much_is_worth_it_and_only_once(app: Flask) -> None:
    with db.transaction():
        statistics.refresh_after(statistics.MANY - 1, "little")
        statistics.refresh_after(statistics.MANY, "much")
        statistics.refresh_after(statistics.MANY, "much")
    with db.transaction(Mode.READ):
        assert [job.unique_key for job in jobs.latest()] == ["statistics after much"]
