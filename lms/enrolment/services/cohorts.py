"""Make a cohort, give it courses and a due date, show it to partners."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from lms.core import db, journal
from lms.core.clock import now
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.courses.models import Course, CourseState
from lms.curricula.models import Curriculum, CurriculumStep
from lms.enrolment.models import BatchKind, Cohort, CohortCourse, Enrolment, Level, Member, MemberState, Share
from lms.enrolment.services.figures import sum_up
from lms.enrolment.services.members import _batch, put_on_courses
from lms.organisations.models import Membership, Organisation, Role


class NameTaken(Refused):
    """Two cohorts of one organisation never have the same name."""

    status = 409


class NotPublished(Refused):
    """Nobody is put on a course that is not open."""

    status = 409


class NoSuchPartner(Refused):
    """A cohort is shown to partners of this tenant only."""

    status = 422


def course_ids(courses: Sequence[Course], curriculum: Curriculum | None) -> list[int]:
    """The courses meant, in order. Raises ``NotPublished`` where one is not open to people."""
    found = [course.id for course in courses]
    if curriculum is not None:
        steps = select(CurriculumStep.course_id).where(
            CurriculumStep.tenant_id == curriculum.tenant_id, CurriculumStep.curriculum_id == curriculum.id
        )
        found = list(session.scalars(steps.order_by(CurriculumStep.position, CurriculumStep.id)))
    closed = select(Course.title).where(Course.id.in_(found), Course.state != CourseState.PUBLISHED).limit(1)
    if title := session.scalar(closed):
        raise NotPublished(
            _("The course “%(title)s” is not published: nobody can be put on it.", title=title),
            _("Publish it first, then enrol people."),
        )
    return found


def named(organisation: Organisation, name: str) -> Cohort | None:
    """The cohort of this organisation that has this name."""
    found = select(Cohort).where(
        Cohort.tenant_id == organisation.tenant_id,
        Cohort.organisation_id == organisation.id,
        Cohort.name == clean_name(name),
    )
    return session.scalars(found).one_or_none()


def clean_name(name: str) -> str:
    """A cohort's name as it is kept and compared."""
    return " ".join(name.split())


def make_cohort(
    organisation: Organisation,
    name: str,
    *,
    courses: Sequence[Course] = (),
    curriculum: Curriculum | None = None,
    starts_on: date | None = None,
    due_on: date | None = None,
    by: Any = None,
) -> Cohort:
    """The cohort of this name, made if it is new; an existing one gains the courses and the due date that it lacked.

    Members who are there get the new courses too. Raises ``NotPublished``.
    """
    wanted = course_ids(courses, curriculum)
    cohort = named(organisation, name)
    if cohort is None:
        cohort = Cohort(
            tenant_id=organisation.tenant_id, organisation_id=organisation.id, name=clean_name(name),
            curriculum_id=curriculum.id if curriculum else None, starts_on=starts_on, due_on=due_on,
        )  # fmt: skip
        session.add(cohort)
        session.flush()  # its number goes into the rows that follow
        journal.note("cohort-made", by, tenant_id=cohort.tenant_id, cohort=cohort.id)
    elif due_on is not None and due_on != cohort.due_on:
        change(cohort, due_on=due_on, by=by)
    _add_courses(cohort, wanted, by)
    return cohort


def change(cohort: Cohort, *, name: str = "", due_on: date | None = None, by: Any = None) -> None:
    """Another name, another due date; enrolments that had the old date get the new one. Raises ``NameTaken``."""
    name = clean_name(name) or cohort.name
    other = select(Cohort.id).where(
        Cohort.tenant_id == cohort.tenant_id, Cohort.organisation_id == cohort.organisation_id,
        Cohort.name == name, Cohort.id != cohort.id,
    )  # fmt: skip
    if session.scalar(other) is not None:
        raise NameTaken(
            _("Another cohort is called “%(name)s”.", name=name), _("Choose a name that tells the two apart.")
        )
    moved = (
        update(Enrolment)
        .where(
            Enrolment.tenant_id == cohort.tenant_id,
            Enrolment.cohort_id == cohort.id,
            Enrolment.due_on.is_not_distinct_from(cohort.due_on),
        )
        .values(due_on=due_on)
    )
    session.execute(moved.execution_options(synchronize_session=False))
    cohort.name, cohort.due_on = name, due_on
    journal.note("cohort-changed", by, tenant_id=cohort.tenant_id, cohort=cohort.id)


def share(cohort: Cohort, partner_person_id: int, level: Level, by: Any = None) -> None:
    """Show a cohort to a partner at a level, or change the level. Raises ``NoSuchPartner``."""
    is_partner = select(Membership.id).where(
        Membership.tenant_id == cohort.tenant_id,
        Membership.person_id == partner_person_id,
        Membership.role == Role.PARTNER,
    )
    if session.scalar(is_partner.limit(1)) is None:
        raise NoSuchPartner(_("This person is not a partner."), _("Choose a partner in the list."))
    values = {
        "tenant_id": cohort.tenant_id, "cohort_id": cohort.id, "person_id": partner_person_id,
        "level": level, "created_at": now(),
    }  # fmt: skip
    session.execute(db.as_written(Share, values, ["tenant_id", "cohort_id", "person_id"]))
    journal.note(
        "cohort-shared", by, tenant_id=cohort.tenant_id, cohort=cohort.id, partner=partner_person_id, level=level.value
    )  # fmt: skip


def stop_sharing(cohort: Cohort, partner_person_id: int, by: Any = None) -> None:
    """Show it no more; what the partner downloaded stays with them."""
    mine = (
        Share.tenant_id == cohort.tenant_id,
        Share.cohort_id == cohort.id,
        Share.person_id == partner_person_id,
    )
    session.execute(delete(Share).where(*mine).execution_options(synchronize_session=False))
    journal.note(
        "cohort-unshared", by, tenant_id=cohort.tenant_id, cohort=cohort.id, partner=partner_person_id
    )


def _add_courses(cohort: Cohort, wanted: Sequence[int], by: Any) -> None:
    own = select(CohortCourse.course_id, CohortCourse.position).where(
        CohortCourse.tenant_id == cohort.tenant_id, CohortCourse.cohort_id == cohort.id
    )
    there = dict(session.execute(own).all())
    new = [course_id for course_id in wanted if course_id not in there]
    if not new:
        return
    last = max(there.values(), default=0)
    rows = [
        {"tenant_id": cohort.tenant_id, "cohort_id": cohort.id, "course_id": course_id, "position": last + n}
        for n, course_id in enumerate(new, 1)
    ]
    session.execute(insert(CohortCourse), rows)
    members = select(func.count()).where(
        Member.tenant_id == cohort.tenant_id,
        Member.cohort_id == cohort.id,
        Member.state != MemberState.WITHDRAWN,
    )
    if number := session.scalar(members):
        batch = _batch(cohort, BatchKind.BY_HAND, by, None)
        batch.total = batch.updated = number
        put_on_courses(cohort, batch.id)
        sum_up(
            cohort.tenant_id,
            select(Member.id).where(Member.tenant_id == cohort.tenant_id, Member.cohort_id == cohort.id),
        )
