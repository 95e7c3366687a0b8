"""From what was typed in three steps to what is done: looked up again, with the rights of whoever asks."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, false, func, or_, select

from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.courses.models import Course
from lms.curricula.models import Curriculum
from lms.enrolment.assignment import COHORT, Assignment, Intent
from lms.enrolment.models import Batch, Cohort, Member, Place, Pool
from lms.enrolment.queries.assigning import Outcome, outcome, people_of
from lms.enrolment.queries.cohorts import cohort_in_hand
from lms.enrolment.services import seats
from lms.enrolment.services.assigning import assign, assign_to_new
from lms.enrolment.services.cohorts import course_ids
from lms.enrolment.services.place_rules import refuse_closed, too_few
from lms.enrolment.services.pools import free_of, refuse_frozen
from lms.enrolment.states import GONE
from lms.organisations.actor import Actor
from lms.organisations.models import Organisation

MANY = 2_000  #: people, beyond which it is done by a worker, while whoever asked does something else


class CohortGone(Refused):
    """A cohort that was chosen is not there any more, or out of sight."""

    status = 404


@dataclass(frozen=True, slots=True)
class Meant:
    """An intent, looked up: the cohort (None: to be made), what is asked for there, the curriculum it came from."""

    cohort: Cohort | None
    assignment: Assignment
    curriculum: Curriculum | None = None


@dataclass(frozen=True, slots=True)
class PlacesNeeded:
    """Places of the cohort's pool, if it has one: how many people need one, how many are left; and why nobody enters, if so."""

    pool: Pool | None
    wanted: int
    left: int
    refusal: Refused | None


def order_of(actor: Actor, intent: Intent) -> Meant:
    """What an intent comes to, with the rights of whoever has it. Raises ``CohortGone`` and ``NotPublished``."""
    source = _cohort(actor, intent.source_id) if intent.source_id else None
    cohort = _cohort(actor, intent.to_id) if intent.to_id else None
    courses = _courses(actor, intent.course_ids)
    curriculum = session.scalars(
        select(Curriculum).where(
            Curriculum.tenant_id == actor.tenant_id, Curriculum.id == intent.curriculum_id
        )
    ).one_or_none()
    of_curriculum = course_ids([], curriculum) if curriculum else []
    chosen = [*of_curriculum, *(one for one in course_ids(courses, None) if one not in of_curriculum)]
    is_whole = intent.is_within and intent.who == COHORT and actor.sees_branch
    return Meant(
        cohort,
        Assignment(
            people_of(actor, intent, source), tuple(chosen), intent.timing,
            for_all=cohort is None or is_whole, joins=not intent.is_within, again=intent.again,
        ),
        curriculum,
    )  # fmt: skip


def foreseen(actor: Actor, order: Meant) -> Outcome:
    """What it would do now."""
    return outcome(actor.tenant_id, order.cohort, order.assignment)


def places_needed(order: Meant) -> PlacesNeeded | None:
    """The places it would take, of the cohort's pool and of its seats; None where the cohort limits neither."""
    cohort = order.cohort
    if cohort is None or (cohort.pool_id is None and cohort.seats is None):
        return None
    pool = session.get_one(Pool, cohort.pool_id) if cohort.pool_id else None
    wanted, entering = _wanted(cohort, order.assignment)
    left = free_of(pool, cohort.organisation_id) // pool.price if pool else 0
    return PlacesNeeded(pool, wanted, left, _refusal(cohort, pool, wanted, left, entering))


def _refusal(cohort: Cohort, pool: Pool | None, wanted: int, left: int, entering: int) -> Refused | None:
    free = seats.free(cohort)
    if free is not None and entering > free:
        return seats.full(cohort, entering - free)
    if pool is None or not wanted:
        return None
    try:
        refuse_frozen(pool)
        refuse_closed(pool)
    except Refused as no:
        return no
    return too_few(pool, cohort, wanted) if wanted > left else None


def grant(actor: Actor, intent: Intent) -> Batch:
    """Do it. Raises what ``order_of``, ``assign`` and ``assign_to_new`` raise."""
    order = order_of(actor, intent)
    if order.cohort is not None:
        return assign(order.cohort, order.assignment, actor)
    organisation = session.get_one(Organisation, actor.organisation_id)
    return assign_to_new(organisation, intent.name, order.assignment, order.curriculum, actor)


def _wanted(cohort: Cohort, order: Assignment) -> tuple[int, int]:
    """Of those who join or come back: how many have no place of the pool yet, and how many they are."""
    people = order.people.subquery()
    of_cohort = and_(
        Member.tenant_id == cohort.tenant_id, Member.cohort_id == cohort.id, Member.person_id == people.c.person_id
    )  # fmt: skip
    of_member = and_(Place.tenant_id == Member.tenant_id, Place.member_id == Member.id)
    comes_back = Member.state.in_(GONE) if order.again else false()
    found = select(func.count().filter(Place.id.is_(None)), func.count()).select_from(people)
    enters = (
        found.outerjoin(Member, of_cohort)
        .outerjoin(Place, of_member)
        .where(or_(Member.id.is_(None), comes_back))
    )
    without, entering = session.execute(enters).one()
    return without, entering


def _courses(actor: Actor, ids: tuple[int, ...]) -> list[Course]:
    found = select(Course).where(Course.tenant_id == actor.tenant_id, Course.id.in_(ids))
    known: dict[int, Any] = {course.id: course for course in session.scalars(found)}
    return [known[one] for one in ids if one in known]


def _cohort(actor: Actor, cohort_id: int) -> Cohort:
    cohort = cohort_in_hand(actor, cohort_id)
    if cohort is None:
        raise CohortGone(_("This cohort does not exist any more."), _("Choose another one in the list."))
    return cohort
