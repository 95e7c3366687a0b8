"""Learner by learner and course by course: the one statement that the rows come from."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

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


def rows(scope: Scope) -> Iterator[Any]:
    """Enrolments with names, places and figures, streamed by one statement; none for cohorts open as totals only."""
    if scope.level is not Level.AGGREGATE:
        yield from figures.stream(_statement(scope))


def _statement(scope: Scope) -> AnySelect:
    """Joined by id alone: the keys keep each id in its tenant, and no planner can take a wider index for it."""
    one = figures.enrolments(scope)
    own, site, follower = aliased(Organisation), aliased(Organisation), aliased(Person)
    return (
        select(
            one, Person.agency_identifier, Person.hr_number, Person.last_name, Person.first_name,
            Cohort.name.label("cohort"), Cohort.funder, Cohort.scheme, Cohort.agreement,
            own.name.label("organisation"), site.name.label("placed"),
            func.coalesce(site.safir, own.safir).label("safir"),
            follower.first_name.label("follower_first"), follower.last_name.label("follower_last"),
        )
        .select_from(one)
        .join(Person, Person.id == one.c.person_id)
        .join(Cohort, Cohort.id == one.c.cohort_id)
        .join(own, own.id == Cohort.organisation_id)
        .outerjoin(Membership, Membership.id == _place(one))
        .outerjoin(site, site.id == Membership.organisation_id)
        .outerjoin(follower, follower.id == Membership.follower_id)
        .where(one.c.level != Level.AGGREGATE.value)
        .order_by(Cohort.name, one.c.cohort_id, Person.sort_name, one.c.person_id, one.c.position, one.c.id)
    )  # fmt: skip


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
