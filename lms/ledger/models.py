"""Books, their accounts, and what moved between them.

A movement names the account it leaves and the one it reaches, and one amount: it cannot be lopsided, so that every
transaction, and every book, sums to zero by its very shape. The database refuses a balance below its floor, and refuses to
change or delete what was written.
"""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.clock import Instant, now
from lms.core.db import PERSON, BigId, Model, Owned, link, owned, words


class Unit(enum.StrEnum):
    """What a book counts; one book counts one thing."""

    PLACE = "place"
    CREDIT_CENTS = "credit-cents"
    MINUTE = "minute"


def _of_book(column: str, table: str) -> ForeignKeyConstraint:
    """A foreign key that cannot leave its book: places never become cents."""
    target = [f"{table}.tenant_id", f"{table}.book_id", f"{table}.id"]
    return ForeignKeyConstraint(["tenant_id", "book_id", column], target)


def _one_open(name: str, rule: str, *columns: str) -> Index:
    """At most one account of a kind is open for each owner."""
    where: Any = text(f"closed_at is null and {rule}")
    whole = "tenant_id", "book_id", "kind", *columns
    return Index(f"ix_ledger_account_{name}", *whole, unique=True, postgresql_where=where, sqlite_where=where)


class Book(Owned, Model):
    """Accounts that pay one another, all in one unit."""

    __tablename__ = "ledger_book"
    __table_args__ = owned()

    unit: Mapped[Unit] = mapped_column(words(Unit))
    opened_at: Mapped[datetime] = mapped_column(Instant, default=now)


class Account(Owned, Model):
    """What an organisation, a person or the book itself has of something."""

    __tablename__ = "ledger_account"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "book_id", "id"),
        link("book_id", "ledger_book"),
        link("organisation_id", "organisation"),
        link("person_id", "person"),
        CheckConstraint("floor is null or balance >= floor", name="floor"),
        CheckConstraint("organisation_id is null or person_id is null", name="owner"),
        _one_open("of_organisation", "organisation_id is not null", "organisation_id"),
        _one_open("of_person", "person_id is not null", "person_id"),
        _one_open("of_book", "organisation_id is null and person_id is null"),
        Index("ix_ledger_account_tenant_id_organisation_id", "tenant_id", "organisation_id"),
        Index("ix_ledger_account_tenant_id_person_id", "tenant_id", "person_id"),
    )

    book_id: Mapped[int] = mapped_column(BigId)
    #: What it is for, a word of the room that opened it: ``free``, ``assigned``, ``wallet``.
    kind: Mapped[str]
    #: Whose it is; neither: the book's own, such as the source of all that was given out.
    organisation_id: Mapped[int | None] = mapped_column(BigId)
    person_id: Mapped[int | None] = mapped_column(BigId)
    #: What its movements sum up to, in the book's unit; written with them, in the same transaction.
    balance: Mapped[int] = mapped_column(BigInteger, default=0)
    #: The database lets the balance go no lower; None: as low as it likes, for sources.
    floor: Mapped[int | None] = mapped_column(BigInteger)
    opened_at: Mapped[datetime] = mapped_column(Instant, default=now)
    #: Since when another account stands for it; its movements are still read.
    closed_at: Mapped[datetime | None] = mapped_column(Instant)


class Transaction(Owned, Model):
    """One deed, and who did it. It holds nothing that anybody typed, and is never changed."""

    __tablename__ = "ledger_transaction"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "book_id", "id"),
        UniqueConstraint("tenant_id", "once_key"),
        link("book_id", "ledger_book"),
    )

    book_id: Mapped[int] = mapped_column(BigId)
    #: What was done, a word of the room that wrote it: ``given``, ``used``.
    kind: Mapped[str]
    #: The same deed sent twice has the same key, and stands once. None: its room sees to that.
    once_key: Mapped[str | None]
    #: What it was about, in words of ours: ``cohort/7``.
    about: Mapped[str] = mapped_column(default="")
    #: The person who did it, without a foreign key; None: the house itself.
    by_id: Mapped[int | None] = mapped_column(BigId, info=PERSON)
    at: Mapped[datetime] = mapped_column(Instant, default=now)


class Movement(Owned, Model):
    """So much went from one account to another. Never changed, never deleted: what was wrong is moved back."""

    __tablename__ = "ledger_movement"
    __table_args__ = owned(
        _of_book("transaction_id", "ledger_transaction"),
        _of_book("from_id", "ledger_account"),
        _of_book("to_id", "ledger_account"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("from_id <> to_id", name="ends"),
        Index("ix_ledger_movement_transaction", "tenant_id", "book_id", "transaction_id"),
        Index("ix_ledger_movement_from", "tenant_id", "book_id", "from_id"),
        Index("ix_ledger_movement_to", "tenant_id", "book_id", "to_id"),
    )

    book_id: Mapped[int] = mapped_column(BigId)
    transaction_id: Mapped[int] = mapped_column(BigId)
    from_id: Mapped[int] = mapped_column(BigId)
    to_id: Mapped[int] = mapped_column(BigId)
    #: In the book's unit, above zero.
    amount: Mapped[int] = mapped_column(BigInteger)
