"""Who of theirs is who here, and what it takes to end a session over there."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from lms.core import counting
from lms.core.clock import now
from lms.core.db import session
from lms.core.sealing import fingerprint
from lms.organisations.actor import Actor
from lms.people.models import Person
from lms.sso.models import IdentityLink, IdentityProvider, IdentitySession
from lms.sso.queries.providers import provider_by_slug, provider_in_sight

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class LinkedPage:
    """One page of the people who come by a provider."""

    rows: Sequence[tuple[IdentityLink, Person]]
    number: int
    total: int
    size: int = PAGE_SIZE
    and_more: bool = False


@dataclass(frozen=True, slots=True)
class MyLink:
    """A provider that signs me in, or could: ``link`` is None where it does not yet."""

    provider: IdentityProvider
    link: IdentityLink | None


def link_of(provider: IdentityProvider, subject: str) -> IdentityLink | None:
    """Who this person of theirs is here."""
    found = select(IdentityLink).where(
        IdentityLink.tenant_id == provider.tenant_id,
        IdentityLink.provider_id == provider.id,
        IdentityLink.subject == subject,
    )
    return session.scalars(found).one_or_none()


def link_of_person(provider: IdentityProvider, person_id: int) -> IdentityLink | None:
    """Under which number this person comes by the provider; the latest where there are several."""
    found = select(IdentityLink).where(
        IdentityLink.tenant_id == provider.tenant_id,
        IdentityLink.provider_id == provider.id,
        IdentityLink.person_id == person_id,
    )
    return session.scalars(found.order_by(IdentityLink.id.desc()).limit(1)).first()


def linked_people(provider: IdentityProvider, page: int) -> LinkedPage:
    """Whoever comes by this provider, by name. Two statements."""
    of_it = IdentityLink.tenant_id == provider.tenant_id, IdentityLink.provider_id == provider.id
    named = (Person.tenant_id == IdentityLink.tenant_id) & (Person.id == IdentityLink.person_id)
    found = select(IdentityLink, Person).join(Person, named).where(*of_it)
    number, total, and_more = counting.page_of(select(IdentityLink.id).where(*of_it), page, PAGE_SIZE)
    shown = (
        found.order_by(Person.sort_name, IdentityLink.id).limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)
    )
    return LinkedPage([(row[0], row[1]) for row in session.execute(shown)], number, total, and_more=and_more)


def link_in_sight(actor: Actor, provider_id: int, link_id: int) -> IdentityLink | None:
    """One of the people who come by a provider in sight."""
    if provider_in_sight(actor, provider_id) is None:
        return None
    found = select(IdentityLink).where(
        IdentityLink.tenant_id == actor.tenant_id,
        IdentityLink.provider_id == provider_id,
        IdentityLink.id == link_id,
    )
    return session.scalars(found).one_or_none()


def my_links(actor: Actor, providers: Sequence[IdentityProvider]) -> list[MyLink]:
    """These providers, each with what ties the actor to it."""
    mine = select(IdentityLink).where(
        IdentityLink.tenant_id == actor.tenant_id, IdentityLink.person_id == actor.person_id
    )
    tied = {one.provider_id: one for one in session.scalars(mine)}
    return [MyLink(provider, tied.get(provider.id)) for provider in providers]


def my_link(actor: Actor, link_id: int) -> IdentityLink | None:
    """One of the actor's own."""
    found = select(IdentityLink).where(
        IdentityLink.tenant_id == actor.tenant_id,
        IdentityLink.person_id == actor.person_id,
        IdentityLink.id == link_id,
    )
    return session.scalars(found).one_or_none()


def session_of(tenant_id: int, sign_in_id: int) -> tuple[IdentitySession, IdentityProvider] | None:
    """What ends the session over there that began this one here."""
    found = (
        select(IdentitySession, IdentityProvider)
        .join(
            IdentityLink,
            (IdentityLink.tenant_id == IdentitySession.tenant_id)
            & (IdentityLink.id == IdentitySession.link_id),
        )
        .join(
            IdentityProvider,
            (IdentityProvider.tenant_id == IdentityLink.tenant_id)
            & (IdentityProvider.id == IdentityLink.provider_id),
        )
        .where(IdentitySession.tenant_id == tenant_id, IdentitySession.sign_in_id == sign_in_id)
        .order_by(IdentitySession.id.desc())
    )
    row = session.execute(found.limit(1)).one_or_none()
    return (row[0], row[1]) if row else None


def leaving_by(_actor: object, slug: str, token: str) -> tuple[IdentityProvider, IdentitySession] | None:
    """The session that whoever left here just now still has with this provider."""
    provider = provider_by_slug(slug)
    if provider is None:
        return None
    found = select(IdentitySession).where(
        IdentitySession.tenant_id == provider.tenant_id,
        IdentitySession.leave_hash == fingerprint(token),
        IdentitySession.leave_until > now(),
    )
    here = session.scalars(found).one_or_none()
    return (provider, here) if here is not None else None


def provider_of(tied: IdentityLink) -> IdentityProvider:
    """The provider of a tie."""
    found = select(IdentityProvider).where(
        IdentityProvider.tenant_id == tied.tenant_id, IdentityProvider.id == tied.provider_id
    )
    return session.scalars(found).one()
