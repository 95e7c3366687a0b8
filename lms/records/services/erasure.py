"""Erase somebody, with a receipt."""

from sqlalchemy import func, select

from lms.core.db import session
from lms.core.journal import Entry
from lms.organisations.actor import Actor
from lms.people import services as people


def erase(actor: Actor, person_id: int) -> int:
    """Erase this person; the number of the journal's line that says what became of each table. Raises ``Refused``."""
    people.erase(actor.tenant_id, [person_id], actor)
    session.flush()  # the line is the receipt: its number
    mine = (
        Entry.tenant_id == actor.tenant_id,
        Entry.verb == "people-erased",
        Entry.person_id == actor.person_id,
    )
    return session.scalar(select(func.max(Entry.id)).where(*mine)) or 0
