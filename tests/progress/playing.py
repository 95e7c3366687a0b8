"""What these tests need to play: a learner's numbers, and steps done at given moments."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from lms.core import db, events
from lms.core.db import session
from lms.courses.activity import Learner, Outcome
from lms.courses.models import Activity
from lms.enrolment.models import Enrolment, Member
from lms.progress import services
from lms.progress.events import CoursesCompleted
from lms.progress.models import LearningEvent, Standing
from tests.support.worlds import Corner, Someone

MORNING = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def learner(corner: Corner, who: Someone | None = None, course_id: int = 0) -> Learner:
    """The learner of a corner on its course (or another one)."""
    who = who or corner.learner
    with db.transaction(tenant_id=corner.tenant_id):
        found = select(Enrolment.id).where(
            Enrolment.tenant_id == corner.tenant_id,
            Enrolment.person_id == who.person_id,
            Enrolment.course_id == (course_id or corner.course_id),
        )
        return Learner(corner.tenant_id, who.person_id, session.scalars(found).one())


def do(who: Learner, activity_id: int, minutes: float = 0, outcome: Outcome | None = None) -> None:
    """Record one outcome (by default: done) so many minutes after nine, in a transaction of its own."""
    with db.transaction(tenant_id=who.tenant_id):
        activity = session.get_one(Activity, activity_id)
        services.record(who, activity, outcome or Outcome(done=True), MORNING + timedelta(minutes=minutes))


def enrolment(who: Learner) -> Enrolment:
    """The enrolment as it stands now."""
    with db.transaction(tenant_id=who.tenant_id):
        return session.scalars(select(Enrolment).filter_by(id=who.enrolment_id)).one()


def member(who: Learner) -> Member:
    """The member as it stands now."""
    with db.transaction(tenant_id=who.tenant_id):
        return session.scalars(
            select(Member)
            .join(Enrolment, Enrolment.member_id == Member.id)
            .where(Enrolment.id == who.enrolment_id)
        ).one()


def standing(who: Learner, activity_id: int) -> Standing:
    """The standing in one activity."""
    with db.transaction(tenant_id=who.tenant_id):
        return session.scalars(
            select(Standing).filter_by(enrolment_id=who.enrolment_id, activity_id=activity_id)
        ).one()


def facts(who: Learner) -> list[tuple[int, str, int]]:
    """Number, verb and seconds of each event of the ledger."""
    with db.transaction(tenant_id=who.tenant_id):
        found = select(LearningEvent).filter_by(enrolment_id=who.enrolment_id).order_by(LearningEvent.number)
        return [(row.number, row.verb, row.seconds) for row in session.scalars(found)]


@contextmanager
def heard() -> Iterator[list[Any]]:
    """The completions announced while the block runs."""
    said: list[Any] = []
    handlers = events._handlers[CoursesCompleted]
    handlers.append(said.append)
    try:
        yield said
    finally:
        handlers.remove(said.append)
