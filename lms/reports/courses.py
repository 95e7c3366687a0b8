"""Learner by learner and course by course: the one statement that the rows come from."""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from lms.core.days import day_in
from lms.core.db import AnySelect, session
from lms.core.i18n import Lazy, lazy
from lms.enrolment.models import Cohort, Level
from lms.organisations.models import Branch, Membership, Organisation, Role
from lms.people.models import Person
from lms.reports import figures
from lms.reports.scope import Scope

#: The words of a withdrawal's reason; another word is shown as it is.
REASONS: dict[str, Lazy] = {
    "job": lazy("Found a job"),
    "other-training": lazy("Another training course"),
    "moved-away": lazy("Moved away"),
    "not-reached": lazy("Could not be reached"),
    "gave-up": lazy("Gave up"),
    "entered-by-mistake": lazy("Entered by mistake"),
    "other": lazy("Another reason"),
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
    minutes: int  #: planned
    seconds: int  #: done
    steps_total: int
    steps_done: int
    score: int | None
    #: Days by the asker's clock.
    joined_on: date
    enters_on: date | None
    due_on: date | None
    leaves_on: date | None
    started_on: date | None
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
    own, site, follower = aliased(Organisation), aliased(Organisation), aliased(Person)
    instants = ("joined", "started", "last", "completed", "withdrawn", "certified")
    shown: dict[str, Any] = {
        **{f"{name}_on": day_in(scope.asker.zone, one.c[f"{name}_at"]) for name in instants},
        "agency_identifier": Person.agency_identifier, "hr_number": Person.hr_number,
        "last_name": Person.last_name, "first_name": Person.first_name,
        "cohort": Cohort.name, "funder": Cohort.funder, "scheme": Cohort.scheme, "agreement": Cohort.agreement,
        "organisation": own.name, "placed": site.name, "safir": func.coalesce(site.safir, own.safir),
        "follower_first": follower.first_name, "follower_last": follower.last_name,
    }  # fmt: skip
    return (
        select(*(shown[name].label(name) if name in shown else one.c[name] for name in Line._fields))
        .select_from(one)
        .join(Person, Person.id == one.c.person_id)
        .join(Cohort, Cohort.id == one.c.cohort_id)
        .join(own, own.id == Cohort.organisation_id)
        .outerjoin(Membership, Membership.id == _place(one))
        .outerjoin(site, site.id == Membership.organisation_id)
        .outerjoin(follower, follower.id == Membership.follower_id)
        .where(one.c.level != Level.AGGREGATE.value)
        .order_by(Cohort.name, one.c.cohort_id, Person.sort_name, one.c.person_id, one.c.position, one.c.id)
    )


def _place(one: Any) -> Any:
    """Where the member learns, among the organisations of the cohort: one membership, so that no row is doubled.

    ``+ 0``: for the least of a bare id SQLite goes through all memberships in their order, once a row.
    """
    mine = aliased(Membership)
    below = and_(
        Branch.tenant_id == mine.tenant_id,
        Branch.above_id == Cohort.organisation_id,
        Branch.below_id == mine.organisation_id,
    )
    return (
        select(func.min(mine.id + 0))
        .join(Branch, below)
        .where(
            mine.tenant_id == one.c.tenant_id, mine.person_id == one.c.person_id, mine.role == Role.LEARNER
        )
        .correlate(one, Cohort)
        .scalar_subquery()
    )
