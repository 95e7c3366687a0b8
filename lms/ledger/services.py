"""Open books and accounts, and move what they hold: a handful of statements for any amount and any number of accounts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Subquery,
    cast,
    func,
    insert,
    literal,
    null,
    select,
    union,
    union_all,
    update,
)

from lms.core.clock import Instant, now
from lms.core.db import AnyRow, AnySelect, as_first_written, insert_new, session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.ledger.models import Account, Book, Movement, Transaction, Unit
from lms.organisations.models import Organisation
from lms.people.models import Person


@dataclass(frozen=True, slots=True)
class Move:
    """So much, above zero, from one account to another of the same book."""

    from_id: int
    to_id: int
    amount: int


class TooLittle(Refused):
    """An account has less than is asked of it. ``short``: account -> what it has, and what is asked of it."""

    status = 409

    def __init__(self, short: dict[int, tuple[int, int]]) -> None:
        super().__init__(_("There is not enough left."), _("Ask for less, or for more to be given first."))
        self.short = short


def open_book(tenant_id: int, unit: Unit) -> Book:
    """A new book, without accounts."""
    book = Book(tenant_id=tenant_id, unit=unit)
    session.add(book)
    session.flush()  # its number goes into its accounts
    return book


def open_accounts(
    tenant_id: int,
    book_id: int,
    kinds: Collection[str],
    *,
    organisation_ids: Any = None,
    person_ids: Any = None,
    floor: int | None = 0,
) -> None:
    """Open what is not open yet: an account of each kind for each owner; without owners, the book's own.

    ``organisation_ids``, ``person_ids``: numbers, or a SELECT of them.
    """
    owners = _owners(tenant_id, organisation_ids, person_ids).subquery()
    at = literal(now(), Instant())
    for_each = [select(literal(kind).label("kind"), *owners.c) for kind in sorted(kinds)]
    wanted = union_all(*for_each).subquery()
    rows = select(
        literal(tenant_id), literal(book_id), *wanted.c, literal(0), _number_or_none(floor), at
    ).where(literal(True))  # SQLite needs a WHERE here
    columns = (
        *("tenant_id", "book_id", "kind", "organisation_id", "person_id"),
        *("balance", "floor", "opened_at"),
    )
    insert_new(Account, list(columns), rows.order_by(*wanted.c))


def lock(tenant_id: int, account_ids: Any) -> None:
    """Hold these accounts until the end of the transaction, always in the order of their numbers: nobody waits in a ring.

    Whoever writes more than one deed in a transaction holds the accounts of all of them first. ``account_ids``: numbers,
    or a SELECT of them.
    """
    held = select(Account.id).where(Account.tenant_id == tenant_id, Account.id.in_(account_ids))
    session.execute(held.order_by(Account.id).with_for_update(key_share=True))


def post(
    tenant_id: int,
    book_id: int,
    kind: str,
    moves: Sequence[Move] | AnySelect,
    *,
    once: str | None = None,
    about: str = "",
    by_id: int | None = None,
) -> int | None:
    """Write a deed and the balances that follow; its number, or None where this very deed stands already.

    ``moves``: a list, or a SELECT of from, to and amount that finds the same rows until they are written. Raises
    ``TooLittle``: then nothing of this transaction may be kept. ``by_id``: the person who does it.
    """
    values = {
        "tenant_id": tenant_id, "book_id": book_id, "kind": kind, "once_key": once, "about": about,
        "by_id": by_id, "at": now(),
    }  # fmt: skip
    first = as_first_written(Transaction, values, ["tenant_id", "once_key"])
    number: int | None = session.scalar(first.returning(Transaction.id))
    if number is None:
        return None
    rows = _rows(moves)
    source, target, amount = rows.c
    lock(tenant_id, union(select(source), select(target)))
    written = select(literal(tenant_id), literal(book_id), literal(number), source, target, amount)
    columns = ["tenant_id", "book_id", "transaction_id", "from_id", "to_id", "amount"]
    session.execute(insert(Movement).from_select(columns, written))
    settle(tenant_id, Movement.book_id == book_id, Movement.transaction_id == number)
    return number


def settle(tenant_id: int, *written: ColumnElement[bool]) -> None:
    """Bring the balances up to date with these movements, just written, whose accounts the caller holds.

    Raises ``TooLittle`` with those that would be too low, before the database refuses them.
    """
    new = Movement.tenant_id == tenant_id, *written
    ends = union_all(
        select(Movement.from_id.label("id"), (-Movement.amount).label("change")).where(*new),
        select(Movement.to_id, Movement.amount).where(*new),
    ).subquery()
    sums = select(ends.c.id, func.sum(ends.c.change).label("change")).group_by(ends.c.id).subquery()
    if short := _short(tenant_id, sums):
        raise TooLittle({row.id: (row.balance, -int(row.change)) for row in short})
    change = select(sums.c.change).where(sums.c.id == Account.id).scalar_subquery()
    own = Account.tenant_id == tenant_id, Account.id.in_(select(sums.c.id))
    moved = update(Account).where(*own).values(balance=Account.balance + change)
    session.execute(moved.execution_options(synchronize_session=False))


def _short(tenant_id: int, sums: Subquery) -> Sequence[AnyRow]:
    found = (
        select(Account.id, Account.balance, sums.c.change)
        .join(sums, sums.c.id == Account.id)
        .where(Account.tenant_id == tenant_id, Account.balance + sums.c.change < Account.floor)
    )
    return session.execute(found.order_by(Account.id)).all()


def _rows(moves: Sequence[Move] | AnySelect) -> Subquery:
    if isinstance(moves, Select):
        return moves.subquery()
    if not moves:
        raise ValueError("a deed moves something")
    listed = (
        select(literal(one.from_id).label("f"), literal(one.to_id).label("t"), literal(one.amount).label("n"))
        for one in moves
    )
    return union_all(*listed).subquery()


def _owners(tenant_id: int, organisation_ids: Any, person_ids: Any) -> AnySelect:
    """Number of the organisation, number of the person: one of the two, or neither."""
    if organisation_ids is not None:
        whose = Organisation.tenant_id == tenant_id, Organisation.id.in_(organisation_ids)
        return select(
            Organisation.id.label("organisation_id"), _number_or_none(None).label("person_id")
        ).where(*whose)
    if person_ids is not None:
        them = Person.tenant_id == tenant_id, Person.id.in_(person_ids)
        return select(_number_or_none(None).label("organisation_id"), Person.id.label("person_id")).where(
            *them
        )
    return select(_number_or_none(None).label("organisation_id"), _number_or_none(None).label("person_id"))


def _number_or_none(value: int | None) -> ColumnElement[Any]:
    """PostgreSQL must be told that a NULL is a number."""
    return literal(value, BigInteger) if value is not None else cast(null(), BigInteger)
