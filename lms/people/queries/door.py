"""What a sign-in is judged by: accounts, cards in use or about to be opened, links."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select

from lms.core import walls
from lms.core.clock import now
from lms.core.db import AnyRow, AnySelect, session
from lms.core.sealing import fingerprint
from lms.people.models import AccessCard, Account, Authenticator, Person, ResetLink


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a sign-in is judged by; plain values, so that no transaction stays open while it is."""

    account_id: int
    hashed: str | None
    is_suspended: bool
    has_app: bool = False  #: a code of it is asked for after the password

    @property
    def mark(self) -> str:
        """Changes with the password: what was begun with the old one is over."""
        return fingerprint(self.hashed or "")[:16]


@dataclass(frozen=True, slots=True)
class CardCredentials:
    """A card that was found by its words or its number."""

    card_id: int
    account_id: int
    number: str
    code_hash: str | None
    is_suspended: bool


def credentials_of(typed: str) -> Credentials | None:
    """The account that this login names, or this e-mail address where it names exactly one. One statement either way."""
    name = typed.strip().casefold()
    found = _with_app().where(or_(Account.login == name, Account.email == name)).limit(3)
    accounts = session.execute(found).all()
    by_login = [one for one in accounts if one.login == name]
    chosen = by_login or (accounts if len(accounts) == 1 else [])
    return _credentials(chosen[0]) if chosen else None


def credentials_by_id(account_id: int) -> Credentials | None:
    """The same, of an account that is known already."""
    row = session.execute(_with_app().where(Account.id == account_id)).one_or_none()
    return _credentials(row) if row else None


def _with_app() -> AnySelect:
    columns = (Account.id, Account.login, Account.password_hash, Account.suspended_at, Authenticator.id)
    return select(*columns).outerjoin(Authenticator, Authenticator.account_id == Account.id)


def _credentials(row: AnyRow) -> Credentials:
    account_id, _login, hashed, suspended_at, app_id = row
    return Credentials(account_id, hashed, suspended_at is not None, app_id is not None)


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
    return [person.birth_date for person in _persons_of(account_id)]


def own_words(account_id: int) -> list[str]:
    """What anybody knows of the account's owner: no password may be made of it alone."""
    account = session.execute(select(Account.login, Account.email).where(Account.id == account_id)).one()
    names = [name for person in _persons_of(account_id) for name in (person.first_name, person.last_name)]
    return [text for text in (*account, *names) if text]


def tenants_of_account(account_id: int) -> list[int]:
    """The tenants that know the owner of this account, the latest first."""
    plain = select(Person.tenant_id).where(Person.account_id == account_id).order_by(Person.id.desc())
    return walls.tenants_by("tenants_of_account", account_id, plain)


def _persons_of(account_id: int) -> list[Person]:
    """Whom the account opens, with every tenant."""
    found: list[Person] = []
    for tenant_id in tenants_of_account(account_id):
        with walls.visiting(tenant_id):
            mine = Person.tenant_id == tenant_id, Person.account_id == account_id
            found += session.scalars(select(Person).where(*mine))
    return found


def is_shut_out(account_id: int) -> bool:
    """Whether somebody whom this account opens was suspended."""
    return any(person.suspended_at is not None for person in _persons_of(account_id))


def login_is_taken(login: str) -> bool:
    """Whether an account has this login."""
    return session.execute(select(Account.id).where(Account.login == login)).first() is not None


def address_is_taken(email: str) -> bool:
    """Whether an account has this address, as its own or as its login."""
    found = select(Account.id).where(or_(Account.login == email, Account.email == email))
    return session.execute(found.limit(1)).first() is not None


def account_by_login(login: str) -> Account | None:
    """The account with exactly this login."""
    return session.scalars(select(Account).where(Account.login == login.strip().casefold())).one_or_none()


def link_by_token(token: str) -> ResetLink | None:
    """The link that this token opens, if it still does."""
    found = select(ResetLink).where(
        ResetLink.token_hash == fingerprint(token), ResetLink.used_at.is_(None), ResetLink.expires_at > now()
    )
    return session.scalars(found).one_or_none()


def password_hash_of(account_id: int) -> str | None:
    """What the account's password is compared with."""
    return session.scalar(select(Account.password_hash).where(Account.id == account_id))


def code_hash_of(account_id: int) -> str | None:
    """What the code of the account's card is compared with."""
    return session.scalar(select(Account.pin_hash).where(Account.id == account_id))


def email_of(account_id: int) -> str:
    """Where mails of the account go; empty: nowhere."""
    return session.scalar(select(Account.email).where(Account.id == account_id)) or ""


def login_of(account_id: int) -> str:
    """What the account's owner types to sign in."""
    return session.scalar(select(Account.login).where(Account.id == account_id)) or ""


def accounts_to_remind(typed: str) -> Sequence[Account]:
    """The accounts that this login or address names and a mail can reach: a couple may share an address."""
    name = typed.strip().casefold()
    found = select(Account).where(
        or_(Account.login == name, Account.email == name),
        Account.email.is_not(None),
        Account.suspended_at.is_(None),
    )
    return session.scalars(found.order_by(Account.id).limit(5)).all()
