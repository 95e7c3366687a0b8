"""What somebody is in an organisation and below it, ended by whoever speaks for that organisation."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import delete, select

from lms.core import journal
from lms.core.db import session
from lms.organisations.models import Branch, Membership, Role


def is_anywhere_but(tenant_id: int, person_id: int, organisation_id: int) -> bool:
    """Whether this person is something outside of the organisation and of all that lies below it."""
    below = select(Branch.below_id).where(Branch.tenant_id == tenant_id, Branch.above_id == organisation_id)
    found = select(Membership.id).where(
        Membership.tenant_id == tenant_id,
        Membership.person_id == person_id,
        Membership.organisation_id.not_in(below),
    )
    return session.execute(found.limit(1)).first() is not None


def end_roles(
    tenant_id: int,
    person_id: int,
    organisation_id: int,
    actor: Any,
    roles: Collection[Role] | None = None,
) -> int:
    """End these roles in the organisation itself; all of them, there and below, where None is named. Says how many ended."""
    below = select(Branch.below_id).where(Branch.tenant_id == tenant_id, Branch.above_id == organisation_id)
    which = [Membership.tenant_id == tenant_id, Membership.person_id == person_id]
    if roles is None:
        which.append(Membership.organisation_id.in_(below))
    else:
        which += [Membership.organisation_id == organisation_id, Membership.role.in_(sorted(roles))]
    ending = delete(Membership).where(*which).returning(Membership.organisation_id, Membership.role)
    ended = session.execute(ending.execution_options(synchronize_session=False)).all()
    for place, role in sorted(ended):
        journal.note(
            "rights-changed",
            actor,
            tenant_id=tenant_id,
            person=person_id,
            ended=Role(role).value,
            organisation=place,
        )
    return len(ended)
