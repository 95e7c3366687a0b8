"""What somebody sees of their own account."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from lms.core.db import session
from lms.people import belonging
from lms.people.belonging import Place
from lms.people.models import AccessCard, Account, Passkey, Person, SignIn
from lms.people.queries.cards import latest_card
from lms.people.queries.factors import Factors, factors_of, passkeys_of


@dataclass(frozen=True, slots=True)
class MyAccount:
    """What somebody sees of their own account."""

    account: Account
    person: Person
    sessions: Sequence[SignIn]
    card: AccessCard | None
    factors: Factors
    passkeys: Sequence[Passkey]
    places: list[Place] = field(default_factory=list)


def my_account(actor: Any) -> MyAccount:
    """The account of whoever acts, with its sessions and where it leads."""
    account = session.get_one(Account, actor.account_id)
    person = session.get_one(Person, actor.person_id)
    return MyAccount(
        account,
        person,
        _sessions(actor.account_id),
        latest_card(actor.account_id),
        factors_of(actor.account_id),
        passkeys_of(actor.account_id),
        belonging.places(account.id),
    )


def my_passkey(actor: Any, passkey_id: int) -> Passkey | None:
    """A passkey of the actor's own account."""
    found = select(Passkey).where(Passkey.id == passkey_id, Passkey.account_id == actor.account_id)
    return session.scalars(found).one_or_none()


def my_session(actor: Any, sign_in_id: int) -> SignIn | None:
    """A session of the actor's own account that still stands."""
    found = select(SignIn).where(
        SignIn.id == sign_in_id, SignIn.account_id == actor.account_id, SignIn.ended_at.is_(None)
    )
    return session.scalars(found).one_or_none()


def _sessions(account_id: int) -> Sequence[SignIn]:
    found = select(SignIn).where(SignIn.account_id == account_id, SignIn.ended_at.is_(None))
    return session.scalars(found.order_by(SignIn.started_at.desc()).limit(20)).all()
