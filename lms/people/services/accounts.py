"""Accounts: made, given a password or a code, kept from being opened."""

import secrets
from collections.abc import Sequence

from sqlalchemy import update

from lms.core import journal
from lms.core.clock import now
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.people import queries
from lms.people.models import MADE_UP, Account, Person, SignIn


class LoginTaken(Refused):
    """Two accounts cannot share a login."""


def create_account(
    login: str, *, email: str | None = None, password: str | None = None, language: str = "fr"
) -> Account:
    """A new account. ``password`` is hashed here, which is slow: for commands and demos, not for requests."""
    from lms.people.hashing import hash_password

    name = login.strip().casefold()
    if not name or queries.login_is_taken(name):
        raise LoginTaken(_("The login %(login)s is taken", login=name), _("Choose another one."))
    account = Account(
        login=name,
        email=email.strip().casefold() if email else None,
        password_hash=hash_password(password) if password else None,
        language=language,
    )
    session.add(account)
    session.flush()  # its number, for the person that it opens
    return account


def made_up_login() -> str:
    """A login for somebody who will not type it: a card or a link opens the account."""
    return f"{MADE_UP}{secrets.token_hex(6)}"


def set_password(account_id: int, hashed: str, *, keep: int | None = None) -> None:
    """Give the account this password (already hashed) and end its other sessions; ``keep`` is the one in hand."""
    session.execute(update(Account).where(Account.id == account_id).values(password_hash=hashed))
    end_sessions(account_id, keep=keep)
    _note("password-changed", account_id)


def set_code(account_id: int, hashed: str, *, keep: int | None = None) -> None:
    """Give the account this 6-digit code (already hashed) and end its other sessions."""
    session.execute(update(Account).where(Account.id == account_id).values(pin_hash=hashed))
    end_sessions(account_id, keep=keep)
    _note("code-changed", account_id)


def rehash(account_id: int, hashed: str) -> None:
    """Keep the same password at today's cost."""
    session.execute(update(Account).where(Account.id == account_id).values(password_hash=hashed))


def suspend(account_id: int, actor: object = None) -> None:
    """From now on nobody signs in by this account, and whoever is signed in is not any more."""
    session.execute(update(Account).where(Account.id == account_id).values(suspended_at=now()))
    end_sessions(account_id)
    journal.note("account-suspended", actor, account=account_id)


def end_sessions(account_id: int, *, keep: int | None = None) -> int:
    """End every session of the account but ``keep``; says how many there were."""
    ending = update(SignIn).where(SignIn.account_id == account_id, SignIn.ended_at.is_(None))
    if keep is not None:
        ending = ending.where(SignIn.id != keep)
    return len(session.execute(ending.values(ended_at=now()).returning(SignIn.id)).all())


def end_sessions_of(account_ids: Sequence[int]) -> None:
    """End every session of these accounts."""
    ending = update(SignIn).where(SignIn.account_id.in_(account_ids), SignIn.ended_at.is_(None))
    session.execute(ending.values(ended_at=now()))


def speak(account_id: int, person_id: int, language: str) -> None:
    """The language in which this person is spoken to, on pages and in mails."""
    session.execute(update(Account).where(Account.id == account_id).values(language=language))
    session.execute(update(Person).where(Person.id == person_id).values(language=language))


def _note(verb: str, account_id: int) -> None:
    journal.note(verb, journal.Oneself(account_id), account=account_id)
