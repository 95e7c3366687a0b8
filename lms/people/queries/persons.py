"""Persons: one by one, in lists, and their files as the staff see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select

from lms.core import counting, walls
from lms.core.db import AnySelect, session
from lms.core.i18n import sort_key
from lms.people import belonging
from lms.people.belonging import Place
from lms.people.models import AccessCard, Account, Person
from lms.people.queries.cards import is_learner_only, latest_card
from lms.people.sight import people_by_name, people_in_sight

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class PersonFile:
    """A person with what staff see of them."""

    person: Person
    places: list[Place]
    card: AccessCard | None  #: the latest that was not withdrawn
    login: str  #: empty: no account yet
    has_password: bool
    is_learner_only: bool


@dataclass(frozen=True, slots=True)
class PersonPage:
    """One page of a list of persons."""

    rows: Sequence[Person]
    number: int
    total: int
    size: int = PAGE_SIZE
    and_more: bool = False  #: there are more than ``total``


def person_by_id(tenant_id: int, person_id: int) -> Person | None:
    """The person of this number in the tenant."""
    found = select(Person).where(Person.tenant_id == tenant_id, Person.id == person_id)
    return session.scalars(found).one_or_none()


def person_of_account(account_id: int, tenant_id: int) -> Person | None:
    """Whom the account opens in this tenant."""
    found = select(Person).where(Person.account_id == account_id, Person.tenant_id == tenant_id)
    return session.scalars(found.order_by(Person.id)).first()


def persons_matching(
    actor: Any, words: str = "", page: int = 1, within: AnySelect | None = None
) -> PersonPage:
    """Persons in sight whose names, address or identifier begin with each of ``words``; ``within`` narrows them."""
    found = _named(actor, words)
    if within is not None:
        found = found.where(Person.id.in_(within))
    number, total, and_more = counting.page_of(found, page, PAGE_SIZE)
    ids = found.limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE).subquery()
    rows = select(Person).where(Person.tenant_id == actor.tenant_id, Person.id.in_(select(ids.c.person_id)))
    shown = session.scalars(rows.order_by(Person.sort_name, Person.id)).all()
    return PersonPage(shown, number, total, and_more=and_more)


def _named(actor: Any, words: str) -> AnySelect:
    """Ids of the persons in sight, by name: walked in the order of an index as far as the page goes.

    A search looks among everybody in sight, so it does not begin with an order.
    """
    by_name = None if words else people_by_name(actor)
    if by_name is None:
        found: AnySelect = select(Person.id.label("person_id")).where(
            Person.tenant_id == actor.tenant_id,
            Person.archived_at.is_(None),
            Person.id.in_(people_in_sight(actor)),
            *map(_begins_with, words.split()[:6]),
        )
        return found.order_by(Person.sort_name, Person.id)
    mine = by_name.subquery()
    walked: AnySelect = select(mine.c.person_id, mine.c.sort_name).distinct()
    return walked.order_by(mine.c.sort_name, mine.c.person_id)


def _begins_with(word: str) -> Any:
    plain = sort_key(word)
    digits = "".join(filter(str.isdigit, word))
    ways = [
        Person.sort_name.startswith(plain, autoescape=True),
        Person.sort_name.contains(f" {plain}", autoescape=True),
        Person.email.startswith(word.casefold(), autoescape=True),
        func.upper(Person.agency_identifier) == word.upper(),
        func.upper(Person.hr_number) == word.upper(),
    ]
    return or_(*ways, Person.phone.contains(digits)) if len(digits) >= 6 else or_(*ways)


def person_in_sight(actor: Any, person_id: int) -> PersonFile | None:
    """The file of a person whom the actor sees."""
    found = select(Person, Account).outerjoin(Account, Account.id == Person.account_id)
    row = session.execute(
        found.where(
            Person.tenant_id == actor.tenant_id, Person.id == person_id, Person.id.in_(people_in_sight(actor))
        )
    ).one_or_none()
    if row is None:
        return None
    person: Person = row[0]
    account: Account | None = row[1]
    return PersonFile(
        person=person,
        places=belonging.of_person(person.tenant_id, person.id),
        card=latest_card(person.account_id),
        login=account.login if account and not account.has_made_up_login else "",
        has_password=bool(account and account.password_hash),
        is_learner_only=is_learner_only(person),
    )


def persons_with_accounts(tenant_id: int, person_ids: Sequence[int]) -> list[tuple[Person, Account | None]]:
    """These persons of the tenant, each with the account that opens it, or None."""
    found = (
        select(Person, Account)
        .outerjoin(Account, Account.id == Person.account_id)
        .where(Person.tenant_id == tenant_id, Person.id.in_(person_ids), Person.archived_at.is_(None))
        .order_by(Person.sort_name, Person.id)
    )
    return [(person, account) for person, account in session.execute(found)]


def only_person_without_account(email: str) -> Person | None:
    """The one person with this address, in the whole installation, if nobody ever signed in as them."""
    address = email.strip().casefold()
    with_it = Person.email == address, Person.archived_at.is_(None)
    tenants = walls.tenants_by(
        "tenants_of_address", address, select(Person.tenant_id).where(*with_it).limit(2)
    )
    if len(tenants) != 1 or "@" not in address:
        return None
    walls.enter(tenants[0])  # whoever asks gives this person an account
    found = session.scalars(select(Person).where(Person.tenant_id == tenants[0], *with_it)).one_or_none()
    return found if found is not None and found.account_id is None else None
