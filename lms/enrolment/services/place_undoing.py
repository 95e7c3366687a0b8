"""What was done to places is taken back by a movement the other way; refused, with words, where they were used meanwhile."""

from typing import Any

from sqlalchemy import func, select

from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.i18n import ngettext
from lms.enrolment.models import Batch, Cohort, Deed, Member, Place, Pool, PoolDeed
from lms.enrolment.services import places, pools
from lms.ledger.models import Account, Movement
from lms.organisations.models import Organisation

_MOVES = (Deed.GIVEN, Deed.TAKEN_BACK, Deed.TRANSFERRED)
#: What is put right otherwise than by an undo.
LASTING = (PoolDeed.CHANGED, PoolDeed.RENEWED)


class UsedMeanwhile(Refused):
    """Something came after it that stands in the way."""


def demand_undoable(batch: Batch) -> None:
    """Raises ``UsedMeanwhile`` for what is never taken back."""
    if batch.deed in LASTING:
        raise UsedMeanwhile(
            _("This is not taken back by an undo."),
            _("Change the settings of the pool again, or freeze the period that was opened by mistake."),
        )


def undo(batch: Batch, by: Any = None) -> None:
    """Take a deed on places back. Raises ``UsedMeanwhile``, or what the deed the other way raises."""
    demand_undoable(batch)
    pool = session.get_one(Pool, batch.pool_id)
    if batch.deed in _MOVES:
        _move_back(batch, pool, by)
    elif batch.deed in (PoolDeed.FROZEN, PoolDeed.THAWED):
        _turn_back(batch, pool, by)
    else:
        _bind_back(batch, pool, by)


def _move_back(batch: Batch, pool: Pool, by: Any) -> None:
    moved = select(Movement.from_id, Movement.to_id, Movement.amount).where(
        Movement.tenant_id == batch.tenant_id, Movement.book_id == pool.book_id,
        Movement.transaction_id == batch.transaction_id,
    )  # fmt: skip
    row = session.execute(moved).one()
    source, target = (_unit(batch, account_id) for account_id in (row.from_id, row.to_id))
    once = f"undo/{batch.id}"
    pools.move(pool, target, source, row.amount, once=once, by=by, leaves_receipt=False)


def _unit(batch: Batch, account_id: int) -> Organisation:
    """Whose account it is now."""
    of = Account.tenant_id == batch.tenant_id, Account.id == account_id
    account = session.execute(select(Account.organisation_id, Account.closed_at).where(*of)).one()
    unit = session.get_one(Organisation, account.organisation_id)
    if account.closed_at is not None or unit.archived_at is not None:
        raise UsedMeanwhile(
            _("“%(name)s” is no more at work, or was merged into another organisation.", name=unit.name),
            _("Move what is left on the page of the pool."),
        )
    return unit


def _turn_back(batch: Batch, pool: Pool, by: Any) -> None:
    is_frozen = pools.hold(pool, alone=True).frozen_at is not None
    if is_frozen != (batch.deed == PoolDeed.FROZEN):
        raise UsedMeanwhile(
            _("“%(pool)s” was frozen or opened again since.", pool=pool.name),
            _("Look at the page of the pool: it stands as you want it already."),
        )
    (pools.thaw if is_frozen else pools.freeze)(pool, by, leaves_receipt=False)


def _bind_back(batch: Batch, pool: Pool, by: Any) -> None:
    cohort = session.get(Cohort, batch.cohort_id) if batch.cohort_id else None
    is_bound = batch.deed == PoolDeed.BOUND
    if cohort is None or cohort.pool_id != (pool.id if is_bound else None):
        raise UsedMeanwhile(
            _("The cohort gets its places elsewhere by now, or is gone."),
            _("Say on the page of the pool which cohort uses it."),
        )
    if not is_bound:
        places.bind(cohort, pool, by=by, leaves_receipt=False)
        return
    _refuse_used(batch, cohort, pool)
    places.unspend(cohort, pool, by)
    if batch.former_pool_id:
        places.bind(cohort, session.get_one(Pool, batch.former_pool_id), by=by, leaves_receipt=False)
    else:
        places.unbind(cohort, by, leaves_receipt=False)


def _refuse_used(batch: Batch, cohort: Cohort, pool: Pool) -> None:
    if batch.former_pool_id == pool.id:
        raise UsedMeanwhile(
            _("The cohort used this pool before: more of its people got places."),
            _("Withdraw them, or take the cohort off the pool, on its page."),
        )
    of = select(Member.id).where(Member.tenant_id == cohort.tenant_id, Member.cohort_id == cohort.id)
    used = select(func.count(Place.id)).where(
        Place.tenant_id == batch.tenant_id, Place.pool_id == pool.id, Place.member_id.in_(of), Place.used_at > batch.at
    )  # fmt: skip
    if number := session.scalar(used) or 0:
        raise UsedMeanwhile(
            ngettext(
                "%(num)s person has begun since: their place is spent.",
                "%(num)s people have begun since: their places are spent.",
                number,
            ),
            _("Take the cohort off the pool, on its page: what nobody used is free again."),
        )
