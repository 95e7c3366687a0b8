"""Who may come in, and who is in the lists: people suspended, let in again, archived, brought back. Always a set."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, update

from lms.core import journal
from lms.core.clock import now
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.people import queries
from lms.people.models import Person
from lms.people.services import accounts, cards


class NotOneself(Refused):
    """Nobody shuts the door on themselves: it could not be opened again from inside."""

    status = 403


def suspend_people(tenant_id: int, person_ids: Sequence[int], actor: Any = None) -> int:
    """From the next request on they are signed out of this tenant, and no way leads in. Says how many it concerned.

    They stay in the lists, with all they have done. What else their account opens, with another customer, stays open.
    Raises ``NotOneself``.
    """
    _not_oneself(person_ids, actor)
    done = _set(tenant_id, person_ids, Person.suspended_at.is_(None), suspended_at=now())
    _close(tenant_id, done)
    if done:
        journal.note("people-suspended", actor, tenant_id=tenant_id, people=done)
    return len(done)


def let_in_again(tenant_id: int, person_ids: Sequence[int], actor: Any = None) -> int:
    """They may sign in again, in the ways they had. Says how many it concerned."""
    done = _set(tenant_id, person_ids, Person.suspended_at.is_not(None), suspended_at=None)
    if done:
        journal.note("people-let-in", actor, tenant_id=tenant_id, people=done)
    return len(done)


def archive_people(tenant_id: int, person_ids: Sequence[int], actor: Any = None) -> int:
    """They are in no list and may not sign in here; nothing is erased. Says how many it concerned. Raises ``NotOneself``."""
    _not_oneself(person_ids, actor)
    done = _set(tenant_id, person_ids, Person.archived_at.is_(None), archived_at=now())
    _close(tenant_id, done)
    if done:
        journal.note("people-archived", actor, tenant_id=tenant_id, people=done)
    return len(done)


def bring_back(tenant_id: int, person_ids: Sequence[int], actor: Any = None) -> int:
    """They are in the lists again. Whoever was merged or erased stays away. Says how many it concerned."""
    is_somebody = Person.first_name != "", Person.merged_into_id.is_(None)
    done = _set(tenant_id, person_ids, Person.archived_at.is_not(None), *is_somebody, archived_at=None)
    if done:
        journal.note("people-brought-back", actor, tenant_id=tenant_id, people=done)
    return len(done)


def _set(tenant_id: int, person_ids: Sequence[int], *which: ColumnElement[bool], **values: Any) -> list[int]:
    """Whom the change concerned, by numbers."""
    those = Person.tenant_id == tenant_id, Person.id.in_(person_ids), *which
    done = session.scalars(update(Person).where(*those).values(**values).returning(Person.id)).all()
    session.expire_all()  # what was loaded before is not so any more
    return sorted(done)


def _close(tenant_id: int, person_ids: Sequence[int]) -> None:
    """End the sessions and unopened cards of accounts that open nobody else; of the others, the place is closed."""
    if not person_ids:
        return
    ending = queries.whose(tenant_id, person_ids).ending_ids
    accounts.end_sessions_of(ending)
    cards.revoke(ending, unopened_only=True)


def _not_oneself(person_ids: Sequence[int], actor: Any) -> None:
    if getattr(actor, "person_id", None) in person_ids:
        raise NotOneself(
            _("You cannot do this to your own file"), _("Ask another administrator of your organisation.")
        )
