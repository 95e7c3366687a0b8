"""A new e-mail address of an account: confirmed where it leads, told where the old one led."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update

from config import settings
from lms.core import journal, post, walls
from lms.core.clock import now
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.sealing import fingerprint
from lms.people import queries
from lms.people.models import Account, AddressChange, Person
from lms.people.services import notices

DAY = timedelta(days=1)


class AddressTaken(Refused):
    """An address names one account, or nobody could sign in by it."""


class LinkSpent(Refused):
    """The link was used, replaced or left too long."""

    status = 404


def ask_for_address(account_id: int, email: str) -> None:
    """Mail a link to the new address (in lower case), good for a day; nothing changes before it is followed.

    Whether somebody else has the address is not told here: only whoever reads its mail may learn that.
    """
    account = session.get_one(Account, account_id)
    pending = AddressChange.account_id == account_id, AddressChange.used_at.is_(None)
    session.execute(delete(AddressChange).where(*pending))
    token = secrets.token_urlsafe(24)
    session.add(
        AddressChange(
            account_id=account_id, email=email, token_hash=fingerprint(token), expires_at=now() + DAY
        )
    )
    post.send(
        "people.confirm_address",
        email,
        {"url": f"{settings.current().base_url}/sign-in/address/{token}", "login": account.login},
        key=f"address/{account_id}/{fingerprint(token)[:16]}",
        language=account.language,
        account_id=account_id,
    )
    journal.note("address-asked", journal.Oneself(account_id), account=account_id)


def confirm_address(token: str) -> str:
    """Make the address of this link the account's, and the persons' who had the old one; returns it.

    Raises ``LinkSpent`` and ``AddressTaken``.
    """
    using = update(AddressChange).where(
        AddressChange.token_hash == fingerprint(token),
        AddressChange.used_at.is_(None),
        AddressChange.expires_at > now(),
    )
    taken = using.values(used_at=now()).returning(AddressChange.account_id, AddressChange.email)
    found = session.execute(taken).one_or_none()
    if found is None:
        raise LinkSpent(_("This link no longer works"), _("Ask for a new one on your account's page."))
    account_id, email = found
    others = select(Account.id).where(
        or_(Account.email == email, Account.login == email), Account.id != account_id
    )
    if session.execute(others.limit(1)).first() is not None:
        raise AddressTaken(
            _("Another account uses this address"),
            _("Sign in with that account, or give another address."),
        )
    _change(session.get_one(Account, account_id), email)
    return str(email)


def forget_old_addresses(before: datetime) -> None:
    """Delete the changes that can no longer be confirmed."""
    session.execute(delete(AddressChange).where(AddressChange.expires_at < before))


def _change(account: Account, email: str) -> None:
    old = account.email or ""
    notices.tell(account.id, "address-changed")  # it goes to the old address
    if old and account.login == old:
        account.login = email
    account.email = email
    for tenant_id in queries.tenants_of_account(account.id):
        same = or_(Person.email == old, Person.email.is_(None)) if old else Person.email.is_(None)
        mine = Person.tenant_id == tenant_id, Person.account_id == account.id
        with walls.visiting(tenant_id):
            session.execute(update(Person).where(*mine, same).values(email=email))
    journal.note("address-changed", journal.Oneself(account.id), account=account.id)
