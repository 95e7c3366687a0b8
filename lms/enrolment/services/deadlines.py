"""The day by which each person should have finished a course, reckoned by the database, one statement for all.

So many days after the entry: counted from the day on which somebody enters the training, on which the course opens, or
on which they are put on it, whichever comes last.
"""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Date, String, and_, case, cast, func, literal, null, select, type_coerce, update

from lms.core import db
from lms.core.clock import now, today
from lms.core.db import session
from lms.enrolment.models import Batch, Cohort, CohortCourse, DueRule, Enrolment, Member
from lms.enrolment.timing import Timing
from lms.organisations.models import Organisation


def today_of(cohort: Cohort) -> date:
    """The date on the wall of whoever runs the cohort."""
    return today(session.get_one(Organisation, cohort.organisation_id).zone)


def by_rule(cohort: Cohort, on: Any) -> tuple[Any, Any]:
    """Deadline and first day as the courses of the cohort have them: of ``Member`` and ``CohortCourse``, which may be missing.

    ``on``: the day on which they are put on it, or what the database makes it of.
    """
    opens_on = CohortCourse.opens_on
    due_on = case(
        (CohortCourse.due_rule == DueRule.DAY, CohortCourse.due_on),
        (CohortCourse.due_rule == DueRule.DAYS, _days_after(opens_on, CohortCourse.due_days, on)),
        (CohortCourse.due_rule == DueRule.NONE, null()),
        else_=literal(cohort.due_on, Date),
    )
    return due_on, opens_on


def as_said(cohort: Cohort, timing: Timing, on: date) -> tuple[Any, Any]:
    """Deadline and first day as ``timing`` says them; where it leaves the deadline to the cohort, as its courses have it."""
    opens_on: Any = literal(timing.opens_on, Date)
    match timing.rule:
        case DueRule.COHORT:
            due_on, of_course = by_rule(cohort, on)
            return due_on, opens_on if timing.opens_on else of_course
        case DueRule.DAY:
            return literal(timing.due_on, Date), opens_on
        case DueRule.DAYS:
            return _days_after(opens_on, literal(timing.due_days), on), opens_on
        case _:
            return literal(None, Date), opens_on


def renew(cohort: Cohort, which: Any) -> None:
    """Courses of the cohort that are going on, and chosen by ``which``, get its days; deadlines of one's own stay."""
    on = _day_of_enrolment(session.get_one(Organisation, cohort.organisation_id).zone)
    going_on = and_(
        Enrolment.tenant_id == cohort.tenant_id, which, Enrolment.due_reason.is_(None),
        Enrolment.completed_at.is_(None), Enrolment.withdrawn_at.is_(None),
    )  # fmt: skip
    days = (
        select(Enrolment.id, *(one.label(name) for name, one in zip(("due_on", "opens_on"), by_rule(cohort, on), strict=True)))
        .join(Member, and_(Member.tenant_id == Enrolment.tenant_id, Member.id == Enrolment.member_id))
        .join(Batch, and_(Batch.tenant_id == Enrolment.tenant_id, Batch.id == Enrolment.batch_id))
        .outerjoin(CohortCourse, and_(
            CohortCourse.tenant_id == Enrolment.tenant_id, CohortCourse.cohort_id == Enrolment.cohort_id,
            CohortCourse.course_id == Enrolment.course_id,
        ))
        .where(going_on)
        .cte("days")
    )  # fmt: skip
    change = update(Enrolment).where(Enrolment.id == days.c.id)  # of this tenant: the days are
    values = {"due_on": days.c.due_on, "opens_on": days.c.opens_on}
    session.execute(change.values(values).execution_options(synchronize_session=False))


def _day_of_enrolment(zone: str) -> Any:
    """The day of the receipt by which somebody was put on a course. SQLite knows no zones: by the clock of today."""
    if db.is_postgresql():
        return cast(func.timezone(zone, Batch.at), Date)
    ahead = now().astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    return type_coerce(func.date(Batch.at, f"{int(ahead.total_seconds())} seconds"), Date())


def _days_after(opens_on: Any, days: Any, on: Any) -> Any:
    day = literal(on, Date) if isinstance(on, date) else on
    known = (func.coalesce(Member.enters_on, day), func.coalesce(opens_on, day), day)
    if db.is_postgresql():
        return cast(func.greatest(*(cast(one, Date) for one in known)) + days, Date)
    latest = func.max(*known)
    return type_coerce(func.date(latest, literal("+").concat(cast(days, String)).concat(" days")), Date())
