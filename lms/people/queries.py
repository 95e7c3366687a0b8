"""Questions about accounts, their cards and links, and about persons in sight."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from config import settings
from lms.core.clock import now
from lms.core.db import AnySelect, session
from lms.core.i18n import sort_key
from lms.core.sealing import fingerprint, unseal
from lms.people import belonging
from lms.people.belonging import Place
from lms.people.models import AccessCard, Account, Person, ResetLink, SignIn
from lms.people.sight import people_in_sight

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class PrintedCard:
    """A card as it is printed: the six words are nowhere else in clear."""

    person_id: int
    name: str
    number: str  #: eight digits
    words: list[str]

    @property
    def url(self) -> str:
        """What the QR code says. Opening it consumes nothing."""
        return f"{settings.current().base_url}/sign-in/card/{'-'.join(self.words)}"

    @property
    def spaced_number(self) -> str:
        """``1234 5678``, on one line."""
        return f"{self.number[:4]}\u00a0{self.number[4:]}"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a sign-in is judged by; plain values, so that no transaction stays open while it is."""

    account_id: int
    hashed: str | None
    is_suspended: bool


@dataclass(frozen=True, slots=True)
class CardCredentials:
    """A card that was found by its words or its number."""

    card_id: int
    account_id: int
    number: str
    code_hash: str | None
    is_suspended: bool


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


@dataclass(frozen=True, slots=True)
class MyAccount:
    """What somebody sees of their own account."""

    account: Account
    person: Person
    sessions: Sequence[SignIn]
    card: AccessCard | None
    places: list[Place] = field(default_factory=list)


# --- signing in -------------------------------------------------------------------------------------------------


def credentials_of(typed: str) -> Credentials | None:
    """The account that this login names, or this e-mail address where it names exactly one. One statement either way."""
    name = typed.strip().casefold()
    found = select(Account).where(or_(Account.login == name, Account.email == name)).limit(3)
    accounts = session.scalars(found).all()
    by_login = [one for one in accounts if one.login == name]
    chosen = by_login or (accounts if len(accounts) == 1 else [])
    if not chosen:
        return None
    return Credentials(chosen[0].id, chosen[0].password_hash, chosen[0].suspended_at is not None)


def card_by_words(hashed: str) -> CardCredentials | None:
    """The card that these words open, if they still do."""
    return _card(AccessCard.words_hash == hashed, AccessCard.used_at.is_(None))


def card_by_number(number: str) -> CardCredentials | None:
    """The card in use that has this number."""
    return _card(AccessCard.number == number, AccessCard.used_at.is_not(None))


def unopened_card(card_id: int) -> CardCredentials | None:
    """The card that is about to be opened, if it still can be."""
    return _card(AccessCard.id == card_id, AccessCard.used_at.is_(None))


def _card(*which: Any) -> CardCredentials | None:
    found = (
        select(
            AccessCard.id, AccessCard.account_id, AccessCard.number, Account.pin_hash, Account.suspended_at
        )
        .join(Account, Account.id == AccessCard.account_id)
        .where(AccessCard.revoked_at.is_(None), *which)
    )
    row = session.execute(found).one_or_none()
    return CardCredentials(*row[:4], row.suspended_at is not None) if row else None


def births_of(account_id: int) -> list[date | None]:
    """The dates of birth of whom the account opens: no code may be one of them."""
    return list(session.scalars(select(Person.birth_date).where(Person.account_id == account_id)))


def own_words(account_id: int) -> list[str]:
    """What anybody knows of the account's owner: no password may be made of it alone."""
    found = (
        select(Account.login, Account.email, Person.first_name, Person.last_name)
        .outerjoin(Person, Person.account_id == Account.id)
        .where(Account.id == account_id)
    )
    return [text for row in session.execute(found) for text in row if text]


def login_is_taken(login: str) -> bool:
    """Whether an account has this login."""
    return session.execute(select(Account.id).where(Account.login == login)).first() is not None


def account_by_login(login: str) -> Account | None:
    """The account with exactly this login."""
    return session.scalars(select(Account).where(Account.login == login.strip().casefold())).one_or_none()


# --- forgotten passwords ----------------------------------------------------------------------------------------


def accounts_to_remind(typed: str) -> Sequence[Account]:
    """The accounts that this login or address names and a mail can reach: a couple may share an address."""
    name = typed.strip().casefold()
    found = select(Account).where(
        or_(Account.login == name, Account.email == name),
        Account.email.is_not(None),
        Account.suspended_at.is_(None),
    )
    return session.scalars(found.order_by(Account.id).limit(5)).all()


def only_person_without_account(email: str) -> Person | None:
    """The one person with this address, in the whole installation, if nobody ever signed in as them."""
    address = email.strip().casefold()
    found = select(Person).where(Person.email == address, Person.archived_at.is_(None)).limit(2)
    people = session.scalars(found).all() if "@" in address else []
    return people[0] if len(people) == 1 and people[0].account_id is None else None


def persons_with_accounts(tenant_id: int, person_ids: Sequence[int]) -> list[tuple[Person, Account | None]]:
    """These persons of the tenant, each with the account that opens it, or None."""
    found = (
        select(Person, Account)
        .outerjoin(Account, Account.id == Person.account_id)
        .where(Person.tenant_id == tenant_id, Person.id.in_(person_ids), Person.archived_at.is_(None))
        .order_by(Person.sort_name, Person.id)
    )
    return [(person, account) for person, account in session.execute(found)]


def link_by_token(token: str) -> ResetLink | None:
    """The link that this token opens, if it still does."""
    found = select(ResetLink).where(
        ResetLink.token_hash == fingerprint(token), ResetLink.used_at.is_(None), ResetLink.expires_at > now()
    )
    return session.scalars(found).one_or_none()


# --- cards ------------------------------------------------------------------------------------------------------


def card_bearers(tenant_id: int, person_ids: Sequence[int]) -> Sequence[Person]:
    """Those of these persons whom a printed card may open, in the order of their names."""
    other = aliased(Person)
    elsewhere = select(other.account_id).where(
        other.account_id == Person.account_id, or_(other.id != Person.id, other.tenant_id != tenant_id)
    )
    found = (
        select(Person)
        .outerjoin(Account, Account.id == Person.account_id)
        .where(
            Person.tenant_id == tenant_id,
            Person.id.in_(person_ids),
            Person.archived_at.is_(None),
            Account.suspended_at.is_(None),
            Person.id.not_in(belonging.more_than_learners()),
            ~elsewhere.exists(),
        )
        .order_by(Person.sort_name, Person.id)
    )
    return session.scalars(found).all()


def is_learner_only(person: Person) -> bool:
    """Whether the person's account opens a learner's pages, and no others, anywhere."""
    return bool(card_bearers(person.tenant_id, [person.id]))


def cards_to_print(tenant_id: int, person_ids: Sequence[int] | AnySelect) -> list[PrintedCard]:
    """The cards of these persons that nobody has opened yet, in the order of their names."""
    found = (
        select(Person, AccessCard)
        .join(AccessCard, AccessCard.account_id == Person.account_id)
        .where(
            Person.tenant_id == tenant_id,
            Person.id.in_(person_ids),
            AccessCard.sealed_words.is_not(None),
            AccessCard.used_at.is_(None),
            AccessCard.revoked_at.is_(None),
        )
        .order_by(Person.sort_name, Person.id)
    )
    return [
        PrintedCard(person.id, person.name, card.number, unseal(card.sealed_words or "").split())
        for person, card in session.execute(found)
    ]


def numbers_taken(numbers: Iterable[str]) -> set[str]:
    """Those of these card numbers that a card has."""
    return set(session.scalars(select(AccessCard.number).where(AccessCard.number.in_(list(numbers)))))


# --- persons ----------------------------------------------------------------------------------------------------


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
    found = select(Person).where(
        Person.tenant_id == actor.tenant_id,
        Person.archived_at.is_(None),
        Person.id.in_(people_in_sight(actor)),
    )
    if within is not None:
        found = found.where(Person.id.in_(within))
    for word in words.split()[:6]:
        found = found.where(_begins_with(word))
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    number = max(1, min(page, max(1, -(-total // PAGE_SIZE))))
    rows = found.order_by(Person.sort_name, Person.id).limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)
    return PersonPage(session.scalars(rows).all(), number, total)


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
        card=_latest_card(person.account_id),
        login=account.login if account else "",
        has_password=bool(account and account.password_hash),
        is_learner_only=is_learner_only(person),
    )


# --- oneself ----------------------------------------------------------------------------------------------------


def my_account(actor: Any) -> MyAccount:
    """The account of whoever acts, with its sessions and where it leads."""
    account = session.get_one(Account, actor.account_id)
    person = session.get_one(Person, actor.person_id)
    return MyAccount(
        account,
        person,
        _sessions(actor.account_id),
        _latest_card(actor.account_id),
        belonging.places(account.id),
    )


def my_session(actor: Any, sign_in_id: int) -> SignIn | None:
    """A session of the actor's own account that still stands."""
    found = select(SignIn).where(
        SignIn.id == sign_in_id, SignIn.account_id == actor.account_id, SignIn.ended_at.is_(None)
    )
    return session.scalars(found).one_or_none()


def _sessions(account_id: int) -> Sequence[SignIn]:
    found = select(SignIn).where(SignIn.account_id == account_id, SignIn.ended_at.is_(None))
    return session.scalars(found.order_by(SignIn.started_at.desc()).limit(20)).all()


def _latest_card(account_id: int | None) -> AccessCard | None:
    if account_id is None:
        return None
    found = select(AccessCard).where(AccessCard.account_id == account_id, AccessCard.revoked_at.is_(None))
    return session.scalars(found.order_by(AccessCard.used_at.is_not(None), AccessCard.id.desc())).first()


def password_hash_of(account_id: int) -> str | None:
    """What the account's password is compared with."""
    return session.scalar(select(Account.password_hash).where(Account.id == account_id))


def code_hash_of(account_id: int) -> str | None:
    """What the code of the account's card is compared with."""
    return session.scalar(select(Account.pin_hash).where(Account.id == account_id))


def login_of(account_id: int) -> str:
    """What the account's owner types to sign in."""
    return session.scalar(select(Account.login).where(Account.id == account_id)) or ""
