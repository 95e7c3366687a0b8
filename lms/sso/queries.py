"""Questions about identity providers."""

from collections.abc import Sequence

from sqlalchemy import select

from lms.core.db import session
from lms.organisations.models import Membership, Organisation
from lms.people.models import Account, Person
from lms.sso.models import IdentityLink, IdentityProvider


def live_provider(_actor: object, slug: str) -> IdentityProvider | None:
    """The provider of this name, if people may use it."""
    found = select(IdentityProvider).where(IdentityProvider.slug == slug, IdentityProvider.is_live)
    return session.scalars(found).one_or_none()


def provider_by_slug(slug: str) -> IdentityProvider | None:
    """The provider that commands call so, live or not."""
    return session.scalars(select(IdentityProvider).where(IdentityProvider.slug == slug)).one_or_none()


def live_providers(limit: int) -> Sequence[tuple[int, str, str]]:
    """Tenant, slug and name of the providers that people may use, at most so many."""
    found = select(IdentityProvider.tenant_id, IdentityProvider.slug, IdentityProvider.name)
    kept = found.where(IdentityProvider.is_live).order_by(IdentityProvider.name).limit(limit)
    return session.execute(kept).all()


def providers_of(organisation_slug: str) -> Sequence[tuple[str, str]]:
    """Slug and name of the live providers of the organisation that people know by this name."""
    found = (
        select(IdentityProvider.slug, IdentityProvider.name)
        .join(
            Organisation,
            (Organisation.tenant_id == IdentityProvider.tenant_id)
            & (Organisation.id == IdentityProvider.organisation_id),
        )
        .where(IdentityProvider.is_live, Organisation.slug == organisation_slug)
    )
    return session.execute(found.order_by(IdentityProvider.name)).all()


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
