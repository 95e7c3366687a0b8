"""What becomes of accounts when two organisations, or two persons, become one: what one had is added to what the other has."""

from typing import Any, ClassVar

from sqlalchemy import String, and_, case, cast, func, insert, literal, select, update
from sqlalchemy.orm import aliased

from lms.core.clock import Instant, now
from lms.core.db import AnySelect, session
from lms.core.handover import Handover, Pair
from lms.core.i18n import lazy
from lms.ledger.models import Account, Movement, Transaction
from lms.ledger.services import lock, settle

_kept = aliased(Account)


class Accounts:
    """An account that the other one lacks changes its owner; of two alike, one is emptied into the other and closed."""

    column: ClassVar[str]

    def hand_over(self, pair: Pair) -> None:
        """A constant number of statements; nothing moves where only one of the two had accounts."""
        twins = self._twins(pair).subquery()
        lock(pair.tenant_id, select(twins.c.gone_id).union(select(twins.c.kept_id)))
        self._empty(pair)
        own = Account.tenant_id == pair.tenant_id, getattr(Account, self.column) == pair.gone_id
        doubled = Account.id.in_(select(twins.c.gone_id))
        _do(update(Account).where(*own, doubled).values({self.column: pair.kept_id, "closed_at": now()}))
        _do(update(Account).where(*own).values({self.column: pair.kept_id}))

    def _empty(self, pair: Pair) -> None:
        twins = self._twins(pair).where(Account.balance != 0).subquery()
        key = f"merged/{self.column}/{pair.gone_id}/{pair.kept_id}/"
        deeds = (
            select(
                literal(pair.tenant_id), twins.c.book_id, literal("merged"), literal(""),
                literal(key).concat(cast(twins.c.book_id, String)), literal(now(), Instant()),
            )
            .distinct()
        )  # fmt: skip
        columns = ["tenant_id", "book_id", "kind", "about", "once_key", "at"]
        _do(insert(Transaction).from_select(columns, deeds))
        debt = twins.c.balance < 0
        deed = and_(
            Transaction.tenant_id == pair.tenant_id,
            Transaction.once_key == literal(key).concat(cast(twins.c.book_id, String)),
        )
        moves = select(
            literal(pair.tenant_id), twins.c.book_id, Transaction.id,
            case((debt, twins.c.kept_id), else_=twins.c.gone_id),
            case((debt, twins.c.gone_id), else_=twins.c.kept_id),
            func.abs(twins.c.balance),
        ).join(Transaction, deed)  # fmt: skip
        columns = ["tenant_id", "book_id", "transaction_id", "from_id", "to_id", "amount"]
        _do(insert(Movement).from_select(columns, moves))
        mine = Transaction.tenant_id == pair.tenant_id, Transaction.once_key.startswith(key, autoescape=True)
        new = select(Transaction.book_id, Transaction.id).where(*mine).subquery()
        settle(
            pair.tenant_id,
            Movement.book_id.in_(select(new.c.book_id)),
            Movement.transaction_id.in_(select(new.c.id)),
        )

    def _twins(self, pair: Pair) -> AnySelect:
        """Open accounts of the one that goes, with those of the same book and kind of the one that stays."""
        same = and_(
            _kept.tenant_id == Account.tenant_id,
            _kept.book_id == Account.book_id,
            _kept.kind == Account.kind,
            getattr(_kept, self.column) == pair.kept_id,
            _kept.closed_at.is_(None),
        )
        return (
            select(Account.book_id, Account.id.label("gone_id"), _kept.id.label("kept_id"), Account.balance)
            .join(_kept, same)
            .where(
                Account.tenant_id == pair.tenant_id,
                getattr(Account, self.column) == pair.gone_id,
                Account.closed_at.is_(None),
            )
        )


class OfOrganisation(Accounts, Handover):
    """Accounts of an organisation."""

    name = "ledger_account.organisation"
    table = Account
    label = lazy("Accounts of places, credits and time")
    column = "organisation_id"


class OfPerson(Accounts, Handover):
    """Accounts of a person."""

    name = "ledger_account.person"
    table = Account
    label = lazy("Accounts of places, credits and time")
    column = "person_id"


def _do(statement: Any) -> None:
    session.execute(statement.execution_options(synchronize_session=False))
