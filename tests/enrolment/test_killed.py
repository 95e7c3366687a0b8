"""A worker that dies while it takes a file in: another does it again, and everybody is enrolled once."""

import os
import signal
import time
from collections.abc import Iterator
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from lms.core import db, jobs, worker
from lms.core.clock import Later
from lms.core.db import Mode, session
from lms.core.jobs import Job
from lms.enrolment.models import Batch, Cohort, Enrolment, ImportRun, ImportState, Member, StagedRow
from lms.enrolment.services import ask_to_write, imports, receive_file
from lms.organisations.actor import Actor
from lms.organisations.queries import actor_by_key
from tests.enrolment.test_imports import crowd
from tests.support import worlds
from tests.support.sight import everything
from tests.support.worlds import World

PEOPLE = 300


@pytest.fixture(autouse=True)
def short_steps() -> Iterator[None]:
    """Many steps, so that a kill falls between two."""
    before, imports.CHUNK = imports.CHUNK, 25
    yield
    imports.CHUNK = before


@pytest.mark.parametrize("after", [1, 4, 9, 12])
def test_killed_with_9_it_is_done_again_and_stands_once(world: World, app: Flask, after: int) -> None:
    claire = _claire(world)
    import_id = _sent(world, claire)
    _finish()
    with db.transaction(tenant_id=world.one.tenant_id):
        job_id = ask_to_write(session.get_one(ImportRun, import_id), claire, valid_rows=False)

    _kill_after(job_id, steps=after)
    with everything():
        state, kept = session.execute(select(Job.state, Job.progress).where(Job.id == job_id)).one()
        assert state == "running"
        assert kept >= after * 25
        session.execute(update(Job).where(Job.id == job_id).values(lease_until=Later(-1)))
    _finish()

    with db.transaction(Mode.READ, world.one.tenant_id):
        sent, job = session.get_one(ImportRun, import_id), session.get_one(Job, job_id)
        assert (job.state, job.attempt, job.progress) == ("done", 2, PEOPLE)
        assert (sent.state, sent.report["imported"], sent.report["total"]) == (
            ImportState.DONE,
            PEOPLE,
            PEOPLE,
        )
        cohort = session.scalars(select(Cohort).where(Cohort.name == "Novembre")).one()
        for table in (Member, Enrolment):
            assert session.scalar(select(func.count()).where(table.cohort_id == cohort.id)) == PEOPLE
        assert (
            session.scalar(select(func.count()).select_from(Batch).where(Batch.cohort_id == cohort.id)) == 1
        )
        assert session.scalar(select(func.count()).select_from(StagedRow)) == 0


def test_a_job_that_was_stopped_writes_nothing_and_may_begin_again(world: World) -> None:
    claire = _claire(world)
    import_id = _sent(world, claire)
    _finish()
    with db.transaction(tenant_id=world.one.tenant_id):
        job_id = ask_to_write(session.get_one(ImportRun, import_id), claire, valid_rows=False)
        jobs.cancel(job_id)
    with db.transaction(Mode.READ, world.one.tenant_id):
        assert session.scalar(select(func.count()).select_from(Cohort).where(Cohort.name == "Novembre")) == 0
    with db.transaction(tenant_id=world.one.tenant_id):
        ask_to_write(session.get_one(ImportRun, import_id), claire, valid_rows=False)
    _finish()
    with db.transaction(Mode.READ, world.one.tenant_id):
        assert session.get_one(ImportRun, import_id).state == ImportState.DONE


def _claire(world: World) -> Actor:
    key = worlds.cookie_of(world.one.adviser)["_user_id"]
    with db.transaction(Mode.READ, world.one.tenant_id):
        actor = actor_by_key(key)
    assert actor is not None
    return actor


def _sent(world: World, claire: Actor) -> int:
    with db.transaction(tenant_id=world.one.tenant_id):
        sent = receive_file(
            claire, BytesIO(crowd(PEOPLE).encode()), "gens.csv", "Novembre", course_id=world.one.course_id
        )
        return sent.id


def _finish() -> None:
    """Do whatever waits, in this process."""
    while (run := jobs.claim(worker.me())) is not None:
        run.run()


def _kill_after(job_id: int, steps: int) -> None:
    """A worker process that takes the job, and is killed while it stages rows, after so many steps."""
    db.disconnect()
    child = os.fork()
    if not child:
        db.disconnect_inherited()
        _slow_down()
        try:
            worker.work_on_jobs(30.0)()
        finally:
            os._exit(0)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with everything(Mode.READ):
            kept = session.scalar(select(Job.progress).where(Job.id == job_id)) or 0
        if kept >= steps * 25:
            break
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def _slow_down() -> None:
    """In the child: a little time between steps, and a long time before the last one."""
    from lms.enrolment.services import staging

    put, compare = staging.put, staging.find

    def slowly(target: staging.Target, lines: list[object]) -> None:
        put(target, lines)  # type: ignore[arg-type]
        time.sleep(0.03)

    def never(target: staging.Target) -> None:
        compare(target)
        time.sleep(60)

    staging.put, staging.find = slowly, never  # type: ignore[assignment]
