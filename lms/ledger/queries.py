"""Questions about accounts, and whether the books are right. Nothing here writes."""

from dataclasses import dataclass

from sqlalchemy import func, select, union_all

from lms.core.db import AnyRow, AnySelect, session
from lms.ledger.models import Account, Movement


@dataclass(frozen=True, slots=True)
class Fault:
    """An account whose balance is not what its movements sum up to; ``book_id`` alone: a book that is not at zero."""

    book_id: int
    account_id: int | None
    balance: int
    moved: int


def accounts_of(tenant_id: int, book_id: int, organisation_id: int | None) -> dict[str, AnyRow]:
    """Kind -> number and balance of the open accounts of an organisation; of the book's own, where None is named."""
    found = select(Account.id, Account.kind, Account.balance).where(
        Account.tenant_id == tenant_id,
        Account.book_id == book_id,
        Account.organisation_id.is_not_distinct_from(organisation_id),
        Account.person_id.is_(None),
        Account.closed_at.is_(None),
    )
    return {row.kind: row for row in session.execute(found)}


def faults(tenant_id: int, most: int = 10) -> list[Fault]:
    """What is wrong in the books of a tenant: balances that are not the sum of their movements, books not at zero."""
    moved = _moved(tenant_id).subquery()
    total = func.coalesce(moved.c.total, 0)
    wrong = (
        select(Account.book_id, Account.id, Account.balance, total)
        .outerjoin(moved, moved.c.id == Account.id)
        .where(Account.tenant_id == tenant_id, Account.balance != total)
        .order_by(Account.id)
    )
    lopsided = (
        select(Account.book_id, func.sum(Account.balance))
        .where(Account.tenant_id == tenant_id)
        .group_by(Account.book_id)
        .having(func.sum(Account.balance) != 0)
        .order_by(Account.book_id)
    )
    found = [Fault(row[0], row[1], row[2], int(row[3])) for row in session.execute(wrong.limit(most))]
    return found + [Fault(row[0], None, int(row[1]), 0) for row in session.execute(lopsided.limit(most))]


def accounts_count(tenant_id: int) -> int:
    """How many accounts a tenant has."""
    return session.scalar(select(func.count(Account.id)).where(Account.tenant_id == tenant_id)) or 0


def _moved(tenant_id: int) -> AnySelect:
    """Account -> what its movements sum up to."""
    ends = union_all(
        select(Movement.from_id.label("id"), (-Movement.amount).label("change")).where(
            Movement.tenant_id == tenant_id
        ),
        select(Movement.to_id, Movement.amount).where(Movement.tenant_id == tenant_id),
    ).subquery()
    return select(ends.c.id, func.sum(ends.c.change).label("total")).group_by(ends.c.id)
