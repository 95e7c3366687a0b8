"""People of the organisation in hand and of all below it; for a manager, those whom they follow themselves."""

from typing import Any

from sqlalchemy import or_, select

from lms.core.clock import now
from lms.core.db import AnySelect
from lms.organisations.actor import WATCHERS
from lms.organisations.models import Membership, Role
from lms.organisations.queries import in_hand
from lms.people.sight import Sight


class Branch(Sight):
    """Sight by a role in the tree."""

    name = "branch"

    def people(self, actor: Any) -> AnySelect | None:
        found = select(Membership.person_id).where(
            Membership.tenant_id == actor.tenant_id,
            Membership.organisation_id.in_(in_hand(actor)),
            or_(Membership.ends_at.is_(None), Membership.ends_at > now()),
        )
        if not actor.roles.isdisjoint(WATCHERS):
            return found
        if Role.MANAGER in actor.roles:
            return found.where(Membership.follower_id == actor.person_id)
        return None
