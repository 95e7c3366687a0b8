"""The next period of a pool: new places, and those of the old one that nobody used, each organisation keeping its own."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import and_, func, literal, select, update
from sqlalchemy.orm import aliased

from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.enrolment.models import PARTS, Cohort, Deed, Part, Pool, PoolDeed
from lms.enrolment.services import receipts
from lms.enrolment.services.pools import Line, NothingToMove, Terms, hold, open_pool, post, refuse_frozen
from lms.ledger import services as ledger
from lms.ledger.models import Account, Movement
from lms.ledger.queries import accounts_of
from lms.organisations.models import Organisation


class AlreadyRenewed(Refused):
    """A period is followed by one other."""


def plan_renewal(pool: Pool, total: int, *, carries: bool) -> list[Line]:
    """What each organisation has free today, and would have in the next period. Raises ``AlreadyRenewed``, ``PoolFrozen``
    or ``NothingToMove``; writes nothing."""
    _refuse_renewed(pool)
    refuse_frozen(pool)
    owner = session.get_one(Organisation, pool.organisation_id)
    units = {
        row.organisation_id: Line(row.organisation_id, row.name, row.free, row.free if carries else 0)
        for row in _unused(pool)
    }
    first = units.pop(owner.id, Line(owner.id, owner.name, 0, 0))
    lines = [Line(first.organisation_id, first.name, first.before, first.after + total), *units.values()]
    if not any(line.after for line in lines):
        raise NothingToMove(
            _("There would be nothing in the next period."), _("Give a total, or carry over what is unused.")
        )
    return lines


def renew(
    pool: Pool, starts_on: date, ends_on: date | None, total: int, *, carries: bool, by: Any = None
) -> Pool:  # fmt: skip
    """The next period: a pool of its own, which the cohorts of this one follow. Raises as ``plan_renewal`` does.

    ``carries``: what is unused goes over, each organisation keeping its own. People keep the places that they have.
    """
    bound = select(Cohort.id).where(Cohort.tenant_id == pool.tenant_id, Cohort.pool_id == pool.id)
    session.execute(
        bound.order_by(Cohort.id).with_for_update(key_share=True)
    )  # before the pool, as enrolling does
    pool = hold(pool, alone=True)
    plan_renewal(pool, total, carries=carries)
    owner = session.get_one(Organisation, pool.organisation_id)
    terms = Terms(
        pool.name,
        pool.unit,
        total,
        starts_on,
        ends_on,
        pool.price,
        pool.funder,
        pool.course_id,
        pool.curriculum_id,
    )
    after = open_pool(owner, terms, by=by, renews=pool)
    if carries:
        _carry_over(pool, after, by)
    follow = update(Cohort).where(Cohort.tenant_id == pool.tenant_id, Cohort.pool_id == pool.id)
    session.execute(follow.values(pool_id=after.id).execution_options(synchronize_session="fetch"))
    receipts.of_places(after, PoolDeed.RENEWED, by, former_pool_id=pool.id)
    return after


def _unused(pool: Pool) -> Sequence[Any]:
    """Organisation, name, and what it has free; by name."""
    found = (
        select(Account.organisation_id, Organisation.name, Account.balance.label("free"))
        .join(
            Organisation,
            and_(Organisation.tenant_id == Account.tenant_id, Organisation.id == Account.organisation_id),
        )
        .where(*_full(pool))
    )
    return session.execute(found.order_by(func.lower(Organisation.name), Organisation.id)).all()


def _full(pool: Pool) -> tuple[Any, ...]:
    """The open accounts in which something is free."""
    return (
        Account.tenant_id == pool.tenant_id,
        Account.book_id == pool.book_id,
        Account.kind == Part.FREE.value,
        Account.closed_at.is_(None),
        Account.balance > 0,
    )


def _carry_over(pool: Pool, after: Pool, by: Any) -> None:
    """What is free leaves the old book, and is there in the new one: four statements a book, however many units."""
    tenant_id = pool.tenant_id
    everywhere = select(Account.id).where(Account.tenant_id == tenant_id, Account.book_id == pool.book_id)
    ledger.lock(tenant_id, everywhere)
    ledger.open_accounts(
        tenant_id, after.book_id, PARTS, organisation_ids=select(Account.organisation_id).where(*_full(pool))
    )
    old, new = (accounts_of(tenant_id, book, None)[Part.SOURCE].id for book in (pool.book_id, after.book_id))
    if session.scalar(select(Account.id).where(*_full(pool)).limit(1)) is None:
        return
    leaving = select(Account.id.label("f"), literal(old).label("t"), Account.balance.label("n")).where(
        *_full(pool)
    )
    number = post(pool, Deed.CARRIED, leaving, None, by)
    there = aliased(Account)
    same = and_(
        there.tenant_id == tenant_id,
        there.book_id == after.book_id,
        there.kind == Part.FREE.value,
        there.organisation_id == Account.organisation_id,
    )
    arriving = (
        select(literal(new).label("f"), there.id.label("t"), Movement.amount.label("n"))
        .join(Account, and_(Account.tenant_id == Movement.tenant_id, Account.id == Movement.from_id))
        .join(there, same)
        .where(
            Movement.tenant_id == tenant_id,
            Movement.book_id == pool.book_id,
            Movement.transaction_id == number,
        )
    )
    post(after, Deed.CARRIED, arriving, None, by)


def _refuse_renewed(pool: Pool) -> None:
    next_one = select(Pool.id).where(Pool.tenant_id == pool.tenant_id, Pool.renews_id == pool.id)
    if session.scalar(next_one) is not None:
        raise AlreadyRenewed(
            _("“%(pool)s” has its next period already.", pool=pool.name),
            _("Open that one, in the list of pools."),
        )
