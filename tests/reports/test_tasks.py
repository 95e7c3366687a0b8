"""A report in the making can be stopped, and done again from its start."""

from typing import Any

import pytest
from sqlalchemy import select, update

from lms.core import db, jobs
from lms.core.db import Mode, session
from lms.core.jobs import Job
from lms.organisations.queries import actor_by_key
from lms.reports import services, tasks
from lms.reports.models import ReportRun
from tests.reports.test_progress import many
from tests.support import worlds
from tests.support.sight import everything
from tests.support.worlds import World


def ordered(world: World) -> int:
    """A report that waits for a worker; the number of its job."""
    key = worlds.cookie_of(world.one.adviser)["_user_id"]
    report = services.report_named("progress")
    assert report is not None
    with db.transaction(tenant_id=world.one.tenant_id):
        actor = actor_by_key(key)
        assert actor is not None
        run = services.order(actor, report, cohort_id=None, as_of=None, level=None, form="xlsx")
        assert run.job_id is not None
        return run.job_id


def job(job_id: int) -> Job:
    with everything(Mode.READ):
        found = session.get(Job, job_id)
        assert found is not None
        session.expunge(found)
        return found


def the_run() -> ReportRun:
    with everything(Mode.READ):
        found = session.scalars(select(ReportRun)).one()
        session.expunge(found)
        return found


def test_its_progress_is_told_while_it_is_written(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "_TELL", 0.01)
    many(world.one, 1_000)
    job_id, told = ordered(world), list[int]()
    claimed = jobs.claim("test:1")
    assert claimed is not None
    real = claimed.step

    def heard(rows: int = 1, **more: Any) -> Any:
        told.append(rows)
        return real(rows, **more)

    monkeypatch.setattr(claimed, "step", heard)
    claimed.run()
    done = job(job_id)
    assert (done.state, done.progress, done.total) == ("done", 3_002, 3_002)
    assert len(told) > 1
    assert the_run().rows == 3_002


def test_stopped_half_way_it_leaves_no_file(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "_TELL", 0.01)
    many(world.one, 1_000)
    job_id = ordered(world)
    claimed = jobs.claim("test:1")
    assert claimed is not None
    with everything():
        jobs.cancel(job_id)
    claimed.run()
    assert job(job_id).state == "cancelled"
    assert the_run().made_at is None


def test_done_twice_it_is_made_once(world: World) -> None:
    job_id = ordered(world)
    first = jobs.claim("test:1")
    assert first is not None
    with everything():
        session.execute(update(Job).where(Job.id == job_id).values(state="waiting", token=None))
    second = jobs.claim("test:2")
    assert second is not None
    second.run()
    made = the_run().file_key
    first.run()  # its lease is lost: it changes nothing
    assert (the_run().file_key, job(job_id).state) == (made, "done")
