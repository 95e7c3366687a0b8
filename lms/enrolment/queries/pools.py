"""Pools of places in sight: what the units in hand have of each, what moved, and who takes what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from lms.core import counting
from lms.core.db import AnyRow, AnySelect, session
from lms.enrolment.models import PARTS, Cohort, Deed, Member, Part, Place, Pool, PoolShare
from lms.enrolment.queries.listing import PAGE, Page
from lms.enrolment.states import GONE
from lms.ledger.models import Account, Movement, Transaction
from lms.organisations.actor import Actor
from lms.organisations.models import Organisation, Role
from lms.organisations.queries import CHOICES, in_hand
from lms.people.models import Person

_source, _target = aliased(Account), aliased(Account)
_giver, _taker = aliased(Organisation), aliased(Organisation)
_WITHIN = (Deed.ASSIGNED, Deed.RELEASED, Deed.USED)  #: deeds between accounts of one unit


@dataclass(frozen=True, slots=True)
class Figures:
    """What the units in hand have of a pool, in its unit."""

    free: int = 0
    assigned: int = 0
    used: int = 0

    @property
    def total(self) -> int:
        """All that reached them."""
        return self.free + self.assigned + self.used

    @property
    def taken(self) -> int:
        """What people have, whether they began or not."""
        return self.assigned + self.used


@dataclass(frozen=True, slots=True)
class PoolRow:
    """A pool, who holds it, and the figures of the units in hand."""

    pool: Pool
    holder: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class MovementRow:
    """What moved: the names of both ends ("": the pool itself, or within one unit), and what it was about."""

    at: datetime
    deed: str
    source: str
    target: str
    amount: int
    cohort: str
    who: str


def pools_in_sight(actor: Actor, number: int = 1) -> Page:
    """One page of ``PoolRow``, by name, the latest period first."""
    seen = _in_sight(actor)
    number, total, and_more = counting.page_of(select(Pool.id).where(*seen), number, PAGE)
    found = select(Pool, Organisation.name).join(
        Organisation,
        and_(Organisation.tenant_id == Pool.tenant_id, Organisation.id == Pool.organisation_id),
    )
    order = Pool.sort_name, Pool.starts_on.desc(), Pool.id.desc()
    rows = session.execute(found.where(*seen).order_by(*order).limit(PAGE).offset((number - 1) * PAGE)).all()
    sums = _figures(actor, [pool.book_id for pool, _holder in rows])
    shown: Any = [PoolRow(pool, holder, sums.get(pool.book_id, Figures())) for pool, holder in rows]
    return Page(shown, number, total, and_more=and_more)


def pool_in_sight(actor: Actor, pool_id: int) -> Pool | None:
    """The pool, if an organisation in hand holds it or has a part of it."""
    return session.scalars(select(Pool).where(Pool.id == pool_id, *_in_sight(actor))).one_or_none()


def pool_in_hand(actor: Actor, pool_id: int) -> Pool | None:
    """The pool, if an organisation in hand holds it: what may be frozen, changed and renewed."""
    if reads_only(actor):
        return None
    own = Pool.tenant_id == actor.tenant_id, Pool.organisation_id.in_(in_hand(actor))
    return session.scalars(select(Pool).where(Pool.id == pool_id, *own)).one_or_none()


def pool_figures(actor: Actor, pool: Pool) -> Figures:
    """What the units in hand have of it together."""
    return _figures(actor, [pool.book_id]).get(pool.book_id, Figures())


def is_held_here(actor: Actor, pool: Pool) -> bool:
    """Whether an organisation in hand holds the pool itself."""
    return pool_in_hand(actor, pool.id) is not None


def pool_units(actor: Actor, pool: Pool, number: int = 1) -> Page:
    """One page of units: number, name, free, assigned and used, by name."""
    sums = [
        func.sum(case((Account.kind == kind.value, Account.balance), else_=0)).label(kind.value)
        for kind in PARTS
    ]
    of_unit = and_(Organisation.tenant_id == Account.tenant_id, Organisation.id == Account.organisation_id)
    found = (
        select(Organisation.id, Organisation.name, *sums)
        .join(Account, of_unit)
        .where(*_accounts(actor, [pool.book_id]))
        .group_by(Organisation.id, Organisation.name)
        .having(func.sum(Account.balance) > 0)
    )
    number, total, and_more = counting.page_of(found.with_only_columns(Organisation.id), number, PAGE)
    order = found.order_by(func.lower(Organisation.name), Organisation.id)
    rows = session.execute(order.limit(PAGE).offset((number - 1) * PAGE)).all()
    return Page(rows, number, total, and_more=and_more)


def pool_cohorts(actor: Actor, pool: Pool) -> Sequence[AnyRow]:
    """Cohorts in hand that get their places here: number, name, unit, people with a place, and without. At most 100.

    To whoever only funds the pool, none.
    """
    if reads_only(actor):
        return []
    there = and_(Member.tenant_id == Cohort.tenant_id, Member.cohort_id == Cohort.id)
    is_here = Member.state.not_in(GONE)
    place = and_(Place.tenant_id == Member.tenant_id, Place.member_id == Member.id)
    found = (
        select(
            Cohort.id, Cohort.name, Organisation.name.label("unit"),
            func.count(Place.id).label("placed"),
            func.count(case((and_(is_here, Place.id.is_(None)), Member.id))).label("waiting"),
        )
        .join(Organisation, and_(Organisation.tenant_id == Cohort.tenant_id, Organisation.id == Cohort.organisation_id))
        .outerjoin(Member, there)
        .outerjoin(Place, place)
        .where(Cohort.tenant_id == actor.tenant_id, Cohort.pool_id == pool.id, Cohort.organisation_id.in_(in_hand(actor)))
        .group_by(Cohort.id, Cohort.name, Cohort.sort_name, Organisation.name)
    )  # fmt: skip
    return session.execute(found.order_by(Cohort.sort_name, Cohort.id).limit(100)).all()


def cohorts_to_bind(actor: Actor, pool: Pool) -> Sequence[AnyRow]:
    """Number, name and unit of the cohorts in hand that are not bound to this pool. At most ``CHOICES``."""
    found = (
        select(Cohort.id, Cohort.name, Organisation.name.label("unit"))
        .join(
            Organisation,
            and_(Organisation.tenant_id == Cohort.tenant_id, Organisation.id == Cohort.organisation_id),
        )
        .where(
            Cohort.tenant_id == actor.tenant_id,
            Cohort.organisation_id.in_(in_hand(actor)),
            Cohort.pool_id.is_distinct_from(pool.id),
        )
    )
    return session.execute(found.order_by(Cohort.sort_name, Cohort.id).limit(CHOICES)).all()


def givers(actor: Actor, pool: Pool) -> Sequence[AnyRow]:
    """Number, name and what is free, of the units in hand that have any. At most ``CHOICES``."""
    of_unit = and_(Organisation.tenant_id == Account.tenant_id, Organisation.id == Account.organisation_id)
    found = (
        select(Organisation.id, Organisation.name, Account.balance.label("free"))
        .join(Account, of_unit)
        .where(*_accounts(actor, [pool.book_id]), Account.kind == Part.FREE.value, Account.balance > 0)
    )
    return session.execute(
        found.order_by(func.lower(Organisation.name), Organisation.id).limit(CHOICES)
    ).all()


def takers(actor: Actor) -> Sequence[AnyRow]:
    """Number and name of the units in hand that are at work. At most ``CHOICES``."""
    found = select(Organisation.id, Organisation.name).where(
        Organisation.tenant_id == actor.tenant_id,
        Organisation.id.in_(in_hand(actor)),
        Organisation.archived_at.is_(None),
    )
    return session.execute(
        found.order_by(func.lower(Organisation.name), Organisation.id).limit(CHOICES)
    ).all()


def pool_people(actor: Actor, pool: Pool, number: int = 1) -> Page:
    """One page of those who take a place here: person, cohort, unit, since when, and when they began; by name."""
    mine = (
        Place.tenant_id == actor.tenant_id,
        Place.pool_id == pool.id,
        Place.organisation_id.in_(in_hand(actor)),
    )
    number, total, and_more = counting.page_of(select(Place.id).where(*mine), number, PAGE)
    found = (
        select(
            Place.id, Member.id.label("member_id"), Cohort.id.label("cohort_id"), Cohort.name.label("cohort"),
            Organisation.name.label("unit"), Person.first_name, Person.last_name, Place.taken_at, Place.used_at,
        )
        .join(Member, and_(Member.tenant_id == Place.tenant_id, Member.id == Place.member_id))
        .join(Cohort, and_(Cohort.tenant_id == Member.tenant_id, Cohort.id == Member.cohort_id))
        .join(Person, and_(Person.tenant_id == Member.tenant_id, Person.id == Member.person_id))
        .join(Organisation, and_(Organisation.tenant_id == Place.tenant_id, Organisation.id == Place.organisation_id))
        .where(*mine)
        .order_by(Person.sort_name, Place.id)
    )  # fmt: skip
    rows = session.execute(found.limit(PAGE).offset((number - 1) * PAGE)).all()
    return Page(rows, number, total, and_more=and_more)


def movements(actor: Actor, pool: Pool, number: int = 1) -> Page:
    """One page of ``MovementRow`` that touch the units in hand, the latest first."""
    found = _movements(actor, pool)
    number, total, and_more = counting.page_of(found.with_only_columns(Movement.id), number, PAGE)
    rows = session.execute(found.order_by(Movement.id.desc()).limit(PAGE).offset((number - 1) * PAGE)).all()
    shown: Any = _told(actor, rows)
    return Page(shown, number, total, and_more=and_more)


def all_movements(actor: Actor, pool: Pool, most: int) -> list[MovementRow]:
    """The latest ``most`` of them, for a file."""
    found = _movements(actor, pool).order_by(Movement.id.desc()).limit(most)
    return _told(actor, session.execute(found).all())


def pool_shares(pool: Pool) -> Sequence[AnyRow]:
    """With whom the pool is shared: number and name."""
    found = (
        select(Person.id, Person.first_name, Person.last_name, Person.sort_name)
        .join(PoolShare, and_(PoolShare.tenant_id == Person.tenant_id, PoolShare.person_id == Person.id))
        .where(PoolShare.tenant_id == pool.tenant_id, PoolShare.pool_id == pool.id)
    )
    return sorted(session.execute(found).all(), key=lambda row: (row.sort_name, row.id))


def reads_only(actor: Actor) -> bool:
    """Whether pools are shown to this actor because they fund them, whole and without a name of anybody."""
    return actor.is_any(Role.PARTNER) and not actor.is_any(Role.ADMIN, Role.HR_MANAGER)


def _in_sight(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    if reads_only(actor):
        shared = select(PoolShare.pool_id).where(
            PoolShare.tenant_id == actor.tenant_id, PoolShare.person_id == actor.person_id
        )
        return Pool.tenant_id == actor.tenant_id, Pool.id.in_(shared)
    has_part = exists().where(
        Account.tenant_id == Pool.tenant_id,
        Account.book_id == Pool.book_id,
        Account.organisation_id.in_(in_hand(actor)),
    )
    return Pool.tenant_id == actor.tenant_id, or_(Pool.organisation_id.in_(in_hand(actor)), has_part)


def _accounts(actor: Actor, books: Sequence[int]) -> tuple[ColumnElement[bool], ...]:
    whose = (
        Account.organisation_id.is_not(None)
        if reads_only(actor)
        else Account.organisation_id.in_(in_hand(actor))
    )
    return (
        Account.tenant_id == actor.tenant_id,
        Account.book_id.in_(books),
        whose,
        Account.closed_at.is_(None),
    )


def _figures(actor: Actor, books: Sequence[int]) -> dict[int, Figures]:
    """Book -> what the units in hand have of it."""
    found = select(Account.book_id, Account.kind, func.sum(Account.balance)).where(*_accounts(actor, books))
    sums: dict[int, dict[str, int]] = {}
    for book_id, kind, balance in session.execute(found.group_by(Account.book_id, Account.kind)):
        sums.setdefault(book_id, {})[kind] = int(balance)
    return {book_id: Figures(**kinds) for book_id, kinds in sums.items()}


def _movements(actor: Actor, pool: Pool) -> AnySelect:
    return (
        select(
            Transaction.at, Transaction.kind, _giver.name.label("source"), _taker.name.label("target"), Movement.amount,
            Transaction.about, Person.first_name, Person.last_name,
        )
        .join(Transaction, and_(
            Transaction.tenant_id == Movement.tenant_id, Transaction.book_id == Movement.book_id,
            Transaction.id == Movement.transaction_id,
        ))
        .join(_source, and_(_source.tenant_id == Movement.tenant_id, _source.id == Movement.from_id))
        .join(_target, and_(_target.tenant_id == Movement.tenant_id, _target.id == Movement.to_id))
        .outerjoin(_giver, and_(_giver.tenant_id == _source.tenant_id, _giver.id == _source.organisation_id))
        .outerjoin(_taker, and_(_taker.tenant_id == _target.tenant_id, _taker.id == _target.organisation_id))
        .outerjoin(Person, and_(Person.tenant_id == Transaction.tenant_id, Person.id == Transaction.by_id))
        .where(
            Movement.tenant_id == actor.tenant_id, Movement.book_id == pool.book_id,
            or_(_source.organisation_id.in_(in_hand(actor)), _target.organisation_id.in_(in_hand(actor))),
        )
    )  # fmt: skip


def _told(actor: Actor, rows: Sequence[AnyRow]) -> list[MovementRow]:
    """With the names of their cohorts, as far as these are in hand."""
    numbers = {row.about: int(row.about[7:]) for row in rows if row.about.startswith("cohort/")}
    own = Cohort.tenant_id == actor.tenant_id, Cohort.organisation_id.in_(in_hand(actor))
    wanted = select(Cohort.id, Cohort.name).where(*own, Cohort.id.in_(set(numbers.values())))
    names = {row.id: row.name for row in session.execute(wanted)}
    return [
        MovementRow(
            row.at, row.kind, row.source or "", "" if row.kind in _WITHIN else row.target or "", row.amount,
            names.get(numbers.get(row.about, 0), ""), f"{row.first_name or ''} {row.last_name or ''}".strip(),
        )
        for row in rows
    ]  # fmt: skip
