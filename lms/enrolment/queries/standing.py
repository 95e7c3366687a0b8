"""Where each member stands, in one word: six words that add up to everybody who is there, and two for those who left."""

import enum
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, or_

from lms.core.clock import now, today
from lms.enrolment.models import Cohort, Member
from lms.enrolment.states import GONE, HELD, MemberState

STUCK_AFTER = timedelta(days=7)  #: without a visit, somebody who has begun is taken to be stuck


class Standing(enum.StrEnum):
    """What the staff see at a glance. Each member has exactly one."""

    COMPLETED = "completed"
    IN_PROGRESS = "in-progress"
    STUCK = "stuck"
    LATE = "late"
    NOT_STARTED = "not-started"
    SUSPENDED = "suspended"
    ABANDONED = "abandoned"
    NOT_ENTERED = "not-entered"


#: Of those who left: nobody counts them among the people of the cohort.
LEFT = (Standing.ABANDONED, Standing.NOT_ENTERED)
#: States in which nothing was begun.
_BEFORE = (MemberState.REGISTERED, MemberState.CONVOKED)


def is_there() -> ColumnElement[bool]:
    """Whether the member neither left nor failed to come."""
    return Member.state.not_in(GONE)


def standing(zone: str) -> ColumnElement[Any]:
    """The word for a member of ``Cohort``, as things are now in this zone."""
    return _standing(now() - STUCK_AFTER, today(zone))


def _standing(quiet_since: datetime, day: date) -> ColumnElement[Any]:
    is_late = and_(Cohort.due_on.is_not(None), Cohort.due_on < day)
    is_quiet = or_(Member.last_at.is_(None), Member.last_at < quiet_since)
    return case(
        (Member.state == MemberState.COMPLETED, Standing.COMPLETED.value),
        *((Member.state == state, state.value) for state in HELD),
        (is_late, Standing.LATE.value),
        (Member.state.in_(_BEFORE), Standing.NOT_STARTED.value),
        (is_quiet, Standing.STUCK.value),
        else_=Standing.IN_PROGRESS.value,
    )
