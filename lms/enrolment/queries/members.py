"""Who is in a cohort, and how far each has come."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select, union_all
from sqlalchemy.orm import aliased

from lms.core import db
from lms.core.clock import now
from lms.core.db import AnyRow, AnySelect, session
from lms.core.i18n import sort_key
from lms.courses.models import Course
from lms.enrolment.models import Batch, Cohort, Enrolment, Member
from lms.enrolment.queries import sight
from lms.enrolment.queries.attempts import is_latest
from lms.enrolment.queries.listing import PAGE, Page
from lms.enrolment.queries.standing import LEFT, STUCK_AFTER, Standing, is_there, standing
from lms.organisations.actor import STAFF, Actor
from lms.organisations.models import Branch, Membership, Role
from lms.organisations.queries import in_hand, people_in_sight
from lms.people.models import Person

FEW = 5  #: below so many people, a total may point at somebody
_THERE = ("completed", "in_progress", "stuck", "late", "not_started", "suspended")
_LARGE = 2_000  #: members of a cohort, beyond which not everybody is asked who follows them
_TEAM = 100  #: colleagues that a filter offers to choose among
_Follower = aliased(Person)


@dataclass(frozen=True, slots=True)
class MemberFilter:
    """What the address of a cohort's page asks for."""

    words: str = ""
    standing: str = ""
    follower_id: int = 0
    #: "", week (more than seven days ago), never.
    seen: str = ""
    sort: str = "name"
    number: int = 1


@dataclass(frozen=True, slots=True)
class Figures:
    """How many people stand where; ``total`` is the sum of the first six: the last two left."""

    completed: int
    in_progress: int
    stuck: int
    late: int
    not_started: int
    suspended: int = 0
    abandoned: int = 0
    not_entered: int = 0

    @property
    def total(self) -> int:
        """Everybody who is there."""
        return sum(getattr(self, name) for name in _THERE)

    @property
    def is_empty(self) -> bool:
        """Whether nobody is or was there."""
        return not (self.total or self.abandoned or self.not_entered)

    def of(self, asked: MemberFilter) -> int | None:
        """How many people a filter leaves, where these counts tell; else None."""
        if asked.words or asked.follower_id or asked.seen:
            return None
        known = {one.value: getattr(self, one.value.replace("-", "_")) for one in Standing}
        return int(known.get(asked.standing, self.total))

    def covered(self) -> dict[str, int | None]:
        """The six counts for whoever must recognise nobody: None where they are from 1 to 4, or would tell one that is."""
        counts = {name: getattr(self, name) for name in _THERE}
        covered = [name for name, number in counts.items() if 0 < number < FEW]
        others = sorted((number, name) for name, number in counts.items() if number >= FEW)
        if len(covered) == 1 and others:
            covered.append(others[0][1])
        return {name: None if name in covered else number for name, number in counts.items()}


@dataclass(frozen=True, slots=True)
class MemberSheet:
    """One person in one cohort: what the staff look at."""

    member: Member
    cohort: Cohort
    person: Person
    standing: str
    follower: str
    courses: Sequence[AnyRow]


@dataclass(frozen=True, slots=True)
class LookAlike:
    """Somebody we know who may be the one described, with what the actor may know of them."""

    id: int
    name: str
    agency_identifier: str | None
    hr_number: str | None
    birth_date: date | None
    email: str | None


def figures(actor: Actor, cohort: Cohort, *, named_only: bool = True) -> Figures:
    """The counts of a cohort, of the people the actor sees by name, or of everybody for a partner."""
    whose = sight.members(actor) if named_only else sight.everybody()
    word = standing(actor.zone).label("standing")
    found = _counted(cohort).with_only_columns(word, func.count()).where(whose).group_by(word)
    counted: dict[str, int] = dict(session.execute(found).all())
    return Figures(**{one.value.replace("-", "_"): counted.get(one.value, 0) for one in Standing})


def members(
    actor: Actor, cohort: Cohort, asked: MemberFilter, counts: Figures, *, named_only: bool = True
) -> Page:
    """One page of the people of a cohort. Without ``named_only`` a partner gets rows whose names must not be shown.

    ``counts``: the ``figures`` for the same actor; where nothing else narrows the list, nobody is counted twice.
    """
    if not named_only:  # neither a search nor an order may tell a name
        sort = asked.sort if asked.sort.removeprefix("-") in ("done", "state", "seen") else "joined"
        asked = replace(asked, words="", follower_id=0, sort=sort)
    whose = sight.members(actor) if named_only else sight.everybody()
    word = standing(actor.zone)
    there = [] if asked.standing in LEFT else [is_there()]
    where = [*there, whose, *_asked(actor, asked, word)]
    total = counts.of(asked)
    if total is None:
        total = session.scalar(_of(cohort).with_only_columns(func.count()).where(*where)) or 0
    number = min(max(asked.number, 1), max(1, -(-total // PAGE)))
    found = (
        _of(cohort)
        .with_only_columns(
            Member.id, Member.person_id, Member.state, Person.first_name, Person.last_name, Person.agency_identifier,
            Person.hr_number, Member.steps_done, Member.steps_total, Member.last_at, word.label("standing"),
            Cohort.due_on, _of_follower(Person.first_name).label("follower_first"),
            _of_follower(Person.last_name).label("follower_last"),
        )
        .where(*where)
        .order_by(*_order(asked.sort, word), *((Person.sort_name, Person.id) if named_only else (Member.id,)))
    )  # fmt: skip
    if named_only and _is_soon_there(asked, number, total):
        found = found.where(Member.person_id.in_(_walked_to(cohort, number, [is_there(), whose])))
    else:
        found = found.limit(PAGE).offset((number - 1) * PAGE)
    return Page(session.execute(found).all(), number, total)


def chosen_members(
    actor: Actor, cohort: Cohort, member_ids: Sequence[int], *, left_too: bool = False
) -> Sequence[AnyRow]:
    """Number, name and state of those of these members who are in the cohort, and whom the actor sees there. At most 5,000.

    ``left_too``: also whoever left, or never came.
    """
    columns = Member.id, Member.person_id, Member.state, Person.first_name, Person.last_name
    mine = sight.members(actor), Member.id.in_(list(member_ids)[:5_000])
    found = _of(cohort).with_only_columns(*columns).where(*mine, *([] if left_too else [is_there()]))
    return session.execute(found.order_by(Person.sort_name, Member.id)).all()


def people_meant(
    actor: Actor, cohort: Cohort, asked: MemberFilter, member_ids: Sequence[int] = ()
) -> AnySelect:
    """``person_id`` of the members whom a filter finds among those whom the actor sees by name; or of those ticked.

    Ticked ones may have left; a filter finds whoever left only where it asks for them.
    """
    where: list[ColumnElement[bool]]
    if member_ids:
        where = [Member.id.in_(member_ids)]
    else:
        there = [] if asked.standing in LEFT else [is_there()]
        where = [*there, *_asked(actor, asked, standing(actor.zone))]
    found: AnySelect = _of(cohort).with_only_columns(Member.person_id.label("person_id"))
    return found.where(sight.members(actor), *where)


def followers(actor: Actor, cohort: Cohort, number: int) -> Sequence[AnyRow]:
    """Those who follow somebody of this cohort of so many people: number and name. At most 500.

    In a large one they are looked for among the staff around it, not among all who are followed.
    """
    if number > _LARGE:
        return _followers_around(actor, cohort)
    # From the members to their memberships, person by person (``+ 0``: see services.figures).
    of_member = and_(
        Membership.tenant_id == Member.tenant_id + 0,
        Membership.person_id == Member.person_id,
        Membership.role == Role.LEARNER,
    )
    theirs = (
        select(Membership.follower_id + 0)
        .select_from(Member)
        .join(Membership, of_member)
        .where(Member.tenant_id == cohort.tenant_id, Member.cohort_id == cohort.id)
        .distinct()
    )
    found = (
        select(Person.id, Person.first_name, Person.last_name)
        .where(Person.tenant_id == actor.tenant_id, Person.id.in_(theirs))
        .order_by(Person.sort_name, Person.id)
        .limit(500)
    )
    return session.execute(found).all()


def _followers_around(actor: Actor, cohort: Cohort) -> Sequence[AnyRow]:
    near = or_(
        and_(Branch.above_id == cohort.organisation_id, Branch.below_id == Membership.organisation_id),
        and_(Branch.below_id == cohort.organisation_id, Branch.above_id == Membership.organisation_id),
    )
    staff = (
        select(Membership.person_id)
        .join(Branch, and_(Branch.tenant_id == Membership.tenant_id, near))
        .where(Membership.tenant_id == cohort.tenant_id, Membership.role.in_(sorted(STAFF)))
    )
    followed = aliased(Membership)
    of_cohort = and_(
        Member.tenant_id == followed.tenant_id,
        Member.cohort_id == cohort.id,
        Member.person_id == followed.person_id,
    )
    follows = (
        select(followed.id)
        .join(Member, of_cohort)
        .where(followed.tenant_id == Person.tenant_id, followed.follower_id == Person.id)
        .where(followed.role == Role.LEARNER)
        .limit(1)
        .scalar_subquery()
    )
    found = (
        select(Person.id, Person.first_name, Person.last_name)
        .where(Person.tenant_id == actor.tenant_id, Person.id.in_(staff), follows.is_not(None))
        .order_by(Person.sort_name, Person.id)
        .limit(500)
    )
    return session.execute(found).all()


def team(actor: Actor) -> Sequence[AnyRow]:
    """Those who follow somebody in sight: number and name; nobody where they are more than one chooses among.

    They are looked for among the staff, of the organisations in hand and of those above, not among all who are followed.
    """
    above = select(Branch.above_id).where(
        Branch.tenant_id == actor.tenant_id, Branch.below_id == actor.organisation_id
    )
    places = union_all(in_hand(actor), above).subquery()
    # From the places to whoever works there: SQLite would go through all of the customer's memberships for an IN.
    staff = (
        select(Membership.person_id)
        .select_from(places)
        .join(Membership, Membership.organisation_id == places.c[0])
        .where(Membership.tenant_id == actor.tenant_id, Membership.role.in_(sorted(STAFF)))
        .limit(_TEAM + 1)
    )
    followed = aliased(Membership)
    follows = (
        select(followed.id)
        .where(followed.tenant_id == Person.tenant_id, followed.follower_id == Person.id)
        .where(followed.organisation_id.in_(in_hand(actor)), followed.role == Role.LEARNER)
        .limit(1)
        .scalar_subquery()  # not EXISTS: PostgreSQL would first gather all who are followed
    )
    found = (
        select(Person.id, Person.first_name, Person.last_name, follows.label("follows"))
        .where(Person.tenant_id == actor.tenant_id, Person.id.in_(select(staff.subquery().c.person_id)))
        .order_by(Person.sort_name, Person.id)
    )
    rows = session.execute(found).all()
    return [row for row in rows if row.follows is not None] if len(rows) <= _TEAM else []


def member_in_sight(actor: Actor, cohort_id: int, member_id: int) -> MemberSheet | None:
    """Somebody in a cohort with the figures of each course, if the actor sees people there by name."""
    found = (
        select(
            Member,
            Cohort,
            Person,
            standing(actor.zone),
            _of_follower(Person.first_name),
            _of_follower(Person.last_name),
        )
        .join(Cohort, and_(Cohort.tenant_id == Member.tenant_id, Cohort.id == Member.cohort_id))
        .join(Person, and_(Person.tenant_id == Member.tenant_id, Person.id == Member.person_id))
        .where(
            Member.id == member_id, Member.cohort_id == cohort_id, sight.members(actor), sight.cohorts(actor)
        )
    )
    row = session.execute(found).one_or_none()
    if row is None:
        return None
    member, cohort, person, word, first, last = row
    courses = (
        select(
            Enrolment.id, Enrolment.attempt, is_latest().label("is_latest"), Enrolment.due_on, Enrolment.due_reason,
            Enrolment.opens_on, Enrolment.steps_done, Enrolment.steps_total, Enrolment.score, Enrolment.seconds,
            Enrolment.started_at, Enrolment.last_at, Enrolment.completed_at, Enrolment.withdrawn_at,
            Enrolment.withdrawal_reason, Course.title, Course.slug,
        )
        .join(Course, and_(Course.tenant_id == Enrolment.tenant_id, Course.id == Enrolment.course_id))
        .where(Enrolment.tenant_id == member.tenant_id, Enrolment.member_id == member.id)
        .order_by(Enrolment.position, Enrolment.attempt, Enrolment.id)
    )  # fmt: skip
    follower = f"{first} {last}" if last is not None else ""
    return MemberSheet(member, cohort, person, word, follower, session.execute(courses).all())


def courses_of_people(actor: Actor, person_ids: Sequence[int]) -> Sequence[AnyRow]:
    """The courses of somebody (under one number or several), in the cohorts where the actor sees them by name. At most 200."""
    found = (
        select(
            Enrolment.id, Enrolment.member_id, Enrolment.cohort_id, Enrolment.attempt, is_latest().label("is_latest"),
            Enrolment.steps_done, Enrolment.steps_total, Enrolment.score, Enrolment.seconds, Enrolment.started_at,
            Enrolment.last_at, Enrolment.completed_at, Enrolment.suspended_at, Enrolment.withdrawn_at,
            func.coalesce(Enrolment.withdrawal_reason, Member.withdrawal_reason).label("withdrawal_reason"),
            case((Enrolment.attempt > 1, Batch.at), else_=Member.joined_at).label("enrolled_at"),
            Course.title, Cohort.name.label("cohort"),
        )
        .join(Member, and_(Member.tenant_id == Enrolment.tenant_id, Member.id == Enrolment.member_id))
        .join(Batch, and_(Batch.tenant_id == Enrolment.tenant_id, Batch.id == Enrolment.batch_id))
        .join(Cohort, and_(Cohort.tenant_id == Enrolment.tenant_id, Cohort.id == Enrolment.cohort_id))
        .join(Course, and_(Course.tenant_id == Enrolment.tenant_id, Course.id == Enrolment.course_id))
        .where(
            Enrolment.tenant_id == actor.tenant_id, Enrolment.person_id.in_(person_ids),
            sight.cohorts(actor), sight.members(actor),
        )
        .order_by(Enrolment.member_id.desc(), Enrolment.position, Enrolment.attempt, Enrolment.id)
        .limit(200)
    )  # fmt: skip
    return session.execute(found).all()


def look_alikes(actor: Actor, said: dict[str, Any]) -> list[LookAlike]:
    """Persons of the tenant who may be the one described. At most ten; those with the same number first.

    Of those in sight: same number, same address, same name, or same birth date with a like name. Of the others only
    those whom a file would find too (same number; same name with the same address or birth date), and of them
    nothing is told that was not typed: a common name must not open another agency's files.
    """
    same_name = Person.sort_name == sort_key(f"{said['last_name']} {said['first_name']}")
    numbers = [
        getattr(Person, one) == said[one] for one in ("agency_identifier", "hr_number") if said.get(one)
    ]
    ways, anywhere = [same_name], [*numbers]
    if said.get("email"):
        ways.append(Person.email == said["email"])
        anywhere.append(and_(same_name, Person.email == said["email"]))
    if isinstance(said.get("birth_date"), date):
        like = Person.sort_name.startswith(sort_key(said["last_name"]), autoescape=True)
        ways.append(and_(Person.birth_date == said["birth_date"], like))
        anywhere.append(and_(same_name, Person.birth_date == said["birth_date"]))
    in_sight = Person.id.in_(people_in_sight(actor))
    found = (
        select(Person, in_sight)
        .where(
            Person.tenant_id == actor.tenant_id, Person.archived_at.is_(None),
            or_(*anywhere, and_(in_sight, or_(*ways))),
        )
        .order_by(*([or_(*numbers).is_(False)] if numbers else []), Person.id)
        .limit(10)
    )  # fmt: skip
    return [_look_alike(person, said, bool(is_seen)) for person, is_seen in session.execute(found)]


def _look_alike(person: Person, said: dict[str, Any], is_seen: bool) -> LookAlike:
    names = ("agency_identifier", "hr_number", "birth_date", "email")
    facts = {name: getattr(person, name) for name in names}
    if not is_seen:
        facts = {name: value if value == said.get(name) else None for name, value in facts.items()}
    return LookAlike(person.id, person.name, **facts)


def _counted(cohort: Cohort) -> Any:
    return (
        select(Member)
        .select_from(Member)
        .join(Cohort, and_(Cohort.tenant_id == Member.tenant_id, Cohort.id == Member.cohort_id))
        .where(Member.tenant_id == cohort.tenant_id, Member.cohort_id == cohort.id)
    )


def _is_soon_there(asked: MemberFilter, number: int, total: int) -> bool:
    """Whether walking everybody by name comes to the page sooner than sorting a large cohort. PostgreSQL knows by itself."""
    is_plain = asked.sort == "name" and not (asked.words or asked.follower_id or asked.seen or asked.standing)
    return is_plain and total > _LARGE and number * PAGE * 4 < total and not db.is_postgresql()


def _walked_to(cohort: Cohort, number: int, where: list[ColumnElement[bool]]) -> Sequence[int]:
    """The persons of a page by name: their names are walked in order, and who is in the cohort is a set that is made once."""
    there = _counted(cohort).with_only_columns(Member.person_id).where(*where)
    found = select(Person.id).where(Person.tenant_id == cohort.tenant_id, Person.id.in_(there))
    page = found.order_by(Person.sort_name, Person.id).limit(PAGE).offset((number - 1) * PAGE)
    return session.scalars(page).all()


def _of(cohort: Cohort) -> Any:
    return _counted(cohort).join(
        Person, and_(Person.tenant_id == Member.tenant_id, Person.id == Member.person_id)
    )


def _of_follower(column: Any) -> Any:
    """What is held on who follows the member. Not a join: PostgreSQL would go through everybody for the few of a page."""
    found = select(getattr(_Follower, column.key)).where(
        _Follower.tenant_id == Member.tenant_id, _Follower.id == _follower_of()
    )
    return found.correlate(Member).scalar_subquery()


def _follower_of() -> Any:
    """``+ 0``: for the least of a bare column SQLite goes through the index of that column, which is everybody's."""
    found = select(func.min(Membership.follower_id + 0)).where(
        Membership.tenant_id == Member.tenant_id,
        Membership.person_id == Member.person_id,
        Membership.role == Role.LEARNER,
    )
    return found.correlate(Member).scalar_subquery()


def _asked(actor: Actor, asked: MemberFilter, word: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    for one in sort_key(asked.words).split():
        ways = [Person.sort_name.contains(one, autoescape=True)]
        if actor.knows_numbers:
            numbers = Person.agency_identifier, Person.hr_number
            ways += [column.startswith(one.upper(), autoescape=True) for column in numbers]
        where.append(or_(*ways))
    if asked.standing in list(Standing):
        where.append(word == asked.standing)
    if asked.follower_id:
        where.append(sight.follows(actor.tenant_id, asked.follower_id))
    if asked.seen == "never":
        where.append(Member.last_at.is_(None))
    elif asked.seen == "week":
        where.append(Member.last_at < now() - STUCK_AFTER)
    return where


def _order(sort: str, word: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    down, key = sort.startswith("-"), sort.removeprefix("-")
    keys: dict[str, list[Any]] = {
        "name": [Person.sort_name],
        "joined": [Member.id],
        "done": [Member.steps_done * 1000 / func.nullif(Member.steps_total, 0)],
        "state": [word],
        "seen": [Member.last_at.is_(None), Member.last_at],
        "follower": [_of_follower(Person.sort_name).is_(None), _of_follower(Person.sort_name)],
    }
    *first, last = keys.get(key, keys["name"])
    return [*first, last.desc() if down else last.asc()]
