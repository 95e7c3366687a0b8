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
from lms.enrolment.models import (
    Batch,
    BatchKind,
    Cohort,
    Enrolment,
    ImportRun,
    ImportState,
    Member,
    StagedRow,
    Trace,
)
from lms.enrolment.services import ask_to_write, imports, receive_file, writing
from lms.enrolment.services.undo_rules import NotUndoable, demand_undoable
from lms.organisations.actor import Actor
from lms.organisations.queries import actor_by_key
from tests.enrolment.test_imports import crowd
from tests.enrolment.test_pages import Visit
from tests.enrolment.test_undo import undo
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


@pytest.mark.parametrize("parts", [0, 2, 6])
def test_killed_between_two_parts_it_goes_on_with_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch, parts: int
) -> None:
    monkeypatch.setattr(writing, "PART", 50)
    claire = _claire(world)
    import_id = _sent(world, claire)
    _finish()
    with db.transaction(tenant_id=world.one.tenant_id):
        job_id = ask_to_write(session.get_one(ImportRun, import_id), claire, valid_rows=False)
    _die_after(monkeypatch, parts)
    with pytest.raises(KeyboardInterrupt):
        _finish()
    db.rollback()
    with everything():
        assert session.scalar(select(Job.progress).where(Job.id == job_id)) == PEOPLE + parts * 50
        assert session.scalar(select(func.count()).select_from(Member).join(Cohort).where(Cohort.name == "Novembre")) == parts * 50  # fmt: skip
        with pytest.raises(NotUndoable):
            demand_undoable(session.scalars(select(Batch).where(Batch.kind == BatchKind.IMPORT)).one())
        session.execute(update(Job).where(Job.id == job_id).values(lease_until=Later(-1)))
    _finish()
    with db.transaction(Mode.READ, world.one.tenant_id):
        sent, job = session.get_one(ImportRun, import_id), session.get_one(Job, job_id)
        assert (job.state, job.progress, job.total) == ("done", 2 * PEOPLE, 2 * PEOPLE)
        assert (sent.state, sent.report["imported"]) == (ImportState.DONE, PEOPLE)
        batch = session.scalars(
            select(Batch).where(Batch.cohort_id.is_not(None), Batch.kind == BatchKind.IMPORT)
        ).one()
        assert batch.imported == PEOPLE
        for table in (Member, Enrolment):
            assert session.scalar(select(func.count()).where(table.batch_id == batch.id)) == PEOPLE
        assert (
            session.scalar(select(func.count()).where(Trace.batch_id == batch.id, Trace.kind == "person"))
            == PEOPLE
        )
        assert session.scalar(select(func.count()).select_from(StagedRow)) == 0


def test_a_file_that_was_stopped_half_way_is_taken_back_and_waits_again(
    world: World, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PART", 50)
    claire = _claire(world)
    import_id = _sent(world, claire)
    _finish()
    with db.transaction(tenant_id=world.one.tenant_id):
        job_id = ask_to_write(session.get_one(ImportRun, import_id), claire, valid_rows=False)
    _die_after(monkeypatch, 2)
    with pytest.raises(KeyboardInterrupt):
        _finish()
    db.rollback()
    with db.transaction(tenant_id=world.one.tenant_id):
        jobs.cancel(job_id)
        session.execute(update(Job).where(Job.id == job_id).values(lease_until=Later(-1)))
    _finish()
    with db.transaction(Mode.READ, world.one.tenant_id):
        batch_id = session.scalars(select(Batch.id).where(Batch.kind == BatchKind.IMPORT)).one()
    page = visit(world.one.adviser).get(f"/cohorts/imports/{import_id}")
    assert "Une partie des personnes est entrée." in page.words
    assert "Rien n" not in page.words
    assert f"/cohorts/receipts/{batch_id}" in page.links()
    assert undo(world, batch_id).people == 100
    with db.transaction(Mode.READ, world.one.tenant_id):
        sent = session.get_one(ImportRun, import_id)
        assert (sent.state, sent.batch_id) == (ImportState.CHECKED, None)
        assert session.scalar(select(func.count()).select_from(Cohort).where(Cohort.name == "Novembre")) == 0


def _die_after(monkeypatch: pytest.MonkeyPatch, parts: int) -> None:
    """The worker goes away in the middle of a part, once."""
    write_part, written = writing.write_part, [0]

    def dying(work: writing.Writing, lines: tuple[int, int]) -> None:
        write_part(work, lines)
        written[0] += 1
        if written[0] == parts + 1:
            raise KeyboardInterrupt

    if parts * 50 < PEOPLE:
        monkeypatch.setattr(writing, "write_part", dying)
        return
    take_out = writing.take_out_some

    def dying_late(work: writing.Writing) -> int:
        monkeypatch.setattr(writing, "take_out_some", take_out)
        raise KeyboardInterrupt

    monkeypatch.setattr(writing, "take_out_some", dying_late)


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
