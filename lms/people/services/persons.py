"""Persons: what is known of them, put right."""

from typing import Any

from sqlalchemy import false, or_, select, update

from lms.core import journal
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.people import queries
from lms.people.models import Account, Person, sorted_as

#: Numbers that others gave to a person: each is one person's.
NUMBERS = ("agency_identifier", "hr_number")


class NumberTaken(Refused):
    """A number belongs to one person."""


def refuse_taken(tenant_id: int, facts: dict[str, Any], but: int = 0) -> None:
    """Raises ``NumberTaken`` where somebody of the tenant, other than ``but``, has one of these numbers."""
    numbers = [getattr(Person, name) == facts[name] for name in NUMBERS if facts.get(name)]
    owner = select(Person.id).where(Person.tenant_id == tenant_id, or_(*numbers, false()), Person.id != but)
    if numbers and session.execute(owner.limit(1)).first():
        raise NumberTaken(
            _("Somebody we know has this number."),
            _("Look for it in the list of people. If it is the same person twice, merge the two files."),
        )


class CertifiedName(Refused):
    """A name that a register vouches for is corrected there, not here."""


def add_person(
    tenant_id: int, first_name: str, last_name: str, *, account_id: int | None = None, **more: Any
) -> Person:
    """Somebody new to a tenant; ``more`` are columns of ``Person``."""
    person = Person(
        tenant_id=tenant_id,
        account_id=account_id,
        first_name=first_name,
        last_name=last_name,
        sort_name=sorted_as(first_name, last_name),
        **more,
    )
    session.add(person)
    session.flush()  # its number, for the membership
    return person


def add_known_person(actor: Any, named: dict[str, str], facts: dict[str, Any]) -> Person:
    """Somebody new to the actor's tenant, by hand: names and contacts, and columns of ``Person``. Raises ``NumberTaken``."""
    refuse_taken(actor.tenant_id, facts)
    more = {"email": named["email"] or None, "phone": named["phone"] or None, "language": actor.language}
    made = add_person(actor.tenant_id, named["first_name"], named["last_name"], **more, **facts)
    journal.note("person-added", actor, person=made.id)
    return made


def put_right(
    person: Person, actor: Any, *, first_name: str, last_name: str, email: str, phone: str, **facts: Any
) -> None:
    """Correct names, contacts and ``facts`` (columns of ``Person``). A learner's link for a forgotten password follows the new address.

    For others it does not: whoever may correct an address could open a colleague's account by it. Raises ``NumberTaken``,
    ``CertifiedName``.
    """
    if person.certified_by and (first_name, last_name) != (person.first_name, person.last_name):
        raise CertifiedName(
            _("This name is certified by %(name)s", name=person.certified_by),
            _("It is corrected over there; here it follows at the next sign-in."),
        )
    refuse_taken(person.tenant_id, facts, but=person.id)
    names = ("first_name", "last_name", "email", "phone", *facts)
    before = [getattr(person, name) for name in names]
    person.first_name, person.last_name = first_name, last_name
    person.sort_name = sorted_as(first_name, last_name)
    person.email, person.phone = email or None, phone or None
    for name, value in facts.items():
        setattr(person, name, value)
    after = [getattr(person, name) for name in names]
    if person.account_id and person.email != before[2] and queries.is_learner_only(person):
        session.execute(update(Account).where(Account.id == person.account_id).values(email=person.email))
    changed = [name for name, old, new in zip(names, before, after, strict=True) if old != new]
    if changed:
        journal.note("person-changed", actor, person=person.id, fields=changed)
