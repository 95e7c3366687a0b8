"""Ties between their people and ours: made, taken away, allowed to change their number once."""

from datetime import timedelta
from typing import Any

from lms.core import journal
from lms.core.clock import now
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.organisations.models import Role
from lms.organisations.queries import memberships_of
from lms.people.models import Person
from lms.sso.models import IdentityLink, IdentityProvider, LinkOrigin

RENEWABLE = timedelta(days=7)  #: for which somebody may come once under a new number


class NeverForThem(Refused):
    """Whoever runs an organisation is not taken for somebody else's new account."""

    status = 403


def link(
    provider: IdentityProvider,
    subject: str,
    person: Person,
    origin: LinkOrigin = LinkOrigin.HAND,
    actor: Any = None,
) -> IdentityLink:
    """Say that this person of theirs is this person here. The person must have an account."""
    assert person.account_id is not None
    made = IdentityLink(
        tenant_id=provider.tenant_id,
        provider_id=provider.id,
        subject=subject,
        account_id=person.account_id,
        person_id=person.id,
        origin=origin,
    )
    session.add(made)
    session.flush()  # a session of this sign-in points at its number
    _note("identity-linked", made, provider, actor, how=origin.value)
    return made


def unlink(tied: IdentityLink, provider: IdentityProvider, actor: Any) -> None:
    """From now on this person does not come by this provider; what they are here stays."""
    _note("identity-unlinked", tied, provider, actor)
    session.delete(tied)


def allow_new_number(tied: IdentityLink, provider: IdentityProvider, actor: Any) -> None:
    """Let this person come once, within a week, under a new number and the same address. Raises ``NeverForThem``.

    For whoever deleted their account over there and made a new one.
    """
    if is_administrator(tied):
        raise NeverForThem(
            _("This person runs an organisation: nobody else’s account may take their place"),
            _("Take the tie away; they sign in by their password and tie the new account themselves."),
        )
    tied.renewable_until = now() + RENEWABLE
    _note("identity-renewable", tied, provider, actor)


def renew(tied: IdentityLink, provider: IdentityProvider, subject: str) -> IdentityLink:
    """The new number, once."""
    tied.subject, tied.renewable_until = subject, None
    _note("identity-renewed", tied, provider, None)
    return tied


def is_administrator(tied: IdentityLink) -> bool:
    """Whether this person runs an organisation."""
    held = memberships_of(tied.tenant_id, tied.person_id)
    return any(membership.role is Role.ADMIN for _person, membership, _where in held)


def _note(verb: str, tied: IdentityLink, provider: IdentityProvider, actor: Any, **more: Any) -> None:
    journal.note(verb, actor, tenant_id=tied.tenant_id, provider=provider.slug, about=tied.person_id, **more)
