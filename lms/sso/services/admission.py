"""Who somebody is here of whom a provider speaks: known by provider and number, expected, new, or refused with the reason.

An e-mail address alone never says that two accounts are one.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from lms.core.clock import now
from lms.core.db import session
from lms.core.i18n import gettext as _
from lms.core.i18n import sort_key
from lms.organisations import services as organisations
from lms.organisations.models import Organisation
from lms.people import services as people
from lms.people.models import Account, Person
from lms.people.queries import person_by_id
from lms.sso import directory, queries
from lms.sso.arrival import Arrival
from lms.sso.models import IdentityLink, IdentityProvider, LinkOrigin
from lms.sso.profile import Profile, profile_of
from lms.sso.services import announced, freshening, links
from lms.sso.services.refusals import (
    KnownHere,
    NotInvited,
    OtherName,
    OtherNumber,
    TooWide,
    as_before,
    ask,
    redacted,
    refusal,
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a provider says of somebody, in our words."""

    subject: str
    said: Mapping[str, str]
    email: str  #: in lower case; empty where the provider itself does not stand by it
    is_confirmed: bool  #: whether it says that the address is really theirs
    number: str = (
        ""  #: by which the organisation's own directory calls them, where the provider is that directory
    )

    @property
    def name(self) -> tuple[str, str]:
        """First and last name, as they are sorted: without accents or case."""
        return sort_key(self.said["first_name"]), sort_key(self.said["last_name"])


@dataclass(frozen=True, slots=True)
class Admitted:
    """Somebody who may come in. ``kept_address``: theirs over there belongs to somebody else here, so it was not taken."""

    link: IdentityLink
    kept_address: bool = False


def facts_of(provider: IdentityProvider, arrival: Arrival) -> Facts:
    """What came back, in our words."""
    profile = profile_of(provider.kind)
    said = profile.said(arrival.claims, provider.claims)
    verified = arrival.claims.get("email_verified")
    email = said["email"].casefold()
    if verified in (False, "false") or not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
        email = ""
    confirmed = bool(email) and (verified in (True, "true") or profile.confirms_addresses)
    number = directory.number_in(provider.number_claim, arrival.claims)
    return Facts(arrival.subject, said, email, confirmed, number)


def admit(provider: IdentityProvider, arrival: Arrival) -> Admitted:
    """Who this is here. Raises ``NotInvited``, ``KnownHere``, ``OtherNumber`` or ``TooWide``; each leaves a line in the journal."""
    facts = facts_of(provider, arrival)
    tied = queries.link_of(provider, facts.subject) or _first_time(provider, facts)
    return _let_in(provider, tied, facts)


def admit_invited(provider: IdentityProvider, arrival: Arrival, person: Person) -> Admitted:
    """Whoever came with the link that was mailed to ``person``: the provider must know the same address."""
    facts = facts_of(provider, arrival)
    tied = queries.link_of(provider, facts.subject)
    if tied is None:
        if not facts.email or facts.email != person.email:
            told = _("The invitation was sent to %(address)s, and %(name)s knows you by another address.",
                     address=redacted(person.email or ""), name=provider.name)  # fmt: skip
            raise refusal(provider, "other-address", KnownHere(told, ask()))
        tied = links.link(provider, facts.subject, person, LinkOrigin.INVITATION)
    elif tied.person_id != person.id:
        raise refusal(provider, "tied-to-another", _tied(provider))
    return _let_in(provider, tied, facts)


def tie_owner(provider: IdentityProvider, arrival: Arrival, actor: Any) -> IdentityLink:
    """Tie the one who is signed in here to who they are over there: they proved both."""
    facts = facts_of(provider, arrival)
    tied = queries.link_of(provider, facts.subject)
    person = person_by_id(provider.tenant_id, actor.person_id)
    assert person is not None
    if tied is not None and tied.person_id != person.id:
        raise refusal(provider, "tied-to-another", _tied(provider), actor)
    _same_name(provider, facts, person)
    tied = tied or links.link(provider, facts.subject, person, LinkOrigin.OWNER, actor)
    _within_its_rights(provider, tied)
    freshening.certify(provider, person, facts.name)
    return tied


def _let_in(provider: IdentityProvider, tied: IdentityLink, facts: Facts) -> Admitted:
    _within_its_rights(provider, tied)
    tied.last_at = now()
    person = person_by_id(tied.tenant_id, tied.person_id)
    assert person is not None
    kept = tied.origin is LinkOrigin.NEWCOMER and not freshening.follow(
        provider, person, facts.said, facts.email
    )
    freshening.certify(provider, person, facts.name)
    return Admitted(tied, kept)


def _within_its_rights(provider: IdentityProvider, tied: IdentityLink) -> None:
    suspended = session.scalar(select(Account.suspended_at).where(Account.id == tied.account_id))
    person = person_by_id(tied.tenant_id, tied.person_id)
    if suspended is not None or (person is not None and person.suspended_at is not None):
        remedy = _("Call the person who accompanies you: they can put it right.")
        raise refusal(provider, "suspended", NotInvited(_("Your access is suspended"), remedy))
    gone = person is None or person.archived_at is not None
    if gone or not queries.is_within(provider, tied.person_id):
        raise refusal(provider, "no-longer-member", NotInvited(_("Your access here has ended."), ask()))
    learners_only = profile_of(provider.kind).is_for_learners
    if queries.has_wider_rights(provider, tied.person_id, learners_only=learners_only):
        told = _("Your account opens more than %(name)s may vouch for.", name=provider.name)
        raise refusal(
            provider, "wider-rights", TooWide(told, _("Sign in with your login and your password."))
        )


def _first_time(provider: IdentityProvider, facts: Facts) -> IdentityLink:
    """Somebody whose number is new: known otherwise, expected, or a newcomer."""
    profile = profile_of(provider.kind)
    address = facts.email if facts.is_confirmed else None
    found = (
        announced.join(provider, facts.subject, facts.number, address)
        or _replaced(provider, facts)
        or _renewed(provider, facts)
        or _expected(provider, facts)
    )
    if found is not None:
        return found
    if facts.email and queries.has_namesake(provider.tenant_id, facts.email):
        told = _("Somebody here already uses the address %(address)s.", address=redacted(facts.email))
        raise refusal(provider, "known-address", KnownHere(told, as_before()))
    unit = _unit(provider, profile, facts)
    if provider.default_role is None or provider.default_role not in profile.roles or unit is None:
        told = _("%(name)s knows you, but you were not invited here yet.", name=provider.name)
        raise refusal(provider, "not-invited", NotInvited(told, ask()))
    return _newcomer(provider, facts, unit)


def _replaced(provider: IdentityProvider, facts: Facts) -> IdentityLink | None:
    """Somebody known by the provider that this one replaces: an administrator allowed it, and the address is confirmed."""
    if provider.replaces_id is None or not facts.is_confirmed:
        return None
    old = session.get(IdentityProvider, provider.replaces_id)
    known = queries.known_by(old, facts.email) if old is not None else []
    if len(known) != 1 or links.is_administrator(known[0]):
        return None
    person = person_by_id(provider.tenant_id, known[0].person_id)
    return links.link(provider, facts.subject, person, LinkOrigin.REPLACED) if person else None


def _renewed(provider: IdentityProvider, facts: Facts) -> IdentityLink | None:
    """Somebody of this provider with the same address: their new number is taken where that was allowed, once."""
    known = queries.known_by(provider, facts.email) if facts.email else []
    if not known:
        return None
    until = known[0].renewable_until
    if len(known) == 1 and until is not None and until > now() and not links.is_administrator(known[0]):
        return links.renew(known[0], provider, facts.subject)
    told = _("%(name)s knows somebody with the address %(address)s under another number.",
             name=provider.name, address=redacted(facts.email))  # fmt: skip
    remedy = _("If you made a new account over there, ask your contact to allow it once.")
    raise refusal(provider, "other-number", OtherNumber(told, remedy))


def _expected(provider: IdentityProvider, facts: Facts) -> IdentityLink | None:
    """Somebody whom a file of people announced under a number that the provider knows, with the same last name.

    Only where nobody ever signed in as them: an account that is in use is tied by its owner.
    """
    for field, is_agency in (("hr_number", False), ("agency_identifier", True)):
        if not (number := facts.said[field]):
            continue
        person = queries.expected_under(provider, number, is_agency=is_agency)
        if person is None or not queries.is_within(provider, person.id):
            continue
        if person.account_id is not None or sort_key(person.last_name) != facts.name[1]:
            told = _("Somebody here already has the number %(number)s.", number=f"…{number[-3:]}")
            raise refusal(provider, "known-number", KnownHere(told, as_before()))
        account = people.create_account(_login(provider), email=facts.email if facts.is_confirmed else None)
        person.account_id = account.id
        return links.link(provider, facts.subject, person, LinkOrigin.NUMBER)
    return None


def _unit(provider: IdentityProvider, profile: Profile, facts: Facts) -> Organisation | None:
    """Where a newcomer belongs: the unit whose number the provider says, else its own organisation.

    None: the customer named domains, or the provider vouches for people whom nobody chose, and neither number nor domain
    is of its own.
    """
    number = facts.said["unit"]
    found = queries.unit_numbered(provider, number) if number else None
    if found is not None:
        return found
    domains = queries.domains_of(provider)
    is_named = facts.email.rpartition("@")[2] in domains
    if not is_named and (domains or profile.asks_for_belonging):
        return None
    return session.get_one(Organisation, provider.organisation_id)


def _newcomer(provider: IdentityProvider, facts: Facts, unit: Organisation) -> IdentityLink:
    said = facts.said
    first, last = said["first_name"], said["last_name"] or facts.subject[:200]
    account = people.create_account(_login(provider), email=facts.email if facts.is_confirmed else None)
    person = people.add_person(
        provider.tenant_id, first, last, account_id=account.id, email=facts.email or None,
        phone=freshening.phone_of(said["phone"]), birth_date=freshening.day_of(said["birth_date"]),
    )  # fmt: skip
    assert provider.default_role is not None
    organisations.add_member(person.id, unit, provider.default_role)
    return links.link(provider, facts.subject, person, LinkOrigin.NEWCOMER)


def _same_name(provider: IdentityProvider, facts: Facts, person: Person) -> None:
    """Whoever certifies names must name the person of the file: a helper's own account is not tied by mistake."""
    if not profile_of(provider.kind).certified:
        return
    if sort_key(person.last_name) != facts.name[1]:
        told = _("%(name)s gave another name than that of this account.", name=provider.name)
        remedy = _("Nothing was tied. If your name is written wrongly here, ask your contact to correct it.")
        raise refusal(provider, "other-name", OtherName(told, remedy))


def _login(provider: IdentityProvider) -> str:
    return f"{provider.slug}-{secrets.token_hex(6)}"


def _tied(provider: IdentityProvider) -> KnownHere:
    return KnownHere(_("This account of %(name)s is tied to somebody else here.", name=provider.name), ask())
