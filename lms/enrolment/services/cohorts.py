"""Make a cohort, give it courses and a due date, show it to partners."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import and_, delete, exists, func, insert, select, update

from lms.core import db, journal
from lms.core.clock import now
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.courses.models import Course, CourseState
from lms.curricula.models import Curriculum, CurriculumStep
from lms.enrolment.models import (
    Batch,
    BatchKind,
    Cohort,
    CohortCourse,
    DueRule,
    Enrolment,
    Level,
    Member,
    Share,
)
from lms.enrolment.services import tracing
from lms.enrolment.services.figures import sum_up
from lms.enrolment.services.members import put_on_courses
from lms.enrolment.services.receipts import Receipt, open_batch
from lms.enrolment.states import GONE
from lms.enrolment.timing import AS_THE_COHORT, Timing
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
    batch: Batch | None = None,
) -> Cohort:
    """The cohort of this name, made if it is new; an existing one gains the courses and the due date that it lacked.

    Members who are there get the new courses too. ``batch``: the receipt of which this is a part. Raises ``NotPublished``.
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
        if batch is not None:
            tracing.made(batch, "cohort", Cohort.id == cohort.id)
    else:
        _bring_up_to_date(cohort, due_on, by, batch)
    _add_courses(cohort, wanted, by, batch)
    return cohort


def _bring_up_to_date(cohort: Cohort, due_on: date | None, by: Any, batch: Batch | None) -> None:
    if batch is not None:
        tracing.before(batch, "cohort", Cohort.id == cohort.id)
    if due_on is None or due_on == cohort.due_on:
        return
    if batch is not None:  # those that keep to the cohort's day will change with it
        same = Enrolment.due_on.is_not_distinct_from(cohort.due_on)
        tracing.before(batch, "enrolment", and_(Enrolment.cohort_id == cohort.id, same))
    change(cohort, due_on=due_on, by=by)


def change(
    cohort: Cohort,
    *,
    name: str = "",
    due_on: date | None = None,
    about: dict[str, Any] | None = None,
    by: Any = None,
) -> None:
    """Another name, another due date; enrolments that had the old date get the new one. Raises ``NameTaken``.

    ``about``: first day, funder, scheme, agreement, session and action number, by column; None leaves them as they are.
    """
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
            Enrolment.due_reason.is_(None),
            ~_has_days_of_its_own(),
        )
        .values(due_on=due_on)
    )
    session.execute(moved.execution_options(synchronize_session=False))
    cohort.name, cohort.due_on = name, due_on
    for column, said in (about or {}).items():
        setattr(cohort, column, said)
    journal.note("cohort-changed", by, tenant_id=cohort.tenant_id, cohort=cohort.id)


def _has_days_of_its_own() -> Any:
    """Whether the cohort's day is not that of the course."""
    return exists().where(
        CohortCourse.tenant_id == Enrolment.tenant_id,
        CohortCourse.cohort_id == Enrolment.cohort_id,
        CohortCourse.course_id == Enrolment.course_id,
        CohortCourse.due_rule != DueRule.COHORT,
    )


def share(cohort: Cohort, partner_person_id: int, level: Level, by: Any = None) -> None:
    """Show a cohort to a partner at a level, or change the level. Raises ``NoSuchPartner``."""
    refuse_strangers(cohort.tenant_id, partner_person_id)
    values = {
        "tenant_id": cohort.tenant_id, "cohort_id": cohort.id, "person_id": partner_person_id,
        "level": level, "created_at": now(),
    }  # fmt: skip
    session.execute(db.as_written(Share, values, ["tenant_id", "cohort_id", "person_id"]))
    journal.note(
        "cohort-shared", by, tenant_id=cohort.tenant_id, cohort=cohort.id, partner=partner_person_id, level=level.value
    )  # fmt: skip


def refuse_strangers(tenant_id: int, person_id: int) -> None:
    """Raises ``NoSuchPartner`` for whoever is no partner of this tenant."""
    is_partner = select(Membership.id).where(
        Membership.tenant_id == tenant_id, Membership.person_id == person_id, Membership.role == Role.PARTNER
    )
    if session.scalar(is_partner.limit(1)) is None:
        raise NoSuchPartner(_("This person is not a partner."), _("Choose a partner in the list."))


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


def write_courses(cohort: Cohort, wanted: Sequence[int], timing: Timing = AS_THE_COHORT) -> list[int]:
    """From now on these are courses of the cohort, with these days. Says which of them are new."""
    own = select(CohortCourse.course_id, CohortCourse.position).where(
        CohortCourse.tenant_id == cohort.tenant_id, CohortCourse.cohort_id == cohort.id
    )
    there = dict(session.execute(own).all())
    new = [course_id for course_id in wanted if course_id not in there]
    last = max(there.values(), default=0)
    days = {
        "due_rule": timing.rule, "due_on": timing.due_on, "due_days": timing.due_days, "opens_on": timing.opens_on
    }  # fmt: skip
    rows = [
        {
            "tenant_id": cohort.tenant_id,
            "cohort_id": cohort.id,
            "course_id": course_id,
            "position": last + n,
            **days,
        }
        for n, course_id in enumerate(new, 1)
    ]
    if rows:
        session.execute(insert(CohortCourse), rows)
    return new


def _add_courses(cohort: Cohort, wanted: Sequence[int], by: Any, batch: Batch | None) -> None:
    new = write_courses(cohort, wanted)
    if not new:
        return
    batch = batch or _receipt_of_courses(cohort, by)
    if batch is None:  # nobody is there yet
        return
    added = and_(CohortCourse.cohort_id == cohort.id, CohortCourse.course_id.in_(new))
    tracing.made(batch, "cohort_course", added)
    put_on_courses(cohort, batch.id)
    there_now = select(Member.id).where(Member.tenant_id == cohort.tenant_id, Member.cohort_id == cohort.id)
    sum_up(cohort.tenant_id, there_now)


def _receipt_of_courses(cohort: Cohort, by: Any) -> Batch | None:
    """Where people are there: they get the courses too."""
    members = select(func.count()).where(
        Member.tenant_id == cohort.tenant_id,
        Member.cohort_id == cohort.id,
        Member.state.not_in(GONE),
    )
    number = session.scalar(members)
    return (
        open_batch(cohort, BatchKind.BY_HAND, by, Receipt(total=number, updated=number)) if number else None
    )
