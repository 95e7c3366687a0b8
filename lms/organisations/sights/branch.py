"""People of the organisation in hand and of all below it; for those who only follow, those whom they follow themselves."""

from typing import Any

from sqlalchemy import and_, or_, select

from lms.core.clock import now
from lms.core.db import AnySelect
from lms.organisations.models import Membership
from lms.organisations.queries import followed_by, in_hand, place_in_tree
from lms.people.models import Person
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
        if actor.sees_branch:
            return found
        if actor.follows_only:
            return followed_by(actor)
        return None

    def by_name(self, actor: Any) -> AnySelect | None:
        """Of one organisation, and of the whole tenant; the people of a few do not lie in one order."""
        if not actor.sees_branch:
            return None
        is_root, has_others = place_in_tree(actor)
        holds = (
            Membership.tenant_id == actor.tenant_id,
            or_(Membership.ends_at.is_(None), Membership.ends_at > now()),
        )
        if not has_others:
            here = Membership.organisation_id == actor.organisation_id
            own = (Person.tenant_id == Membership.tenant_id, Person.id == Membership.person_id)
            found = select(Membership.sort_name, Membership.person_id).where(*holds, here)
            return found.join(Person, and_(*own, Person.archived_at.is_(None)))
        if not is_root:
            return None
        is_member = select(Membership.id).where(*holds, Membership.person_id == Person.id).exists()
        mine = Person.tenant_id == actor.tenant_id, Person.archived_at.is_(None)
        return select(Person.sort_name, Person.id.label("person_id")).where(*mine, is_member)
