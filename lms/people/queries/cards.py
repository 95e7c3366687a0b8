"""Access cards as they are printed, and who may have one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from config import settings
from lms.core import walls
from lms.core.db import AnySelect, session
from lms.core.sealing import unseal
from lms.people import belonging
from lms.people.models import AccessCard, Account, Person


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


def card_bearers(tenant_id: int, person_ids: Sequence[int]) -> Sequence[Person]:
    """Those of these persons whom a printed card may open, in the order of their names."""
    found = (
        _learners_only(tenant_id, person_ids)
        .outerjoin(Account, Account.id == Person.account_id)
        .where(
            Person.archived_at.is_(None),
            Person.suspended_at.is_(None),
            Account.suspended_at.is_(None),
        )
    )
    return session.scalars(found.order_by(Person.sort_name, Person.id)).all()


def is_learner_only(person: Person) -> bool:
    """Whether the person's account opens a learner's pages, and no others, anywhere."""
    return session.scalars(_learners_only(person.tenant_id, [person.id])).first() is not None


def _learners_only(tenant_id: int, person_ids: Sequence[int]) -> AnySelect:
    """Those of these persons who are learners, and whose account opens nobody else."""
    other = aliased(Person)
    elsewhere = select(other.account_id).where(
        other.account_id == Person.account_id, or_(other.id != Person.id, other.tenant_id != tenant_id)
    )
    found: AnySelect = select(Person).where(
        Person.tenant_id == tenant_id,
        Person.id.in_(person_ids),
        Person.id.not_in(belonging.more_than_learners()),
        ~walls.told("account_is_shared", Person.account_id, elsewhere.exists()),
    )
    return found


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


def latest_card(account_id: int | None) -> AccessCard | None:
    """The card of this account that was not withdrawn; one that waits to be opened before one in use."""
    if account_id is None:
        return None
    found = select(AccessCard).where(AccessCard.account_id == account_id, AccessCard.revoked_at.is_(None))
    return session.scalars(found.order_by(AccessCard.used_at.is_not(None), AccessCard.id.desc())).first()
