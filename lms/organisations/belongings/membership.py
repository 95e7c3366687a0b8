"""A membership: a person is something in an organisation, and may take it in hand."""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import select

from lms.core import walls
from lms.core.db import AnySelect
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.organisations import accent, queries
from lms.organisations.actor import Actor
from lms.organisations.models import Membership, Organisation, Role
from lms.organisations.roles import role_name
from lms.people.belonging import Belonging, Host, Place
from lms.people.models import Person

#: The most useful first: whoever works for an organisation comes to work.
_ORDER = (
    Role.ADMIN, Role.HR_MANAGER, Role.ADVISER, Role.MANAGER, Role.TRAINER, Role.MEDIATOR, Role.AUDITOR,
    Role.PARTNER, Role.LEARNER,
)  # fmt: skip


class LastAdministrator(Refused):
    """Without an administrator, nobody could let anybody else in."""


class MembershipBelonging(Belonging):
    """Memberships that hold today."""

    name = "membership"

    def places(self, account_id: int) -> Sequence[Place]:
        return _places(queries.doors(account_id))

    def of_person(self, tenant_id: int, person_id: int) -> Sequence[Place]:
        return _places(queries.memberships_of(tenant_id, person_id))

    def host(self, slug: str) -> Host | None:
        with walls.visiting(walls.tenant_in_hand()):  # a door is looked at, not gone through
            found = queries.by_slug(slug)
        if found is None:
            return None
        return Host(found.slug, found.name, accent.url_of(found.accent), found.help_phone, found.help_hours)

    def actor(self, place: Place, token: str) -> Actor | None:
        return queries.actor_by_key(f"{place.tenant_id}.{place.organisation_id}.{token}")

    def why_to_stay(self, tenant_id: int, person_ids: Collection[int]) -> LastAdministrator | None:
        root, admins = queries.root_administrators(tenant_id)
        if not admins or not admins <= set(person_ids):
            return None
        return LastAdministrator(
            _("Nobody else administers %(name)s.", name=root),
            _("Make somebody else an administrator of it first; then this person can be erased."),
        )

    def more_than_learners(self) -> AnySelect:
        return select(Membership.person_id).where(Membership.role != Role.LEARNER)


def _places(rows: Iterable[tuple[Person, Membership, Organisation]]) -> list[Place]:
    """One place an organisation, however many roles somebody has there."""
    by_place: dict[int, tuple[Person, Organisation, list[Role]]] = {}
    for person, membership, organisation in rows:
        by_place.setdefault(organisation.id, (person, organisation, []))[2].append(membership.role)
    ranked = sorted(by_place.values(), key=lambda found: min(_ORDER.index(role) for role in found[2]))
    return [
        Place(there.tenant_id, there.id, there.name, tuple(map(role_name, roles)), person.id, there.slug)
        for person, there, roles in ranked
    ]
