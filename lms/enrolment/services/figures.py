"""The figures of a member: the sum of those of its courses, in one UPDATE for any number of people."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CTE, Update, and_, bindparam, case, func, select, update
from sqlalchemy.orm import aliased

from lms.core import db
from lms.core.db import AnySelect, table_of
from lms.enrolment.models import Enrolment, Member
from lms.enrolment.states import HELD, MemberState

_whose = aliased(Member)
_own = aliased(Enrolment)
_later = aliased(Enrolment)


def keep_figures(tenant_id: int, enrolment_ids: Sequence[int] | AnySelect) -> None:
    """Bring the members of these enrolments up to date, after their courses' figures were written."""
    if isinstance(enrolment_ids, Sequence):
        db.run(_OF_ENROLMENTS, {"of_tenant": tenant_id, "enrolment_ids": enrolment_ids})
    else:
        sum_up(tenant_id, _touched(enrolment_ids))


def sum_up(tenant_id: int, member_ids: AnySelect) -> None:
    """Count these members' steps, time and state again. Whoever is suspended or gone stays so, and keeps what was done."""
    db.run(_summed(member_ids), {"of_tenant": tenant_id})


def _touched(enrolment_ids: Any) -> AnySelect:
    return select(Enrolment.member_id).where(
        Enrolment.tenant_id == bindparam("of_tenant"), Enrolment.id.in_(enrolment_ids)
    )


def _summed(member_ids: AnySelect) -> Update:
    sums = _sums(member_ids)
    whole = sums.c.courses == sums.c.completed
    state = case(
        (Member.state.in_(HELD), Member.state),
        (and_(sums.c.courses > 0, whole), MemberState.COMPLETED.value),
        (sums.c.steps_done > 0, MemberState.IN_PROGRESS.value),
        (sums.c.started > 0, MemberState.ENTERED.value),
        (Member.convoked_at.is_not(None), MemberState.CONVOKED.value),
        else_=MemberState.REGISTERED.value,
    )
    return (
        update(table_of(Member))
        .where(Member.id == sums.c.id)  # of this tenant: the sums are
        .values(
            steps_done=sums.c.steps_done,
            steps_total=sums.c.steps_total,
            seconds=sums.c.seconds,
            last_at=sums.c.last_at,
            entered_at=func.coalesce(Member.entered_at, sums.c.began),
            completed_at=case((whole, sums.c.completed_at), else_=None),
            state=state,
        )
    )


def _sums(member_ids: AnySelect) -> CTE:
    """One row a member, read once; of a course begun again, the latest attempt alone counts.

    ``+ 0``: a later attempt is looked for among the member's few courses, not among all who are on the course.
    """
    again = select(_later.id).where(
        _later.tenant_id == _own.tenant_id,
        _later.member_id == _own.member_id,
        _later.course_id + 0 == _own.course_id,
        _later.attempt > _own.attempt,
    )
    of_member = and_(_own.tenant_id == _whose.tenant_id, _own.member_id == _whose.id, ~again.exists())
    return (
        select(
            _whose.id,
            func.count(_own.id).label("courses"),
            func.count(_own.started_at).label("started"),
            func.min(_own.started_at).label("began"),
            func.count(_own.completed_at).label("completed"),
            func.coalesce(func.sum(_own.steps_done), 0).label("steps_done"),
            func.coalesce(func.sum(_own.steps_total), 0).label("steps_total"),
            func.coalesce(func.sum(_own.seconds), 0).label("seconds"),
            func.max(_own.last_at).label("last_at"),
            func.max(_own.completed_at).label("completed_at"),
        )
        .outerjoin(_own, of_member)
        .where(_whose.tenant_id == bindparam("of_tenant"), _whose.id.in_(member_ids))
        .group_by(_whose.id)
        .cte("sums")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )


#: For a handful of enrolments, as each step of a learner sends it: built once.
_OF_ENROLMENTS = _summed(_touched(bindparam("enrolment_ids", expanding=True)))
