"""Access cards: made by the sheet, opened once by their words, then used by number and code."""

import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select, update

from lms.core import journal
from lms.core.clock import now
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.sealing import seal
from lms.people import queries, words
from lms.people.models import AccessCard, Account, Person
from lms.people.queries import PrintedCard
from lms.people.services import accounts


class NoCardForThem(Refused):
    """A card would open more than a learner's pages."""

    status = 403


class CardGone(Refused):
    """The card was opened, replaced or withdrawn in the meantime."""


def new_cards(person_ids: Sequence[int], tenant_id: int, actor: Any) -> list[PrintedCard]:
    """A card for each of these persons of the tenant, in the order of their names. Set-based.

    Missing accounts are made. Earlier cards that nobody opened open nothing any more; one that is in
    use keeps working until the new one is opened. Nobody gets a card whose account opens more than a
    learner's pages, here or with another tenant: a printed card must not open a team's files.
    """
    people = queries.card_bearers(tenant_id, person_ids)
    if not people:
        return []
    _make_missing_accounts(people)
    owners = [person.account_id for person in people if person.account_id is not None]
    revoke(owners, unopened_only=True)
    drawn = [words.draw() for _person in people]
    numbers = _free_numbers(len(people))
    session.execute(
        insert(AccessCard),
        [
            {
                "account_id": person.account_id,
                "number": number,
                "words_hash": words.words_hash(six),
                "sealed_words": seal(" ".join(six)),
                "created_at": now(),
            }
            for person, number, six in zip(people, numbers, drawn, strict=True)
        ],
    )
    journal.note("cards-made", actor, tenant_id=tenant_id, people=len(people))
    return [
        PrintedCard(person.id, person.name, number, six)
        for person, number, six in zip(people, numbers, drawn, strict=True)
    ]


def replace_card(person_id: int, tenant_id: int, actor: Any) -> PrintedCard:
    """A new card for somebody who lost card or code: the old ones and their sessions end at once. Raises ``NoCardForThem``."""
    made = new_cards([person_id], tenant_id, actor)
    if not made:
        raise NoCardForThem(
            _("This person uses a password"),
            _("They can choose a new one with “Forgotten password” on the sign-in page."),
        )
    _end_all_but(made[0])
    return made[0]


def cards_asked_for(person_ids: Sequence[int], tenant_id: int, actor: Any) -> list[PrintedCard]:
    """As ``new_cards``; but who is asked for alone has lost card or code, so that the old ones and their sessions end."""
    made = new_cards(person_ids, tenant_id, actor)
    if len(person_ids) == 1 and made:
        _end_all_but(made[0])
    return made


def _end_all_but(card: PrintedCard) -> None:
    owner = select(AccessCard.account_id).where(AccessCard.number == card.number)
    account_id = session.execute(owner).scalar_one()
    revoke([account_id], but=card.number)
    accounts.end_sessions(account_id)


def revoke(account_ids: Sequence[int], *, unopened_only: bool = False, but: str = "") -> None:
    """Withdraw the cards of these accounts; ``but`` is the number of the one that stays."""
    ending = update(AccessCard).where(
        AccessCard.account_id.in_(account_ids), AccessCard.revoked_at.is_(None), AccessCard.number != but
    )
    if unopened_only:
        ending = ending.where(AccessCard.used_at.is_(None))
    session.execute(ending.values(revoked_at=now(), sealed_words=None))


def withdraw_cards_of(person_id: int) -> None:
    """End the cards of the account that opens this person, where there is one."""
    account_id = session.scalar(select(Person.account_id).where(Person.id == person_id))
    if account_id is not None:
        revoke([account_id])


def open_card(card_id: int, hashed_code: str) -> int:
    """Open the account by a card's words, once, with the code that was chosen; returns the account. Raises ``CardGone``."""
    opening = update(AccessCard).where(
        AccessCard.id == card_id, AccessCard.used_at.is_(None), AccessCard.revoked_at.is_(None)
    )
    opened = opening.values(used_at=now(), sealed_words=None).returning(
        AccessCard.account_id, AccessCard.number
    )
    row = session.execute(opened).one_or_none()
    if row is None:
        raise CardGone(_("This card has already been opened"), _("Use its number and your 6-digit code."))
    revoke([row.account_id], but=row.number)
    accounts.set_code(row.account_id, hashed_code)
    journal.note("card-opened", journal.Oneself(row.account_id), account=row.account_id)
    return int(row.account_id)


def _make_missing_accounts(people: Sequence[Person]) -> None:
    missing = [person for person in people if person.account_id is None]
    made = [
        Account(login=accounts.made_up_login(), email=person.email, language=person.language)
        for person in missing
    ]
    session.add_all(made)
    session.flush()  # their numbers
    for person, account in zip(missing, made, strict=True):
        person.account_id = account.id
    session.flush()  # the cards are written by a statement


def _free_numbers(count: int) -> list[str]:
    """So many card numbers of eight digits that no card has."""
    found: set[str] = set()
    while len(found) < count:
        drawn = {f"{secrets.randbelow(90_000_000) + 10_000_000}" for _n in range(count - len(found))}
        found |= drawn - queries.numbers_taken(drawn)
    return sorted(found, key=lambda _number: secrets.randbits(32))
