"""Accounts that can be signed in to, and browsers at other addresses."""

from functools import lru_cache

from sqlalchemy import select, update

from lms.core import db, jobs
from lms.core.db import session
from lms.core.post import Mail
from lms.people.hashing import hash_password
from lms.people.models import Account
from lms.people.queries import PrintedCard
from lms.people.services import new_cards
from tests.support.page import Visitor
from tests.support.sight import everything
from tests.support.worlds import Someone

PASSWORD = "tortue violette sous la lampe"
CODE = "380417"


@lru_cache(maxsize=8)
def hashed(text: str) -> str:
    """Slow once."""
    return hash_password(text)


def give_password(who: Someone, text: str = PASSWORD) -> None:
    """From now on this person signs in by it."""
    change(who, password_hash=hashed(text))


def change(who: Someone, **values: object) -> None:
    """Write columns of the account."""
    with db.transaction(tenant_id=who.tenant_id):
        session.execute(update(Account).where(Account.id == who.account_id).values(**values))


def card_of(who: Someone) -> PrintedCard:
    """A new card, as printed."""
    with db.transaction(tenant_id=who.tenant_id):
        return new_cards([who.person_id], who.tenant_id, None)[0]


def opened_card_of(who: Someone, browser: Visitor) -> PrintedCard:
    """A card whose words were used in ``browser``, and whose code is ``CODE``."""
    card = card_of(who)
    browser.get("/sign-in/card")
    browser.send("/sign-in/card", words=" ".join(card.words))
    browser.send("/sign-in/first-code", code=CODE, again=CODE)
    return card


def at(browser: Visitor, address: str) -> Visitor:
    """The same browser, coming from this address."""
    browser.client.environ_base["REMOTE_ADDR"] = address
    return browser


def sign_in(browser: Visitor, login: str, password: str = PASSWORD, onward: str = "") -> None:
    """Type both on the sign-in page."""
    browser.get(f"/sign-in?next={onward}" if onward else "/sign-in")
    browser.send("/sign-in", login=login, password=password)


def is_in(browser: Visitor) -> bool:
    """Whether somebody is signed in there."""
    return browser.fetch("/me").status_code == 200


def work() -> None:
    """Do the jobs that wait."""
    while run := jobs.claim("test"):
        run.run()


def mails() -> list[Mail]:
    """The outbox, oldest first."""
    with everything(db.Mode.READ):
        found = list(session.scalars(select(Mail).order_by(Mail.id)))
        session.expunge_all()
        return found
