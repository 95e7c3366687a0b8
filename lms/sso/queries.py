"""Questions about identity providers."""

from collections.abc import Sequence

from sqlalchemy import select

from lms.core import walls
from lms.core.db import session
from lms.organisations.models import Membership
from lms.organisations.queries import by_slug
from lms.people.models import Account, Person
from lms.sso.models import IdentityLink, IdentityProvider


def live_provider(_actor: object, slug: str) -> IdentityProvider | None:
    """The provider of this name, if people may use it. What follows in this transaction is about its tenant."""
    found = provider_by_slug(slug)
    return found if found is not None and found.is_live else None


def provider_by_slug(slug: str) -> IdentityProvider | None:
    """The provider that commands call so, live or not. What follows in this transaction is about its tenant."""
    named = IdentityProvider.slug == slug
    whose = select(IdentityProvider.tenant_id).where(named)
    tenant_id = walls.tenant_by("tenants_of_provider", slug, whose)
    walls.enter(tenant_id)
    mine = IdentityProvider.tenant_id == tenant_id
    return session.scalars(select(IdentityProvider).where(mine, named)).one_or_none()


def customers_with_providers() -> list[int]:
    """The tenants that have a provider in use: at most two, as with more than one their buttons are shown to nobody."""
    plain = select(IdentityProvider.tenant_id).where(IdentityProvider.is_live).distinct().limit(2)
    return walls.tenants_by("tenants_with_providers", True, plain)


def live_providers(tenant_id: int, limit: int) -> Sequence[tuple[str, str]]:
    """Slug and name of a tenant's providers that people may use, at most so many."""
    found = select(IdentityProvider.slug, IdentityProvider.name)
    mine = found.where(IdentityProvider.tenant_id == tenant_id, IdentityProvider.is_live)
    with walls.visiting(tenant_id):
        return session.execute(mine.order_by(IdentityProvider.name).limit(limit)).all()


def providers_of(organisation_slug: str) -> Sequence[tuple[str, str]]:
    """Slug and name of the live providers of the organisation that people know by this name."""
    organisation = by_slug(organisation_slug)
    if organisation is None:
        return []
    found = (
        select(IdentityProvider.slug, IdentityProvider.name)
        .where(
            IdentityProvider.tenant_id == organisation.tenant_id,
            IdentityProvider.organisation_id == organisation.id,
            IdentityProvider.is_live,
        )
        .order_by(IdentityProvider.name)
    )
    return session.execute(found).all()


def link_of(provider: IdentityProvider, subject: str) -> IdentityLink | None:
    """Who this person of theirs is here."""
    found = select(IdentityLink).where(
        IdentityLink.tenant_id == provider.tenant_id,
        IdentityLink.provider_id == provider.id,
        IdentityLink.subject == subject,
    )
    return session.scalars(found).one_or_none()


def namesakes(tenant_id: int, email: str) -> bool:
    """Whether somebody of the tenant who can sign in has this address."""
    found = (
        select(Person.id)
        .join(Account, Account.id == Person.account_id)
        .where(Person.tenant_id == tenant_id, Person.email == email)
    )
    return session.execute(found.limit(1)).first() is not None


def is_member(link: IdentityLink, organisation_id: int) -> bool:
    """Whether the linked person is still something in the provider's organisation."""
    found = select(Membership.id).where(
        Membership.tenant_id == link.tenant_id,
        Membership.person_id == link.person_id,
        Membership.organisation_id == organisation_id,
    )
    return session.execute(found.limit(1)).first() is not None
