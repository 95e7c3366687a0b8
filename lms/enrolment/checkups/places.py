"""The pools of places agree with the people: what is assigned and used in the books is what members take."""

from collections.abc import Iterator

from sqlalchemy import and_, case, func, select

from lms.core import db, walls
from lms.core.db import Mode, session
from lms.core.doctor import Checkup, Finding
from lms.core.i18n import gettext as _
from lms.enrolment.models import Part, Place, Pool
from lms.ledger.models import Account

_MOST = 10  #: findings of one customer


class PlacesCheckup(Checkup):
    """Every pool of every customer."""

    name = "places"
    needs = "ledger"

    def findings(self) -> Iterator[Finding]:
        with db.transaction(Mode.READ):
            tenants = walls.every_tenant()
        for tenant_id in tenants:
            with db.transaction(Mode.REPORT, tenant_id):
                found = session.execute(_disagreeing(tenant_id).limit(_MOST)).all()
            for row in found:
                yield Finding(
                    _(
                        "Pool %(pool)s of places: %(kind)s says %(balance)s for organisation %(organisation)s, and its"
                        " members take %(taken)s.",
                        pool=row.pool_id, kind=row.kind, balance=row.balance, organisation=row.organisation_id,
                        taken=row.taken,
                    ),
                    _(
                        "Members were changed or deleted past the application: look at who may write in the database."
                    ),
                )  # fmt: skip


def _disagreeing(tenant_id: int) -> db.AnySelect:
    kind = case((Place.used_at.is_(None), Part.ASSIGNED.value), else_=Part.USED.value)
    taken = (
        select(
            Place.pool_id, Place.organisation_id, kind.label("kind"), func.sum(Place.amount).label("taken")
        )
        .where(Place.tenant_id == tenant_id)
        .group_by(Place.pool_id, Place.organisation_id, kind)
        .subquery()
    )
    theirs = and_(
        taken.c.pool_id == Pool.id,
        taken.c.organisation_id == Account.organisation_id,
        taken.c.kind == Account.kind,
    )
    count = func.coalesce(taken.c.taken, 0)
    return (
        select(
            Pool.id.label("pool_id"),
            Account.organisation_id,
            Account.kind,
            Account.balance,
            count.label("taken"),
        )
        .join(Account, and_(Account.tenant_id == Pool.tenant_id, Account.book_id == Pool.book_id))
        .outerjoin(taken, theirs)
        .where(
            Pool.tenant_id == tenant_id,
            Account.kind.in_([Part.ASSIGNED.value, Part.USED.value]),
            Account.closed_at.is_(None),
            Account.balance != count,
        )
        .order_by(Account.id)
    )
