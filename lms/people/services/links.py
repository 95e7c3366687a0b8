"""Links to choose a password: by mail, once, and not for long."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, update

from config import settings
from lms.core import journal, post
from lms.core.clock import now
from lms.core.db import session
from lms.core.sealing import fingerprint
from lms.people import queries
from lms.people.models import Account, Person, ResetLink
from lms.people.services import accounts

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)


def make_link(account_id: int, lasts: timedelta = HOUR) -> str:
    """The address at which a password may be chosen once; earlier links of the account open nothing any more."""
    token = secrets.token_urlsafe(24)
    session.execute(delete(ResetLink).where(ResetLink.account_id == account_id, ResetLink.used_at.is_(None)))
    session.add(ResetLink(account_id=account_id, token_hash=fingerprint(token), expires_at=now() + lasts))
    session.flush()  # whoever asks for a second link in this transaction replaces it
    return f"{settings.current().base_url}/sign-in/new-password/{token}"


def use_link(link_id: int) -> bool:
    """Mark a link as used; False when somebody was quicker, or it has expired."""
    using = update(ResetLink).where(
        ResetLink.id == link_id, ResetLink.used_at.is_(None), ResetLink.expires_at > now()
    )
    return session.execute(using.values(used_at=now()).returning(ResetLink.id)).first() is not None


def mail_links(typed: str) -> int:
    """Mail a link to whoever this login or address belongs to; says to how many. Nobody may learn the answer."""
    found = queries.accounts_to_remind(typed)
    if not found and (person := queries.only_person_without_account(typed)):
        found = [_account_of(person)]
    for account in found:
        _mail(account, "people.new_password", HOUR)
    return len(found)


def invite(person_ids: Sequence[int], tenant_id: int, actor: Any = None) -> int:
    """Mail those of these persons who have an address and no password a link that lasts a week; says to how many.

    Their account is made where it is missing.
    """
    known = queries.persons_with_accounts(tenant_id, person_ids)
    invited = [(p, a) for p, a in known if p.email and (a is None or not a.password_hash)]
    for person, account in invited:
        _mail(account or _account_of(person), "people.welcome", WEEK, person)
    journal.note("people-invited", actor, tenant_id=tenant_id, people=len(invited))
    return len(invited)


def forget_old(before: datetime) -> None:
    """Delete the links that open nothing any more."""
    session.execute(delete(ResetLink).where(ResetLink.expires_at < before))


def _account_of(person: Person) -> Account:
    """A new account for a person with an address; the address is its login where nobody has it."""
    address = person.email or ""
    free = bool(address) and not queries.login_is_taken(address)
    account = accounts.create_account(
        address if free else accounts.made_up_login(), email=address or None, language=person.language
    )
    person.account_id = account.id
    session.flush()  # the next one with the same address must see it
    return account


def _mail(account: Account, kind: str, lasts: timedelta, person: Person | None = None) -> None:
    url = make_link(account.id, lasts)
    details = {"url": url, "login": account.login, "name": person.first_name if person else ""}
    post.send(
        kind,
        account.email or "",
        details,
        key=f"link/{account.id}/{fingerprint(url)[:16]}",
        language=account.language,
        tenant_id=person.tenant_id if person else None,
        person_id=person.id if person else None,
        account_id=account.id,
    )
    journal.note("link-mailed", None, account=account.id)
