"""The tree: what lies below and above, one organisation, a page of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from lms.core import walls
from lms.core.db import AnySelect, session
from lms.organisations.actor import Actor
from lms.organisations.models import Branch, Membership, Organisation

PAGE_SIZE = 100
CHOICES = 500  #: organisations that a list of choices offers


@dataclass(frozen=True, slots=True)
class Unit:
    """One line of the tree: how deep it lies below the organisation in hand, and how many people belong to it."""

    organisation: Organisation
    depth: int
    members: int


@dataclass(frozen=True, slots=True)
class TreePage:
    """One page of the tree, in its own order."""

    rows: Sequence[Unit]
    number: int
    total: int
    size: int = PAGE_SIZE


def below(tenant_id: int, organisation_id: int) -> AnySelect:
    """Ids of the organisation and of all that lies below it, as a statement to filter by."""
    return select(Branch.below_id).where(Branch.tenant_id == tenant_id, Branch.above_id == organisation_id)


def in_hand(actor: Actor) -> AnySelect:
    """Ids of the organisations that the actor sees: the one in hand and all below it."""
    return below(actor.tenant_id, actor.organisation_id)


def place_in_tree(actor: Actor) -> tuple[bool, bool]:
    """Whether the organisation in hand is the root of its tree, and whether others lie below it."""
    others = in_hand(actor).where(Branch.below_id != actor.organisation_id)
    own = Organisation.tenant_id == actor.tenant_id, Organisation.id == actor.organisation_id
    found = session.execute(select(Organisation.parent_id, others.exists()).where(*own)).one()
    return found[0] is None, bool(found[1])


def by_slug(slug: str) -> Organisation | None:
    """The organisation that commands call by this name. What follows in this transaction is about its tenant."""
    tenant_id = tenant_of(slug)
    walls.enter(tenant_id)
    named = select(Organisation).where(Organisation.tenant_id == tenant_id, Organisation.slug == slug)
    return session.scalars(named).one_or_none()


def tenant_of(slug: str) -> int | None:
    """Whose the organisation of this name is; None: nobody's, the name is free."""
    plain = select(Organisation.tenant_id).where(Organisation.slug == slug)
    return walls.tenant_by("tenants_of_organisation", slug, plain)


def organisation_in_sight(actor: Actor, organisation_id: int) -> Organisation | None:
    """The organisation, if it is the one in hand or lies below it."""
    found = select(Organisation).where(
        Organisation.tenant_id == actor.tenant_id,
        Organisation.id == organisation_id,
        Organisation.id.in_(in_hand(actor)),
    )
    return session.scalars(found).one_or_none()


def tree(actor: Actor, page: int = 1) -> TreePage:
    """The organisation in hand and all below it, parents before children, brothers by name. Three queries."""
    slim = select(Organisation.id, Organisation.parent_id, Organisation.name).where(
        Organisation.tenant_id == actor.tenant_id, Organisation.id.in_(in_hand(actor))
    )
    children: dict[int | None, list[int]] = {}
    for one in session.execute(slim.order_by(Organisation.name)):
        above = None if one.id == actor.organisation_id else one.parent_id
        children.setdefault(above, []).append(one.id)
    ordered: list[tuple[int, int]] = []
    waiting = [(one, 0) for one in children.get(None, [])]
    while waiting:
        number, depth = waiting.pop()
        ordered.append((number, depth))
        waiting += [(child, depth + 1) for child in reversed(children.get(number, []))]
    number = max(1, min(page, -(-len(ordered) // PAGE_SIZE)))
    shown = ordered[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    return TreePage(_units(actor.tenant_id, shown), number, len(ordered))


def _units(tenant_id: int, shown: Sequence[tuple[int, int]]) -> list[Unit]:
    ids = [one for one, _depth in shown]
    whole = select(Organisation).where(Organisation.tenant_id == tenant_id, Organisation.id.in_(ids))
    found = {one.id: one for one in session.scalars(whole)}
    counted = (
        select(Membership.organisation_id, func.count(Membership.person_id.distinct()))
        .where(Membership.tenant_id == tenant_id, Membership.organisation_id.in_(ids))
        .group_by(Membership.organisation_id)
    )
    members = dict(session.execute(counted).all())
    return [Unit(found[one], depth, members.get(one, 0)) for one, depth in shown]


def members_count(organisation: Organisation) -> int:
    """How many people are something in this very organisation."""
    found = select(func.count(Membership.person_id.distinct())).where(
        Membership.tenant_id == organisation.tenant_id, Membership.organisation_id == organisation.id
    )
    return session.scalar(found) or 0


def open_places(actor: Actor, but: AnySelect | None = None) -> Sequence[Organisation]:
    """The organisation in hand and those below it that are at work, by name; ``but`` these. At most ``CHOICES``."""
    found = select(Organisation).where(
        Organisation.tenant_id == actor.tenant_id,
        Organisation.id.in_(in_hand(actor)),
        Organisation.archived_at.is_(None),
    )
    if but is not None:
        found = found.where(Organisation.id.not_in(but))
    is_other = Organisation.id != actor.organisation_id  # the one in hand first
    return session.scalars(found.order_by(is_other, Organisation.name, Organisation.id).limit(CHOICES)).all()


def above(organisation: Organisation, actor: Actor) -> Sequence[Organisation]:
    """Those above the organisation, as far as the actor sees them, from the top."""
    higher = select(Branch.above_id).where(
        Branch.tenant_id == organisation.tenant_id, Branch.below_id == organisation.id
    )
    depth = (
        select(func.count())
        .select_from(Branch)
        .where(Branch.tenant_id == Organisation.tenant_id, Branch.below_id == Organisation.id)
        .correlate(Organisation)
        .scalar_subquery()
    )
    found = select(Organisation).where(
        Organisation.tenant_id == organisation.tenant_id,
        Organisation.id.in_(higher),
        Organisation.id.in_(in_hand(actor)),
        Organisation.id != organisation.id,
    )
    return session.scalars(found.order_by(depth)).all()


def merged_into(organisation: Organisation, actor: Actor) -> Organisation | None:
    """The organisation that has all that this one had, if the actor sees it."""
    number = organisation.merged_into_id
    return organisation_in_sight(actor, number) if number is not None else None


def keep_days(tenant_id: int) -> dict[str, int]:
    """How many days this customer keeps files, where it said so; by name."""
    root = Organisation.tenant_id == tenant_id, Organisation.parent_id.is_(None)
    return dict(session.scalar(select(Organisation.keep_days).where(*root)) or {})
