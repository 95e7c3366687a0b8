"""Persons: what is known of them, put right."""

from typing import Any

from sqlalchemy import update

from lms.core import journal
from lms.core.db import session
from lms.people import queries
from lms.people.models import Account, Person, sorted_as


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


def put_right(person: Person, actor: Any, *, first_name: str, last_name: str, email: str, phone: str) -> None:
    """Correct names and contacts. A learner's link for a forgotten password follows the new address.

    For others it does not: whoever may correct an address could open a colleague's account by it.
    """
    before = (person.first_name, person.last_name, person.email, person.phone)
    person.first_name, person.last_name = first_name, last_name
    person.sort_name = sorted_as(first_name, last_name)
    person.email, person.phone = email or None, phone or None
    after = (person.first_name, person.last_name, person.email, person.phone)
    if person.account_id and person.email != before[2] and queries.is_learner_only(person):
        session.execute(update(Account).where(Account.id == person.account_id).values(email=person.email))
    names = ("first_name", "last_name", "email", "phone")
    changed = [name for name, old, new in zip(names, before, after, strict=True) if old != new]
    if changed:
        journal.note("person-changed", actor, person=person.id, fields=changed)
