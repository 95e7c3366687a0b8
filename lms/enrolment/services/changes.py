"""Staff say where people stand: convoked, suspended, resumed, left, never came. A set of people, one receipt."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Update, and_, null, select, update

from lms.core import journal
from lms.core.clock import now
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.events import announce
from lms.core.i18n import gettext as _
from lms.enrolment.events import PeopleEnrolled, PeopleWithdrawn
from lms.enrolment.models import Batch, BatchKind, Cohort, Enrolment, Member
from lms.enrolment.queries.attempts import is_latest
from lms.enrolment.services import seats, tracing
from lms.enrolment.services.figures import sum_up
from lms.enrolment.services.receipts import Receipt, open_batch
from lms.enrolment.states import BY_RULE, CAUSES, NEVER_CAME, TRANSITIONS, Deed, MemberState, Trigger

_LEAVING = (Deed.ABANDON, Deed.NOT_ENTER)


class NobodyChosen(Refused):
    """A deed for nobody."""

    status = 422


@dataclass(frozen=True, slots=True)
class Changed:
    """How many people a deed was for, and how many were left as they were: their state does not allow it."""

    batch: Batch
    number: int
    left_alone: int


def change_state(
    member_ids: Sequence[int],
    cohort: Cohort,
    deed: Deed,
    by: Any = None,
    cause: str = "",
    batch: Batch | None = None,
) -> Changed:
    """Do a deed of the staff for those of these members whose state allows it; ``cause`` is one of ``CAUSES``, or ``BY_RULE``.

    Part of a ``batch`` that is open already, or one of its own.

    Raises ``NobodyChosen`` where it is for none of them, and whatever keeps somebody out who comes back: ``CohortFull``,
    a pool without places. Announces ``PeopleWithdrawn`` where they leave, ``PeopleEnrolled`` where they come back.
    """
    rule = TRANSITIONS[deed]
    if deed is Deed.COME_BACK:
        seats.hold_if_limited(cohort)
    if rule.by is not Trigger.STAFF:
        raise ValueError(f"{deed.value} is not for the staff to do")
    if rule.needs_cause and cause not in (*CAUSES, BY_RULE):
        raise ValueError(f"no cause is called {cause!r}")
    chosen = Member.tenant_id == cohort.tenant_id, Member.cohort_id == cohort.id, Member.id.in_(member_ids)
    found = session.execute(
        select(Member.id, Member.person_id, Member.state).where(*chosen).order_by(Member.id)
    ).all()
    meant = [row for row in found if row.state in rule.sources]
    if not meant:
        raise _nobody(bool(found))
    number, ids = len(meant), [row.id for row in meant]
    is_leave = deed is Deed.ABANDON
    kind = BatchKind.WITHDRAWAL if is_leave else BatchKind.STATE
    batch = batch or open_batch(cohort, kind, by, Receipt(total=number, updated=number), deed.value)
    _write(cohort, batch, deed, ids, cause)
    journal.note(
        "people-withdrawn" if is_leave else "state-changed", by, tenant_id=cohort.tenant_id, cohort=cohort.id, batch=batch.id, rows=number,
        deed=deed.value, reason=cause,
    )  # fmt: skip
    if deed in _LEAVING:
        announce(PeopleWithdrawn(cohort.tenant_id, cohort.id, tuple(row.person_id for row in meant)))
    if deed is Deed.COME_BACK:
        announce(PeopleEnrolled(cohort.tenant_id, batch.id, cohort.id, number))
    return Changed(batch, number, len(found) - number)


def _nobody(somebody_is_chosen: bool) -> NobodyChosen:
    if not somebody_is_chosen:
        return NobodyChosen(_("Nobody was chosen."), _("Tick at least one person, then try again."))
    return NobodyChosen(
        _("Nobody was changed: the state of those chosen does not allow it."),
        _("Look at their states in the list, and choose something else."),
    )


def _write(cohort: Cohort, batch: Batch, deed: Deed, member_ids: list[int], cause: str) -> None:
    members = and_(Member.tenant_id == cohort.tenant_id, Member.id.in_(member_ids))
    courses = and_(Enrolment.tenant_id == cohort.tenant_id, Enrolment.member_id.in_(member_ids), is_latest())
    of_member, of_course = _values(deed, cause, batch)
    tracing.before(batch, "cohort_member", members)
    tracing.before(batch, "enrolment", courses)
    _do(update(Member).where(members).values(of_member))
    if deed in _LEAVING:
        courses = and_(courses, Enrolment.withdrawn_at.is_(None))
    if of_course:
        _do(update(Enrolment).where(courses).values(of_course))
    if TRANSITIONS[deed].to is None:  # the figures say where they stand now
        sum_up(cohort.tenant_id, select(Member.id).where(members))
    tracing.after(batch, "cohort_member")
    tracing.after(batch, "enrolment")


def _values(deed: Deed, cause: str, batch: Batch) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a deed writes of a member, and of each of their courses."""
    at, to = now(), TRANSITIONS[deed].to
    state = {"state": to or MemberState.REGISTERED}
    match deed:
        case Deed.CONVOKE:
            return {**state, "convoked_at": at}, {}
        case Deed.SUSPEND:
            return {**state, "suspended_at": at}, {"suspended_at": at}
        case Deed.RESUME:
            return {**state, "suspended_at": null()}, {"suspended_at": null()}
        case Deed.COME_BACK:
            back = {"withdrawn_at": null(), "suspended_at": null()}
            return {**state, **back, "withdrawal_reason": "", "batch_id": batch.id}, back
        case _:
            reason = cause if deed is Deed.ABANDON else NEVER_CAME
            return {**state, "withdrawn_at": at, "withdrawal_reason": reason}, {"withdrawn_at": at}


def _do(change: Update) -> None:
    session.execute(change.execution_options(synchronize_session=False))
