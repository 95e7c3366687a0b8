"""Learner by learner and course by course: the one statement that the rows come from."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from lms.core.db import AnySelect, session
from lms.core.i18n import Lazy, lazy
from lms.enrolment.models import Cohort, Level, Member
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
    one = figures.enrolments(scope)
    own, place, site, follower = aliased(Organisation), _places(scope), aliased(Organisation), aliased(Person)
    return (
        select(
            one, Person.agency_identifier, Person.hr_number, Person.last_name, Person.first_name,
            Member.action_number, Member.session_number, Member.agency, Member.adviser,
            Member.funder.label("member_funder"), Member.scheme.label("member_scheme"),
            Member.withdrawal_reason.label("reason"),
            Cohort.name.label("cohort"), Cohort.funder, Cohort.scheme, Cohort.agreement,
            own.name.label("organisation"), site.name.label("placed"),
            func.coalesce(site.safir, own.safir).label("safir"),
            follower.first_name.label("follower_first"), follower.last_name.label("follower_last"),
        )
        .select_from(one)
        .join(Person, _same(Person, one.c, one.c.person_id))
        .join(Member, _same(Member, one.c, one.c.member_id))
        .join(Cohort, _same(Cohort, one.c, one.c.cohort_id))
        .join(own, _same(own, one.c, Cohort.organisation_id))
        .outerjoin(place, place.c.member_id == one.c.member_id)
        .outerjoin(Membership, _same(Membership, one.c, place.c.membership_id))
        .outerjoin(site, _same(site, one.c, Membership.organisation_id))
        .outerjoin(follower, _same(follower, one.c, Membership.follower_id))
        .where(one.c.level != Level.AGGREGATE.value)
        .order_by(Cohort.name, one.c.cohort_id, Person.sort_name, one.c.person_id, one.c.position, one.c.id)
    )  # fmt: skip


def _places(scope: Scope) -> Any:
    """Where each member learns, among the organisations of the cohort: one membership, so that no row is doubled."""
    from lms.reports.queries import seen

    sight = seen(scope.asker, scope.cohort_id).subquery()
    return (
        select(Member.id.label("member_id"), func.min(Membership.id).label("membership_id"))
        .join(sight, sight.c.id == Member.cohort_id)
        .join(Cohort, _same(Cohort, Member, Member.cohort_id))
        .join(
            Membership,
            and_(
                Membership.tenant_id == Member.tenant_id,
                Membership.person_id == Member.person_id,
                Membership.role == Role.LEARNER,
            ),
        )
        .join(
            Branch,
            and_(
                Branch.tenant_id == Member.tenant_id,
                Branch.above_id == Cohort.organisation_id,
                Branch.below_id == Membership.organisation_id,
            ),
        )
        .where(Member.tenant_id == scope.asker.tenant_id)
        .group_by(Member.id)
        .subquery("places")
    )


def _same(table: Any, of: Any, key: Any) -> Any:
    """The join to the row of this id, in the same tenant."""
    return and_(table.tenant_id == of.tenant_id, table.id == key)
