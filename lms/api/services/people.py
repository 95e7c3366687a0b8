"""Users of an identity system as persons: brought in, followed, suspended, taken out; never erased."""

from dataclasses import replace
from typing import Any

from scim2_models import UniquenessException
from sqlalchemy import select

from lms.api.client import Client
from lms.api.models import ScimResource
from lms.api.services.facts import Facts
from lms.core import journal
from lms.core.db import session
from lms.core.i18n import gettext as _
from lms.organisations import departure
from lms.organisations import services as organisations
from lms.organisations.models import Organisation, Role
from lms.people import queries
from lms.people import services as people
from lms.people.models import Person, Situation


def bring_in(client: Client, organisation: Organisation, facts: Facts, external_id: str | None) -> int:
    """Whom the identity system speaks of from now on, by number: somebody who comes back, somebody we know, or somebody new.

    Raises ``UniquenessException`` where their staff number is that of somebody who is not this organisation's alone.
    """
    person = _who_came_back(client, external_id) or _known_by_number(client, facts.hr_number)
    if person is None:
        person = people.add_person(
            client.tenant_id, facts.first_name, facts.last_name,
            email=facts.email, phone=facts.phone, hr_number=facts.hr_number,
            language=facts.language or organisation.language, situation=Situation.EMPLOYEE,
        )  # fmt: skip
    else:
        _write(client, person, facts)
    person_id = person.id
    for role in (Role.LEARNER, *sorted(facts.roles)):
        organisations.add_member(person_id, organisation, role, actor=client)
    journal.note("scim-user-added", client, token=client.token_id, person=person_id)
    _open_or_close(client, person_id, facts.is_active)
    return person_id


def follow(
    client: Client, organisation: Organisation, person_id: int | None, before: Facts, after: Facts
) -> None:
    """Write what the identity system has changed. Whoever was archived or erased here is left as they are."""
    person = queries.person_by_id(client.tenant_id, person_id) if person_id else None
    if person is None or person.archived_at is not None:
        return
    if _told(before) != _told(after):
        _write(client, person, after)
    for role in sorted(after.roles - before.roles):
        organisations.add_member(person.id, organisation, role, actor=client)
    if lost := before.roles - after.roles:
        departure.end_roles(client.tenant_id, person.id, organisation.id, client, lost)
    journal.note("scim-user-changed", client, token=client.token_id, person=person.id)
    if before.is_active != after.is_active:
        _open_or_close(client, person.id, after.is_active)


def take_out(client: Client, person_id: int | None) -> None:
    """They are nothing in the organisation and below any more, from the next request on. What they did stays."""
    if person_id is None:
        return
    departure.end_roles(client.tenant_id, person_id, client.organisation_id, client)
    for account_id in queries.whose(client.tenant_id, [person_id]).ending_ids:  # one at most
        people.end_sessions(account_id)
    journal.note("scim-user-gone", client, token=client.token_id, person=person_id)


def _open_or_close(client: Client, person_id: int, is_active: bool) -> None:
    change = people.let_in_again if is_active else people.suspend_people
    change(client.tenant_id, [person_id], client)


def _told(facts: Facts) -> Facts:
    """What is written on the person's file."""
    return replace(facts, roles=frozenset(), is_active=True)


def _write(client: Client, person: Person, facts: Facts) -> None:
    people.put_right(
        person,
        client,
        first_name=facts.first_name,
        last_name=facts.last_name,
        email=facts.email or person.email or "",
        phone=facts.phone or person.phone or "",
    )
    person.hr_number = facts.hr_number or person.hr_number
    person.language = facts.language or person.language
    session.flush()  # a number that somebody else has is refused here, not at the commit


def _who_came_back(client: Client, external_id: str | None) -> Person | None:
    """Whom the identity system called so before it let them go. Its number is forgotten: they are one user again."""
    if external_id is None:
        return None
    gone = select(ScimResource).where(
        ScimResource.tenant_id == client.tenant_id,
        ScimResource.organisation_id == client.organisation_id,
        ScimResource.external_id == external_id,
        ScimResource.gone_at.is_not(None),
    )
    row = session.scalars(gone.order_by(ScimResource.id.desc()).limit(1)).first()
    person = queries.person_by_id(client.tenant_id, row.person_id) if row and row.person_id else None
    if row is None or person is None or person.archived_at is not None or not _is_free(client, person.id):
        return None
    session.delete(row)
    return person


def _known_by_number(client: Client, hr_number: str | None) -> Person | None:
    """Who has this staff number already: imported, or added by hand."""
    if hr_number is None:
        return None
    found = select(Person).where(Person.tenant_id == client.tenant_id, Person.hr_number == hr_number)
    person = session.scalars(found).one_or_none()
    if person is None:
        return None
    if person.archived_at is not None or not _is_free(client, person.id):
        raise UniquenessException(
            detail=_("The employee number %(number)s belongs to somebody else.", number=hr_number)
        )
    return person


def _is_free(client: Client, person_id: int) -> bool:
    """Whether this organisation's system may speak of them: they are nothing elsewhere, and no other user is them."""
    held: Any = select(ScimResource.id).where(
        ScimResource.tenant_id == client.tenant_id,
        ScimResource.person_id == person_id,
        ScimResource.gone_at.is_(None),
    )
    if session.execute(held.limit(1)).first() is not None:
        return False
    return not departure.is_anywhere_but(client.tenant_id, person_id, client.organisation_id)
