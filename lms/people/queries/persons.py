"""Persons: one by one, in lists, and their files as the staff see them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import and_, func, literal, or_, select, tuple_
from sqlalchemy.orm import aliased

from lms.core import counting, walls
from lms.core.db import AnySelect, session
from lms.core.i18n import sort_key
from lms.people import belonging
from lms.people.belonging import Place
from lms.people.models import AccessCard, Account, Person
from lms.people.queries.cards import is_learner_only, latest_card
from lms.people.queries.factors import factors_of
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
    has_second: bool = False  #: an app that shows codes, or a passkey
    #: The same human under older numbers, merged into this one.
    once: Sequence[Person] = ()

    @property
    def ids(self) -> list[int]:
        """The numbers under which this human is known, the person's own first."""
        return [self.person.id, *(one.id for one in self.once)]


@dataclass(frozen=True, slots=True)
class PersonSearch:
    """What the address of the list asks for."""

    words: str = ""
    number: int = 1
    #: The last person of the page before: the next ones are walked to from there, however far the page is.
    after: int = 0
    archived: bool = False


@dataclass(frozen=True, slots=True)
class PersonPage:
    """One page of a list of persons."""

    rows: Sequence[Person]
    number: int
    total: int
    size: int = PAGE_SIZE
    and_more: bool = False  #: there are more than ``total``

    @property
    def last(self) -> int | None:
        """The last person shown: where the next page begins."""
        return self.rows[-1].id if self.rows else None


def person_by_id(tenant_id: int, person_id: int) -> Person | None:
    """The person of this number in the tenant."""
    found = select(Person).where(Person.tenant_id == tenant_id, Person.id == person_id)
    return session.scalars(found).one_or_none()


def persons_by_email(tenant_id: int, email: str) -> Sequence[Person]:
    """Persons of the tenant with this address, two at most: more than one names nobody."""
    found = select(Person).where(
        Person.tenant_id == tenant_id, Person.email == email, Person.archived_at.is_(None)
    )
    return session.scalars(found.order_by(Person.id).limit(2)).all()


def person_of_account(account_id: int, tenant_id: int) -> Person | None:
    """Whom the account opens in this tenant."""
    found = select(Person).where(Person.account_id == account_id, Person.tenant_id == tenant_id)
    return session.scalars(found.order_by(Person.id)).first()


def persons_matching(actor: Any, words: str = "", page: int = 1, **more: Any) -> PersonPage:
    """Persons in sight whose names, address, birth date or identifier begin with each of ``words``; see ``PersonSearch``."""
    return persons_found(actor, PersonSearch(words, page, **more))


def persons_found(actor: Any, asked: PersonSearch) -> PersonPage:
    """One page of the persons in sight, by name. Four statements at most, whatever there is."""
    if asked.words:
        return _searched(actor, asked)
    found = _named(actor, asked)
    # In their order, too, they are walked only as far as one counts; in none PostgreSQL gathers everybody first.
    number, total, and_more = counting.page_of(found, asked.number, PAGE_SIZE)
    start = _start(actor, asked) if number == asked.number else None
    if start is None:
        found = found.offset((number - 1) * PAGE_SIZE)
    else:
        found = found.where(tuple_(*_keys(found)) > tuple_(literal(start), literal(asked.after)))
    ids = found.limit(PAGE_SIZE).subquery()
    return PersonPage(_whole(actor, select(ids.c.person_id)), number, total, and_more=and_more)


def persons_meant(actor: Any, words: str = "", person_ids: Sequence[int] = ()) -> AnySelect:
    """``person_id`` of everybody in sight whom these words find; or of those of these numbers. Nobody archived."""
    named = [_begins_with(word, actor.knows_numbers) for word in words.split()[:6]]
    return select(Person.id.label("person_id")).where(
        Person.tenant_id == actor.tenant_id,
        Person.archived_at.is_(None),
        Person.id.in_(people_in_sight(actor)),
        *([Person.id.in_(person_ids)] if person_ids else named),
    )


def _searched(actor: Any, asked: PersonSearch) -> PersonPage:
    """A search looks at everybody in sight: once, and not once more to count."""
    number = min(max(asked.number, 1), 1_000_000)  # no list is longer than a nation
    found = _named(actor, asked).add_columns(func.count().over())
    rows = session.execute(found.limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)).all()
    if not rows and number > 1:
        return _searched(actor, replace(asked, number=1))  # fewer are found than when the link was made
    return PersonPage(_whole(actor, [row[0] for row in rows]), number, rows[0][2] if rows else 0)


def _whole(actor: Any, ids: Any) -> Sequence[Person]:
    rows = select(Person).where(Person.tenant_id == actor.tenant_id, Person.id.in_(ids))
    return session.scalars(rows.order_by(Person.sort_name, Person.id)).all()


def _named(actor: Any, asked: PersonSearch) -> AnySelect:
    """Ids and names of the persons in sight, by name: walked in the order of an index as far as the page goes.

    A search looks among everybody in sight, so it does not begin with an order.
    """
    by_name = None if asked.words or asked.archived else people_by_name(actor)
    if by_name is None:
        is_archived = Person.archived_at.is_not(None) if asked.archived else Person.archived_at.is_(None)
        found: AnySelect = select(Person.id.label("person_id"), Person.sort_name).where(
            Person.tenant_id == actor.tenant_id,
            is_archived,
            Person.id.in_(people_in_sight(actor)),
            *(_begins_with(word, actor.knows_numbers) for word in asked.words.split()[:6]),
        )
        return found.order_by(Person.sort_name, Person.id)
    mine = by_name.subquery()
    walked: AnySelect = select(mine.c.person_id, mine.c.sort_name).distinct()
    return walked.order_by(mine.c.sort_name, mine.c.person_id)


def _keys(found: AnySelect) -> tuple[Any, Any]:
    person_id, sort_name = found.inner_columns
    return sort_name, getattr(person_id, "element", person_id)


def _start(actor: Any, asked: PersonSearch) -> str | None:
    """The name of the last person of the page before; None: nobody in particular."""
    if asked.after <= 0 or asked.number <= 1:
        return None
    found = select(Person.sort_name).where(Person.tenant_id == actor.tenant_id, Person.id == asked.after)
    return session.scalar(found)


def _begins_with(word: str, by_numbers: bool) -> Any:
    """Whoever is shown no numbers finds nobody by them: a list that answers would tell them one by one."""
    plain = sort_key(word)
    named = [
        Person.sort_name.startswith(plain, autoescape=True),
        Person.sort_name.contains(f" {plain}", autoescape=True),
    ]
    return or_(*named, *(_numbers_beginning(word) if by_numbers else ()))


def _numbers_beginning(word: str) -> list[Any]:
    digits = "".join(filter(str.isdigit, word))
    ways = [
        Person.email.startswith(word.casefold(), autoescape=True),
        func.upper(Person.agency_identifier) == word.upper(),
        func.upper(Person.hr_number) == word.upper(),
    ]
    if (born := _day(word)) is not None:
        ways.append(Person.birth_date == born)
    return [*ways, Person.phone.contains(digits)] if len(digits) >= 6 else ways


def _day(word: str) -> date | None:
    """``22/05/1998``, ``22.5.1998`` or ``1998-05-22`` as a day; None: no day."""
    parts = re.split(r"[/.-]", word)
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):
        return None
    day, month, year = map(int, parts if len(parts[2]) == 4 else reversed(parts))
    try:
        return date(year, month, day)
    except ValueError:
        return None


def newest_person(tenant_id: int) -> int:
    """The number of the person who was made last; 0 where there is none."""
    return session.scalar(select(func.max(Person.id)).where(Person.tenant_id == tenant_id)) or 0


def person_in_sight(actor: Any, person_id: int) -> PersonFile | None:
    """The file of a person whom the actor sees; by an older number, the file of whom it was merged into."""
    known = aliased(Person)
    now_called = select(func.coalesce(known.merged_into_id, known.id)).where(
        known.tenant_id == actor.tenant_id, known.id == person_id
    )
    found = select(Person, Account).outerjoin(Account, Account.id == Person.account_id)
    row = session.execute(
        found.where(
            Person.tenant_id == actor.tenant_id,
            Person.id == now_called.scalar_subquery(),
            Person.id.in_(people_in_sight(actor)),
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
        once=_once(person),
        has_second=bool(account and factors_of(account.id).has_second),
    )


def _once(person: Person) -> Sequence[Person]:
    merged = Person.tenant_id == person.tenant_id, Person.merged_into_id == person.id
    return session.scalars(select(Person).where(*merged).order_by(Person.id)).all()


def persons_with_accounts(tenant_id: int, person_ids: Sequence[int]) -> list[tuple[Person, Account | None]]:
    """Those of these persons who may sign in, each with the account that opens it, or None."""
    found = (
        select(Person, Account)
        .outerjoin(Account, Account.id == Person.account_id)
        .where(Person.tenant_id == tenant_id, Person.id.in_(person_ids), Person.archived_at.is_(None))
        .where(Person.suspended_at.is_(None))
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


@dataclass(frozen=True, slots=True)
class Alike:
    """Somebody who may be the one described, with what the actor may know of them."""

    id: int
    name: str
    birth_date: date | None
    email: str | None


def look_alikes(actor: Any, said: dict[str, Any]) -> list[Alike]:
    """Persons in sight with the same name or address, or the same birth date and a like name. At most ten."""
    names = sort_key(f"{said['last_name']} {said['first_name']}")
    ways = [Person.sort_name == names]
    if said.get("email"):
        ways.append(Person.email == said["email"])
    if said.get("birth_date"):
        like = Person.sort_name.startswith(sort_key(said["last_name"]), autoescape=True)
        ways.append(and_(Person.birth_date == said["birth_date"], like))
    found = select(Person).where(
        Person.tenant_id == actor.tenant_id,
        Person.archived_at.is_(None),
        Person.id.in_(people_in_sight(actor)),
        or_(*ways),
    )
    rows = session.scalars(found.order_by(Person.sort_name, Person.id).limit(10))
    return [Alike(one.id, one.name, one.birth_date, one.email) for one in rows]
