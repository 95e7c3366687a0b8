"""The facts of a member that a portal asks for, as the database tells them: which, when, and whether all is declared.

Each speaks of ``Member`` joined to its ``Cohort``.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, func, literal, null, or_, select, type_coerce

from lms.core.clock import today
from lms.core.db import session
from lms.enrolment.models import Cohort, Member
from lms.enrolment.portals import Fact, Portal, portal_of
from lms.enrolment.states import GONE, MISTAKE

_MOST = 2_000  #: schemes of a tenant, in the words of its files


def scheme() -> ColumnElement[str]:
    """The member's own, else that of the cohort."""
    return func.coalesce(func.nullif(Member.scheme, ""), Cohort.scheme)


@dataclass(frozen=True, slots=True)
class Schemes:
    """The schemes of a tenant that are declared somewhere, as they are written there."""

    kairos: tuple[str, ...]
    edof: tuple[str, ...]

    def portal(self) -> ColumnElement[Any]:
        """A word of ``Portal``: the one that was chosen for the cohort, else that of the scheme; None where neither tells."""
        chosen = type_coerce(Cohort.portal, String)
        return case(
            (Cohort.portal.is_not(None), chosen),
            (scheme().in_(self.kairos), Portal.KAIROS.value),
            (scheme().in_(self.edof), Portal.EDOF.value),
            else_=null(),
        )


def schemes(tenant_id: int) -> Schemes:
    """Which there are, of members and of cohorts: two statements, that walk an index from one scheme to the next."""
    own = Member.tenant_id == tenant_id, Member.scheme != ""
    first = select(func.min(Member.scheme).label("scheme")).where(*own).cte("schemes", recursive=True)
    after = select(func.min(Member.scheme)).where(*own, Member.scheme > first.c.scheme).scalar_subquery()
    walked = first.union_all(select(after).where(first.c.scheme.is_not(None)))
    of_members = session.scalars(
        select(walked.c.scheme).where(walked.c.scheme.is_not(None)).limit(_MOST)
    ).all()
    of_cohorts = session.scalars(
        select(Cohort.scheme).where(Cohort.tenant_id == tenant_id, Cohort.scheme != "").distinct()
    )
    found = {one: portal_of(one) for one in {*of_members, *of_cohorts}}
    kairos, edof = (
        tuple(sorted(one for one, to in found.items() if to is portal))
        for portal in (Portal.KAIROS, Portal.EDOF)
    )
    return Schemes(kairos, edof)


def last_day() -> ColumnElement[date | None]:
    """When the training ends, as the file of the session says it, else the cohort."""
    return func.coalesce(Member.leaves_on, Cohort.due_on)


def entry() -> ColumnElement[Any]:
    """What is to be said of the entry; None as long as it is not known, or where the enrolment was a mistake."""
    return case(
        (_is_mistake(), null()),
        (Member.entered_at.is_not(None), Fact.ENTRY.value),
        (Member.state.in_(GONE), Fact.NO_ENTRY.value),
        else_=null(),
    )


def entry_moment() -> ColumnElement[datetime | None]:
    """When they opened their first step, else when it was said that they do not come."""
    return case((Member.entered_at.is_not(None), Member.entered_at), else_=Member.withdrawn_at)


def exit_() -> ColumnElement[Any]:
    """What is to be said of the end, of whoever entered: they left, did everything, or the last day is past."""
    return case(
        (or_(_is_mistake(), Member.entered_at.is_(None)), null()),
        (Member.state.in_(GONE), Fact.ABANDON.value),
        (or_(Member.completed_at.is_not(None), last_day() < today()), Fact.END.value),
        else_=null(),
    )


def exit_moment() -> ColumnElement[datetime | None]:
    """When they left, or had done everything; None where only the last day tells."""
    return case((Member.state.in_(GONE), Member.withdrawn_at), else_=Member.completed_at)


def is_to_do(entered: Any, left: Any, since: date, known: Schemes) -> ColumnElement[bool]:
    """Whether something is not declared yet (of what happened since that day), or was declared otherwise than it is now.

    ``entered``, ``left``: the member's declarations, outer joined.
    """
    begins = datetime.combine(since, time(), UTC)
    is_asked = known.portal().in_([Portal.KAIROS.value, Portal.EDOF.value])
    new_entry = and_(entered.id.is_(None), entry_moment() >= begins, entry().is_not(None))
    of_late = or_(exit_moment() >= begins, and_(exit_moment().is_(None), last_day() >= since))
    new_exit = and_(left.id.is_(None), exit_().is_not(None), of_late)
    return or_(
        and_(or_(new_entry, new_exit), is_asked),
        and_(entered.id.is_not(None), ~_is_so(entered, entry(), entry_moment(), known)),
        and_(left.id.is_not(None), ~_is_so(left, exit_(), exit_moment(), known)),
    )


def _is_mistake() -> ColumnElement[bool]:
    return and_(Member.state.in_(GONE), Member.withdrawal_reason == MISTAKE)


def _is_so(
    said: Any, fact: ColumnElement[Any], moment: ColumnElement[Any], known: Schemes
) -> ColumnElement[bool]:
    """Whether what was declared still holds, to the moment; where it does not, the day may be the same."""
    same = and_(
        type_coerce(said.fact, String) == fact,
        said.moment.is_not_distinct_from(moment),
        or_(moment.is_not(None), said.day == last_day()),
        or_(said.fact.in_([Fact.ENTRY, Fact.END]), said.cause == Member.withdrawal_reason),
        type_coerce(said.portal, String) == known.portal(),
    )
    return case((same, literal(1)), else_=literal(0)) == 1
