"""The logo of an organisation: its own, else that of the nearest one above that has one."""

import io
from functools import partial
from typing import Any

from sqlalchemy import select, update

from lms.core import db, files, journal, quotas
from lms.core.db import session
from lms.organisations import queries
from lms.organisations.models import Organisation


def set_logo(organisation: Organisation, picture: bytes, actor: Any) -> None:
    """Show this PNG here and in all below that has none of its own. Raises ``quotas.NoRoom``."""
    quotas.demand_room(organisation.tenant_id, len(picture))
    key = files.storage().put("logo.png", io.BytesIO(picture))
    _put(organisation, key, len(picture))
    journal.note("logo-changed", actor, organisation=organisation.id, size=len(picture))


def remove_logo(organisation: Organisation, actor: Any) -> None:
    """Its own goes; from now on that of the nearest one above is shown, if one has one."""
    if organisation.own_logo:
        _put(organisation, "", 0)
        journal.note("logo-removed", actor, organisation=organisation.id)


def drop_logo(tenant_id: int, organisation_id: int) -> None:
    """The file of an organisation that is no more: what shows its logo is told by ``spread``."""
    own = Organisation.tenant_id == tenant_id, Organisation.id == organisation_id
    _forget(session.scalar(select(Organisation.own_logo).where(*own)) or "")
    session.execute(update(Organisation).where(*own).values(own_logo="", own_logo_size=0, logo=""))


def spread(tenant_id: int, organisation_id: int) -> None:
    """Say anew which logo is shown here and below: after a change of it, or of the place in the tree.

    A statement for each logo that is shown somewhere else than before, whatever the number of organisations.
    """
    inside = queries.below(tenant_id, organisation_id)
    found = select(Organisation.id, Organisation.parent_id, Organisation.own_logo, Organisation.logo)
    rows = session.execute(
        found.where(Organisation.tenant_id == tenant_id, Organisation.id.in_(inside))
    ).all()
    parent_id = next(row.parent_id for row in rows if row.id == organisation_id)
    above = select(Organisation.logo).where(Organisation.tenant_id == tenant_id, Organisation.id == parent_id)
    shown = {parent_id: (session.scalar(above) or "") if parent_id is not None else ""}
    children: dict[int | None, list[Any]] = {}
    for row in rows:
        children.setdefault(row.parent_id, []).append(row)
    changed: dict[str, list[int]] = {}
    waiting = [row for row in rows if row.id == organisation_id]
    while waiting:
        one = waiting.pop()
        shown[one.id] = one.own_logo or shown[one.parent_id]
        if shown[one.id] != one.logo:
            changed.setdefault(shown[one.id], []).append(one.id)
        waiting += children.get(one.id, [])
    for key, ids in changed.items():
        those = Organisation.tenant_id == tenant_id, Organisation.id.in_(ids)
        session.execute(
            update(Organisation).where(*those).values(logo=key).execution_options(synchronize_session=False)
        )
    session.expire_all()  # what was loaded before is not so any more


def _put(organisation: Organisation, key: str, size: int) -> None:
    tenant_id, number = organisation.tenant_id, organisation.id
    _forget(organisation.own_logo)
    own = Organisation.tenant_id == tenant_id, Organisation.id == number
    session.execute(update(Organisation).where(*own).values(own_logo=key, own_logo_size=size))
    spread(tenant_id, number)


def _forget(key: str) -> None:
    """Once this is kept: a rollback must not lose a file that a row still names."""
    if key:
        db.then(partial(files.storage().delete, key))
