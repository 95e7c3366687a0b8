"""The books add up: each balance is the sum of its movements, each book is at zero, and nothing written can be changed."""

from collections.abc import Iterator

from sqlalchemy import select, text

from lms.core import db, walls
from lms.core.db import Mode, session
from lms.core.doctor import Checkup, Finding
from lms.core.i18n import gettext as _
from lms.core.i18n import number_
from lms.core.tenants import Tenant
from lms.ledger import queries
from lms.ledger.queries import Fault

_GUARDS = {
    "ledger_transaction_update", "ledger_transaction_delete", "ledger_movement_update", "ledger_movement_delete",
}  # fmt: skip
_STANDING = {
    "postgresql": "select tgname from pg_trigger where tgenabled <> 'D' and not tgisinternal",
    "sqlite": "select name from sqlite_master where type = 'trigger'",
}


class BooksCheckup(Checkup):
    """Every account of every customer, and the guards that keep what was written."""

    name = "ledger"
    needs = "migrations"

    def __init__(self) -> None:
        self._accounts = 0

    def findings(self) -> Iterator[Finding]:
        with db.transaction(Mode.READ):
            standing = set(session.scalars(text(_STANDING[session.get_bind().dialect.name])))
            tenants = walls.every_tenant()
        for guard in sorted(_GUARDS - standing):
            yield Finding(
                _("The database does not guard the books any more: %(guard)s is gone.", guard=guard),
                _("Find out who took it away. The migration that made the books says how it stood."),
            )
        for tenant_id in tenants:
            with db.transaction(Mode.REPORT, tenant_id):
                whose = session.scalar(select(Tenant.name).where(Tenant.id == tenant_id))
                found = queries.faults(tenant_id)
                self._accounts += queries.accounts_count(tenant_id)
            for fault in found:
                yield _told(fault, whose or str(tenant_id))

    def summary(self) -> str:
        return _("%(accounts)s accounts add up", accounts=number_(self._accounts))


def _told(fault: Fault, whose: str) -> Finding:
    remedy = _(
        "Nothing in the application does this: look at who may write in the database, and compare with a backup."
    )
    if fault.account_id is None:
        wrong = _(
            "%(whose)s: book %(book)s does not sum up to zero, but to %(balance)s.",
            whose=whose, book=fault.book_id, balance=fault.balance,
        )  # fmt: skip
    else:
        wrong = _(
            "%(whose)s: account %(account)s of book %(book)s says %(balance)s, its movements sum up to %(moved)s.",
            whose=whose, account=fault.account_id, book=fault.book_id, balance=fault.balance, moved=fault.moved,
        )  # fmt: skip
    return Finding(wrong, remedy)
