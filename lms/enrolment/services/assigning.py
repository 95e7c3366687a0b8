"""Put people on courses: some or all of a cohort, people of elsewhere, a cohort made on the spot. One deed, one receipt."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, case, exists, func, literal, or_, select

from lms.core import journal, statistics
from lms.core.clock import Instant, now
from lms.core.db import AnySelect, insert_new, session
from lms.core.errors import Refused
from lms.core.events import announce
from lms.core.i18n import gettext as _
from lms.courses.models import Course
from lms.curricula.models import Curriculum
from lms.enrolment.assignment import Assignment
from lms.enrolment.events import PeopleEnrolled
from lms.enrolment.models import Batch, BatchKind, Cohort, CohortCourse, Enrolment, Member
from lms.enrolment.queries.assigning import course_ids_for
from lms.enrolment.services import deadlines, seats, tracing, welcome
from lms.enrolment.services.attempts import begin_again
from lms.enrolment.services.cohorts import NameTaken, make_cohort, named, write_courses
from lms.enrolment.services.figures import sum_up
from lms.enrolment.services.receipts import name_cohort, open_batch
from lms.enrolment.states import GONE
from lms.organisations.models import Membership, Organisation, Role
from lms.organisations.queries import below
from lms.people.models import Person

_COLUMNS = (
    *("tenant_id", "member_id", "cohort_id", "person_id", "course_id", "batch_id", "position"),
    *("due_on", "opens_on", "steps_total", "suspended_at"),
)


class NothingToDo(Refused):
    """Everybody is on these courses already, or was left as they are."""

    status = 409


def assign(cohort: Cohort, order: Assignment, by: Any = None, *, batch: Batch | None = None) -> Batch:
    """Do what ``order`` says, for all of its people at once. Announces ``PeopleEnrolled``.

    Whoever is on a course already is left alone. Raises ``NothingToDo`` where nobody is put on anything, and whatever
    refuses a place. The receipt counts people: ``imported`` are on something new, ``updated`` begin again.
    """
    seats.hold_if_limited(cohort)
    batch = batch or open_batch(cohort, BatchKind.ASSIGNMENT, by)
    batch.total = _count(order.people)
    if order.for_all:
        new = write_courses(cohort, order.course_ids, order.timing)
        added = and_(CohortCourse.cohort_id == cohort.id, CohortCourse.course_id.in_(new))
        tracing.made(batch, "cohort_course", added)
    if order.joins:
        _settle(cohort, batch, order.people, by)
        _join(cohort, batch, order.people)
    course_ids = course_ids_for(cohort, order)
    if order.again:
        begin_again(cohort, batch, order, course_ids)
    _put_on(cohort, batch, order, course_ids)
    sum_up(cohort.tenant_id, _touched(cohort, batch))
    for name, made in (("cohort_member", Member.batch_id == batch.id), ("enrolment", None), ("cohort", None)):
        tracing.after(batch, name, made)
    _tell(cohort, batch, by)
    return batch


def assign_to_new(
    organisation: Organisation,
    name: str,
    order: Assignment,
    curriculum: Curriculum | None = None,
    by: Any = None,
) -> Batch:
    """The same in a cohort that is made for it. Raises ``NameTaken`` besides."""
    if named(organisation, name) is not None:
        raise NameTaken(
            _("Another cohort is called “%(name)s”.", name=name), _("Choose a name that tells the two apart.")
        )
    batch = open_batch(organisation, BatchKind.ASSIGNMENT, by)
    cohort = make_cohort(organisation, name, batch=batch, by=by)
    cohort.curriculum_id = curriculum.id if curriculum else None
    name_cohort(batch, cohort)
    session.flush()  # what follows are statements
    return assign(cohort, order, by, batch=batch)


def _tell(cohort: Cohort, batch: Batch, by: Any) -> None:
    mine = (
        Enrolment.tenant_id == cohort.tenant_id,
        Enrolment.cohort_id == cohort.id,
        Enrolment.batch_id == batch.id,
    )
    first = (
        select(func.min(Enrolment.attempt).label("attempt"))
        .where(*mine)
        .group_by(Enrolment.person_id)
        .subquery()
    )
    new = func.count().filter(first.c.attempt == 1)
    number, batch.imported = session.execute(select(func.count(), new).select_from(first)).one()
    if not number:
        raise NothingToDo(
            _("Nobody was put on anything: they are on these courses already, or were left as they are."),
            _("Choose other courses, or say that those who finished begin again."),
        )
    batch.updated, batch.ignored = number - batch.imported, batch.total - number
    journal.note(
        "people-enrolled", by, tenant_id=cohort.tenant_id, cohort=cohort.id, batch=batch.id, rows=number
    )
    session.flush()  # the receipt is read by those who hear of it
    announce(PeopleEnrolled(cohort.tenant_id, batch.id, cohort.id, number))
    welcome.write(cohort, Member.batch_id == batch.id)
    statistics.refresh_after(number, f"batch {batch.id}")


def _settle(cohort: Cohort, batch: Batch, people: AnySelect, by: Any) -> None:
    """Whoever learns nowhere in the cohort's organisation, or below it, is a learner there, followed by an adviser who adds them."""
    follower = by.person_id if by is not None and by.is_any(Role.ADVISER) else None
    at = now()
    learns = exists().where(
        Membership.tenant_id == Person.tenant_id,
        Membership.person_id == Person.id,
        Membership.role == Role.LEARNER,
        Membership.organisation_id.in_(below(cohort.tenant_id, cohort.organisation_id)),
    )
    values = (
        Person.tenant_id, Person.id, Person.sort_name, literal(cohort.organisation_id), literal(Role.LEARNER.value),
        literal(follower), literal(at, Instant()),
    )  # fmt: skip
    meant = Person.tenant_id == cohort.tenant_id, Person.id.in_(people), ~learns
    columns = ["tenant_id", "person_id", "sort_name", "organisation_id", "role", "follower_id", "created_at"]
    if insert_new(Membership, columns, select(*values).where(*meant)):
        made = Membership.organisation_id == cohort.organisation_id, Membership.created_at == at
        tracing.made(batch, "membership", and_(*made, Membership.person_id.in_(people)))


def _join(cohort: Cohort, batch: Batch, people: AnySelect) -> None:
    chosen = people.subquery()
    columns = ["tenant_id", "cohort_id", "batch_id", "person_id"]
    values = literal(cohort.tenant_id), literal(cohort.id), literal(batch.id), chosen.c.person_id
    insert_new(Member, columns, select(*values).where(chosen.c.person_id.is_not(None)))


def _put_on(cohort: Cohort, batch: Batch, order: Assignment, course_ids: Sequence[int]) -> None:
    """Those who are there, and were never on it, are put on each of the courses."""
    if not course_ids:
        return
    has = exists().where(
        Enrolment.tenant_id == Member.tenant_id,
        Enrolment.member_id == Member.id,
        Enrolment.course_id + 0 == Course.id,  # looked for among the member's, not the course's
    )
    of_cohort = and_(
        CohortCourse.tenant_id == Member.tenant_id,
        CohortCourse.cohort_id == Member.cohort_id,
        CohortCourse.course_id == Course.id,
    )
    days = deadlines.as_said(cohort, order.timing, deadlines.today_of(cohort))
    rows = (
        select(
            Member.tenant_id, Member.id, Member.cohort_id, Member.person_id, Course.id, literal(batch.id),
            func.coalesce(CohortCourse.position, _after_the_others(cohort, course_ids)), *days, Course.steps,
            Member.suspended_at,
        )
        .join(Course, and_(Course.tenant_id == Member.tenant_id, Course.id.in_(course_ids)))
        .outerjoin(CohortCourse, of_cohort)
        .where(
            Member.tenant_id == cohort.tenant_id, Member.cohort_id == cohort.id, Member.state.not_in(GONE), ~has,
            # whoever came with this batch may be what was asked for no more
            or_(Member.person_id.in_(order.people), Member.batch_id == batch.id),
        )
    )  # fmt: skip
    insert_new(Enrolment, list(_COLUMNS), rows)


def _after_the_others(cohort: Cohort, course_ids: Sequence[int]) -> Any:
    """Courses that are not the whole cohort's come after those that are, in their own order."""
    last = select(func.coalesce(func.max(CohortCourse.position), 0)).where(
        CohortCourse.tenant_id == cohort.tenant_id, CohortCourse.cohort_id == cohort.id
    )
    place = case({course_id: n for n, course_id in enumerate(course_ids, 1)}, value=Course.id, else_=0)
    return literal(session.scalar(last) or 0) + place


def _touched(cohort: Cohort, batch: Batch) -> AnySelect:
    """Members whose figures are others now."""
    courses = select(Enrolment.member_id).where(
        Enrolment.tenant_id == cohort.tenant_id,
        Enrolment.cohort_id == cohort.id,
        Enrolment.batch_id == batch.id,
    )
    own = Member.tenant_id == cohort.tenant_id, Member.cohort_id == cohort.id
    return select(Member.id).where(*own, or_(Member.batch_id == batch.id, Member.id.in_(courses)))


def _count(people: AnySelect) -> int:
    return session.scalar(select(func.count()).select_from(people.subquery())) or 0
