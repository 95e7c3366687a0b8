"""One slice of a large customer, written in one go: some cohorts of an agency, their people, and what these have learned.

A slice stands as a whole or not at all, and only a slice is held in memory.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import islice

from config.demo.scale import people
from config.demo.scale.people import Somebody
from config.demo.scale.plan import Agency, CohortPlan
from config.demo.scale.rows import Rows
from config.demo.scale.study import CourseShape, Learned, study
from lms.certificates import history as certificates
from lms.core import bulk
from lms.core.db import Model
from lms.core.i18n import sort_key
from lms.enrolment.models import Batch, BatchKind, Cohort, CohortCourse, Enrolment, Member
from lms.enrolment.states import NEVER_CAME, MemberState
from lms.organisations.models import Membership, Role
from lms.people.models import Account, Person, Situation
from lms.progress import ledger
from lms.progress.ledger import Head
from lms.progress.models import LearningEvent, Standing

#: Why people leave, and how often.
_REASONS = (
    ("job", "other-training", "moved-away", "not-reached", "gave-up", "entered-by-mistake", "other"),
    (38, 18, 6, 16, 14, 3, 5),
)
_SUSPENDED = 0.04  #: of those who are at work are stopped for a while
_CONVOKED = 0.7  #: of all were asked to come
_WITHDRAWN = 0.22  #: of those who left off are taken out of their cohort
_OTHER_ADVISER = 0.15  #: of a cohort are followed by somebody else than most
_Ids = dict[type[Model], Iterator[int]]
_ADVISERS = 100_000_000  #: where the numbers of advisers begin: far above those of learners


@dataclass(frozen=True, slots=True)
class Ground:
    """What every slice of an agency stands on."""

    tenant_id: int
    agency: Agency
    curriculum_id: int
    courses: Sequence[CourseShape]
    password_hash: str
    until: datetime  #: nothing has happened after it
    organisation_id: int = 0
    advisers: Sequence[int] = ()  #: persons


@dataclass(frozen=True, slots=True)
class _Group:
    """A cohort while its people are being made."""

    plan: CohortPlan
    cohort_id: int
    batch_id: int
    joined_at: datetime
    path: Sequence[CourseShape]


@dataclass(frozen=True, slots=True)
class _Seat:
    """Somebody in a cohort while the rows are being made."""

    group: _Group
    member_id: int
    person_id: int
    enrolment_ids: Sequence[int]


def write(here: Ground, cohorts: Sequence[CohortPlan]) -> int:
    """Write these cohorts with all that belongs to them. How many learning events that were."""
    chance = random.Random(f"{here.agency.number}/{cohorts[0].first}")  # invented lives  # nosec B311
    rows, completed = Rows(), list[int]()
    ids = _reserved(cohorts)
    for plan in cohorts:
        opened = min(datetime.combine(plan.starts_on, time(7), UTC), here.until)
        joined_at = opened - timedelta(days=chance.randrange(1, 9), minutes=chance.randrange(300))
        path = here.courses[: plan.courses]
        group = _Group(plan, next(ids[Cohort]), next(ids[Batch]), joined_at, path)
        _cohort(here, group, rows)
        completed += _crowd(here, group, ids, rows, chance)
    rows.write()
    certificates.take_over(here.tenant_id, completed)
    return rows.number(LearningEvent)


def staff(here: Ground, since: datetime) -> None:
    """The people who follow the learners of an agency; each of them signs in."""
    agency, rows = here.agency, Rows()
    chance = random.Random(f"advisers/{agency.number}")  # invented people  # nosec B311
    first = _ADVISERS + agency.number * 1_000
    some = people.draw(chance, agency.advisers, first, agency.region, agency.postcode)
    ids = zip(bulk.reserve(Account, len(some)), bulk.reserve(Person, len(some)), strict=True)
    for one, (account_id, person_id) in zip(some, ids, strict=True):
        _account(here, one, account_id, since, rows)
        rows.add(
            Person, person_id, here.tenant_id, account_id, one.first_name, one.last_name, one.sort_name, one.email,
            f"{agency.region.landline}{chance.randrange(10_000):04d}", None, None, None, Situation.EMPLOYEE, "fr", since,
        )  # fmt: skip
        rows.add(
            Membership,
            here.tenant_id,
            person_id,
            one.sort_name,
            here.organisation_id,
            Role.ADVISER,
            None,
            since,
        )
    rows.write()


def _cohort(here: Ground, group: _Group, rows: Rows) -> None:
    plan, at = group.plan, group.joined_at
    rows.add(
        Cohort, group.cohort_id, here.tenant_id, here.organisation_id, plan.name, sort_key(plan.name),
        here.curriculum_id if len(group.path) == len(here.courses) else None, plan.starts_on, plan.due_on, plan.funder,
        plan.scheme, plan.agreement, at,
    )  # fmt: skip
    for position, course in enumerate(group.path, 1):
        rows.add(CohortCourse, here.tenant_id, group.cohort_id, course.course_id, position)
    rows.add(
        Batch, group.batch_id, here.tenant_id, here.organisation_id, group.cohort_id, plan.name, BatchKind.IMPORT, at,
        f"stagiaires-{at:%Y-%m-%d}.xlsx", "",
        plan.size, plan.size, 0, 0, 0,
    )  # fmt: skip


def _reserved(cohorts: Sequence[CohortPlan]) -> _Ids:
    """Numbers for all that a slice holds; those that are not used are left out."""
    learners = sum(plan.size for plan in cohorts)
    numbers: dict[type[Model], int] = {
        Cohort: len(cohorts), Batch: len(cohorts), Person: learners, Account: learners, Member: learners,
        Enrolment: sum(plan.size * plan.courses for plan in cohorts),
    }  # fmt: skip
    return {table: iter(bulk.reserve(table, number)) for table, number in numbers.items()}


def _crowd(here: Ground, group: _Group, ids: _Ids, rows: Rows, chance: random.Random) -> list[int]:
    """The people of a cohort and what they have done. The enrolments that are completed."""
    completed = list[int]()
    mostly = chance.choice(here.advisers)
    for one in people.draw(
        chance, group.plan.size, group.plan.first, here.agency.region, here.agency.postcode
    ):
        mine = list(islice(ids[Enrolment], len(group.path)))
        seat = _Seat(group, next(ids[Member]), next(ids[Person]), mine)
        done = study(chance, group.path, group.plan.starts_on, here.until)
        has_begun = any(course.places for course in done)
        follower_id = chance.choice(here.advisers) if chance.random() < _OTHER_ADVISER else mostly
        account_id = next(ids[Account]) if has_begun else None
        if account_id:
            _account(here, one, account_id, group.joined_at, rows)
        _person(here, one, seat, account_id, follower_id, rows)
        _member(here, seat, done, rows, chance)
        completed += [key for key, course in zip(mine, done, strict=True) if course.completed_at]
    return completed


def _account(here: Ground, one: Somebody, account_id: int, at: datetime, rows: Rows) -> None:
    rows.add(Account, account_id, f"{one.handle}.{here.tenant_id}", here.password_hash, one.email, "fr", at)


def _person(
    here: Ground, one: Somebody, seat: _Seat, account_id: int | None, follower_id: int, rows: Rows
) -> None:
    at = seat.group.joined_at
    rows.add(
        Person, seat.person_id, here.tenant_id, account_id, one.first_name, one.last_name, one.sort_name, one.email, one.phone,
        one.birth_date, one.postcode, f"{one.number:010d}K", one.situation, "fr", at,
    )  # fmt: skip
    rows.add(
        Membership,
        here.tenant_id,
        seat.person_id,
        one.sort_name,
        here.organisation_id,
        Role.LEARNER,
        follower_id,
        at,
    )


def _member(here: Ground, seat: _Seat, done: Sequence[Learned], rows: Rows, chance: random.Random) -> None:
    """The place in the cohort, with the figures of its courses summed up as ``enrolment`` does it."""
    group, plan = seat.group, seat.group.plan
    last_at = max((course.last_at for course in done if course.last_at), default=None)
    ends = [course.completed_at for course in done if course.completed_at]
    completed_at = max(ends) if len(ends) == len(done) else None
    entered_at = min((course.started_at for course in done if course.started_at), default=None)
    left = None if completed_at else _left(here, group, last_at, chance)
    is_held = not (left or completed_at or last_at is None) and chance.random() < _SUSPENDED
    suspended_at = last_at if is_held else None
    convoked_at = group.joined_at if chance.random() < _CONVOKED else None
    state = (
        (MemberState.ABANDONED if last_at else MemberState.NOT_ENTERED) if left
        else MemberState.COMPLETED if completed_at
        else MemberState.SUSPENDED if suspended_at
        else MemberState.IN_PROGRESS if any(course.steps_done for course in done)
        else MemberState.ENTERED if last_at
        else MemberState.CONVOKED if convoked_at
        else MemberState.REGISTERED
    )  # fmt: skip
    reason = (chance.choices(*_REASONS)[0] if last_at else NEVER_CAME) if left else ""
    number = f"{plan.first:07d}"
    rows.add(
        Member, seat.member_id, here.tenant_id, group.cohort_id, seat.person_id, group.batch_id, state, f"AC_{number}",
        f"SE_{number}", plan.starts_on, plan.due_on, plan.funder, plan.scheme, here.agency.safir, "", "",
        sum(course.steps_done for course in done), sum(course.steps for course in done),
        sum(course.seconds for course in done), last_at, group.joined_at, convoked_at, entered_at,
        suspended_at, completed_at, left, reason,
    )  # fmt: skip
    for position, (key, shape, course) in enumerate(
        zip(seat.enrolment_ids, group.path, done, strict=True), 1
    ):
        rows.add(
            Enrolment, key, here.tenant_id, seat.member_id, group.cohort_id, seat.person_id, shape.course_id, group.batch_id,
            position, 1, plan.due_on, course.steps_done, course.steps, course.score, course.seconds, course.started_at,
            course.last_at, course.completed_at, suspended_at, left,
        )  # fmt: skip
        _history(here.tenant_id, key, course, rows)


def _left(here: Ground, group: _Group, last_at: datetime | None, chance: random.Random) -> datetime | None:
    """When somebody was withdrawn, if they were: some time after the last sign of life."""
    if chance.random() > _WITHDRAWN:
        return None
    quiet = timedelta(days=chance.randrange(15, 40), minutes=chance.randrange(500))
    at = (last_at or datetime.combine(group.plan.starts_on, time(9), UTC)) + quiet
    return at if at < here.until else None


def _history(tenant_id: int, enrolment_id: int, course: Learned, rows: Rows) -> None:
    for place in course.places:
        rows.add(
            Standing, tenant_id, enrolment_id, place.activity_id, {}, place.score, place.seconds, place.started_at, place.last_at,
            place.done_at,
        )  # fmt: skip
    for row in ledger.rows(tenant_id, enrolment_id, course.facts, Head()):
        rows.add(LearningEvent, *row.values())
