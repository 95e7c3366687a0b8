"""Other days for people who are there: for all who follow a course of a cohort, or for one person, for a reason."""

from datetime import date
from typing import Any

from sqlalchemy import and_, func, select, update

from lms.core import journal
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.enrolment.models import Batch, BatchKind, Cohort, CohortCourse, Enrolment
from lms.enrolment.queries.attempts import is_latest
from lms.enrolment.services import deadlines, tracing
from lms.enrolment.services.receipts import open_batch
from lms.enrolment.timing import Timing

#: Why somebody has a deadline of their own: words of the trade, nothing about health.
REASONS = ("came-later", "agreed", "organisation", "access", "other")


class NotACourse(Refused):
    """Days are those of a course that the cohort, or the person, follows now."""

    status = 409


def change_days(cohort: Cohort, course_id: int, timing: Timing, by: Any = None) -> Batch:
    """From now on the course has these days: for whoever comes, and for all who are on it and have not finished.

    Deadlines of one's own stay. The receipt counts those whose days changed. Raises ``NotACourse``.
    """
    own = (
        CohortCourse.tenant_id == cohort.tenant_id, CohortCourse.cohort_id == cohort.id,
        CohortCourse.course_id == course_id,
    )  # fmt: skip
    course = session.scalars(select(CohortCourse).where(*own)).one_or_none()
    if course is None:
        raise NotACourse(_("The cohort does not follow this course."), _("Go back to the cohort."))
    batch = open_batch(cohort, BatchKind.DEADLINE, by)
    mine = _going_by(cohort, course_id)
    tracing.before(batch, "cohort_course", CohortCourse.id == course.id)
    tracing.before(batch, "enrolment", mine)
    course.due_rule, course.due_on = timing.rule, timing.due_on
    course.due_days, course.opens_on = timing.due_days, timing.opens_on
    session.flush()  # what follows are statements
    deadlines.renew(cohort, mine)
    _close(batch, cohort, by, course=course_id)
    return batch


def change_own_days(
    cohort: Cohort, enrolment_id: int, due_on: date | None, opens_on: date | None, reason: str, by: Any = None
) -> Batch:
    """A deadline of somebody's own on one course, which the cohort's does not touch any more. Raises ``NotACourse``."""
    if reason not in REASONS:
        raise ValueError(f"no reason is called {reason!r}")
    own = and_(
        Enrolment.tenant_id == cohort.tenant_id, Enrolment.cohort_id == cohort.id, Enrolment.id == enrolment_id,
        Enrolment.completed_at.is_(None), Enrolment.withdrawn_at.is_(None),
    )  # fmt: skip
    if session.scalar(select(Enrolment.id).where(own)) is None:
        raise NotACourse(_("This course is over for this person."), _("Go back to their page."))
    batch = open_batch(cohort, BatchKind.DEADLINE, by)
    tracing.before(batch, "enrolment", own)
    change = update(Enrolment).where(own).values(due_on=due_on, opens_on=opens_on, due_reason=reason)
    session.execute(change.execution_options(synchronize_session=False))
    _close(batch, cohort, by, enrolment=enrolment_id, reason=reason)
    return batch


def _close(batch: Batch, cohort: Cohort, by: Any, **details: Any) -> None:
    for name in ("cohort_course", "enrolment"):
        tracing.after(batch, name)
    batch.total = batch.updated = tracing.count(batch, "enrolment")
    rows: dict[str, Any] = {"batch": batch.id, "rows": batch.total, **details}
    journal.note("deadline-changed", by, tenant_id=cohort.tenant_id, cohort=cohort.id, **rows)


def following(cohort: Cohort, course_id: int) -> int:
    """How many people such a change is for: those who are on the course, and go by the cohort's days."""
    return session.scalar(select(func.count(Enrolment.id)).where(_going_by(cohort, course_id))) or 0


def _going_by(cohort: Cohort, course_id: int) -> Any:
    """Attempts that are going on, without a deadline of their own."""
    return and_(
        Enrolment.tenant_id == cohort.tenant_id, Enrolment.cohort_id == cohort.id,
        Enrolment.course_id == course_id, is_latest(), Enrolment.completed_at.is_(None),
        Enrolment.withdrawn_at.is_(None), Enrolment.due_reason.is_(None),
    )  # fmt: skip
