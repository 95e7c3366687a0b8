"""Whose data, when somebody asks for their own."""

from collections.abc import Sequence

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from lms.core import walls
from lms.core.db import session
from lms.core.privacy import Whose
from lms.people.models import Account, Person


def whose(tenant_id: int, person_ids: Sequence[int]) -> Whose:
    """These persons of the tenant, and those merged into them, with their accounts.

    An account that opens somebody else as well does not end.
    """
    named = or_(Person.id.in_(person_ids), Person.merged_into_id.in_(person_ids))
    these = and_(Person.tenant_id == tenant_id, named)
    other = aliased(Person)
    elsewhere = select(other.id).where(other.account_id == Person.account_id, other.id != Person.id).exists()
    shared = walls.told("account_is_shared", Person.account_id, elsewhere)
    rows = session.execute(select(Person.id, Person.account_id, shared).where(these)).all()
    mine = {account_id for _id, account_id, _shared in rows if account_id is not None}
    ending = mine - {account_id for _id, account_id, is_shared in rows if is_shared}
    ids = sorted(row.id for row in rows)
    return Whose(tenant_id, tuple(ids), tuple(sorted(mine)), tuple(sorted(ending)))


def person_called(tenant_id: int, name: str) -> int | None:
    """The one person of the tenant with this login, agency identifier or staff number. None: nobody, or two."""
    found = (
        select(Person.id)
        .outerjoin(Account, Account.id == Person.account_id)
        .where(
            Person.tenant_id == tenant_id,
            or_(
                Account.login == name.strip().casefold(),
                func.upper(Person.agency_identifier) == name.strip().upper(),
                Person.hr_number == name.strip(),
            ),
        )
    )
    ids = session.scalars(found.limit(2)).all()
    return ids[0] if len(ids) == 1 else None
