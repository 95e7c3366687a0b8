"""The days of a course of a cohort, and those of one person on it: what may be changed."""

from dataclasses import dataclass

from sqlalchemy import and_, select

from lms.core.db import session
from lms.courses.models import Course
from lms.enrolment.models import Cohort, CohortCourse, Enrolment
from lms.enrolment.queries.cohorts import cohort_in_hand
from lms.enrolment.queries.members import MemberSheet, member_in_sight
from lms.enrolment.timing import Timing
from lms.organisations.actor import Actor


@dataclass(frozen=True, slots=True)
class CourseDays:
    """A course of a cohort in hand, with its days."""

    cohort: Cohort
    title: str
    days: CohortCourse


@dataclass(frozen=True, slots=True)
class PersonDays:
    """A course of somebody, with its days."""

    sheet: MemberSheet
    title: str
    enrolment: Enrolment

    @property
    def is_over(self) -> bool:
        """Whether it was finished, or left: its days are past."""
        return self.enrolment.completed_at is not None or self.enrolment.withdrawn_at is not None


def course_in_hand(actor: Actor, cohort_id: int, course_id: int) -> CourseDays | None:
    """A course of this cohort, if the cohort is in hand."""
    cohort = cohort_in_hand(actor, cohort_id)
    if cohort is None:
        return None
    own = CohortCourse.tenant_id == actor.tenant_id, CohortCourse.cohort_id == cohort_id
    found = (
        select(Course.title, CohortCourse)
        .join(Course, and_(Course.tenant_id == CohortCourse.tenant_id, Course.id == CohortCourse.course_id))
        .where(*own, CohortCourse.course_id == course_id)
    )
    row = session.execute(found).one_or_none()
    return CourseDays(cohort, *row) if row else None


def enrolment_in_hand(actor: Actor, cohort_id: int, member_id: int, enrolment_id: int) -> PersonDays | None:
    """A course of this member, if the cohort is in hand and the person in sight."""
    sheet = member_in_sight(actor, cohort_id, member_id)
    if sheet is None or cohort_in_hand(actor, cohort_id) is None:
        return None
    found = (
        select(Course.title, Enrolment)
        .join(Course, and_(Course.tenant_id == Enrolment.tenant_id, Course.id == Enrolment.course_id))
        .where(
            Enrolment.tenant_id == actor.tenant_id, Enrolment.id == enrolment_id, Enrolment.member_id == member_id,
        )
    )  # fmt: skip
    row = session.execute(found).one_or_none()
    return PersonDays(sheet, *row) if row else None


def days_of_courses(cohort: Cohort) -> dict[int, Timing]:
    """Deadline and first day of each course of the cohort, by course."""
    days = CohortCourse.due_rule, CohortCourse.due_on, CohortCourse.due_days, CohortCourse.opens_on
    own = CohortCourse.tenant_id == cohort.tenant_id, CohortCourse.cohort_id == cohort.id
    return {
        row[0]: Timing(*row[1:]) for row in session.execute(select(CohortCourse.course_id, *days).where(*own))
    }
