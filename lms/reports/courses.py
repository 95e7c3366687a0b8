"""Learner by learner and course by course: the one statement that the rows come from."""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Subquery, case, func, select
from sqlalchemy.orm import aliased

from lms.core.days import day_in
from lms.core.db import AnySelect, session
from lms.core.i18n import Lazy, lazy
from lms.enrolment.models import Cohort, Level, Member
from lms.organisations.models import Branch, Membership, Organisation, Role
from lms.people.models import Person
from lms.reports import figures
from lms.reports.queries import seen
from lms.reports.scope import Scope

#: The words of a withdrawal's reason; another word is shown as it is.
REASONS: dict[str, Lazy] = {
    "job": lazy("Found a job"),
    "other-training": lazy("Another training course"),
    "moved-away": lazy("Moved away"),
    "not-reached": lazy("Could not be reached"),
    "gave-up": lazy("Gave up"),
    "entered-by-mistake": lazy("Entered by mistake"),
    "not-entered": lazy("Never came"),
    "other": lazy("Another reason"),
    "rule": lazy("Does not meet the rule of the cohort any more"),
}


class Line(NamedTuple):
    """One person on one course. A plain tuple: a report has a million of them, and each name is asked for in each."""

    id: int
    person_id: int
    level: str  #: at which the cohort is shared with the asker
    agency_identifier: str | None
    hr_number: str | None
    last_name: str
    first_name: str
    safir: str
    placed: str | None  #: the organisation where the person learns
    agency: str
    organisation: str  #: who runs the cohort
    follower_first: str | None
    follower_last: str | None
    adviser: str
    cohort: str
    funder: str
    member_funder: str
    scheme: str
    member_scheme: str
    agreement: str
    action_number: str
    session_number: str
    course: str
    attempt: int  #: 1; from 2 for who is on the course again
    minutes: int  #: planned
    seconds: int  #: done
    steps_total: int
    steps_done: int
    score: int | None
    #: 1 or 0.
    started: int
    suspended: int
    convoked: int
    #: Days by the asker's clock.
    joined_on: date
    enters_on: date | None
    due_on: date | None
    opens_on: date | None
    leaves_on: date | None
    last_on: date | None
    completed_on: date | None
    withdrawn_on: date | None
    certified_on: date | None
    certificate: str | None  #: its number
    reason: str  #: code of why the person left


def reason(code: str) -> str | None:
    """The reason in words; None where none was given."""
    return str(REASONS[code]) if code in REASONS else code or None


def count(scope: Scope) -> int:
    """How many rows ``rows`` gives."""
    if scope.level is Level.AGGREGATE:
        return 0
    one = figures.enrolments(scope)
    shown = select(func.count()).select_from(one).where(one.c.level != Level.AGGREGATE.value)
    return session.scalar(shown) or 0


def rows(scope: Scope) -> Iterator[Line]:
    """Enrolments with names, places and figures, streamed by one statement; none for cohorts open as totals only."""
    if scope.level is not Level.AGGREGATE:
        yield from map(Line._make, figures.stream(_statement(scope)))


def _statement(scope: Scope) -> AnySelect:
    """Joined by id alone: the keys keep each id in its tenant, and no planner can take a wider index for it."""
    one = figures.enrolments(scope)
    places = _places(scope)
    own, site, follower = aliased(Organisation), aliased(Organisation), aliased(Person)
    marks = ("started", "suspended", "convoked")
    instants = ("joined", "last", "completed", "withdrawn", "certified")
    shown: dict[str, Any] = {
        **{f"{name}_on": day_in(scope.asker.zone, one.c[f"{name}_at"]) for name in instants},
        **{name: case((one.c[f"{name}_at"].is_not(None), 1), else_=0) for name in marks},
        "agency_identifier": Person.agency_identifier, "hr_number": Person.hr_number,
        "last_name": Person.last_name, "first_name": Person.first_name,
        "cohort": Cohort.name, "funder": Cohort.funder, "scheme": Cohort.scheme, "agreement": Cohort.agreement,
        "organisation": own.name, "placed": site.name, "safir": func.coalesce(site.safir, own.safir),
        "follower_first": follower.first_name, "follower_last": follower.last_name,
    }  # fmt: skip
    by_cohort = () if scope.cohort_id is not None else (Cohort.name, one.c.cohort_id)
    return (
        select(*(shown[name].label(name) if name in shown else one.c[name] for name in Line._fields))
        .select_from(one)
        .join(Person, Person.id == one.c.person_id)
        .join(Cohort, Cohort.id == one.c.cohort_id)
        .join(own, own.id == Cohort.organisation_id)
        .outerjoin(places, places.c.member_id == one.c.member_id)
        .outerjoin(Membership, Membership.id == places.c.membership_id)
        .outerjoin(site, site.id == Membership.organisation_id)
        .outerjoin(follower, follower.id == Membership.follower_id)
        .where(one.c.level != Level.AGGREGATE.value)
        .order_by(*by_cohort, Person.sort_name, one.c.person_id, one.c.position, one.c.attempt, one.c.id)
    )


def _places(scope: Scope) -> Subquery:
    """Where each member in sight learns, among the organisations of their cohort: one membership, so that no row is doubled."""
    sight = seen(scope.asker, scope.cohort_id).subquery("places_in_sight")
    learns = (
        (Membership.tenant_id == Member.tenant_id)
        & (Membership.person_id == Member.person_id)
        & (Membership.role == Role.LEARNER)
    )
    below = (
        (Branch.tenant_id == Membership.tenant_id)
        & (Branch.above_id == Cohort.organisation_id)
        & (Branch.below_id == Membership.organisation_id)
    )
    return (
        select(Member.id.label("member_id"), func.min(Membership.id).label("membership_id"))
        .join(sight, sight.c.id == Member.cohort_id)
        .join(Cohort, Cohort.id == Member.cohort_id)
        .join(Membership, learns)
        .join(Branch, below)
        .where(Member.tenant_id == scope.asker.tenant_id)
        .group_by(Member.id)
        .subquery("places")
    )
