"""What follows of a person when the provider that brought them says something new; and what it certifies."""

from collections.abc import Mapping
from datetime import date

from lms.core import journal
from lms.core.i18n import sort_key
from lms.people.models import Person, sorted_as
from lms.sso import queries
from lms.sso.models import IdentityProvider
from lms.sso.profile import profile_of


def follow(provider: IdentityProvider, person: Person, said: Mapping[str, str], email: str) -> bool:
    """Names and address of somebody who was made here by this provider follow it.

    False: the new address is somebody else's here, so the old one stays.
    """
    first, last = said["first_name"] or person.first_name, said["last_name"] or person.last_name
    if (first, last) != (person.first_name, person.last_name):
        person.first_name, person.last_name, person.sort_name = first, last, sorted_as(first, last)
    if not email or email == person.email:
        return True
    if queries.has_namesake(person.tenant_id, email, but=person.id):
        journal.note(
            "address-kept", None, tenant_id=person.tenant_id, provider=provider.slug, about=person.id
        )
        return False
    person.email = email
    return True


def certify(provider: IdentityProvider, person: Person, name: tuple[str, str]) -> None:
    """Note who certified the name that the file bears; from then on nobody corrects it here."""
    if not profile_of(provider.kind).certified:
        return
    if (
        sort_key(person.first_name),
        sort_key(person.last_name),
    ) == name and person.certified_by != provider.name:
        person.certified_by = provider.name


def phone_of(said: str) -> str | None:
    """A telephone number as rows keep it: digits, with the country where it was given. None: it is none."""
    digits = "".join(sign for sign in said if sign.isdigit())
    if not 9 <= len(digits) <= 15:
        return None
    return f"+{digits}" if said.startswith("+") else digits


def day_of(said: str) -> date | None:
    """A date of birth that is whole: some registers know the year alone."""
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None
