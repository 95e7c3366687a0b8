"""Who returns to a cohort by an undo, and whom of them its pool has no place for. Each speaks of ``Trace`` of a member."""

from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from lms.core.clock import today
from lms.core.db import AnySelect
from lms.enrolment.models import Cohort, Member, Part, Place, Pool, Trace
from lms.enrolment.states import GONE
from lms.enrolment.undoing import Undoing, part_of
from lms.ledger.models import Account


def has_left() -> ColumnElement[bool]:
    """Whether the batch took somebody out of the cohort, or back into it."""
    before, after = _is_gone(Trace.before), _is_gone(Trace.after)
    return or_(and_(after, ~before), and_(before, ~after))


def has_moved() -> ColumnElement[bool]:
    """Whether the batch moved somebody to another cohort."""
    return _cohort(Trace.before) != _cohort(Trace.after)


def without_a_place(batch: Undoing) -> AnySelect:
    """``person_id`` of those who would return to a cohort whose pool has none left for them, is frozen or over.

    What the undo itself frees in that part of the pool is counted as left. Those of the lowest numbers come first.
    """
    wanting, freed = _wanting(batch).subquery(), _freed(batch).subquery()
    free = and_(
        Account.tenant_id == Pool.tenant_id, Account.book_id == Pool.book_id, Account.kind == Part.FREE.value,
        Account.organisation_id == wanting.c.organisation_id, Account.closed_at.is_(None),
    )  # fmt: skip
    same = and_(freed.c.pool_id == wanting.c.pool_id, freed.c.organisation_id == wanting.c.organisation_id)
    left = func.coalesce(Account.balance, 0) + func.coalesce(freed.c.amount, 0)
    day = today()
    is_closed = or_(
        Pool.frozen_at.is_not(None), Pool.starts_on > day, and_(Pool.ends_on.is_not(None), Pool.ends_on < day)
    )
    return (
        select(wanting.c.person_id)
        .join(Pool, and_(Pool.tenant_id == batch.tenant_id, Pool.id == wanting.c.pool_id))
        .outerjoin(Account, free)
        .outerjoin(freed, same)
        .where(or_(is_closed, wanting.c.rank * Pool.price > left))
    )


def _wanting(batch: Undoing) -> AnySelect:
    """Whoever would return to a cohort with a pool, without a place there that stays: with their rank among those of its part."""
    to = and_(
        Cohort.tenant_id == Trace.tenant_id, Cohort.id == _cohort(Trace.before), Cohort.pool_id.is_not(None)
    )
    stays = select(Place.id).where(
        Place.tenant_id == Trace.tenant_id, Place.member_id == Trace.row_id,
        or_(
            Place.used_at.is_not(None), _cohort(Trace.before) == _cohort(Trace.after),
            and_(Place.pool_id == Cohort.pool_id, Place.organisation_id == Cohort.organisation_id),
        ),
    )  # fmt: skip
    part = Cohort.pool_id, Cohort.organisation_id
    rank = func.row_number().over(partition_by=part, order_by=Trace.person_id)
    return (
        select(Trace.person_id, *part, rank.label("rank"))
        .join(Cohort, to)
        .join(Member, and_(Member.tenant_id == Trace.tenant_id, Member.id == Trace.row_id))
        .where(*_open(batch), Trace.before.is_not(None), ~_is_gone(Trace.before), or_(_is_gone(Trace.after), has_moved()), ~stays.exists())
    )  # fmt: skip


def _freed(batch: Undoing) -> AnySelect:
    """What the undo frees: unused places of whoever goes, leaves again or moves back."""
    theirs = select(Trace.row_id).where(
        *_open(batch), or_(Trace.before.is_(None), _is_gone(Trace.before), has_moved())
    )
    own = Place.tenant_id == batch.tenant_id, Place.used_at.is_(None), Place.member_id.in_(theirs)
    amount = func.sum(Place.amount).label("amount")
    return (
        select(Place.pool_id, Place.organisation_id, amount)
        .where(*own)
        .group_by(Place.pool_id, Place.organisation_id)
    )


def _open(batch: Undoing) -> tuple[ColumnElement[bool], ...]:
    own = Trace.tenant_id == batch.tenant_id, Trace.batch_id == batch.batch_id, ~Trace.is_undone
    return *own, Trace.kind == "cohort_member"


def _is_gone(kept: Any) -> ColumnElement[bool]:
    return part_of(kept, "state", Trace.kind.type).in_([one.value for one in GONE])


def _cohort(kept: Any) -> ColumnElement[int]:
    return part_of(kept, "cohort_id", Member.cohort_id.type)
