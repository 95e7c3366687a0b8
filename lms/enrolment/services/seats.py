"""How many people a cohort takes: nobody is the one too many, whoever lets them in and however many come at once.

Whoever lets people into a cohort with a limit holds its row, and counts afterwards. Always first of all: the accounts of
pools are locked after the cohort, or two would wait for one another.
"""

from typing import Any

from sqlalchemy import and_, func, or_, select

from lms.core import journal
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.events import announce
from lms.core.i18n import gettext as _
from lms.core.i18n import ngettext
from lms.enrolment.events import SeatsFreed
from lms.enrolment.models import Batch, BatchKind, Cohort, Member, Trace
from lms.enrolment.states import GONE
from lms.enrolment.undoing import Undoing, part_of

MOST = 100_000


class CohortFull(Refused):
    """More people than the cohort takes."""


class TooFewSeats(Refused):
    """There are more people in the cohort than it should take."""

    status = 422


def hold(tenant_id: int, cohort_id: int) -> Cohort:
    """The cohort as it is now; until the transaction ends nobody else lets anybody in, nor changes the limit."""
    own = select(Cohort).where(Cohort.tenant_id == tenant_id, Cohort.id == cohort_id)
    held = own.with_for_update(key_share=True).execution_options(populate_existing=True)
    return session.scalars(held).one()


def hold_if_limited(cohort: Cohort) -> None:
    """Before people are let in: those who come together come one after another, where there is a limit."""
    if cohort.seats is not None:
        hold(cohort.tenant_id, cohort.id)


def hold_both(one: Cohort, other: Cohort) -> None:
    """Before people go from one to the other; always in the same order, so that two who move crosswise do not wait for one another."""
    for cohort in sorted((one, other), key=lambda found: found.id):
        hold(cohort.tenant_id, cohort.id)


def hold_for_undo(of: Undoing) -> None:
    """Before people are taken back out of a cohort or return to it; both cohorts of a move, in the order of ``hold_both``."""
    batch = Batch.tenant_id == of.tenant_id, Batch.id == of.batch_id
    left = (
        select(part_of(Trace.before, "cohort_id", Member.cohort_id.type))
        .join(Batch, and_(Batch.tenant_id == Trace.tenant_id, Batch.id == Trace.batch_id))
        .where(*batch, Batch.kind == BatchKind.MOVE, Trace.kind == "cohort_member", Trace.before.is_not(None))
    )
    both = or_(Cohort.id.in_(select(Batch.cohort_id).where(*batch)), Cohort.id.in_(left))
    own = select(Cohort.id).where(Cohort.tenant_id == of.tenant_id, both).order_by(Cohort.id)
    session.execute(own.with_for_update(key_share=True, of=Cohort))


def keep(tenant_id: int, cohort_id: int) -> None:
    """After people were let in. Raises ``CohortFull`` where they are more than the cohort takes."""
    own = select(Cohort.seats).where(Cohort.tenant_id == tenant_id, Cohort.id == cohort_id)
    if session.scalar(own.with_for_update(read=True)) is None:
        return
    cohort = hold(tenant_id, cohort_id)  # the limit may be newer than what the caller knew
    over = taken(cohort) - (cohort.seats or 0)
    if over > 0:
        raise full(cohort, over)


def full(cohort: Cohort, over: int) -> CohortFull:
    """What is said where so many are too many."""
    return CohortFull(
        ngettext(
            "“%(name)s” is full: there is no seat for %(num)s person.",
            "“%(name)s” is full: there is no seat for %(num)s people.",
            over,
            name=cohort.name,
        ),
        _("Raise its number of seats, on the page “Self-enrolment” of the cohort, or choose fewer people."),
    )


def taken(cohort: Cohort) -> int:
    """How many people are in the cohort and have not left."""
    there = select(func.count(Member.id)).where(
        Member.tenant_id == cohort.tenant_id,
        Member.cohort_id == cohort.id,
        Member.state.not_in(GONE),
    )
    return session.scalar(there) or 0


def free(cohort: Cohort) -> int | None:
    """How many more the cohort takes; None: as many as come."""
    return None if cohort.seats is None else max(0, cohort.seats - taken(cohort))


def limit(cohort: Cohort, seats: int | None, by: Any) -> None:
    """The cohort takes so many people at most; None: as many as come. Those who wait enter. Raises ``TooFewSeats``."""
    held = hold(cohort.tenant_id, cohort.id)
    there = taken(held)
    if seats is not None and seats < there:
        raise TooFewSeats(
            ngettext(
                "%(num)s person is in this cohort already.",
                "%(num)s people are in this cohort already.",
                there,
            ),
            _("Write at least that number, or withdraw people first."),
        )
    held.seats = seats
    session.flush()  # what follows are statements
    journal.note("cohort-limited", by, tenant_id=held.tenant_id, cohort=held.id, seats=seats)
    announce(SeatsFreed(held.tenant_id, held.id))
