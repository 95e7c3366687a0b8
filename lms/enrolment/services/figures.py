"""The figures of a member: the sum of those of its courses, in one UPDATE for any number of people."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, case, func, select, update
from sqlalchemy.orm import aliased

from lms.core.db import AnySelect, session
from lms.enrolment.models import Enrolment, Member, MemberState

_own = aliased(Enrolment)
_later = aliased(Enrolment)


def keep_figures(tenant_id: int, enrolment_ids: Sequence[int] | AnySelect) -> None:
    """Bring the members of these enrolments up to date, after their courses' figures were written."""
    touched = select(Enrolment.member_id).where(
        Enrolment.tenant_id == tenant_id, Enrolment.id.in_(enrolment_ids)
    )
    sum_up(tenant_id, touched)


def sum_up(tenant_id: int, member_ids: Sequence[int] | AnySelect) -> None:
    """Count these members' steps, time and state again. A withdrawn member stays so, and keeps what was done."""
    whole = _of(func.count()) == _of(func.count(_own.completed_at))
    state = case(
        (Member.state == MemberState.WITHDRAWN, Member.state),
        (and_(_of(func.count()) > 0, whole), MemberState.COMPLETED.value),
        (_of(func.count(_own.started_at)) > 0, MemberState.IN_PROGRESS.value),
        else_=MemberState.REGISTERED.value,
    )
    session.execute(
        update(Member)
        .where(Member.tenant_id == tenant_id, Member.id.in_(member_ids))
        .values(
            steps_done=_of(func.coalesce(func.sum(_own.steps_done), 0)),
            steps_total=_of(func.coalesce(func.sum(_own.steps_total), 0)),
            seconds=_of(func.coalesce(func.sum(_own.seconds), 0)),
            last_at=_of(func.max(_own.last_at)),
            completed_at=case((whole, _of(func.max(_own.completed_at))), else_=None),
            state=state,
        )
        .execution_options(synchronize_session=False)
    )


def _of(value: Any) -> Any:
    """``value`` over the member's courses; of a course begun again, the latest attempt alone counts."""
    again = select(_later.id).where(
        _later.tenant_id == _own.tenant_id,
        _later.member_id == _own.member_id,
        _later.course_id == _own.course_id,
        _later.attempt > _own.attempt,
    )
    found: Select[Any] = select(value).select_from(_own)
    mine = found.where(_own.tenant_id == Member.tenant_id, _own.member_id == Member.id, ~again.exists())
    return mine.correlate(Member).scalar_subquery()
