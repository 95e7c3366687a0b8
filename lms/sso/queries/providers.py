"""Providers: by their name in an address, for an organisation, for a domain, and in the lists of those who set them up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from lms.core import walls
from lms.core.db import session
from lms.organisations.actor import Actor
from lms.organisations.models import Branch, Membership, Organisation
from lms.organisations.queries import in_hand, tenant_of
from lms.people.models import Person
from lms.sso.models import IdentityDomain, IdentityLink, IdentityProvider, ProviderState
from lms.sso.profile import Language, profile_of

_LIVE = IdentityProvider.state == ProviderState.LIVE


@dataclass(frozen=True, slots=True)
class Offer:
    """A provider as a sign-in page shows it, to somebody whom nobody knows yet."""

    slug: str
    name: str
    organisation: str
    away_since: datetime | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A provider in the list of those who set them up."""

    provider: IdentityProvider
    organisation: str
    people: int


def live_provider(_actor: object, slug: str) -> IdentityProvider | None:
    """The provider of this name, if people may use it. What follows in this transaction is about its tenant."""
    found = provider_by_slug(slug)
    return found if found is not None and found.is_live else None


def known_provider(_actor: object, slug: str) -> IdentityProvider | None:
    """The provider of this name, in use or not. What follows in this transaction is about its tenant."""
    return provider_by_slug(slug)


def openid_provider(actor: object, slug: str) -> IdentityProvider | None:
    """The same, if it speaks OpenID Connect."""
    return _speaking(Language.OPENID, known_provider(actor, slug))


def saml_provider(actor: object, slug: str) -> IdentityProvider | None:
    """The same, if it speaks SAML."""
    return _speaking(Language.SAML, known_provider(actor, slug))


def _speaking(language: Language, found: IdentityProvider | None) -> IdentityProvider | None:
    return found if found is not None and profile_of(found.kind).language is language else None


def provider_by_slug(slug: str) -> IdentityProvider | None:
    """The provider that addresses and commands call so. What follows in this transaction is about its tenant."""
    named = IdentityProvider.slug == slug
    whose = select(IdentityProvider.tenant_id).where(named)
    tenant_id = walls.tenant_by("tenants_of_provider", slug, whose)
    walls.enter(tenant_id)
    mine = IdentityProvider.tenant_id == tenant_id
    return session.scalars(select(IdentityProvider).where(mine, named)).one_or_none()


def customers_with_providers() -> list[int]:
    """The tenants that have a provider in use: at most two, as with more than one their buttons are shown to nobody."""
    plain = select(IdentityProvider.tenant_id).where(_LIVE).distinct().limit(2)
    return walls.tenants_by("tenants_with_providers", True, plain)


def offers_of(tenant_id: int, limit: int) -> list[Offer]:
    """A tenant's providers that people may use, at most so many."""
    with walls.visiting(tenant_id):
        return _offers(tenant_id, limit=limit)


def offers_at(typed: str, limit: int = 20) -> list[Offer]:
    """The providers for somebody who types this: an e-mail address by its domain, an organisation's short name.

    An organisation's providers are its own and those of the organisations above it. Says nothing of any account.
    """
    name = typed.strip().casefold()
    _name, at, domain = name.rpartition("@")
    found: list[Offer] = []
    if at:
        named = select(IdentityDomain.tenant_id).where(IdentityDomain.domain == domain).distinct().limit(20)
        for tenant_id in walls.tenants_by("tenants_of_domain", domain, named):
            own = select(IdentityDomain.provider_id).where(
                IdentityDomain.tenant_id == tenant_id, IdentityDomain.domain == domain
            )
            with walls.visiting(tenant_id):
                found += _offers(tenant_id, IdentityProvider.id.in_(own), limit=limit)
        return found[:limit]
    tenant_id_of_it = tenant_of(name)
    if tenant_id_of_it is None:
        return []
    here = select(Organisation.id).where(Organisation.tenant_id == tenant_id_of_it, Organisation.slug == name)
    above = select(Branch.above_id).where(Branch.tenant_id == tenant_id_of_it, Branch.below_id.in_(here))
    with walls.visiting(tenant_id_of_it):
        return _offers(tenant_id_of_it, IdentityProvider.organisation_id.in_(above), limit=limit)


def offers_for(person: Person, limit: int) -> list[Offer]:
    """The providers of the organisations where this person is something, and of those above. Within the tenant in hand."""
    places = select(Membership.organisation_id).where(
        Membership.tenant_id == person.tenant_id, Membership.person_id == person.id
    )
    above = select(Branch.above_id).where(Branch.tenant_id == person.tenant_id, Branch.below_id.in_(places))
    return _offers(person.tenant_id, IdentityProvider.organisation_id.in_(above), limit=limit)


def providers_for(actor: Actor) -> Sequence[IdentityProvider]:
    """The live providers of the organisation in hand and of those above it: whoever acts may tie themselves to them."""
    above = select(Branch.above_id).where(
        Branch.tenant_id == actor.tenant_id, Branch.below_id == actor.organisation_id
    )
    found = select(IdentityProvider).where(
        IdentityProvider.tenant_id == actor.tenant_id, _LIVE, IdentityProvider.organisation_id.in_(above)
    )
    return session.scalars(found.order_by(IdentityProvider.name, IdentityProvider.id).limit(20)).all()


def provider_for(actor: Actor, slug: str) -> IdentityProvider | None:
    """One of these, by its name."""
    return next((one for one in providers_for(actor) if one.slug == slug), None)


def door_of(provider: IdentityProvider) -> str:
    """The short name of the organisation at whose door the provider stands."""
    found = select(Organisation.slug).where(
        Organisation.tenant_id == provider.tenant_id, Organisation.id == provider.organisation_id
    )
    return session.scalar(found) or ""


def _offers(tenant_id: int, *which: Any, limit: int) -> list[Offer]:
    found = (
        select(IdentityProvider.slug, IdentityProvider.name, Organisation.name, IdentityProvider.away_since)
        .join(
            Organisation,
            (Organisation.tenant_id == IdentityProvider.tenant_id)
            & (Organisation.id == IdentityProvider.organisation_id),
        )
        .where(IdentityProvider.tenant_id == tenant_id, _LIVE, *which)
        .order_by(IdentityProvider.name, IdentityProvider.id)
    )
    return [Offer(*row) for row in session.execute(found.limit(limit))]


def providers_in_hand(actor: Actor) -> list[Listed]:
    """Those of the organisation in hand and of all below it, with how many people are tied to each. One statement."""
    tied = (
        select(func.count(IdentityLink.id))
        .where(
            IdentityLink.tenant_id == IdentityProvider.tenant_id,
            IdentityLink.provider_id == IdentityProvider.id,
        )
        .scalar_subquery()
    )
    found = (
        select(IdentityProvider, Organisation.name, tied)
        .join(
            Organisation,
            (Organisation.tenant_id == IdentityProvider.tenant_id)
            & (Organisation.id == IdentityProvider.organisation_id),
        )
        .where(
            IdentityProvider.tenant_id == actor.tenant_id,
            IdentityProvider.organisation_id.in_(in_hand(actor)),
        )
        .order_by(IdentityProvider.name, IdentityProvider.id)
    )
    return [Listed(*row) for row in session.execute(found.limit(200))]


def provider_in_sight(actor: Actor, provider_id: int) -> IdentityProvider | None:
    """The provider, if it is one of the organisation in hand or of one below it."""
    found = select(IdentityProvider).where(
        IdentityProvider.tenant_id == actor.tenant_id,
        IdentityProvider.id == provider_id,
        IdentityProvider.organisation_id.in_(in_hand(actor)),
    )
    return session.scalars(found).one_or_none()


def units_in_hand(actor: Actor) -> Sequence[tuple[int, str]]:
    """Number and name of the organisations to which a provider can be given: the one in hand, then all below it by name."""
    found = select(Organisation.id, Organisation.name).where(
        Organisation.tenant_id == actor.tenant_id, Organisation.id.in_(in_hand(actor))
    )
    ordered = found.order_by(Organisation.id != actor.organisation_id, Organisation.name, Organisation.id)
    return [(row[0], row[1]) for row in session.execute(ordered.limit(500))]


def replaceable(actor: Actor, provider_id: int | None) -> Sequence[tuple[int, str]]:
    """Number and name of the providers that this one may take over from: the others in sight."""
    return [
        (one.provider.id, one.provider.name)
        for one in providers_in_hand(actor)
        if one.provider.id != provider_id
    ]


def domains_of(provider: IdentityProvider) -> list[str]:
    """The domains of the addresses of its people."""
    found = select(IdentityDomain.domain).where(
        IdentityDomain.tenant_id == provider.tenant_id, IdentityDomain.provider_id == provider.id
    )
    return list(session.scalars(found.order_by(IdentityDomain.domain)))
