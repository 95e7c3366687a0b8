"""Questions about progress. Statements are built once; they load columns, not objects, wherever many rows come."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import aliased

from lms.core import db
from lms.core.clock import today
from lms.core.db import AnyRow, AnySelect, session
from lms.courses.activity import Learner
from lms.courses.models import Activity, Course
from lms.curricula.models import Curriculum
from lms.enrolment.models import Cohort, Enrolment
from lms.organisations.actor import Actor
from lms.organisations.models import Membership, Organisation, Role
from lms.organisations.queries import below
from lms.people.models import Person
from lms.progress import steps as reckoning
from lms.progress.models import Standing
from lms.progress.steps import Step

_Earlier, _EarlierCourse, _Again = aliased(Enrolment), aliased(Course), aliased(Enrolment)
_Before = aliased(Enrolment)
#: Whoever finished a course once may go on after it, though they do it again.
_FINISHED_BEFORE = (
    select(_Before.id)
    .where(
        _Before.tenant_id == _Earlier.tenant_id,
        _Before.member_id == _Earlier.member_id,
        _Before.course_id == _Earlier.course_id,
        _Before.attempt < _Earlier.attempt,
        _Before.completed_at.is_not(None),
    )
    .correlate(_Earlier)
    .exists()
)
#: The title of the nearest course before this one, in the same path, that is not finished yet: it opens this one.
_WAITS_FOR = (
    select(_EarlierCourse.title)
    .join(
        _Earlier,
        and_(_Earlier.tenant_id == _EarlierCourse.tenant_id, _Earlier.course_id == _EarlierCourse.id),
    )
    .where(
        _Earlier.tenant_id == Enrolment.tenant_id,
        _Earlier.member_id == Enrolment.member_id,
        _Earlier.position < Enrolment.position,
        _Earlier.completed_at.is_(None),
        _Earlier.withdrawn_at.is_(None),
        ~_FINISHED_BEFORE,
    )
    .order_by(_Earlier.position.desc())
    .limit(1)
    .correlate(Enrolment)
    .scalar_subquery()
)
#: Somebody who began a course again follows the new attempt; the old one is only kept.
_IS_LATEST = ~(
    select(_Again.id)
    .where(
        _Again.tenant_id == Enrolment.tenant_id,
        _Again.member_id == Enrolment.member_id,
        _Again.course_id == Enrolment.course_id,
        _Again.attempt > Enrolment.attempt,
    )
    .correlate(Enrolment)
    .exists()
)
_COURSES = (
    select(
        Enrolment.id,
        Enrolment.member_id,
        Enrolment.cohort_id,
        Enrolment.course_id,
        Enrolment.due_on,
        Enrolment.opens_on,
        Enrolment.attempt,
        Enrolment.steps_done,
        Enrolment.steps_total,
        Enrolment.score,
        Enrolment.seconds,
        Enrolment.started_at,
        Enrolment.last_at,
        Enrolment.completed_at,
        Enrolment.suspended_at,
        Enrolment.withdrawn_at,
        Course.title,
        Course.slug,
        Course.minutes,
        Cohort.name.label("cohort"),
        Cohort.organisation_id,
        Organisation.zone,
        Curriculum.title.label("curriculum"),
        _WAITS_FOR.label("waits_for"),
        _IS_LATEST.label("is_latest"),
    )
    .select_from(Enrolment)
    .join(Course, and_(Course.tenant_id == Enrolment.tenant_id, Course.id == Enrolment.course_id))
    .join(Cohort, and_(Cohort.tenant_id == Enrolment.tenant_id, Cohort.id == Enrolment.cohort_id))
    .join(
        Organisation,
        and_(Organisation.tenant_id == Cohort.tenant_id, Organisation.id == Cohort.organisation_id),
    )
    .outerjoin(
        Curriculum, and_(Curriculum.tenant_id == Cohort.tenant_id, Curriculum.id == Cohort.curriculum_id)
    )
    .where(Enrolment.tenant_id == bindparam("tenant_id"), Enrolment.person_id == bindparam("person_id"))
)
_MINE = _COURSES.where(_IS_LATEST).order_by(Enrolment.member_id, Enrolment.position, Enrolment.id).limit(200)
_ONE = _COURSES.where(Enrolment.id == bindparam("enrolment_id"))
_OF_STEP = and_(
    Standing.tenant_id == Activity.tenant_id,
    Standing.enrolment_id == bindparam("enrolment_id"),
    Standing.activity_id == Activity.id,
)
_STEPS = (
    select(
        Activity.id,
        Activity.title,
        Activity.kind,
        Activity.minutes,
        Activity.is_mandatory,
        Standing.started_at,
        Standing.done_at,
    )
    .outerjoin(Standing, _OF_STEP)
    .where(
        Activity.tenant_id == bindparam("tenant_id"),
        Activity.course_id == bindparam("course_id"),
        Activity.removed_at.is_(None),
    )
    .order_by(Activity.position, Activity.id)
)
_SCENE = (
    select(Activity, Standing.state, Standing.last_at)
    .outerjoin(Standing, _OF_STEP)
    .where(
        Activity.tenant_id == bindparam("tenant_id"),
        Activity.id == bindparam("activity_id"),
        Activity.course_id == bindparam("course_id"),
        Activity.removed_at.is_(None),
    )
)
_CONTACT = (
    select(Person.first_name, Person.last_name, Person.phone)
    .join(Membership, and_(Membership.tenant_id == Person.tenant_id, Membership.follower_id == Person.id))
    .where(
        Membership.tenant_id == bindparam("tenant_id"),
        Membership.person_id == bindparam("person_id"),
        Membership.role == Role.LEARNER,
        Person.archived_at.is_(None),
    )
    .order_by(Membership.organisation_id != bindparam("organisation_id"), Membership.id)
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom a learner calls: the person who accompanies them, else the organisation's help line."""

    name: str
    phone: str
    hours: str
    is_person: bool

    @property
    def first_name(self) -> str:
        """How one speaks of them; of the help line, its whole name."""
        return self.name.split(" ")[0] if self.is_person else self.name


@dataclass(frozen=True, slots=True)
class Place:
    """Where a learner is in a course: the step in hand, those around it, and what was left there."""

    learner: Learner
    #: The enrolment with the names of its course and cohort; see ``_COURSES``.
    course: AnyRow
    steps: tuple[Step, ...]
    activity: Activity
    state: dict[str, Any] = field(default_factory=dict)
    saved_at: datetime | None = None

    @property
    def step(self) -> Step:
        """The step in hand."""
        return next(step for step in self.steps if step.activity_id == self.activity.id)

    @property
    def before(self) -> Step | None:
        """The step before it."""
        return reckoning.around(self.steps, self.activity.id)[0]

    @property
    def after(self) -> Step | None:
        """The step after it."""
        return reckoning.around(self.steps, self.activity.id)[1]

    @property
    def total(self) -> int:
        """How many mandatory steps the course has."""
        return reckoning.count(self.steps)[1]

    @property
    def opens_on(self) -> date | None:
        """The day on which the course opens, where that is to come."""
        return opening(self.course)

    @property
    def is_open(self) -> bool:
        """Whether the step may be played now."""
        if self.opens_on is not None or not self.course.is_latest:
            return False
        is_ones_turn = self.course.waits_for is None or self.step.is_done
        is_going_on = self.course.withdrawn_at is None and self.course.suspended_at is None
        return is_going_on and is_ones_turn and self.step.is_open


def opening(course: AnyRow) -> date | None:
    """The day on which a course of somebody's opens, by the clock of whoever runs the cohort; None: it is open."""
    if course.opens_on is None or course.opens_on <= today(course.zone):
        return None
    opens_on: date = course.opens_on
    return opens_on


def is_to_do(course: AnyRow) -> bool:
    """Whether something may be done in a course of somebody's now, as far as it goes by itself."""
    return not (course.completed_at or course.withdrawn_at or course.suspended_at or opening(course))


def courses_of(actor: Actor) -> Sequence[AnyRow]:
    """The learner's courses, path by path and in their order. A path is what one cohort brings."""
    return db.rows(_MINE, {"tenant_id": actor.tenant_id, "person_id": actor.person_id})


def enrolment_in_sight(actor: Actor, enrolment_id: int) -> AnyRow | None:
    """This enrolment, if it is the actor's own."""
    values = {"tenant_id": actor.tenant_id, "person_id": actor.person_id, "enrolment_id": enrolment_id}
    return next(iter(db.rows(_ONE, values)), None)


def steps(tenant_id: int, enrolment_id: int, course_id: int) -> tuple[Step, ...]:
    """The steps of a course as this enrolment has them, in order."""
    values = {"tenant_id": tenant_id, "enrolment_id": enrolment_id, "course_id": course_id}
    return reckoning.in_order([Step(*row) for row in db.rows(_STEPS, values)])


def next_step(actor: Actor, enrolment_id: int, course_id: int) -> Step | None:
    """Where the learner takes a course up again; None when every step is done."""
    return reckoning.here(steps(actor.tenant_id, enrolment_id, course_id))


def place_in_sight(actor: Actor, enrolment_id: int, activity_id: int) -> Place | None:
    """The actor's own place at this step; None where the enrolment is somebody else's or the step is not in its course."""
    course = enrolment_in_sight(actor, enrolment_id)
    mandate_id = actor.behalf.mandate_id if actor.behalf else 0
    learner = Learner(actor.tenant_id, actor.person_id, enrolment_id, mandate_id)
    return _place(course, learner, activity_id) if course else None


def place_of(learner: Learner, activity_id: int) -> Place | None:
    """The same for services, which know a learner and no actor."""
    values = {
        "tenant_id": learner.tenant_id, "person_id": learner.person_id, "enrolment_id": learner.enrolment_id
    }  # fmt: skip
    course = next(iter(db.rows(_ONE, values)), None)
    return _place(course, learner, activity_id) if course else None


def contact(actor: Actor) -> Contact | None:
    """Whom the learner may call; None where nobody gave a number or a name."""
    values = {
        "tenant_id": actor.tenant_id, "person_id": actor.person_id, "organisation_id": actor.organisation_id
    }  # fmt: skip
    row = next(iter(db.rows(_CONTACT, values)), None)
    if row:
        name = f"{row.first_name} {row.last_name}".strip()
        return Contact(name, in_pairs(row.phone or "") or actor.home_phone, actor.home_hours, True)
    if actor.home_phone:
        return Contact(actor.organisation_name, actor.home_phone, actor.home_hours, False)
    return None


def in_pairs(phone: str) -> str:
    """A number as one says it: ``01 99 00 42 11``. One of another country stays as it is."""
    if len(phone) == 10 and phone.isdigit():
        return " ".join(phone[at : at + 2] for at in range(0, 10, 2))
    return phone


def enrolments_below(organisation: Organisation) -> AnySelect:
    """Ids of every enrolment of the organisation and of all that lies below it, to filter by."""
    return (
        select(Enrolment.id)
        .join(Cohort, and_(Cohort.tenant_id == Enrolment.tenant_id, Cohort.id == Enrolment.cohort_id))
        .where(
            Enrolment.tenant_id == organisation.tenant_id,
            Cohort.organisation_id.in_(below(organisation.tenant_id, organisation.id)),
        )
    )


def _place(course: AnyRow, learner: Learner, activity_id: int) -> Place | None:
    values = {"tenant_id": learner.tenant_id, "enrolment_id": course.id, "course_id": course.course_id}
    row = session.execute(_SCENE, {**values, "activity_id": activity_id}).one_or_none()
    if row is None:
        return None
    return Place(
        learner,
        course,
        steps(**values),
        row.Activity,
        row.state or {},
        row.last_at or course.last_at,
    )
