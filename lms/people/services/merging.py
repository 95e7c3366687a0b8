"""One human who is known twice: all that one file has goes to the other, and a pointer stays."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select, update

from lms.core import handover, journal
from lms.core.clock import now
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.handover import Objection, Pair, Share
from lms.core.i18n import gettext as _
from lms.people.models import AccessCard, Account, Person, SignIn
from lms.people.services import cards
from lms.people.services.persons import NUMBERS

#: What the file that stays takes over where it says nothing itself.
_FACTS = ("email", "phone", "birth_date", "postcode", "agency_identifier", "hr_number")


class CannotBeOne(Refused):
    """Something stands against it; the page has said what."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What merging would do: rows that move, what the file that stays learns, what to look at, and what forbids it."""

    moves: list[Share]
    learns: dict[str, str | date]
    objections: list[Objection]
    doubts: list[str] = field(default_factory=list)


def foresee(gone: Person, kept: Person) -> Foreseen:
    """What would become of ``gone`` in ``kept``. Reads only, a constant number of statements."""
    pair = Pair(gone.tenant_id, gone.id, kept.id)
    learns = {name: getattr(gone, name) for name in _FACTS if not getattr(kept, name) and getattr(gone, name)}
    against = [*_of_files(gone, kept), *_of_accounts(gone, kept), *handover.objections("person", pair)]
    return Foreseen(handover.counts("person", pair), learns, against, _doubts(gone, kept))


def merge(gone: Person, kept: Person, actor: Any) -> None:
    """Make the two one; ``gone`` keeps its number, its name and a pointer to ``kept``. Raises ``CannotBeOne``.

    Enrolments, certificates, roles and receipts go to ``kept``; the journal's lines stay under the number of that day.
    """
    foreseen = foresee(gone, kept)
    if foreseen.objections:
        first = foreseen.objections[0]
        raise CannotBeOne(first.reason, first.remedy)
    gone_id, kept_id, tenant_id = gone.id, kept.id, gone.tenant_id
    _take_account(gone, kept)
    _change(gone, **dict.fromkeys(NUMBERS), archived_at=now())  # a number is nobody else's
    if foreseen.learns:
        _change(kept, **foreseen.learns)
    handover.hand_over("person", Pair(tenant_id, gone_id, kept_id))
    session.execute(
        update(Person)
        .where(Person.tenant_id == tenant_id, Person.id == gone_id)
        .values(merged_into_id=kept_id)
    )
    rows = sum(share.moves for share in foreseen.moves)
    journal.note("people-merged", actor, tenant_id=tenant_id, person=kept_id, merged=gone_id, rows=rows)
    session.expire_all()  # what was loaded before is not so any more


def _of_files(gone: Person, kept: Person) -> list[Objection]:
    if gone.id == kept.id:
        return [Objection(_("This is one and the same file."), _("Choose another person."))]
    found = []
    if gone.merged_into_id or not kept.is_open:
        found.append(
            Objection(
                _("The file that would stay is suspended or archived."),
                _("Let this person in again first, or merge the other way round."),
            )
        )
    numbers = [(getattr(gone, name), getattr(kept, name)) for name in NUMBERS]
    found += [
        Objection(
            _("Each has a number of its own: %(one)s and %(other)s.", one=mine, other=theirs),
            _("Two numbers are two people, unless one is wrong: then correct it first."),
        )
        for mine, theirs in numbers
        if mine and theirs and mine != theirs
    ]
    return found


def _of_accounts(gone: Person, kept: Person) -> list[Objection]:
    both = gone.account_id is not None and kept.account_id is not None
    if not both or not gone.is_open or not (_is_used(gone) and _is_used(kept)):
        return []
    return [
        Objection(
            _("Both have signed in, each with an account of their own."),
            _("Ask which one is used today. Suspend the other file, then merge it: its account opens nothing any more."),
        )
    ]  # fmt: skip


def _doubts(gone: Person, kept: Person) -> list[str]:
    found = []
    if gone.birth_date and kept.birth_date and gone.birth_date != kept.birth_date:
        found.append(_("Their dates of birth differ: they may be two people."))
    if gone.sort_name != kept.sort_name:
        found.append(_("Their names differ. The file that stays keeps its own: %(name)s.", name=kept.name))
    return found


def _is_used(person: Person) -> bool:
    """Whether somebody has ever come in by the account of this person, or could by a password."""
    account_id = person.account_id
    came = select(SignIn.id).where(SignIn.account_id == account_id).exists()
    opened = (
        select(AccessCard.id)
        .where(AccessCard.account_id == account_id, AccessCard.used_at.is_not(None))
        .exists()
    )
    own = select(Account.password_hash, came, opened).where(Account.id == account_id)
    return any(session.execute(own).one())


def _take_account(gone: Person, kept: Person) -> None:
    """The account that is used opens the file that stays; the other one stays with the file that goes, and opens nothing."""
    mine, theirs = gone.account_id, kept.account_id
    if mine is not None and (theirs is None or (gone.is_open and _is_used(gone))):
        _change(gone, account_id=None)  # first: an account opens one person of a tenant
        _change(kept, account_id=mine)
        if theirs is not None:
            _change(gone, account_id=theirs)
        mine = theirs
    if mine is not None:
        cards.revoke([mine])


def _change(person: Person, **values: Any) -> None:
    own = Person.tenant_id == person.tenant_id, Person.id == person.id
    session.execute(update(Person).where(*own).values(**values))
