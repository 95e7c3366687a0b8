"""Receipts: what was done to whom, and what stands against taking it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, func, literal, or_, select, union
from sqlalchemy.orm import aliased

from lms.core.db import AnyRow, AnySelect, session
from lms.core.post import Mail
from lms.enrolment.models import Batch, BatchKind, Enrolment, Pool, Trace
from lms.enrolment.queries.listing import PAGE, Page
from lms.enrolment.undoing import Traced, Undoing, UndoObjection, part_of
from lms.ledger.models import Account, Movement
from lms.organisations.actor import ENROLLERS, Actor
from lms.organisations.models import Organisation, Role
from lms.organisations.queries import in_hand
from lms.people.models import Person

_source, _target = aliased(Account), aliased(Account)
_giver, _taker = aliased(Organisation), aliased(Organisation)
SHOWN = 50  #: rows and mails that a page shows
_NAMES = 12  #: people named below each thing that stands against an undo


@dataclass(frozen=True, slots=True)
class Against:
    """Something that stands against an undo: for how many people, the first of them, and what it means."""

    kind: type[UndoObjection]
    number: int
    people: Sequence[AnyRow]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What an undo would do: how many people it is about, for how many nothing stands against it, and what does."""

    people: int
    free: int
    against: Sequence[Against]
    #: Mails that left already, and stay.
    mails: int

    @property
    def told(self) -> int:
        """How many more come along where somebody says so."""
        return self.people - self.free - self.final

    @property
    def final(self) -> int:
        """How many stay out whatever is said."""
        return sum(one.number for one in self.against if one.kind.is_final)


@dataclass(frozen=True, slots=True)
class MovedPlaces:
    """The pool of a receipt; and how much went from which unit to which, where something did."""

    pool: Pool
    source: str = ""
    target: str = ""
    amount: int = 0


def batch_in_sight(actor: Actor, batch_id: int) -> Batch | None:
    """The receipt, if the actor enrols people in its organisation."""
    if not actor.is_any(*ENROLLERS):
        return None
    return session.scalars(select(Batch).where(Batch.id == batch_id, *_in_sight(actor))).one_or_none()


def batch_of(tenant_id: int, batch_id: int) -> Batch | None:
    """The receipt of this number, for commands."""
    return session.scalars(
        select(Batch).where(Batch.tenant_id == tenant_id, Batch.id == batch_id)
    ).one_or_none()


def receipts(actor: Actor, number: int, cohort_id: int = 0, pool_id: int = 0) -> Page:
    """One page of the receipts of the organisations in hand, newest first: each with the names of who did it, and of the pool."""
    where = [*_in_sight(actor)]
    if cohort_id:
        where.append(Batch.cohort_id == cohort_id)
    if pool_id:
        where.append(Batch.pool_id == pool_id)
    total = session.scalar(select(func.count(Batch.id)).where(*where)) or 0
    number = min(max(number, 1), max(1, -(-total // PAGE)))
    by = and_(Person.tenant_id == Batch.tenant_id, Person.id == Batch.by_id)
    of = and_(Pool.tenant_id == Batch.tenant_id, Pool.id == Batch.pool_id)
    columns = select(Batch, Person.first_name, Person.last_name, Pool.name.label("pool"))
    found = columns.outerjoin(Person, by).outerjoin(Pool, of).where(*where)
    newest = found.order_by(Batch.id.desc()).limit(PAGE).offset((number - 1) * PAGE)
    return Page(session.execute(newest).all(), number, total)


def _in_sight(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    """Those of the organisations in hand; what was done to places, for those who see places."""
    own = Batch.tenant_id == actor.tenant_id, Batch.organisation_id.in_(in_hand(actor))
    return own if may_see_places(actor) else (*own, Batch.kind != BatchKind.PLACES)


def may_see_places(actor: Actor) -> bool:
    """Whether receipts of places are for this reader: the rule of ``policies.may_see_pools``."""
    return actor.is_any(Role.ADMIN, Role.HR_MANAGER)


def moved_places(batch: Batch) -> MovedPlaces | None:
    """What a receipt of places is about; None for all others."""
    if batch.pool_id is None:
        return None
    pool = session.get_one(Pool, batch.pool_id)
    row = session.execute(
        select(_giver.name.label("source"), _taker.name.label("target"), Movement.amount)
        .join(_source, and_(_source.tenant_id == Movement.tenant_id, _source.id == Movement.from_id))
        .join(_target, and_(_target.tenant_id == Movement.tenant_id, _target.id == Movement.to_id))
        .join(_giver, and_(_giver.tenant_id == _source.tenant_id, _giver.id == _source.organisation_id))
        .join(_taker, and_(_taker.tenant_id == _target.tenant_id, _taker.id == _target.organisation_id))
        .where(Movement.tenant_id == batch.tenant_id, Movement.book_id == pool.book_id, Movement.transaction_id == batch.transaction_id)
    ).one_or_none()  # fmt: skip
    return MovedPlaces(pool, row.source, row.target, row.amount) if row else MovedPlaces(pool)


def done_by(batch: Batch) -> str:
    """The name of who did it; empty for a command."""
    person = session.get(Person, batch.by_id) if batch.by_id else None
    return person.name if person else ""


def traces(batch: Batch) -> Sequence[AnyRow]:
    """The first rows that were made or changed, with the names of their people."""
    of = and_(Person.tenant_id == Trace.tenant_id, Person.id == Trace.person_id)
    found = select(Trace, Person.first_name, Person.last_name).outerjoin(Person, of)
    mine = found.where(Trace.tenant_id == batch.tenant_id, Trace.batch_id == batch.id)
    return session.execute(mine.order_by(Trace.person_id, Trace.id).limit(SHOWN)).all()


def people_of(batch: Undoing) -> AnySelect:
    """``person_id`` of everybody whose rows the batch made or changed, and that were not taken back."""
    own = Trace.tenant_id == batch.tenant_id, Trace.batch_id == batch.batch_id, ~Trace.is_undone
    traced = select(Trace.person_id).where(*own, Trace.person_id.is_not(None))
    courses = select(Enrolment.person_id).where(*made_courses(batch), Enrolment.withdrawn_at.is_(None))
    return select(union(traced, courses).subquery().c.person_id)


def made_courses(batch: Undoing) -> tuple[ColumnElement[bool], ...]:
    """The enrolments that the batch made."""
    return Enrolment.tenant_id == batch.tenant_id, Enrolment.batch_id == batch.batch_id


def left_out(batch: Undoing, *, told: bool) -> AnySelect | None:
    """``person_id`` of those who are not taken back; ``told``: only of those whom nothing can bring along."""
    ways = [kind().persons(batch) for kind in objections() if kind.is_final or not told]
    return select(union(*ways).subquery().c.person_id) if ways else None


def objections() -> list[type[UndoObjection]]:
    """All that may stand against an undo, in the order of their names."""
    return [UndoObjection.registered[name] for name in sorted(UndoObjection.registered)]


def outlook(batch: Batch) -> Outlook:
    """What an undo would do now. A constant number of statements."""
    of = Undoing(batch.tenant_id, batch.id)
    people = people_of(of).subquery()
    total = _count(select(people.c.person_id))
    against = [_against(batch, kind, kind().persons(of)) for kind in objections()]
    out = left_out(of, told=False)
    free = total - (
        _count(select(people.c.person_id).where(people.c.person_id.in_(out))) if out is not None else 0
    )
    return Outlook(total, free, [one for one in against if one.number], len(mails(batch)))


def mails(batch: Batch) -> Sequence[AnyRow]:
    """Mails that the batch sent and that left: address and when. At most 5,000."""
    keys = mail_keys(Undoing(batch.tenant_id, batch.id))
    left = Mail.tenant_id == batch.tenant_id, Mail.state.in_(("leaving", "sent", "posted"))
    convoked = and_(Mail.about == f"cohort/{batch.cohort_id}", Mail.run == f"batch/{batch.id}")
    found = select(Mail.address, Mail.sent_at).where(*left, or_(Mail.key.in_(keys), convoked))
    return session.execute(found.order_by(Mail.id).limit(5_000)).all()


def has_changed(kind: type[Traced]) -> ColumnElement[bool]:
    """Whether a row of the table, joined to its ``Trace``, stands otherwise than the batch left it."""
    table: Any = kind.table
    pairs = (
        (getattr(table, name), table.__table__.c[name].type)
        for name in kind.columns
        if name not in kind.follows
    )
    return or_(*(column.is_distinct_from(part_of(Trace.after, column.key, of)) for column, of in pairs))


def mail_keys(batch: Undoing, *which: ColumnElement[bool]) -> AnySelect:
    """Keys of the mails to those whom the batch put into a cohort; ``which``: those of some of its traces."""
    own = Trace.tenant_id == batch.tenant_id, Trace.batch_id == batch.batch_id, *which
    number = cast(Trace.row_id, String)
    welcome = select(literal("welcome/").concat(number).label("key")).where(
        *own, Trace.kind == "cohort_member", Trace.before.is_(None)
    )
    asked = select(literal("wish/").concat(number).concat(f"/entered/{batch.batch_id}")).where(
        *own, Trace.kind == "cohort_wish"
    )
    return select(union(welcome, asked).subquery().c.key)


def _against(batch: Batch, kind: type[UndoObjection], persons: AnySelect) -> Against:
    number = _count(select(persons.subquery().c.person_id).distinct())
    if not number:
        return Against(kind, 0, ())
    found = select(Person.id, Person.first_name, Person.last_name).where(
        Person.tenant_id == batch.tenant_id, Person.id.in_(persons)
    )
    return Against(
        kind, number, session.execute(found.order_by(Person.sort_name, Person.id).limit(_NAMES)).all()
    )


def _count(found: AnySelect) -> int:
    return session.scalar(select(func.count()).select_from(found.subquery())) or 0
