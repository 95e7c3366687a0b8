"""Somebody who finished a course, or left, is on it again: a new attempt from zero, and the old one kept as it stands.

Whatever was learned, measured, completed or certified hangs on the old enrolment, which nothing here touches but to
write down why it was left.
"""

from typing import Any

from sqlalchemy import and_, literal, or_, select, update

from lms.core.db import insert_new, session
from lms.courses.models import Course
from lms.enrolment.assignment import Assignment
from lms.enrolment.models import Batch, Cohort, CohortCourse, Enrolment, Member
from lms.enrolment.queries.attempts import is_latest
from lms.enrolment.services import deadlines, tracing
from lms.enrolment.services.members import take_back
from lms.enrolment.states import GONE

_COLUMNS = (
    *("tenant_id", "member_id", "cohort_id", "person_id", "course_id", "batch_id", "position", "attempt"),
    *("due_on", "opens_on", "steps_total", "suspended_at"),
)


def begin_again(cohort: Cohort, batch: Batch, order: Assignment, course_ids: list[int]) -> None:
    """A further attempt for those of ``order`` whose latest one is over; whoever left the cohort is in it again."""
    gone = and_(
        Member.tenant_id == cohort.tenant_id, Member.cohort_id == cohort.id, Member.state.in_(GONE),
        Member.person_id.in_(order.people),
    )  # fmt: skip
    tracing.before(batch, "cohort_member", gone)
    tracing.before(batch, "enrolment", Enrolment.member_id.in_(select(Member.id).where(gone)))
    over = and_(
        Enrolment.tenant_id == cohort.tenant_id, Enrolment.cohort_id == cohort.id,
        Enrolment.course_id.in_(course_ids), Enrolment.person_id.in_(order.people), is_latest(),
        or_(Enrolment.completed_at.is_not(None), Enrolment.withdrawn_at.is_not(None)),
    )  # fmt: skip
    _keep_why_they_left(over)
    insert_new(Enrolment, list(_COLUMNS), _new(cohort, batch, order, over))
    take_back(
        cohort, batch, order.people
    )  # the new attempts are the latest now: the old ones stay as they were


def _keep_why_they_left(over: Any) -> None:
    of_member = and_(Member.tenant_id == Enrolment.tenant_id, Member.id == Enrolment.member_id)
    said = select(Member.withdrawal_reason).where(of_member).correlate(Enrolment).scalar_subquery()
    left = over, Enrolment.withdrawn_at.is_not(None), Enrolment.withdrawal_reason.is_(None)
    change = update(Enrolment).where(*left).values(withdrawal_reason=said)
    session.execute(change.execution_options(synchronize_session=False))


def _new(cohort: Cohort, batch: Batch, order: Assignment, over: Any) -> Any:
    days = deadlines.as_said(cohort, order.timing, deadlines.today_of(cohort))
    of_member = and_(Member.tenant_id == Enrolment.tenant_id, Member.id == Enrolment.member_id)
    of_cohort = and_(
        CohortCourse.tenant_id == Enrolment.tenant_id,
        CohortCourse.cohort_id == Enrolment.cohort_id,
        CohortCourse.course_id == Enrolment.course_id,
    )
    return (
        select(
            Enrolment.tenant_id, Enrolment.member_id, Enrolment.cohort_id, Enrolment.person_id, Enrolment.course_id,
            literal(batch.id), Enrolment.position, Enrolment.attempt + 1, *days, Course.steps, Member.suspended_at,
        )
        .join(Member, of_member)
        .join(Course, and_(Course.tenant_id == Enrolment.tenant_id, Course.id == Enrolment.course_id))
        .outerjoin(CohortCourse, of_cohort)
        .where(over)
    )  # fmt: skip
