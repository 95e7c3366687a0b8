"""The list of cohorts: which there are, and how far they have come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, null, or_, select
from sqlalchemy.orm import aliased

from lms.core import counting
from lms.core.clock import today
from lms.core.db import AnySelect, session
from lms.core.i18n import sort_key
from lms.courses.models import Course
from lms.curricula.models import Curriculum
from lms.enrolment.models import Cohort, CohortCourse, Member, Share
from lms.enrolment.queries import sight
from lms.enrolment.queries.standing import Standing, is_there, standing
from lms.organisations.actor import Actor
from lms.organisations.models import Membership, Organisation, Role
from lms.people.models import Person

PAGE = 50  #: rows a page of any list of this room
_FIGURES = (
    "people",
    "progress",
    "waiting",
    "late",
)  #: orders that follow from figures, for which all must be counted


@dataclass(frozen=True, slots=True)
class Totals:
    """How many there are in sight; ``counting.MOST`` + 1: more than anybody counts."""

    cohorts: int
    past: int
    month: int
    mine: int
    people: int


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: its rows, and how many there are in all."""

    rows: Sequence[Any]
    number: int
    total: int
    size: int = PAGE
    and_more: bool = False  #: there are more than ``total``


@dataclass(frozen=True, slots=True)
class CohortFilter:
    """What the address of the list asks for. Words are looked for in names of cohorts and of their people."""

    words: str = ""
    curriculum_id: int = 0
    course_id: int = 0
    follower_id: int = 0
    #: "", past, month, 30-days.
    due: str = ""
    #: A column of the list; "-" in front: downwards.
    sort: str = "name"
    number: int = 1


def cohorts_in_sight(actor: Actor, asked: CohortFilter) -> Page:
    """One page of cohorts with true counts, and what they were put on. Only those of the page are counted."""
    where = [sight.cohorts(actor), *_asked(actor, asked)]
    number, total, and_more = counting.page_of(select(Cohort.id).where(*where), asked.number, PAGE)
    ids = _page_of_ids(actor, asked.sort, where, number)
    rows = {row.id: row for row in session.execute(_rows(actor, ids))}
    return Page([rows[one] for one in ids], number, total, and_more=and_more)


def list_totals(actor: Actor) -> Totals:
    """How many cohorts and people there are in sight, and how many cohorts are late, end this month, are the actor's."""
    day, seen = today(actor.zone), sight.cohorts(actor)
    people = (
        select(Member.id)
        .join(Cohort, and_(Cohort.tenant_id == Member.tenant_id, Cohort.id == Member.cohort_id))
        .where(seen, is_there())
    )
    own = select(Cohort.id).where(seen)
    asked = own, own.where(_due("past", day)), own.where(_due("month", day)), _mine(actor, seen), people
    row = session.execute(select(*map(counting.number, asked))).one()
    return Totals(*map(int, row))


def _mine(actor: Actor, seen: ColumnElement[bool]) -> AnySelect:
    """The cohorts in which somebody is whom the actor follows: from those few to their cohorts."""
    return (
        select(Member.cohort_id)
        .join(
            Membership,
            and_(Membership.tenant_id == Member.tenant_id, Membership.person_id == Member.person_id),
        )
        .join(Cohort, and_(Cohort.tenant_id == Member.tenant_id, Cohort.id == Member.cohort_id))
        .where(Membership.tenant_id == actor.tenant_id, Membership.follower_id == actor.person_id)
        .where(Membership.role == Role.LEARNER, seen, is_there())
        .distinct()
    )


def _page_of_ids(actor: Actor, sort: str, where: list[ColumnElement[bool]], number: int) -> Sequence[int]:
    found = select(Cohort.id).where(*where)
    counted = None
    if sort.removeprefix("-") in _FIGURES:
        counted = _counted(actor, *where)
        found = found.outerjoin(counted, counted.c.cohort_id == Cohort.id)
    found = found.order_by(*_order(sort, counted)).limit(PAGE).offset((number - 1) * PAGE)
    return session.scalars(found).all()


def _rows(actor: Actor, ids: Sequence[int]) -> AnySelect:
    mine = Cohort.tenant_id == actor.tenant_id, Cohort.id.in_(ids)
    counted = _counted(actor, *mine)
    figures = (func.coalesce(one, 0).label(one.key) for one in counted.c if one.key != "cohort_id")
    return (
        select(
            Cohort.id, Cohort.name, Cohort.starts_on, Cohort.due_on, Organisation.name.label("organisation"),
            Curriculum.title.label("curriculum"), *figures, _first_course().label("course"), _level(actor).label("level"),
        )
        .join(Organisation, and_(Organisation.tenant_id == Cohort.tenant_id, Organisation.id == Cohort.organisation_id))
        .outerjoin(Curriculum, and_(Curriculum.tenant_id == Cohort.tenant_id, Curriculum.id == Cohort.curriculum_id))
        .outerjoin(counted, counted.c.cohort_id == Cohort.id)
        .where(*mine)
    )  # fmt: skip


def _counted(actor: Actor, *where: ColumnElement[bool]) -> Any:
    """People, steps and standings of each cohort: one pass over the members of those that are meant."""
    word = standing(actor.zone)

    def number(which: Standing) -> Any:
        return func.sum(case((word == which.value, 1), else_=0))

    return (
        select(
            Member.cohort_id,
            func.count().label("people"),
            func.sum(Member.steps_done).label("steps_done"),
            func.sum(Member.steps_total).label("steps_total"),
            number(Standing.NOT_STARTED).label("not_started"),
            number(Standing.LATE).label("late"),
            number(Standing.STUCK).label("stuck"),
            number(Standing.COMPLETED).label("completed"),
        )
        .join(Cohort, and_(Cohort.tenant_id == Member.tenant_id, Cohort.id == Member.cohort_id))
        .where(is_there(), *where)
        .group_by(Member.cohort_id)
        .subquery()
    )


def _asked(actor: Actor, asked: CohortFilter) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if asked.words:
        where.append(_named(actor, asked.words))
    if asked.curriculum_id:
        where.append(Cohort.curriculum_id == asked.curriculum_id)
    if asked.course_id:
        own = CohortCourse.tenant_id == Cohort.tenant_id, CohortCourse.cohort_id == Cohort.id
        where.append(exists().where(*own, CohortCourse.course_id == asked.course_id).correlate(Cohort))
    if asked.follower_id:
        seen = is_there(), sight.members(actor)
        where.append(sight.has_somebody_followed_by(actor.tenant_id, asked.follower_id, *seen))
    if asked.due:
        where.append(_due(asked.due, today(actor.zone)))
    return where


def _named(actor: Actor, words: str) -> ColumnElement[bool]:
    """In the cohort's name, or, with the accents aside, in that of one of the people whom the actor sees by name."""
    there = [Person.sort_name.contains(word, autoescape=True) for word in sort_key(words).split()]
    somebody = (
        select(Member.cohort_id)
        .join(Person, and_(Person.tenant_id == Member.tenant_id, Person.id == Member.person_id))
        .where(
            Member.tenant_id == Cohort.tenant_id, Member.cohort_id == Cohort.id, sight.members(actor), *there
        )
    )
    return or_(Cohort.name.icontains(words, autoescape=True), somebody.correlate(Cohort).exists())


def _due(which: str, day: Any) -> ColumnElement[bool]:
    start = day.replace(day=1)
    next_month = (start + timedelta(days=32)).replace(day=1)
    spans = {
        "past": Cohort.due_on < day,
        "month": and_(Cohort.due_on >= start, Cohort.due_on < next_month),
        "30-days": and_(Cohort.due_on >= day, Cohort.due_on <= day + timedelta(days=30)),
    }
    return and_(Cohort.due_on.is_not(None), spans.get(which, Cohort.due_on.is_not(None)))


def _order(sort: str, counted: Any) -> list[ColumnElement[Any]]:
    """``counted``: the figures of all cohorts that are meant, for an order that follows from them."""
    down, key = sort.startswith("-"), sort.removeprefix("-")
    chosen = _figure(key, counted) if counted is not None else Cohort.sort_name
    if key == "due":
        chosen = Cohort.due_on
    first = [Cohort.due_on.is_(None)] if key == "due" else []
    return [*first, chosen.desc() if down else chosen.asc(), Cohort.sort_name.asc(), Cohort.id.asc()]


def _figure(key: str, counted: Any) -> Any:
    share = counted.c.steps_done * 1000 / func.nullif(counted.c.steps_total, 0)
    keys = {
        "people": counted.c.people,
        "progress": share,
        "waiting": counted.c.not_started,
        "late": counted.c.late,
    }
    return func.coalesce(keys[key], 0)


def _level(actor: Actor) -> Any:
    """At what level the cohort is shared with this partner; nothing for the staff."""
    if actor.is_staff:
        return null()
    mine = (
        Share.tenant_id == Cohort.tenant_id,
        Share.cohort_id == Cohort.id,
        Share.person_id == actor.person_id,
    )
    return select(Share.level).where(*mine).correlate(Cohort).scalar_subquery()


def _first_course() -> Any:
    """The title of the first course: what a cohort without a curriculum is about."""
    first = aliased(CohortCourse)
    found: AnySelect = (
        select(Course.title)
        .join(first, and_(first.tenant_id == Course.tenant_id, first.course_id == Course.id))
        .where(first.tenant_id == Cohort.tenant_id, first.cohort_id == Cohort.id)
        .order_by(first.position, first.id)
        .limit(1)
        .correlate(Cohort)
    )
    return found.scalar_subquery()
