"""Who may be put on courses, and what would come of it: counted before it is done, in a constant number of statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import aliased

from lms.core.db import AnySelect, session
from lms.courses.models import Course
from lms.enrolment.assignment import FOUND, TICKED, Assignment, Intent
from lms.enrolment.models import Cohort, CohortCourse, Enrolment, Member
from lms.enrolment.queries.attempts import is_latest
from lms.enrolment.queries.cohorts import courses_of
from lms.enrolment.queries.members import MemberFilter, people_meant
from lms.enrolment.states import GONE
from lms.organisations.actor import Actor
from lms.organisations.queries import learners_in_hand
from lms.people.queries import persons_meant


@dataclass(frozen=True, slots=True)
class OfCourse:
    """How many people stand where with one course: on it for the first time, on it already, finished, left."""

    title: str
    new: int
    there: int
    finished: int
    left: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an assignment would do."""

    #: Everybody who is meant.
    people: int
    #: New in the cohort.
    joining: int
    #: Put on a course for the first time, on at least one.
    enrolled: int
    #: Finished one of the courses, or left: they may begin again.
    over: int
    #: Of these, nobody who is put on something for the first time.
    only_over: int
    courses: Sequence[OfCourse]

    def written(self, *, again: bool) -> int:
        """How many people are put on something."""
        return self.enrolled + (self.only_over if again else 0)

    def enrolments(self, *, again: bool) -> int:
        """How many courses that makes, over all people."""
        return sum(one.new + (one.finished + one.left if again else 0) for one in self.courses)


def course_ids_for(cohort: Cohort | None, order: Assignment) -> list[int]:
    """What people are put on: whoever joins a cohort follows its own courses first."""
    if cohort is None or not order.joins:
        return list(order.course_ids)
    own = select(CohortCourse.course_id).where(
        CohortCourse.tenant_id == cohort.tenant_id, CohortCourse.cohort_id == cohort.id
    )
    first = list(session.scalars(own.order_by(CohortCourse.position, CohortCourse.id)))
    return first + [course_id for course_id in order.course_ids if course_id not in first]


def outcome(tenant_id: int, cohort: Cohort | None, order: Assignment) -> Outcome:
    """What ``order`` would do in this cohort, or in one that is to be made. Three statements, whatever the number of people."""
    course_ids = course_ids_for(cohort, order)
    stands = _stands(tenant_id, cohort, order, course_ids)
    rows = session.execute(
        select(stands.c.course_id, stands.c.word, func.count()).group_by(stands.c.course_id, stands.c.word)
    )
    counted = {(course_id, word): number for course_id, word, number in rows}
    titles = dict(
        session.execute(
            select(Course.id, Course.title).where(Course.tenant_id == tenant_id, Course.id.in_(course_ids))
        ).all()
    )
    courses = [
        OfCourse(titles[one], *(counted.get((one, word), 0) for word in ("new", "there", "finished", "left")))
        for one in course_ids
        if one in titles
    ]  # fmt: skip
    return Outcome(*_people(stands), courses)


def _people(stands: Any) -> tuple[int, int, int, int, int]:
    """Of each person once: how many there are, how many join, are put on something, may begin again, and only that."""

    def has(*words: str) -> Any:
        return func.max(case((stands.c.word.in_(words), 1), else_=0))

    one = (
        select(
            stands.c.person_id,
            func.max(stands.c.joins).label("joins"),
            has("new").label("new"),
            has("finished", "left").label("over"),
        )
        .group_by(stands.c.person_id)
        .subquery()
    )
    alone = case((one.c.new == 0, one.c.over), else_=0)
    sums = (func.coalesce(func.sum(column), 0) for column in (one.c.joins, one.c.new, one.c.over, alone))
    people, *others = session.execute(select(func.count(), *sums).select_from(one)).one()
    return people, *map(int, others)


def _stands(tenant_id: int, cohort: Cohort | None, order: Assignment, course_ids: Sequence[int]) -> Any:
    """A row for each person with each course: ``word`` is new, there, finished or left; ``joins`` is 1 where the person is new."""
    meant = order.people.subquery()
    mine, place = aliased(Enrolment), aliased(Member)
    number = cohort.id if cohort is not None else 0
    of_course = and_(
        mine.tenant_id == tenant_id, mine.cohort_id == number, mine.person_id == meant.c.person_id,
        mine.course_id == Course.id, is_latest(mine),
    )  # fmt: skip
    of_cohort = and_(
        place.tenant_id == tenant_id, place.cohort_id == number, place.person_id == meant.c.person_id
    )
    word = case(
        (mine.completed_at.is_not(None), "finished"),
        (place.state.in_(GONE), "left"),
        (mine.withdrawn_at.is_not(None), "left"),
        (mine.id.is_not(None), "there"),
        else_="new",
    )
    return (
        select(
            meant.c.person_id, Course.id.label("course_id"), word.label("word"),
            case((place.id.is_(None), 1), else_=0).label("joins"),
        )
        .select_from(meant)
        .join(Course, and_(Course.tenant_id == tenant_id, Course.id.in_(course_ids)))
        .outerjoin(place, of_cohort)
        .outerjoin(mine, of_course)
        .subquery()
    )  # fmt: skip


def people_of(actor: Actor, intent: Intent, source: Cohort | None) -> AnySelect:
    """``person_id`` of those whom an intent means, as far as the actor sees them.

    Of the list of people, a filter means those who learn; whoever is of the team is put on a course by being ticked.
    """
    if source is not None:
        asked = MemberFilter(intent.words, intent.standing, intent.follower_id, intent.last_seen)
        ticked = intent.member_ids if intent.who == TICKED else ()
        return people_meant(
            actor, source, asked if intent.who == FOUND else MemberFilter(), ticked or _none(intent)
        )
    if intent.who == TICKED:
        return persons_meant(actor, person_ids=intent.person_ids or (0,))
    everybody = found(actor, intent.words)
    return everybody.where(everybody.selected_columns[0].in_(learners_in_hand(actor)))


def found(actor: Actor, words: str) -> AnySelect:
    """``person_id`` of all whom the list of people shows for these words, the team among them."""
    return persons_meant(actor, words)


def number_of(people: AnySelect) -> int:
    """How many they are."""
    return session.scalar(select(func.count()).select_from(people.subquery())) or 0


def extra_courses(cohort: Cohort | None, order: Assignment) -> list[int]:
    """Those that the cohort does not follow as a whole, today."""
    if cohort is None:
        return list(order.course_ids)
    own = {row.id for row in courses_of(cohort)}
    return [course_id for course_id in order.course_ids if course_id not in own]


def own_courses(cohort: Cohort) -> Sequence[str]:
    """Titles of the courses that whoever joins the cohort is put on, in order."""
    return [row.title for row in courses_of(cohort)]


def _none(intent: Intent) -> tuple[int, ...]:
    """Somebody who ticked nobody means nobody."""
    return (0,) if intent.who == TICKED else ()
