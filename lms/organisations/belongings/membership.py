"""A membership: a person is something in an organisation, and may take it in hand."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from sqlalchemy import select

from lms.core import walls
from lms.core.db import AnySelect
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.organisations import accent, logo, policies, queries, services
from lms.organisations.actor import Actor
from lms.organisations.models import Membership, Organisation, Role
from lms.organisations.roles import role_name
from lms.people.belonging import Belonging, Host, Openings, Place, Tie
from lms.people.models import Person

#: The most useful first: whoever works for an organisation comes to work.
_ORDER = (
    Role.ADMIN, Role.HR_MANAGER, Role.ADVISER, Role.MANAGER, Role.TRAINER, Role.MEDIATOR, Role.AUDITOR,
    Role.PARTNER, Role.LEARNER,
)  # fmt: skip
#: The most frequent first, as a form offers them.
_GIVEN = tuple(reversed(_ORDER))


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
        return Host(
            found.slug, found.name, accent.url_of(found.accent), logo.url_of(found.logo), found.help_phone,
            found.help_hours,
        )  # fmt: skip

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

    def ties(self, actor: Actor, person_id: int) -> list[Tie]:
        return [
            Tie(
                held.id, there.name, role_name(held.role), held.ends_at, follower,
                policies.may_give_role(actor, held.role) and person_id != actor.person_id,
                held.role is Role.LEARNER,
            )
            for held, there, follower in queries.ties_of(actor, person_id)
        ]  # fmt: skip

    def openings(self, actor: Actor) -> Openings:
        roles = [(role.value, role_name(role)) for role in _GIVEN if policies.may_give_role(actor, role)]
        return Openings([(one.id, one.name) for one in queries.open_places(actor)], roles)

    def settle(self, actor: Actor, person_id: int, place: int, role: str, until: date | None) -> None:
        services.settle(actor, person_id, _there(actor, place), Role(role), until)

    def end(self, actor: Actor, person_id: int, tie_id: int) -> None:
        found = queries.tie_in_sight(actor, person_id, tie_id)
        if found is None:
            raise NoSuchPlace(_("This role has ended already."))
        services.end(actor, found)

    def move(self, actor: Actor, person_id: int, place: int) -> None:
        services.move_learner(actor, person_id, _there(actor, place))

    def followers(self, actor: Actor) -> list[tuple[int, str]]:
        return [(row.id, f"{row.first_name} {row.last_name}") for row in queries.followers_to_choose(actor)]

    def follow(self, actor: Actor, person_id: int, follower_id: int | None) -> None:
        services.follow(actor, person_id, follower_id)

    def more_than_learners(self) -> AnySelect:
        return select(Membership.person_id).where(Membership.role != Role.LEARNER)


class NoSuchPlace(Refused):
    """It is not, or not any more, what the page said."""

    status = 404


def _there(actor: Actor, place: int) -> Organisation:
    found = queries.organisation_in_sight(actor, place)
    if found is None:
        raise NoSuchPlace(_("This organisation is not in your sight."), _("Choose one in the list."))
    return found


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
