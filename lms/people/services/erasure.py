"""The right to see what is held on somebody, and the right to be forgotten."""

from collections.abc import Sequence
from typing import Any

from lms.core import journal, privacy
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.privacy import Erased, Part
from lms.people import belonging, queries

MOST = 1_000  #: people erased in one transaction


class NobodyToErase(Refused):
    """None of these persons is known to this tenant."""

    status = 404


def held_on(tenant_id: int, person_id: int) -> list[Part]:
    """What every table of the house holds on this person."""
    return privacy.export(queries.whose(tenant_id, [person_id]))


def erase(tenant_id: int, person_ids: Sequence[int], actor: Any = None) -> list[Erased]:
    """Erase these people (at most ``MOST``): what became of their rows, table by table. Raises ``NobodyToErase``,
    or what a room above has against it (the last administrator of a customer).

    Names, contacts, accounts, mails, drafts and answers go; figures stay under a number; certificates are set aside
    until the law lets them go. The public register goes on answering with initials.
    """
    if len(person_ids) > MOST:
        raise ValueError(f"at most {MOST} people at once")
    whose = queries.whose(tenant_id, person_ids)
    if not whose.person_ids:
        raise NobodyToErase(_("Nobody is known by this number."))
    belonging.refuse_if_needed(tenant_id, whose.person_ids)
    done = privacy.erase(whose)
    journal.note(
        "people-erased",
        actor,
        tenant_id=tenant_id,
        about=whose.person_ids[0] if len(whose.person_ids) == 1 else None,
        people=list(whose.person_ids),
        rows={one.name: _receipt(one) for one in done if one.deleted or one.emptied or one.kept},
    )
    return done


def _receipt(one: Erased) -> list[int | str]:
    """What the journal keeps of it: rows deleted, emptied and set aside, and until when."""
    until = [one.until.isoformat()] if one.until else []
    return [one.deleted, one.emptied, one.kept, *until]
