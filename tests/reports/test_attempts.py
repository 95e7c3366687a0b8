"""Somebody is on a course again: each attempt has its line, and the summary counts the latest."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from lms.core import db
from lms.core.clock import now, today
from lms.core.db import Mode, session
from lms.enrolment import services
from lms.enrolment.assignment import Assignment
from lms.enrolment.models import Cohort, Enrolment, Member
from lms.enrolment.states import Deed
from lms.reports import courses, summary
from lms.reports.alerts import Status, concern, status
from lms.reports.scope import Scope
from tests.enrolment.test_assigning import finish, of
from tests.reports.scenes import made, scope, sheets
from tests.support.worlds import World


def again(world: World) -> None:
    one = world.one
    with db.transaction(tenant_id=one.tenant_id):
        order = Assignment(of(one.learner.person_id), (one.course_id,), joins=False, again=True)
        services.assign(session.get_one(Cohort, one.cohort_id), order)


def hers(world: World, chosen: Scope) -> list[courses.Line]:
    with db.transaction(Mode.REPORT, world.one.tenant_id):
        return [row for row in courses.rows(chosen) if row.person_id == world.one.learner.person_id]


def counted(world: World, chosen: Scope) -> dict[str, Any]:
    with db.transaction(Mode.REPORT, world.one.tenant_id):
        [line] = summary.lines(chosen)
    return {
        name: getattr(line, name) for name in ("registered", "started", "completed", "certified", "withdrawn")
    }


def since_long(world: World, at: datetime) -> None:
    """The cohort is there since then."""
    with db.transaction(tenant_id=world.one.tenant_id):
        session.execute(update(Member).where(Member.tenant_id == world.one.tenant_id).values(joined_at=at))


def test_a_finished_attempt_stays_beside_the_new_one(world: World) -> None:
    one = world.one
    since_long(world, now() - timedelta(days=60))
    finish(world, one.learner.person_id)
    again(world)
    chosen = scope(one.adviser)
    old, new = hers(world, chosen)
    assert [(row.attempt, status(row)) for row in (old, new)] == [
        (1, Status.COMPLETED),
        (2, Status.REGISTERED),
    ]
    assert (old.certificate is not None, new.certificate) == (True, None)
    assert concern(today(), new, status(new)) is None  # nobody is late in entering a second time
    assert counted(world, chosen) == {
        "registered": 2,
        "started": 0,
        "completed": 0,
        "certified": 1,
        "withdrawn": 0,
    }
    rows = sheets(made(chosen)[1])["Parcours"]
    assert rows[0][-1] == "Tentative"
    assert sorted(row[-1] for row in rows[1:]) == [1, 1, 2]


def test_an_earlier_day_knows_nothing_of_it(world: World) -> None:
    one = world.one
    since_long(world, datetime(2026, 11, 1, 8, tzinfo=now().tzinfo))
    finish(world, one.learner.person_id)
    again(world)
    then = scope(one.adviser, as_of=date(2026, 11, 25))
    assert [row.attempt for row in hers(world, then)] == [1]
    assert counted(world, then)["completed"] == 1


def test_why_an_attempt_was_left_is_told_of_that_attempt(world: World) -> None:
    one = world.one
    with db.transaction(tenant_id=one.tenant_id):
        member = session.scalars(select(Member.id).where(Member.person_id == one.learner.person_id)).one()
        services.change_state([member], session.get_one(Cohort, one.cohort_id), Deed.NOT_ENTER)
    again(world)
    chosen = scope(one.adviser)
    old, new = hers(world, chosen)
    assert [status(row) for row in (old, new)] == [Status.NOT_ENTERED, Status.REGISTERED]
    assert counted(world, chosen)["withdrawn"] == 0


def test_a_course_that_opens_later_is_not_taken_for_unbegun(world: World) -> None:
    one = world.one
    since_long(world, now() - timedelta(days=60))
    with db.transaction(tenant_id=one.tenant_id):
        session.execute(
            update(Enrolment)
            .where(Enrolment.tenant_id == one.tenant_id)
            .values(opens_on=today(), due_on=None)
        )
    [row] = hers(world, scope(one.adviser))
    assert concern(today(), row, status(row)) is None
    assert concern(today() + timedelta(days=9), row, status(row)) is not None
