"""What makes the tree: organisations made, put right, switched."""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, literal, select, update

from lms.core import journal, retention, walls
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.i18n import sort_key
from lms.core.slugs import numbered
from lms.core.tenants import Tenant
from lms.organisations import accent, queries
from lms.organisations.features import NAMES
from lms.organisations.models import Branch, Organisation, OrganisationKind


class SlugTaken(Refused):
    """Commands know organisations by their slug: no two have the same."""


class BadSlug(Refused):
    """A slug is lower-case letters, digits and single dashes."""


class NoName(Refused):
    """People know an organisation by its name."""


class CannotBeDone(Refused):
    """Something stands against it; the page has said what."""


def add(
    slug: str,
    name: str,
    kind: OrganisationKind,
    *,
    parent: Organisation | None = None,
    level: str = "",
    actor: Any = None,
) -> Organisation:
    """A unit of the tree; without a parent, a new tenant with this organisation at its root.

    Raises ``BadSlug``, ``SlugTaken`` or ``NoName``.
    """
    if not (name := " ".join(name.split())):
        raise NoName(_("The organisation has no name"), _("Give it the name that people read."))
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug) or len(slug) > 60:
        raise BadSlug(
            _("%(slug)s cannot be a short name", slug=slug), _("Use lower-case letters, digits and dashes.")
        )
    if queries.tenant_of(slug) is not None:
        raise SlugTaken(
            _("An organisation is already called %(slug)s", slug=slug), _("Choose another short name.")
        )
    tenant_id = parent.tenant_id if parent else _new_tenant(name)
    made = Organisation(
        tenant_id=tenant_id,
        parent_id=parent.id if parent else None,
        slug=slug,
        name=name,
        kind=kind,
        level=level,
    )
    if parent is not None:
        made.help_phone, made.help_hours, made.accent = parent.help_phone, parent.help_hours, parent.accent
        made.logo = parent.logo
        made.zone, made.language, made.features = parent.zone, parent.language, list(parent.features)
    session.add(made)
    session.flush()  # its number, for its branches
    above = select(Branch.tenant_id, Branch.above_id, literal(made.id)).where(
        Branch.tenant_id == tenant_id, Branch.below_id == made.parent_id
    )
    session.execute(insert(Branch).from_select(["tenant_id", "above_id", "below_id"], above))
    session.execute(insert(Branch).values(tenant_id=tenant_id, above_id=made.id, below_id=made.id))
    journal.note("organisation-added", actor, tenant_id=tenant_id, organisation=made.id)
    return made


def add_below(
    parent: Organisation, name: str, kind: OrganisationKind, *, level: str, slug: str, actor: Any
) -> Organisation:
    """A unit below another one; without a short name, one is made from the name. Raises what ``add`` raises, or ``CannotBeDone``."""
    if parent.archived_at is not None:
        raise CannotBeDone(_("%(name)s is archived.", name=parent.name), _("Restore it first."))
    made_up = re.sub(r"[^a-z0-9]+", "-", sort_key(name)).strip("-")[:50].strip("-") or "organisation"
    free = (one for one in numbered(made_up) if queries.tenant_of(one) is None)
    return add(slug or next(iter(free)), name, kind, parent=parent, level=level, actor=actor)


def put_right(organisation: Organisation, actor: Any, **values: Any) -> bool:
    """Change what pages say of an organisation; says whether its colour had to be darkened to be read."""
    asked = values.get("accent", "")
    if asked:
        values["accent"] = accent.readable(asked)
    changed = [name for name, value in values.items() if getattr(organisation, name) != value]
    if changed:
        here = (Organisation.tenant_id == organisation.tenant_id, Organisation.id == organisation.id)
        session.execute(update(Organisation).where(*here).values(**values))
        journal.note("organisation-changed", actor, organisation=organisation.id, fields=changed)
    return bool(asked) and values["accent"] != asked.lower()


def choose_days(organisation: Organisation, days: dict[str, int], actor: Any) -> bool:
    """How long this customer's data is kept, by name, where they want it gone sooner; says whether anything changed."""
    was = dict(organisation.keep_days)
    changed = {name for name in was.keys() | days.keys() if was.get(name) != days.get(name)}
    if changed:
        organisation.keep_days = dict(days)
        journal.note(
            "days-chosen", actor, organisation=organisation.id,
            kept={name: retention.days_chosen(name, days) for name in sorted(changed)},
        )  # fmt: skip
    return bool(changed)


def switch(organisation: Organisation, features: Sequence[str], actor: Any, *, all_below: bool) -> int:
    """Turn these switches on here, and the others off; in all that lies below too, if asked. Says in how many organisations."""
    chosen = sorted(NAMES & set(features))
    here = Organisation.id == organisation.id
    if all_below:
        here = Organisation.id.in_(queries.below(organisation.tenant_id, organisation.id))
    done = session.execute(
        update(Organisation)
        .where(Organisation.tenant_id == organisation.tenant_id, here)
        .values(features=chosen)
        .execution_options(synchronize_session=False)
        .returning(Organisation.id)
    ).all()
    session.expire_all()  # what was loaded before is not so any more
    journal.note(
        "organisation-switched", actor, tenant_id=organisation.tenant_id, organisation=organisation.id,
        features=chosen, organisations=len(done),
    )  # fmt: skip
    return len(done)


def _new_tenant(name: str) -> int:
    """A tenant without any rows yet: what follows in this transaction is about it."""
    tenant = Tenant(name=name)
    session.add(tenant)
    session.flush()  # its number
    walls.enter(tenant.id)
    return tenant.id
