"""Somebody whom the organisation's own directory announced (SCIM), and who comes by the provider that is that same directory.

Both call people by one number, and an administrator said so on the provider's page. Nothing else joins them, least of all an address.
"""

import secrets

from lms.core.clock import now
from lms.core.i18n import gettext as _
from lms.people import services as people
from lms.people.models import Person
from lms.people.queries import person_by_id
from lms.sso import directory, queries
from lms.sso.models import IdentityLink, IdentityProvider, LinkOrigin
from lms.sso.services import links
from lms.sso.services.refusals import KnownHere, NotInvited, OtherNumber, as_before, ask, refusal


def join(provider: IdentityProvider, subject: str, number: str, email: str | None) -> IdentityLink | None:
    """The tie of whoever the directory calls ``number``; None: nobody is called so, or this is not that directory.

    ``email`` is where links for a forgotten password will go, for somebody who has no account yet; one that is theirs.
    Raises ``NotInvited``, ``KnownHere`` or ``OtherNumber``.
    """
    if not provider.number_claim or not number:
        return None
    called = directory.called(provider.tenant_id, provider.organisation_id, number)
    if called.is_gone:
        raise refusal(provider, "no-longer-member", NotInvited(_("Your access here has ended."), ask()))
    if len(called.person_ids) > 1:
        told = _("Two people of the directory have your number over there.")
        raise refusal(provider, "two-of-one-number", KnownHere(told, ask()))
    person = person_by_id(provider.tenant_id, called.person_ids[0]) if called.person_ids else None
    if person is None:
        return None
    return _known(provider, subject, person) or _tie(provider, subject, person, email)


def _known(provider: IdentityProvider, subject: str, person: Person) -> IdentityLink | None:
    """Whoever comes by this provider already does so under one number; another one is taken where that was allowed, once."""
    tied = queries.link_of_person(provider, person.id)
    if tied is None:
        return None
    if tied.renewable_until is not None and tied.renewable_until > now() and not links.is_administrator(tied):
        return links.renew(tied, provider, subject)
    told = _("%(name)s knows the same person of the directory under another number.", name=provider.name)
    remedy = _("If you made a new account over there, ask your contact to allow it once.")
    raise refusal(provider, "other-number", OtherNumber(told, remedy))


def _tie(provider: IdentityProvider, subject: str, person: Person, email: str | None) -> IdentityLink:
    if person.account_id is None:
        person.account_id = people.create_account(f"{provider.slug}-{secrets.token_hex(6)}", email=email).id
        return links.link(provider, subject, person, LinkOrigin.DIRECTORY)
    made = links.link(provider, subject, person, LinkOrigin.DIRECTORY)
    if links.is_administrator(made):
        told = _("You run an organisation here: only you tie your account to this provider.")
        raise refusal(provider, "administrator", KnownHere(told, as_before()))
    people.tell(person.account_id, "provider-tied", subject=provider.name)
    return made
