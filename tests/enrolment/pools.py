"""Pools of places for tests."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from lms.core import db
from lms.core.clock import today
from lms.core.db import Mode, session
from lms.enrolment.models import Cohort, Member, Part, Place, Pool
from lms.enrolment.services import places, pools
from lms.enrolment.services.pools import Terms
from lms.ledger import queries as books
from lms.ledger.models import Account, Unit
from lms.organisations.models import Organisation
from tests.support.worlds import Corner


def opened(corner: Corner, total: int = 100, *, at: int | None = None, **terms: Any) -> int:
    """A pool of so many places in the hands of the root, or of another unit: its number."""
    said: dict[str, Any] = {
        "name": "Région 2026",
        "unit": Unit.PLACE,
        "starts_on": today() - timedelta(days=9),
    }
    with db.transaction(tenant_id=corner.tenant_id):
        holder = session.get_one(Organisation, at or corner.root_id)
        return pools.open_pool(holder, Terms(**(said | {"total": total} | terms))).id


def give(corner: Corner, pool_id: int, amount: int, *, to: int, of: int | None = None) -> pools.Plan:
    """So much from the root, or from ``of``, to a unit."""
    with db.transaction(tenant_id=corner.tenant_id):
        source, target = (session.get_one(Organisation, one) for one in (of or corner.root_id, to))
        return pools.move(session.get_one(Pool, pool_id), source, target, amount)


def bound(corner: Corner, pool_id: int, cohort_id: int | None = None, **how: Any) -> places.Taken:
    """The corner's cohort, or another one, gets its places out of this pool."""
    with db.transaction(tenant_id=corner.tenant_id):
        cohort = session.get_one(Cohort, cohort_id or corner.cohort_id)
        return places.bind(cohort, session.get_one(Pool, pool_id), **how)


def parts(corner: Corner, pool_id: int, organisation_id: int) -> tuple[int, int, int]:
    """Free, assigned and used of a unit."""
    with db.transaction(Mode.READ, corner.tenant_id):
        pool = session.get_one(Pool, pool_id)
        found = books.accounts_of(corner.tenant_id, pool.book_id, organisation_id)
    free, assigned, used = (
        found[kind].balance if kind in found else 0 for kind in (Part.FREE, Part.ASSIGNED, Part.USED)
    )
    return free, assigned, used


def is_right(tenant_id: int) -> bool:
    """Whether the books add up, nobody owes anything, and places are those that members have."""
    with db.transaction(Mode.READ, tenant_id):
        assert books.faults(tenant_id) == []
        low = select(Account.id).where(Account.balance < 0, Account.kind != Part.SOURCE.value)
        assert session.scalars(low).all() == []
        for pool in session.scalars(select(Pool)):
            taken = select(Place.amount).where(Place.pool_id == pool.id)
            for kind, which in (
                (Part.ASSIGNED, Place.used_at.is_(None)),
                (Part.USED, Place.used_at.is_not(None)),
            ):
                own = select(Account.balance).where(
                    Account.book_id == pool.book_id, Account.kind == kind.value
                )
                assert sum(session.scalars(own)) == sum(session.scalars(taken.where(which)))
    return True


def member_ids(corner: Corner, cohort_id: int | None = None) -> list[int]:
    """Members of the corner's cohort, in order."""
    with db.transaction(Mode.READ, corner.tenant_id):
        own = select(Member.id).where(Member.cohort_id == (cohort_id or corner.cohort_id))
        return list(session.scalars(own.order_by(Member.id)))


def day(offset: int) -> date:
    """A day from today."""
    return today() + timedelta(days=offset)
