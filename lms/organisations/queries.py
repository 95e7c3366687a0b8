"""Questions about the tree, and about who is what in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, or_, select

from lms.core import db, walls
from lms.core.clock import now
from lms.core.db import AnySelect, session
from lms.core.sealing import fingerprint
from lms.organisations.actor import Actor
from lms.organisations.models import Branch, Membership, Organisation, Role
from lms.people import queries as people
from lms.people import sight
from lms.people.models import Account, Person, SignIn

PAGE_SIZE = 100

#: Who is behind a cookie: a row for each role in the organisation in hand, its own or from above.
_ACTOR = (
    select(
        SignIn.id,
        SignIn.account_id,
        Person.id.label("person_id"),
        Person.first_name,
        Person.last_name,
        Person.language,
        Organisation.name.label("organisation"),
        Organisation.zone,
        Organisation.help_phone,
        Organisation.help_hours,
        Organisation.accent,
        Membership.role,
    )
    .select_from(SignIn)
    .join(Account, Account.id == SignIn.account_id)
    .join(Person, Person.account_id == Account.id)
    .join(Membership, (Membership.tenant_id == Person.tenant_id) & (Membership.person_id == Person.id))
    .join(
        Branch, (Branch.tenant_id == Membership.tenant_id) & (Branch.above_id == Membership.organisation_id)
    )
    .join(Organisation, (Organisation.tenant_id == Branch.tenant_id) & (Organisation.id == Branch.below_id))
    .where(
        SignIn.token_hash == bindparam("token_hash"),
        SignIn.ended_at.is_(None),
        Account.suspended_at.is_(None),
        Person.tenant_id == bindparam("tenant_id"),
        Person.archived_at.is_(None),
        Branch.below_id == bindparam("organisation_id"),
        or_(Membership.ends_at.is_(None), Membership.ends_at > bindparam("at")),
    )
    .order_by(Person.id.desc())
)


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


def actor_by_key(key: str) -> Actor | None:
    """Whoever the cookie speaks of, if the session still stands and the person is still something there."""
    tenant_id, _, rest = key.partition(".")
    organisation_id, _, token = rest.partition(".")
    if not (tenant_id.isdigit() and organisation_id.isdigit() and token):
        return None
    rows = db.rows(
        _ACTOR,
        {
            "token_hash": fingerprint(token),
            "tenant_id": int(tenant_id),
            "organisation_id": int(organisation_id),
            "at": now(),
        },
    )
    if not rows:
        return None
    one = rows[0]  # an account opens one person of a tenant; should it ever be two, their roles are not mixed
    return Actor(
        account_id=one.account_id,
        person_id=one.person_id,
        sign_in_id=one.id,
        tenant_id=int(tenant_id),
        organisation_id=int(organisation_id),
        organisation_name=one.organisation,
        first_name=one.first_name,
        name=f"{one.first_name} {one.last_name}".strip(),
        roles=frozenset(row.role for row in rows if row.person_id == one.person_id),
        language=one.language,
        zone=one.zone,
        home_phone=one.help_phone,
        home_hours=one.help_hours,
        accent=one.accent,
        token=token,
    )


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


def _held_today() -> Any:
    """Persons with what they are, and where, as far as that holds today."""
    return (
        select(Person, Membership, Organisation)
        .join(Membership, (Membership.tenant_id == Person.tenant_id) & (Membership.person_id == Person.id))
        .join(
            Organisation,
            (Organisation.tenant_id == Membership.tenant_id)
            & (Organisation.id == Membership.organisation_id),
        )
        .where(or_(Membership.ends_at.is_(None), Membership.ends_at > now()))
    )


def doors(account_id: int) -> Sequence[tuple[Person, Membership, Organisation]]:
    """Every membership that this account opens, most recent person first: what may be taken in hand."""
    found: list[tuple[Person, Membership, Organisation]] = []
    for tenant_id in people.tenants_of_account(account_id):
        mine = Person.tenant_id == tenant_id, Person.account_id == account_id, Person.archived_at.is_(None)
        asked = _held_today().where(*mine).order_by(Membership.role != Role.LEARNER, Membership.id)
        with walls.visiting(tenant_id):
            found += [(one, held, there) for one, held, there in session.execute(asked)]
    return found


def people_in_sight(actor: Actor) -> AnySelect:
    """Ids of all persons whom the actor sees, for whatever reason, to filter by."""
    return sight.people_in_sight(actor)


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


def membership(tenant_id: int, person_id: int, organisation_id: int, role: Role) -> Membership | None:
    """What makes this person that there, if they are."""
    found = select(Membership).where(
        Membership.tenant_id == tenant_id,
        Membership.person_id == person_id,
        Membership.organisation_id == organisation_id,
        Membership.role == role,
    )
    return session.scalars(found).one_or_none()


def root_administrators(tenant_id: int) -> tuple[str, set[int]]:
    """The name of a customer's root organisation, and who administers it today."""
    found = (
        _held_today()
        .with_only_columns(Organisation.name, Person.id, maintain_column_froms=True)
        .where(
            Organisation.tenant_id == tenant_id,
            Organisation.parent_id.is_(None),
            Membership.role == Role.ADMIN,
            Person.archived_at.is_(None),
        )
    )
    rows = session.execute(found).all()
    return (rows[0][0] if rows else ""), {row[1] for row in rows}


def memberships_of(tenant_id: int, person_id: int) -> Sequence[tuple[Person, Membership, Organisation]]:
    """What this person is, and where."""
    found = _held_today().where(Person.tenant_id == tenant_id, Person.id == person_id)
    found = found.order_by(Membership.id)
    return [(one, held, there) for one, held, there in session.execute(found)]
