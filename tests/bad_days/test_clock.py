"""Row 6: the server's clock jumps by an hour, by a year, and back. No negative time, no broken chain, no session for years."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from lms.certificates.models import Certificate
from lms.core import db, jobs
from lms.core.db import Mode, session
from lms.core.jobs import Job
from lms.courses.activity import Learner
from lms.organisations.models import Organisation
from lms.people.services import make_link
from lms.progress import ledger
from lms.progress.models import LearningEvent, Standing
from lms.progress.queries import enrolments_below
from tests.progress import playing
from tests.support.page import Visitor
from tests.support.sight import everything
from tests.support.worlds import World

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
JUMPS = {
    "an hour on": timedelta(hours=1),
    "an hour back": timedelta(hours=-1),
    "a year on": timedelta(days=365),
    "a year back": timedelta(days=-365),
}


@pytest.mark.parametrize("jump", JUMPS)
def test_a_course_learned_across_a_jump(
    app: Flask, world: World, visit: Callable[..., Visitor], jump: str
) -> None:
    one = world.one
    with time_machine.travel(NOON, tick=True) as clock:
        who, browser = playing.learner(one), visit(one.learner)
        _finish(browser, who, one.activity_ids[0])
        clock.move_to(NOON + JUMPS[jump])
        browser = visit(one.learner)  # a year on the session is over: that is tested elsewhere
        _finish(browser, who, one.activity_ids[1])
        clock.move_to(NOON + timedelta(minutes=1))
        browser = visit(one.learner)
        _finish(browser, who, one.activity_ids[2])
        assert browser.get("/learn").status == 200
    with db.transaction(Mode.READ, one.tenant_id):
        events = session.scalars(select(LearningEvent).order_by(LearningEvent.number)).all()
        assert [event.number for event in events] == list(range(1, len(events) + 1))
        assert all(0 <= event.seconds <= 300 for event in events)
        assert all(0 <= seconds <= 900 for seconds in session.scalars(select(Standing.seconds)))
        assert events[-1].verb == "completed"
        root = session.get_one(Organisation, one.root_id)
        assert ledger.check(one.tenant_id, enrolments_below(root))[1] is None
        certificate = session.scalars(select(Certificate).where(Certificate.tenant_id == one.tenant_id)).one()
    assert visit().get(f"/certificates/verify/{certificate.code}").status == 200


@pytest.mark.parametrize("jump", JUMPS)
def test_work_and_mails_go_by_the_databases_clock(app: Flask, world: World, jump: str) -> None:
    """One host whose clock is wrong takes no job from another, and holds none back."""
    with db.transaction(tenant_id=world.one.tenant_id):
        jobs.later("enrolment.forget_old_files")
    first = jobs.claim("a worker whose clock is right")
    assert first is not None
    with time_machine.travel(datetime.now(UTC) + JUMPS[jump], tick=True):
        assert jobs.claim("a worker whose clock is wrong") is None, (
            "the lease is not over because a clock says so"
        )
        first.run()
    with everything(Mode.READ):
        assert session.scalars(select(Job.state)).one() == "done"


@pytest.mark.parametrize(
    ("later", "is_open"),
    [
        (timedelta(minutes=50), True),
        (timedelta(hours=-1), True),
        (timedelta(hours=2), False),
        (timedelta(days=365), False),
    ],
)
def test_a_link_for_a_password_ends_in_time(
    app: Flask, world: World, visit: Callable[..., Visitor], later: timedelta, is_open: bool
) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        address = make_link(world.one.learner.account_id).removeprefix("http://localhost")
    with time_machine.travel(datetime.now(UTC) + later, tick=True):
        page = visit().get(address)
    assert any(form.get("action", "").endswith(address) for form in page.all("form")) == is_open


def _finish(browser: Visitor, who: Learner, activity_id: int) -> None:
    path = f"/learn/{who.enrolment_id}/{activity_id}"
    browser.get(path)
    assert browser.send(path).status == 200
