"""Trusting a provider, and letting its people in."""

import secrets
from typing import Any

from sqlalchemy import select, update

from lms.core import journal, sealing
from lms.core.clock import now
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.organisations import services as organisations
from lms.organisations.models import Organisation, Role
from lms.people import services as people
from lms.people.models import Account, Person, sorted_as
from lms.sso import queries
from lms.sso.models import IdentityLink, IdentityProvider

_CLAIMS = {"first_name": "given_name", "last_name": "family_name", "email": "email"}


class NotInvited(Refused):
    """The provider vouches for somebody whom nobody here expects."""

    status = 403


class KnownHere(Refused):
    """Somebody here has the same address; an address alone never joins two accounts."""

    status = 403


def add(
    organisation: Organisation,
    slug: str,
    name: str,
    issuer: str,
    client_id: str,
    *,
    secret: str = "",
    default_role: Role | None = None,
) -> IdentityProvider:
    """Trust a provider on behalf of an organisation. ``slug`` is unique in the installation."""
    made = IdentityProvider(
        tenant_id=organisation.tenant_id,
        organisation_id=organisation.id,
        slug=slug,
        name=name,
        issuer=issuer.rstrip("/"),
        client_id=client_id,
        client_secret=sealing.seal(secret) if secret else None,
        default_role=default_role,
    )
    session.add(made)
    session.flush()  # links point at its number
    journal.note("provider-trusted", tenant_id=made.tenant_id, provider=slug, issuer=made.issuer)
    return made


def link(provider: IdentityProvider, subject: str, person: Person) -> IdentityLink:
    """Say that this person of theirs is this person here. The person must have an account."""
    assert person.account_id is not None
    made = IdentityLink(
        tenant_id=provider.tenant_id,
        provider_id=provider.id,
        subject=subject,
        account_id=person.account_id,
        person_id=person.id,
    )
    session.add(made)
    journal.note("identity-linked", tenant_id=provider.tenant_id, provider=provider.slug, person=person.id)
    return made


def remember(provider_id: int, discovered: dict[str, Any]) -> None:
    """Keep what the provider publishes, so that the next sign-on asks one question less."""
    keeping = update(IdentityProvider).where(IdentityProvider.id == provider_id)
    session.execute(keeping.values(discovered=discovered, discovered_at=now()))


def admit(provider: IdentityProvider, claims: dict[str, Any]) -> IdentityLink:
    """Who this is here: known by provider and subject, or new where the provider may bring new people.

    Raises ``NotInvited`` and ``KnownHere``; both leave a line in the journal.
    """
    subject = str(claims["sub"])
    known = queries.link_of(provider, subject)
    if known is None:
        known = _newcomer(provider, subject, claims)
    suspended = session.scalar(select(Account.suspended_at).where(Account.id == known.account_id))
    if suspended is not None or not queries.is_member(known, provider.organisation_id):
        raise _refusal(provider, "no-longer-member", NotInvited(_("Your access here has ended."), _ask()))
    known.last_at = now()
    return known


def _newcomer(provider: IdentityProvider, subject: str, claims: dict[str, Any]) -> IdentityLink:
    facts = {ours: _said(claims, str(provider.claims.get(ours, theirs))) for ours, theirs in _CLAIMS.items()}
    email = facts["email"].lower()
    if provider.default_role is None:
        refusal: Refused = NotInvited(
            _("%(name)s knows you, but you were not invited here yet.", name=provider.name), _ask()
        )
        raise _refusal(provider, "not-invited", refusal)
    if email and queries.namesakes(provider.tenant_id, email):
        told = _("Somebody here already uses the address %(address)s.", address=redacted(email))
        raise _refusal(
            provider,
            "known-address",
            KnownHere(told, _("Sign in as you did before, or ask your contact to link the two.")),
        )
    first, last = facts["first_name"], facts["last_name"] or _said(claims, "name") or subject
    account = people.create_account(f"{provider.slug}-{secrets.token_hex(6)}", email=email or None)
    person = Person(
        tenant_id=provider.tenant_id,
        account_id=account.id,
        first_name=first,
        last_name=last,
        sort_name=sorted_as(first, last),
        email=email or None,
    )
    session.add(person)
    session.flush()  # the membership and the link point at its number
    organisation = session.get_one(Organisation, provider.organisation_id)
    organisations.add_member(person.id, organisation, provider.default_role)
    return link(provider, subject, person)


def redacted(email: str) -> str:
    """An address one recognises only if one knows it: ``p…e@e…e.fr``."""
    name, _at, host = email.partition("@")
    site, _dot, end = host.rpartition(".")
    return f"{name[:1]}…{name[-1:]}@{site[:1]}…{site[-1:]}.{end}"


def _said(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    return " ".join(value.split())[:200] if isinstance(value, str) else ""


def _ask() -> str:
    return _("Ask the person who gave you this address.")


def _refusal(provider: IdentityProvider, why: str, refusal: Refused) -> Refused:
    journal.note_refusal("sign-on-refused", tenant_id=provider.tenant_id, provider=provider.slug, why=why)
    return refusal
