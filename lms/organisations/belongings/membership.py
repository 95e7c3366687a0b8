"""A membership: a person is something in an organisation, and may take it in hand."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from lms.core.db import AnySelect
from lms.organisations import queries
from lms.organisations.actor import Actor
from lms.organisations.models import Membership, Organisation, Role
from lms.organisations.roles import role_name
from lms.people.belonging import Belonging, Place
from lms.people.models import Person

#: The most useful first: whoever works for an organisation comes to work.
_ORDER = (
    Role.ADMIN, Role.HR_MANAGER, Role.ADVISER, Role.MANAGER, Role.TRAINER, Role.MEDIATOR, Role.AUDITOR,
    Role.PARTNER, Role.LEARNER,
)  # fmt: skip


class MembershipBelonging(Belonging):
    """Memberships that hold today."""

    name = "membership"

    def places(self, account_id: int) -> Sequence[Place]:
        return _places(queries.doors(account_id))

    def of_person(self, tenant_id: int, person_id: int) -> Sequence[Place]:
        return _places(queries.memberships_of(tenant_id, person_id))

    def actor(self, place: Place, token: str) -> Actor | None:
        return queries.actor_by_key(f"{place.tenant_id}.{place.organisation_id}.{token}")

    def more_than_learners(self) -> AnySelect:
        return select(Membership.person_id).where(Membership.role != Role.LEARNER)


def _places(rows: Iterable[tuple[Person, Membership, Organisation]]) -> list[Place]:
    """One place an organisation, however many roles somebody has there."""
    by_place: dict[tuple[int, int], list[tuple[Role, str, int]]] = {}
    for person, membership, organisation in rows:
        key = (organisation.tenant_id, organisation.id)
        by_place.setdefault(key, []).append((membership.role, organisation.name, person.id))
    ranked = sorted(by_place.items(), key=lambda item: min(_ORDER.index(role) for role, *_rest in item[1]))
    return [
        Place(
            tenant_id, organisation_id, found[0][1], tuple(role_name(r) for r, *_rest in found), found[0][2]
        )
        for (tenant_id, organisation_id), found in ranked
    ]
