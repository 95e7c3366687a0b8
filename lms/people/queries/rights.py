"""Whose data, when somebody asks for their own."""

from collections.abc import Sequence

from sqlalchemy import and_, func, or_, select

from lms.core.db import session
from lms.core.privacy import Whose
from lms.people.models import Account, Person


def whose(tenant_id: int, person_ids: Sequence[int]) -> Whose:
    """These persons of the tenant with their accounts; an account that opens somebody else as well does not end."""
    these = and_(Person.tenant_id == tenant_id, Person.id.in_(person_ids))
    accounts = select(Person.account_id).where(these, Person.account_id.is_not(None))
    found = select(Person.tenant_id, Person.id, Person.account_id)
    rows = session.execute(found.where(or_(these, Person.account_id.in_(accounts)))).all()
    asked = set(person_ids)
    own = [row for row in rows if row.tenant_id == tenant_id and row.id in asked]
    mine = {row.account_id for row in own if row.account_id is not None}
    shared = {row.account_id for row in rows if row not in own}
    return Whose(
        tenant_id, tuple(sorted(row.id for row in own)), tuple(sorted(mine)), tuple(sorted(mine - shared))
    )


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
