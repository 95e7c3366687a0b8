"""What people take of a pool: kept for them when they enrol, free again when they leave before they began, else used.

Places come and go with the members themselves, in the same transaction: the handlers of this room call these, and
``progress`` says who has begun.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, delete, func, literal, select, update

from lms.core import journal
from lms.core.clock import Instant, now
from lms.core.db import AnySelect, insert_new, session
from lms.enrolment.models import (
    PARTS,
    Batch,
    BatchKind,
    Cohort,
    Deed,
    Enrolment,
    Member,
    Part,
    Place,
    Pool,
    PoolDeed,
)
from lms.enrolment.services import receipts
from lms.enrolment.services.place_rules import PoolClosed, refuse_closed, refuse_wrong_path, too_few
from lms.enrolment.services.pools import PoolFrozen, free_of, hold, refuse_frozen
from lms.enrolment.states import GONE
from lms.ledger import services as ledger
from lms.ledger.models import Account
from lms.ledger.queries import accounts_of
from lms.ledger.services import Move

_Sums = Counter[tuple[int, int]]  #: pool and organisation -> how much


@dataclass(frozen=True, slots=True)
class Taken:
    """How many people needed a place, and how many got one."""

    wanted: int
    taken: int


def bind(
    cohort: Cohort, pool: Pool, *, as_many: bool = False, by: Any = None, leaves_receipt: bool = True
) -> Taken:
    """From now on the cohort's people get their places out of this pool; those who are there get theirs at once.

    ``as_many``: where there are too few, those who came first get one. Raises ``PlacesShort``, ``PoolClosed``,
    ``PoolFrozen`` or ``WrongPath``; then nothing is bound.
    """
    _hold_cohort(cohort, alone=True)
    refuse_wrong_path(cohort, pool)
    former = cohort.pool_id
    if former != pool.id:
        _let_go(cohort, by)
    cohort.pool_id = pool.id
    session.flush()  # what follows are statements
    done = _take(cohort, pool, _of_cohort(cohort), as_many=as_many, by_id=getattr(by, "person_id", None))
    if leaves_receipt:
        receipts.of_places(pool, PoolDeed.BOUND, by, cohort=cohort, former_pool_id=former, people=done.taken)
    journal.note(
        "cohort-bound", by, tenant_id=cohort.tenant_id, cohort=cohort.id, pool=pool.id, people=done.taken
    )
    return done


def unbind(cohort: Cohort, by: Any = None, *, leaves_receipt: bool = True) -> None:
    """Its people need no place any more: what nobody used is free again."""
    _hold_cohort(cohort, alone=True)
    freed = _let_go(cohort, by)
    if leaves_receipt and cohort.pool_id:
        former = session.get_one(Pool, cohort.pool_id)
        receipts.of_places(former, PoolDeed.UNBOUND, by, cohort=cohort, people=freed // former.price)
    cohort.pool_id = None
    journal.note("cohort-unbound", by, tenant_id=cohort.tenant_id, cohort=cohort.id)


def give_to_batch(tenant_id: int, cohort_id: int, batch_id: int) -> Taken:
    """Whoever came with this batch gets a place, where the cohort is bound to a pool. Raises as ``bind`` does.

    Those who moved leave the place that they have not begun to use where they came from.
    """
    cohort = session.get_one(Cohort, cohort_id)
    _hold_cohort(cohort)
    batch = session.get_one(Batch, batch_id)
    pool = session.get_one(Pool, cohort.pool_id) if cohort.pool_id else None
    mine = and_(Member.tenant_id == tenant_id, Member.batch_id == batch_id)
    if batch.kind is BatchKind.MOVE:
        elsewhere: Any = Place.member_id.in_(select(Member.id).where(mine))
        if pool is not None:  # both at once, so that two who move crosswise do not wait for one another
            _hold_all(tenant_id, [*_parts_of(tenant_id, elsewhere), (pool.id, cohort.organisation_id)])
            elsewhere &= ~and_(Place.pool_id == pool.id, Place.organisation_id == cohort.organisation_id)
        _free(tenant_id, elsewhere, f"cohort/{cohort_id}", batch.by_id)
    if pool is None:
        return Taken(0, 0)
    return _take(cohort, pool, mine, as_many=False, by_id=batch.by_id)


def free_of_withdrawn(tenant_id: int, cohort_id: int) -> int:
    """Places that those who left this cohort had not begun to use are free again; how many there were."""
    gone = select(Member.id).where(
        Member.tenant_id == tenant_id, Member.cohort_id == cohort_id, Member.state.in_(GONE)
    )
    receipt = select(Batch.by_id).where(
        Batch.tenant_id == tenant_id,
        Batch.cohort_id == cohort_id,
        Batch.kind.in_((BatchKind.WITHDRAWAL, BatchKind.RULE)),
    )
    who = session.scalar(receipt.order_by(Batch.id.desc()).limit(1))
    return _free(tenant_id, Place.member_id.in_(gone), f"cohort/{cohort_id}", who)


def follow(tenant_id: int, member_ids: Any, by_id: int | None = None, *, moved: bool = False) -> Taken:
    """Bring places in line with where these members are now, after a deed that was no enrolment: an undo.

    Places that those who left, or ``moved`` elsewhere, had not begun to use are free again; who is there and has none gets
    one of the cohort's pool. Where none is left, or the pool is frozen or over, they stay without, as the page of the pool
    shows. ``member_ids``: numbers, or a SELECT of them.
    """
    mine = and_(Member.tenant_id == tenant_id, Member.id.in_(member_ids))
    cohorts = _cohorts_held(tenant_id, select(Member.cohort_id).where(mine))
    leaving: Any = Place.member_id.in_(select(Member.id).where(mine, Member.state.in_(GONE)))
    for cohort in cohorts if moved else ():
        there = select(Member.id).where(mine, Member.cohort_id == cohort.id)
        stays = and_(Place.pool_id == cohort.pool_id, Place.organisation_id == cohort.organisation_id)
        leaving |= Place.member_id.in_(there) & (~stays if cohort.pool_id else literal(True))
    bound = [cohort for cohort in cohorts if cohort.pool_id]
    parts = [
        *_parts_of(tenant_id, leaving),
        *((one.pool_id, one.organisation_id) for one in bound if one.pool_id),
    ]
    if not parts:
        return Taken(0, 0)
    _hold_all(tenant_id, parts)
    _free(tenant_id, leaving, f"cohort/{cohorts[0].id}", by_id)
    done = [_take_there(one, and_(mine, Member.cohort_id == one.id), by_id) for one in bound]
    return Taken(sum(one.wanted for one in done), sum(one.taken for one in done))


def _take_there(cohort: Cohort, which: Any, by_id: int | None) -> Taken:
    pool = session.get_one(Pool, cohort.pool_id)
    try:
        return _take(cohort, pool, which, as_many=True, by_id=by_id)
    except (PoolFrozen, PoolClosed):
        return Taken(0, 0)


def release(tenant_id: int, member_ids: Any, by: Any = None) -> int:
    """Take back the places that these members have not begun to use; how many. Before a member's row is deleted."""
    return _free(tenant_id, Place.member_id.in_(member_ids), "", getattr(by, "person_id", None))


def begun(tenant_id: int, enrolment_ids: Sequence[int] | AnySelect) -> None:
    """The people of these enrolments have begun: their places are used. One statement where nobody has any."""
    theirs = select(Enrolment.member_id).where(
        Enrolment.tenant_id == tenant_id, Enrolment.id.in_(enrolment_ids)
    )
    _use(tenant_id, Place.member_id.in_(theirs))


def _take(cohort: Cohort, pool: Pool, which: Any, *, as_many: bool, by_id: int | None) -> Taken:
    """Places for these members, as far as they lack one."""
    tenant_id, organisation_id = cohort.tenant_id, cohort.organisation_id
    lacking = select(Member.id).where(
        which, Member.state.not_in(GONE), ~select(Place.id).where(
            Place.tenant_id == Member.tenant_id, Place.member_id == Member.id
        ).exists(),
    )  # fmt: skip
    if session.scalar(lacking.limit(1)) is None:
        return Taken(0, 0)
    pool = hold(pool)
    refuse_frozen(pool)
    refuse_closed(pool)
    ledger.open_accounts(tenant_id, pool.book_id, PARTS, organisation_ids=[organisation_id])
    accounts = accounts_of(tenant_id, pool.book_id, organisation_id)
    free, assigned = accounts[Part.FREE].id, accounts[Part.ASSIGNED].id
    ledger.lock(tenant_id, [free, assigned])
    left = free_of(pool, organisation_id) // pool.price
    wanted = session.scalar(select(func.count()).select_from(lacking.subquery())) or 0
    if wanted > left and not as_many:
        raise too_few(pool, cohort, wanted)
    rows = lacking.order_by(Member.id).limit(left).subquery()
    values = (
        literal(tenant_id), rows.c.id, literal(pool.id), literal(organisation_id), literal(pool.price),
        literal(now(), Instant()),
    )  # fmt: skip
    columns = ["tenant_id", "member_id", "pool_id", "organisation_id", "amount", "taken_at"]
    taken = insert_new(Place, columns, select(*values).where(literal(True))) if left else 0
    if taken:
        move = Move(free, assigned, taken * pool.price)
        about = f"cohort/{cohort.id}"
        ledger.post(tenant_id, pool.book_id, Deed.ASSIGNED.value, [move], about=about, by_id=by_id)
        _use_of_those_who_began(tenant_id, which, about, by_id)
    return Taken(wanted, taken)


def _use_of_those_who_began(tenant_id: int, which: Any, about: str, by_id: int | None) -> None:
    """Who had begun before there was a pool, or comes back to what they began, uses the place at once."""
    began = select(Enrolment.id).where(
        Enrolment.tenant_id == Member.tenant_id,
        Enrolment.member_id == Member.id,
        Enrolment.started_at.is_not(None),
    )
    _use(tenant_id, Place.member_id.in_(select(Member.id).where(which, began.exists())), about, by_id)


def _use(tenant_id: int, which: Any, about: str = "", by_id: int | None = None) -> None:
    used = (
        update(Place)
        .where(Place.tenant_id == tenant_id, which, Place.used_at.is_(None))
        .values(used_at=now())
        .returning(Place.pool_id, Place.organisation_id, Place.amount)
    )
    _carry(tenant_id, _sums(used), (Part.ASSIGNED, Part.USED), Deed.USED, about, by_id)


def _free(tenant_id: int, which: Any, about: str, by_id: int | None) -> int:
    gone = delete(Place).where(Place.tenant_id == tenant_id, which, Place.used_at.is_(None))
    sums = _sums(gone.returning(Place.pool_id, Place.organisation_id, Place.amount))
    _carry(tenant_id, sums, (Part.ASSIGNED, Part.FREE), Deed.RELEASED, about, by_id)
    return sum(sums.values())


def _sums(changing: Any) -> _Sums:
    found: _Sums = Counter()
    for row in session.execute(changing.execution_options(synchronize_session=False)):
        found[row.pool_id, row.organisation_id] += row.amount
    return found


def _carry(
    tenant_id: int, sums: _Sums, ends: tuple[Part, Part], deed: Deed, about: str = "", by_id: int | None = None
) -> None:  # fmt: skip
    """From one account of each organisation to another: a deed a pool."""
    if not sums:
        return
    accounts = _accounts(tenant_id, sums, ends)
    ledger.lock(tenant_id, [row.id for row in accounts.values()])
    for pool_id in sorted({pool_id for pool_id, _organisation in sums}):
        moves = [
            Move(accounts[(*key, ends[0])].id, accounts[(*key, ends[1])].id, amount)
            for key, amount in sums.items()
            if key[0] == pool_id
        ]
        book_id = next(row.book_id for key, row in accounts.items() if key[0] == pool_id)
        ledger.post(tenant_id, book_id, deed.value, moves, about=about, by_id=by_id)


def _accounts(
    tenant_id: int, whose: Iterable[tuple[int, int]], kinds: Collection[Part]
) -> dict[tuple[int, int, str], Any]:
    """Pool, organisation and kind -> the account."""
    pools, organisations = zip(*whose, strict=True)
    found = (
        select(Pool.id.label("pool_id"), Account.organisation_id, Account.kind, Account.id, Account.book_id)
        .join(Account, and_(Account.tenant_id == Pool.tenant_id, Account.book_id == Pool.book_id))
        .where(
            Pool.tenant_id == tenant_id, Pool.id.in_(set(pools)), Account.organisation_id.in_(set(organisations)),
            Account.kind.in_([kind.value for kind in kinds]), Account.closed_at.is_(None),
        )
    )  # fmt: skip
    return {(row.pool_id, row.organisation_id, row.kind): row for row in session.execute(found)}


def _parts_of(tenant_id: int, which: Any) -> list[tuple[int, int]]:
    found = select(Place.pool_id, Place.organisation_id).where(
        Place.tenant_id == tenant_id, which, Place.used_at.is_(None)
    )
    return [(row.pool_id, row.organisation_id) for row in session.execute(found.distinct())]


def _hold_all(tenant_id: int, whose: Sequence[tuple[int, int]]) -> None:
    ledger.lock(tenant_id, [row.id for row in _accounts(tenant_id, whose, PARTS).values()])


def unspend(cohort: Cohort, pool: Pool, by: Any = None) -> int:
    """Places of this pool that its people had spent when the cohort was bound to it are free again; how much it was."""
    theirs = Place.member_id.in_(select(Member.id).where(_of_cohort(cohort)))
    spent = delete(Place).where(
        Place.tenant_id == cohort.tenant_id, Place.pool_id == pool.id, theirs, Place.used_at.is_not(None)
    )
    sums = _sums(spent.returning(Place.pool_id, Place.organisation_id, Place.amount))
    who = getattr(by, "person_id", None)
    _carry(cohort.tenant_id, sums, (Part.USED, Part.FREE), Deed.RELEASED, f"cohort/{cohort.id}", who)
    return sum(sums.values())


def _let_go(cohort: Cohort, by: Any) -> int:
    theirs = select(Member.id).where(_of_cohort(cohort))
    who = getattr(by, "person_id", None)
    return _free(cohort.tenant_id, Place.member_id.in_(theirs), f"cohort/{cohort.id}", who)


def _of_cohort(cohort: Cohort) -> Any:
    return and_(Member.tenant_id == cohort.tenant_id, Member.cohort_id == cohort.id)


def _cohorts_held(tenant_id: int, cohort_ids: AnySelect) -> Sequence[Cohort]:
    """These cohorts as ``_hold_cohort`` holds one, in the order of their numbers."""
    own = select(Cohort).where(Cohort.tenant_id == tenant_id, Cohort.id.in_(cohort_ids)).order_by(Cohort.id)
    held = own.with_for_update(read=True).execution_options(populate_existing=True)
    return session.scalars(held).all()


def _hold_cohort(cohort: Cohort, *, alone: bool = False) -> None:
    """Whoever binds a cohort waits for those who enrol into it, and they for them."""
    own = select(Cohort).where(Cohort.tenant_id == cohort.tenant_id, Cohort.id == cohort.id)
    held = own.with_for_update(read=not alone, key_share=alone).execution_options(populate_existing=True)
    session.scalars(held).one()
