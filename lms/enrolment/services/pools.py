"""Pools of places: opened, given on, taken back, frozen and changed. A move first says what it would do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from lms.core import journal
from lms.core.clock import now
from lms.core.db import AnySelect, session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.enrolment import amounts
from lms.enrolment.models import PARTS, Deed, Part, Pool, PoolDeed
from lms.enrolment.services import receipts
from lms.ledger import services as ledger
from lms.ledger.models import Unit
from lms.ledger.queries import accounts_of
from lms.ledger.services import Move
from lms.organisations.models import Branch, Organisation


class PoolFrozen(Refused):
    """Nothing of a frozen pool is given, moved or taken."""


class PartTooSmall(Refused):
    """Nobody gives what they have not."""


class NothingToMove(Refused):
    """From one organisation to itself, or nothing at all."""

    status = 422


class DoneAlready(Refused):
    """The same form was sent twice."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is said of a pool when it is opened. ``price``: what one person takes, in the unit."""

    name: str
    unit: Unit
    total: int
    starts_on: date
    ends_on: date | None = None
    price: int = 1
    funder: str = ""
    course_id: int | None = None
    curriculum_id: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """What an organisation has free before a deed, and after it."""

    organisation_id: int
    name: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a move would do, or did."""

    deed: Deed
    amount: int
    lines: tuple[Line, Line]


def open_pool(
    organisation: Organisation,
    terms: Terms,
    *,
    once: str | None = None,
    by: Any = None,
    renews: Pool | None = None,
) -> Pool:
    """A new pool, all of it free, in the hands of this organisation. Raises ``DoneAlready``."""
    tenant_id = organisation.tenant_id
    book = ledger.open_book(tenant_id, terms.unit)
    pool = Pool(
        tenant_id=tenant_id, organisation_id=organisation.id, book_id=book.id, unit=terms.unit,
        name=" ".join(terms.name.split()), funder=terms.funder, course_id=terms.course_id,
        curriculum_id=terms.curriculum_id, starts_on=terms.starts_on, ends_on=terms.ends_on, price=terms.price,
        renews_id=renews.id if renews else None,
    )  # fmt: skip
    session.add(pool)
    session.flush()  # its number goes into the journal, and into the cohorts of a period renewed
    ledger.open_accounts(tenant_id, book.id, [Part.SOURCE], floor=None)
    ledger.open_accounts(tenant_id, book.id, PARTS, organisation_ids=[organisation.id])
    if terms.total:
        source = accounts_of(tenant_id, book.id, None)[Part.SOURCE].id
        free = accounts_of(tenant_id, book.id, organisation.id)[Part.FREE].id
        post(pool, Deed.OPENED, [Move(source, free, terms.total)], once, by)
    verb = "pool-renewed" if renews else "pool-opened"
    journal.note(verb, by, tenant_id=tenant_id, pool=pool.id, amount=terms.total)
    return pool


def plan_move(pool: Pool, source: Organisation, target: Organisation, amount: int) -> Plan:
    """What giving so much would do. Raises ``PoolFrozen``, ``PartTooSmall`` or ``NothingToMove``; writes nothing."""
    refuse_frozen(pool)
    if source.id == target.id or amount < 1:
        raise NothingToMove(
            _("Nothing would move."), _("Choose two different organisations, and a number above zero.")
        )
    before, there = free_of(pool, source.id), free_of(pool, target.id)
    if amount > before:
        raise PartTooSmall(
            _(
                "%(name)s has %(left)s left in “%(pool)s”, and %(wanted)s were to leave it.",
                name=source.name, left=amounts.of(pool, before), pool=pool.name, wanted=amounts.of(pool, amount),
            ),
            _("Ask for less. What people have taken is not free any more."),
        )  # fmt: skip
    lines = (
        Line(source.id, source.name, before, before - amount),
        Line(target.id, target.name, there, there + amount),
    )
    return Plan(_direction(pool.tenant_id, source.id, target.id), amount, lines)


def move(
    pool: Pool,
    source: Organisation,
    target: Organisation,
    amount: int,
    *,
    once: str | None = None,
    by: Any = None,
    leaves_receipt: bool = True,
) -> Plan:
    """Give, take back or transfer: what was done, exactly as ``plan_move`` would say it. Raises the same, and ``DoneAlready``."""
    pool = hold(pool)
    ledger.open_accounts(pool.tenant_id, pool.book_id, PARTS, organisation_ids=[target.id])
    leaves, reaches = (
        accounts_of(pool.tenant_id, pool.book_id, one.id).get(Part.FREE) for one in (source, target)
    )
    ledger.lock(pool.tenant_id, [one.id for one in (leaves, reaches) if one])
    plan = plan_move(pool, source, target, amount)
    assert leaves is not None  # or it had nothing to give
    assert reaches is not None
    number = post(pool, plan.deed, [Move(leaves.id, reaches.id, amount)], once, by)
    if leaves_receipt:
        whose = getattr(by, "organisation_id", None)  # in hand: both ends lie below
        receipts.of_places(pool, plan.deed, by, organisation_id=whose, transaction_id=number)
    journal.note(
        "places-moved", by, tenant_id=pool.tenant_id, pool=pool.id, organisation=source.id, to=target.id, amount=amount
    )  # fmt: skip
    return plan


def freeze(pool: Pool, by: Any = None, *, leaves_receipt: bool = True) -> None:
    """From now on nothing of it is given, moved or taken. What people have stays theirs."""
    hold(pool, alone=True).frozen_at = now()
    if leaves_receipt:
        receipts.of_places(pool, PoolDeed.FROZEN, by)
    journal.note("pool-frozen", by, tenant_id=pool.tenant_id, pool=pool.id)


def thaw(pool: Pool, by: Any = None, *, leaves_receipt: bool = True) -> None:
    """It may be used again."""
    hold(pool, alone=True).frozen_at = None
    if leaves_receipt:
        receipts.of_places(pool, PoolDeed.THAWED, by)
    journal.note("pool-thawed", by, tenant_id=pool.tenant_id, pool=pool.id)


def change(
    pool: Pool, *, name: str, funder: str, starts_on: date, ends_on: date | None, total: int, by: Any = None
) -> None:  # fmt: skip
    """Another name, funder, time or total. Raises ``PartTooSmall`` where less would be left than was given on or taken."""
    pool = hold(pool, alone=True)
    pool.name, pool.funder = " ".join(name.split()), funder
    pool.starts_on, pool.ends_on = starts_on, ends_on
    more = total - total_of(pool)
    if more:
        source = accounts_of(pool.tenant_id, pool.book_id, None)[Part.SOURCE].id
        free = accounts_of(pool.tenant_id, pool.book_id, pool.organisation_id)[Part.FREE].id
        ledger.lock(pool.tenant_id, [source, free])
        left = free_of(pool, pool.organisation_id)
        if left + more < 0:
            raise PartTooSmall(
                _(
                    "Only %(left)s can be taken out of “%(pool)s”: the rest is given on, or taken by people.",
                    left=amounts.of(pool, left), pool=pool.name,
                ),
                _("Take some back from the units first, or leave the total larger."),
            )  # fmt: skip
        ends = (source, free) if more > 0 else (free, source)
        post(pool, Deed.ADDED if more > 0 else Deed.REMOVED, [Move(*ends, abs(more))], None, by)
    receipts.of_places(pool, PoolDeed.CHANGED, by)
    journal.note("pool-changed", by, tenant_id=pool.tenant_id, pool=pool.id, amount=total)


def hold(pool: Pool, *, alone: bool = False) -> Pool:
    """The pool as it is now, and stays until the end of the transaction; ``alone``: nobody else holds it meanwhile."""
    found = select(Pool).where(Pool.tenant_id == pool.tenant_id, Pool.id == pool.id)
    held = found.with_for_update(read=not alone, key_share=alone).execution_options(populate_existing=True)
    return session.scalars(held).one()


def refuse_frozen(pool: Pool) -> None:
    """Raises ``PoolFrozen``."""
    if pool.frozen_at is not None:
        raise PoolFrozen(
            _("“%(pool)s” is frozen: nothing of it is given or taken.", pool=pool.name),
            _("Whoever runs the pool can open it again, on its page."),
        )


def free_of(pool: Pool, organisation_id: int) -> int:
    """What this organisation has free in the pool."""
    found = accounts_of(pool.tenant_id, pool.book_id, organisation_id).get(Part.FREE)
    return int(found.balance) if found else 0


def total_of(pool: Pool) -> int:
    """All that was ever put into the pool, less what was taken out again."""
    return -int(accounts_of(pool.tenant_id, pool.book_id, None)[Part.SOURCE].balance)


def post(pool: Pool, deed: Deed, moves: Sequence[Move] | AnySelect, once: str | None, by: Any) -> int:
    """Write a deed in the pool's book; its number. Raises ``DoneAlready``."""
    by_id = getattr(by, "person_id", None)
    number = ledger.post(pool.tenant_id, pool.book_id, deed.value, moves, once=once, by_id=by_id)
    if number is None:
        raise DoneAlready(
            _("This was done already, and is not done twice."),
            _("Go back to the pool to see where it stands."),
        )
    return number


def _direction(tenant_id: int, source_id: int, target_id: int) -> Deed:
    """Down the tree, up, or across."""
    ends = {source_id, target_id}
    found = select(Branch.above_id).where(
        Branch.tenant_id == tenant_id, Branch.above_id.in_(ends), Branch.below_id.in_(ends)
    )
    above = session.scalar(found.where(Branch.above_id != Branch.below_id))
    if above is None:
        return Deed.TRANSFERRED
    return Deed.GIVEN if above == source_id else Deed.TAKEN_BACK
