"""What cuts the tree back and grafts it: organisations moved, merged, archived. Each says first what it would concern."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, literal, select, update
from sqlalchemy.orm import aliased

from lms.core import handover, journal
from lms.core.clock import now
from lms.core.db import AnySelect, session
from lms.core.handover import Objection, Pair, Share
from lms.core.i18n import gettext as _
from lms.organisations import queries
from lms.organisations.models import Branch, Membership, Organisation
from lms.organisations.services.branding import drop_logo, spread
from lms.organisations.services.tree import CannotBeDone


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a change of the tree would concern, and what forbids it. ``counts``: what moves; ``people``: who is there."""

    organisations: int
    people: int
    counts: Sequence[Share]
    objections: Sequence[Objection]


def foresee_move(organisation: Organisation, to: Organisation) -> Foreseen:
    """What moving the organisation, with all below it, under another one would concern."""
    against = []
    if organisation.parent_id is None:
        against.append(
            Objection(_("This is the top of the tree."), _("Move what lies below it, one after the other."))
        )
    if _lies_below(to, organisation):
        against.append(
            Objection(
                _("An organisation cannot lie below itself."), _("Choose one outside of what is moved.")
            )
        )
    if organisation.parent_id == to.id:
        against.append(Objection(_("It lies there already."), _("Choose another organisation.")))
    if to.archived_at is not None:
        against.append(Objection(_("%(name)s is archived.", name=to.name), _("Restore it first.")))
    return Foreseen(*_size(organisation), (), against)


def move(organisation: Organisation, to: Organisation, actor: Any) -> None:
    """Hang the organisation, with all below it, under another one. Raises ``CannotBeDone``.

    Whoever sees the new place sees it from now on; whoever saw the old one does not.
    """
    _refuse(foresee_move(organisation, to).objections)
    _graft(organisation.tenant_id, organisation.id, to.id)
    spread(organisation.tenant_id, organisation.id)
    journal.note("organisation-moved", actor, organisation=organisation.id, to=to.id)
    session.expire_all()  # what was loaded before is not so any more


def foresee_merge(gone: Organisation, kept: Organisation) -> Foreseen:
    """What putting all that one organisation has into another one would concern."""
    pair = Pair(gone.tenant_id, gone.id, kept.id)
    against = []
    if gone.id == kept.id:
        against.append(Objection(_("This is one and the same organisation."), _("Choose another one.")))
    elif gone.parent_id is None:
        against.append(
            Objection(_("This is the top of the tree."), _("Merge the other one into it instead."))
        )
    elif _lies_below(kept, gone):
        against.append(
            Objection(
                _("%(name)s lies below it.", name=kept.name),
                _("Move it elsewhere first, or merge it into the one above."),
            )
        )
    if kept.archived_at is not None:
        against.append(Objection(_("%(name)s is archived.", name=kept.name), _("Restore it first.")))
    against += handover.objections("organisation", pair)
    return Foreseen(*_size(gone), handover.counts("organisation", pair), against)


def merge(gone: Organisation, kept: Organisation, actor: Any) -> None:
    """All that one organisation has belongs to the other; the first stays archived, with a pointer. Raises ``CannotBeDone``.

    People and their roles, cohorts, courses and what lies below go over. Its short name stays taken, for whoever typed it.
    """
    foreseen = foresee_merge(gone, kept)
    _refuse(foreseen.objections)
    tenant_id, gone_id, kept_id = gone.tenant_id, gone.id, kept.id
    children = select(Organisation.id).where(
        Organisation.tenant_id == tenant_id, Organisation.parent_id == gone_id
    )
    for child in session.scalars(children.order_by(Organisation.id)).all():
        _graft(tenant_id, child, kept_id)
    since = gone.archived_at or now()
    drop_logo(tenant_id, gone_id)
    spread(tenant_id, kept_id)
    handover.hand_over("organisation", Pair(tenant_id, gone_id, kept_id))
    own = Organisation.tenant_id == tenant_id, Organisation.id == gone_id
    session.execute(update(Organisation).where(*own).values(archived_at=since, merged_into_id=kept_id))
    journal.note("organisations-merged", actor, organisation=kept_id, merged=gone_id)
    session.expire_all()  # what was loaded before is not so any more


def foresee_archive(organisation: Organisation) -> Foreseen:
    """What archiving would concern: whose only place it is."""
    against = []
    if organisation.parent_id is None:
        against.append(Objection(_("This is the top of the tree."), _("Archive what lies below it instead.")))
    below = queries.below(organisation.tenant_id, organisation.id)
    living = select(func.count()).where(
        Organisation.tenant_id == organisation.tenant_id,
        Organisation.id.in_(below),
        Organisation.id != organisation.id,
        Organisation.archived_at.is_(None),
    )
    if number := session.scalar(living):
        against.append(
            Objection(
                _("%(number)s organisations below it are at work.", number=number),
                _("Archive or move them first."),
            )
        )
    against += [
        one
        for kind in handover.kinds("organisation")
        for one in kind.against_archive(organisation.tenant_id, organisation.id)
    ]
    return Foreseen(*_size(organisation), (), against)


def archive(organisation: Organisation, actor: Any) -> None:
    """Nobody works in it any more; what it holds can be read from above. Raises ``CannotBeDone``."""
    _refuse(foresee_archive(organisation).objections)
    _stamp(organisation, actor, "organisation-archived", archived_at=now())


def restore(organisation: Organisation, actor: Any) -> None:
    """Work goes on in it. Raises ``CannotBeDone`` for one that was merged into another, or lies below an archived one."""
    if organisation.merged_into_id is not None:
        raise CannotBeDone(
            _("All that it had belongs to another organisation."), _("Add a new one with another short name.")
        )
    above = select(Organisation.archived_at).where(
        Organisation.tenant_id == organisation.tenant_id, Organisation.id == organisation.parent_id
    )
    if session.scalar(above) is not None:
        raise CannotBeDone(_("The organisation above it is archived."), _("Restore that one first."))
    _stamp(organisation, actor, "organisation-restored", archived_at=None)


def _stamp(organisation: Organisation, actor: Any, verb: str, **values: Any) -> None:
    own = Organisation.tenant_id == organisation.tenant_id, Organisation.id == organisation.id
    session.execute(update(Organisation).where(*own).values(**values))
    journal.note(verb, actor, organisation=organisation.id)


def _refuse(objections: Sequence[Objection]) -> None:
    if objections:
        raise CannotBeDone(objections[0].reason, objections[0].remedy)


def _lies_below(one: Organisation, other: Organisation) -> bool:
    """Whether ``one`` is ``other``, or lies below it."""
    found = queries.below(other.tenant_id, other.id).where(Branch.below_id == one.id)
    return session.scalar(found) is not None


def _size(organisation: Organisation) -> tuple[int, int]:
    """How many organisations there are, it included, and how many people belong to them."""
    below: AnySelect = queries.below(organisation.tenant_id, organisation.id)
    people = select(func.count(Membership.person_id.distinct())).where(
        Membership.tenant_id == organisation.tenant_id, Membership.organisation_id.in_(below)
    )
    number = select(func.count()).select_from(below.subquery())
    row = session.execute(select(number.scalar_subquery(), people.scalar_subquery())).one()
    return int(row[0]), int(row[1])


def _graft(tenant_id: int, root_id: int, under_id: int) -> None:
    """Cut a branch off and hang it under another organisation: three statements, however large it is."""
    inside = select(Branch.below_id).where(Branch.tenant_id == tenant_id, Branch.above_id == root_id)
    cut = delete(Branch).where(
        Branch.tenant_id == tenant_id, Branch.below_id.in_(inside), Branch.above_id.not_in(inside)
    )
    session.execute(cut.execution_options(synchronize_session=False))
    above, below = aliased(Branch), aliased(Branch)
    every_pair = below.tenant_id == above.tenant_id
    pairs = (
        select(literal(tenant_id), above.above_id, below.below_id)
        .join(below, every_pair)
        .where(above.tenant_id == tenant_id, above.below_id == under_id, below.above_id == root_id)
    )
    session.execute(insert(Branch).from_select(["tenant_id", "above_id", "below_id"], pairs))
    own = Organisation.tenant_id == tenant_id, Organisation.id == root_id
    session.execute(update(Organisation).where(*own).values(parent_id=under_id))
