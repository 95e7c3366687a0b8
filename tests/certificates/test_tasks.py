"""Drawn by workers: killed, they go on, and each certificate exists once."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select, update

from config.settings import Settings
from lms.certificates import services
from lms.certificates.models import Certificate, RegisterEntry
from lms.core import db, files, jobs
from lms.core.db import Mode, session
from lms.core.jobs import Job
from lms.organisations.models import Role
from tests.certificates.earned import complete
from tests.support import worlds
from tests.support.sight import everything
from tests.support.worlds import Corner, World

PEOPLE = 60


def work() -> None:
    while run := jobs.claim("test:1"):
        run.run()
        db.session.remove()


def crowd(corner: Corner) -> list[int]:
    """Sixty people who have completed a course, certificates issued, none drawn."""
    with db.transaction(tenant_id=corner.tenant_id):
        people = [
            worlds.person(corner.tenant_id, corner.agency_id, Role.LEARNER, f"P{n}", "CANARI-1")
            for n in range(PEOPLE)
        ]
        course, _steps = worlds.course(corner.tenant_id, corner.root_id, "foule", "Foule")
        worlds.cohort(corner.tenant_id, corner.agency_id, "Foule", [course], people)
    enrolments = complete(corner, *people)
    with db.transaction(tenant_id=corner.tenant_id):
        return services.issue(corner.tenant_id, enrolments)


def counted(corner: Corner) -> tuple[int, int, int]:
    """Certificates, those drawn, and different files."""
    with db.transaction(Mode.READ, corner.tenant_id):
        one = session.execute(
            select(
                func.count(), func.count(Certificate.pdf_key), func.count(func.distinct(Certificate.pdf_key))
            )
        ).one()
    return one[0], one[1], one[2]


def assert_all_stand_once(corner: Corner) -> None:
    assert counted(corner) == (PEOPLE, PEOPLE, PEOPLE)
    with db.transaction(Mode.READ, corner.tenant_id):
        both = select(Certificate.pdf_key, Certificate.pdf_sha256, RegisterEntry.pdf_sha256).join(
            RegisterEntry, RegisterEntry.code == Certificate.code
        )
        rows = session.execute(both).all()
    assert len(rows) == PEOPLE
    assert all(row[1] == row[2] and row[1] for row in rows)
    assert all(files.storage().exists(row[0] or "") for row in rows)


def test_drawn_after_issuing(world: World) -> None:
    crowd(world.one)
    work()
    assert_all_stand_once(world.one)


def test_drawn_by_two_at_once_each_keeps_one_original(world: World) -> None:
    ids = crowd(world.one)
    with db.transaction(Mode.READ, world.one.tenant_id):
        sheets = [
            services.sheet_of(one)
            for one in session.scalars(select(Certificate).where(Certificate.id.in_(ids[:3])))
        ]
    first, second = services.draw(sheets), services.draw(sheets)
    for made, kept in ((first, 3), (second, 0)):
        with db.transaction(tenant_id=world.one.tenant_id):
            assert services.keep(world.one.tenant_id, made) == kept
    assert [files.storage().exists(one.key) for one in first + second] == [True] * 3 + [False] * 3


def test_a_worker_killed_in_the_middle(world: World, app: Flask, settings: Settings, tmp_path: Path) -> None:
    """Killed with -9 twice while it draws; whoever comes next goes on."""
    crowd(world.one)
    db.disconnect_idle()
    environment = {
        **os.environ,
        "LMS_DATABASE_URL": settings.database_url,
        "LMS_WORKER_DATABASE_URL": settings.worker_database_url,
        "LMS_VAR": str(settings.var),
        "LMS_STORAGE_URL": settings.storage_url,
        "LMS_SECRET_KEY": settings.secret_key,
        "LMS_ENV": "test",
    }
    command = [sys.executable, "-m", "flask", "jobs", "work", "--once"]
    seen = 0
    for _turn in range(2):
        worker = subprocess.Popen(command, env=environment, start_new_session=True, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 60
        while counted(world.one)[1] <= seen and worker.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.communicate()
        seen = counted(world.one)[1]
        with everything():
            session.execute(
                update(Job).where(Job.state == "running").values(lease_until=None, state="waiting")
            )
    assert 0 < seen <= PEOPLE
    work()
    assert_all_stand_once(world.one)


def test_the_cohorts_job_issues_what_is_missing(world: World) -> None:
    complete(world.one)
    with db.transaction(tenant_id=world.one.tenant_id):
        job = jobs.later("certificates.issue", tenant_id=world.one.tenant_id, cohort_id=world.one.cohort_id)
        job_id = job.id
    work()
    assert counted(world.one) == (2, 2, 2)
    with everything(Mode.READ):
        done = session.get(Job, job_id)
    assert done is not None
    assert (done.state, done.progress, done.total) == ("done", 2, 2)
