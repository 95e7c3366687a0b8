"""Which cohorts there are, and how far they have come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, null, or_, select
from sqlalchemy.orm import aliased

from lms.core.clock import today
from lms.core.db import AnyRow, AnySelect, session
from lms.core.i18n import sort_key
from lms.courses.models import Course
from lms.curricula.models import Curriculum
from lms.enrolment.models import Cohort, CohortCourse, Level, Member, Share
from lms.enrolment.queries import sight
from lms.enrolment.queries.standing import Standing, is_there, standing
from lms.organisations.actor import Actor
from lms.organisations.models import Membership, Organisation, Role
from lms.organisations.queries import in_hand
from lms.people.models import Person

PAGE = 50  #: rows a page of any list of this room


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: its rows, and how many there are in all."""

    rows: Sequence[AnyRow]
    number: int
    total: int
    size: int = PAGE


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


def cohort_in_sight(actor: Actor, cohort_id: int) -> Cohort | None:
    """The cohort, if the actor sees it: as staff of its organisation, or as a partner it is shared with."""
    return session.scalars(select(Cohort).where(Cohort.id == cohort_id, sight.cohorts(actor))).one_or_none()


def cohort_in_hand(actor: Actor, cohort_id: int) -> Cohort | None:
    """The cohort, if it belongs to the organisation in hand or below: what may be changed."""
    own = (
        Cohort.tenant_id == actor.tenant_id,
        Cohort.organisation_id.in_(in_hand(actor)),
        sight.cohorts(actor),
    )
    return session.scalars(select(Cohort).where(Cohort.id == cohort_id, *own)).one_or_none()


def cohorts_in_sight(actor: Actor, asked: CohortFilter) -> Page:
    """One page of cohorts with true counts, and what they were put on."""
    where = [sight.cohorts(actor), *_asked(actor, asked)]
    total = session.scalar(select(func.count()).select_from(Cohort).where(*where)) or 0
    number = min(max(asked.number, 1), max(1, -(-total // PAGE)))
    counted = _counted(actor, where)
    found = (
        select(
            Cohort.id, Cohort.name, Cohort.starts_on, Cohort.due_on, Organisation.name.label("organisation"),
            Curriculum.title.label("curriculum"), *(func.coalesce(column, 0).label(column.key) for column in counted.c if column.key != "cohort_id"),
            _first_course().label("course"),
            _level(actor).label("level"),
        )
        .join(Organisation, and_(Organisation.tenant_id == Cohort.tenant_id, Organisation.id == Cohort.organisation_id))
        .outerjoin(Curriculum, and_(Curriculum.tenant_id == Cohort.tenant_id, Curriculum.id == Cohort.curriculum_id))
        .outerjoin(counted, counted.c.cohort_id == Cohort.id)
        .where(*where)
        .order_by(*_order(asked.sort, counted), Cohort.id)
        .limit(PAGE)
        .offset((number - 1) * PAGE)
    )  # fmt: skip
    return Page(session.execute(found).all(), number, total)


def list_totals(actor: Actor) -> AnyRow:
    """How many cohorts and people there are in sight, and how many cohorts are late, end this month, are the actor's."""
    day = today(actor.zone)
    past, month = _due("past", day), _due("month", day)
    mine = sight.has_somebody_followed_by(actor.tenant_id, actor.person_id, is_there())
    people = (
        select(func.count())
        .select_from(Member)
        .join(Cohort, and_(Cohort.tenant_id == Member.tenant_id, Cohort.id == Member.cohort_id))
        .where(sight.cohorts(actor), is_there())
        .correlate(None)
        .scalar_subquery()
    )
    found = select(
        func.count().label("cohorts"),
        func.coalesce(func.sum(case((past, 1), else_=0)), 0).label("past"),
        func.coalesce(func.sum(case((month, 1), else_=0)), 0).label("month"),
        func.coalesce(func.sum(case((mine, 1), else_=0)), 0).label("mine"),
        people.label("people"),
    ).select_from(Cohort)
    return session.execute(found.where(sight.cohorts(actor))).one()


def courses_of(cohort: Cohort) -> Sequence[AnyRow]:
    """Title, slug, minutes and steps of the cohort's courses, in order."""
    found = (
        select(Course.id, Course.title, Course.slug, Course.minutes, Course.steps)
        .join(
            CohortCourse,
            and_(CohortCourse.tenant_id == Course.tenant_id, CohortCourse.course_id == Course.id),
        )
        .where(CohortCourse.tenant_id == cohort.tenant_id, CohortCourse.cohort_id == cohort.id)
        .order_by(CohortCourse.position, CohortCourse.id)
    )
    return session.execute(found).all()


def cohorts_for_choice(actor: Actor) -> Sequence[AnyRow]:
    """Number and name of the cohorts of the organisation in hand itself: where people may be imported. At most 500."""
    found = select(Cohort.id, Cohort.name).where(
        Cohort.tenant_id == actor.tenant_id, Cohort.organisation_id == actor.organisation_id
    )
    return session.execute(found.order_by(func.lower(Cohort.name), Cohort.id).limit(500)).all()


def target_cohorts(actor: Actor, cohort: Cohort) -> Sequence[AnyRow]:
    """Number and name of the other cohorts in hand: where its people may be moved. At most 500."""
    own = (
        Cohort.tenant_id == actor.tenant_id,
        Cohort.organisation_id.in_(in_hand(actor)),
        Cohort.id != cohort.id,
    )
    found = select(Cohort.id, Cohort.name).where(*own).order_by(func.lower(Cohort.name), Cohort.id)
    return session.execute(found.limit(500)).all()


def curricula_for_choice(actor: Actor) -> Sequence[AnyRow]:
    """Number and title of the curricula of the tenant. At most 500."""
    found = select(Curriculum.id, Curriculum.title).where(Curriculum.tenant_id == actor.tenant_id)
    return session.execute(found.order_by(func.lower(Curriculum.title), Curriculum.id).limit(500)).all()


def organisation_in_hand(actor: Actor, name: str) -> tuple[Organisation, bool]:
    """The organisation in hand, and whether it has a cohort of this name already."""
    organisation = session.get_one(Organisation, actor.organisation_id)
    taken = select(Cohort.id).where(
        Cohort.tenant_id == actor.tenant_id,
        Cohort.organisation_id == actor.organisation_id,
        Cohort.name == " ".join(name.split()),
    )
    return organisation, session.scalar(taken) is not None


def path_of(actor: Actor, choice: str) -> tuple[list[Course], Curriculum | None]:
    """The course or the curriculum behind a choice such as ``course:7``; nothing for none."""
    kind, _colon, number = choice.partition(":")
    if kind == "course" and number.isdigit():
        own = select(Course).where(Course.tenant_id == actor.tenant_id, Course.id == int(number))
        return list(session.scalars(own)), None
    if kind == "curriculum" and number.isdigit():
        mine = select(Curriculum).where(Curriculum.tenant_id == actor.tenant_id, Curriculum.id == int(number))
        return [], session.scalars(mine).one_or_none()
    return [], None


def shared_level(actor: Actor, cohort: Cohort) -> Level | None:
    """How much of people a partner sees in this cohort; None for staff, who see them by name."""
    if actor.is_staff:
        return None
    mine = (
        Share.tenant_id == actor.tenant_id,
        Share.cohort_id == cohort.id,
        Share.person_id == actor.person_id,
    )
    return session.scalar(select(Share.level).where(*mine))


def shares(cohort: Cohort) -> Sequence[AnyRow]:
    """With whom the cohort is shared, and how much: person, name, level."""
    found = (
        select(Person.id, Person.first_name, Person.last_name, Share.level)
        .join(Share, and_(Share.tenant_id == Person.tenant_id, Share.person_id == Person.id))
        .where(Share.tenant_id == cohort.tenant_id, Share.cohort_id == cohort.id)
        .order_by(Person.sort_name, Person.id)
    )
    return session.execute(found).all()


def partners(actor: Actor) -> Sequence[AnyRow]:
    """The partners of the tenant: number and name. At most 500."""
    found = (
        select(Person.id, Person.first_name, Person.last_name)
        .join(Membership, and_(Membership.tenant_id == Person.tenant_id, Membership.person_id == Person.id))
        .where(
            Person.tenant_id == actor.tenant_id, Membership.role == Role.PARTNER, Person.archived_at.is_(None)
        )
        .group_by(Person.id, Person.first_name, Person.last_name, Person.sort_name)
        .order_by(Person.sort_name, Person.id)
    )
    return session.execute(found.limit(500)).all()


def _counted(actor: Actor, where: list[ColumnElement[bool]]) -> Any:
    """People, steps and standings of each cohort: one pass over the members of those that are listed."""
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
    down, key = sort.startswith("-"), sort.removeprefix("-")
    people = func.coalesce(counted.c.people, 0)
    share = func.coalesce(counted.c.steps_done * 1000 / func.nullif(counted.c.steps_total, 0), 0)
    keys = {
        "people": people,
        "progress": share,
        "waiting": func.coalesce(counted.c.not_started, 0),
        "due": Cohort.due_on,
        "late": func.coalesce(counted.c.late, 0),
    }
    name = func.lower(Cohort.name)
    chosen = keys.get(key, name)
    first = [Cohort.due_on.is_(None)] if key == "due" else []
    return [*first, chosen.desc() if down else chosen.asc(), name]


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
