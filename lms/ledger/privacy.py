"""What this room holds on people: accounts of theirs and what moved there, and what they did to accounts of others."""

from sqlalchemy import ColumnElement, and_, or_, select

from lms.core.i18n import lazy
from lms.core.privacy import Erased, Holding, Whose
from lms.ledger.models import Account, Movement, Transaction

_BOOKS = lazy("Books hold numbers and amounts, no names; without these lines, others would not add up.")


class Accounts(Holding):
    """Accounts of theirs: amounts without a name."""

    name = "ledger_account"
    table = Account
    label = lazy("My accounts of credits and time")
    columns = {
        "kind": lazy("What for"),
        "balance": lazy("Balance"),
        "opened_at": lazy("Since"),
        "closed_at": lazy("Closed"),
    }
    reason = _BOOKS

    def erase(self, whose: Whose) -> Erased:
        return Erased(kept=self.count(self.mine(whose)))


class Deeds(Holding):
    """What they moved, for themselves or for others."""

    name = "ledger_transaction"
    table = Transaction
    label = lazy("What I moved between accounts")
    columns = {"kind": lazy("What"), "at": lazy("When")}
    reason = _BOOKS

    def mine(self, whose: Whose) -> ColumnElement[bool]:
        return and_(Transaction.tenant_id == whose.tenant_id, Transaction.by_id.in_(whose.person_ids))

    def erase(self, whose: Whose) -> Erased:
        return Erased(kept=self.count(self.mine(whose)))


class Movements(Holding):
    """What reached or left their accounts."""

    name = "ledger_movement"
    table = Movement
    label = lazy("What reached or left my accounts")
    columns = {
        "amount": lazy("Amount"),
        "from_id": lazy("From (an account)"),
        "to_id": lazy("To (an account)"),
    }
    reason = _BOOKS

    def mine(self, whose: Whose) -> ColumnElement[bool]:
        own = select(Account.id).where(
            Account.tenant_id == whose.tenant_id, Account.person_id.in_(whose.person_ids)
        )
        ends = or_(Movement.from_id.in_(own), Movement.to_id.in_(own))
        return and_(Movement.tenant_id == whose.tenant_id, ends)

    def erase(self, whose: Whose) -> Erased:
        return Erased(kept=self.count(self.mine(whose)))
