"""Who is what in the tree: whoever acts, what an account opens, what a person is, who may follow whom."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import aliased

from lms.core import db, walls
from lms.core.clock import now
from lms.core.db import AnyRow, AnySelect, session
from lms.core.sealing import fingerprint
from lms.organisations.actor import STAFF, Actor
from lms.organisations.models import Branch, Membership, Organisation, Role
from lms.organisations.queries.units import CHOICES, in_hand
from lms.people import queries as people
from lms.people import sight
from lms.people.models import Account, Person, SignIn

#: Where a role was given: what was switched there goes along to whatever is taken in hand below.
_held = aliased(Organisation)
_Up, _Above = aliased(Branch), aliased(Organisation)
#: Whether the organisation in hand, or one above it, asks for a second factor.
_ASKS_FOR_TWO = (
    select(_Above.id)
    .join(_Up, (_Up.tenant_id == _Above.tenant_id) & (_Up.above_id == _Above.id))
    .where(
        _Up.tenant_id == bindparam("tenant_id"),
        _Up.below_id == bindparam("organisation_id"),
        _Above.requires_second_factor,
    )
    .exists()
)
#: Who is behind a cookie: a row for each role in the organisation in hand, its own or from above.
_ACTOR = (
    select(
        SignIn.id,
        SignIn.account_id,
        SignIn.proved_at,
        SignIn.second_at,
        Person.id.label("person_id"),
        Person.first_name,
        Person.last_name,
        Person.language,
        Organisation.name.label("organisation"),
        Organisation.zone,
        Organisation.help_phone,
        Organisation.help_hours,
        Organisation.accent,
        Organisation.logo,
        Organisation.features,
        _held.features.label("features_above"),
        Membership.role,
        _ASKS_FOR_TWO.label("asks_for_two"),
    )
    .select_from(SignIn)
    .join(Account, Account.id == SignIn.account_id)
    .join(Person, Person.account_id == Account.id)
    .join(Membership, (Membership.tenant_id == Person.tenant_id) & (Membership.person_id == Person.id))
    .join(
        Branch, (Branch.tenant_id == Membership.tenant_id) & (Branch.above_id == Membership.organisation_id)
    )
    .join(Organisation, (Organisation.tenant_id == Branch.tenant_id) & (Organisation.id == Branch.below_id))
    .join(_held, (_held.tenant_id == Membership.tenant_id) & (_held.id == Membership.organisation_id))
    .where(
        SignIn.token_hash == bindparam("token_hash"),
        SignIn.ended_at.is_(None),
        Account.suspended_at.is_(None),
        Person.tenant_id == bindparam("tenant_id"),
        Person.archived_at.is_(None),
        Person.suspended_at.is_(None),
        Organisation.archived_at.is_(None),
        Branch.below_id == bindparam("organisation_id"),
        or_(Membership.ends_at.is_(None), Membership.ends_at > bindparam("at")),
    )
    .order_by(Person.id.desc())
)


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
    roles = frozenset(row.role for row in rows if row.person_id == one.person_id)
    return Actor(
        account_id=one.account_id,
        person_id=one.person_id,
        sign_in_id=one.id,
        tenant_id=int(tenant_id),
        organisation_id=int(organisation_id),
        organisation_name=one.organisation,
        first_name=one.first_name,
        name=f"{one.first_name} {one.last_name}".strip(),
        roles=roles,
        language=one.language,
        zone=one.zone,
        home_phone=one.help_phone,
        home_hours=one.help_hours,
        accent=one.accent,
        logo=one.logo,
        token=token,
        features=frozenset(one.features).union(*(row.features_above for row in rows)),
        proved_at=one.proved_at,
        # a learner's card is number and code; nothing more is ever asked of learners
        owes_second_factor=bool(one.asks_for_two and one.second_at is None and roles != {Role.LEARNER}),
    )


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
        .where(Organisation.archived_at.is_(None))
    )


def doors(account_id: int) -> Sequence[tuple[Person, Membership, Organisation]]:
    """Every membership that this account opens, most recent person first: what may be taken in hand."""
    found: list[tuple[Person, Membership, Organisation]] = []
    for tenant_id in people.tenants_of_account(account_id):
        mine = Person.tenant_id == tenant_id, Person.account_id == account_id
        is_open = Person.archived_at.is_(None), Person.suspended_at.is_(None)
        asked = _held_today().where(*mine, *is_open).order_by(Membership.role != Role.LEARNER, Membership.id)
        with walls.visiting(tenant_id):
            found += [(one, held, there) for one, held, there in session.execute(asked)]
    return found


def people_in_sight(actor: Actor) -> AnySelect:
    """Ids of all persons whom the actor sees, for whatever reason, to filter by."""
    return sight.people_in_sight(actor)


def followed_by(actor: Actor) -> AnySelect:
    """Ids of the persons whom the actor follows in the organisation in hand, or below it."""
    return select(Membership.person_id).where(
        Membership.tenant_id == actor.tenant_id,
        Membership.organisation_id.in_(in_hand(actor)),
        Membership.follower_id == actor.person_id,
        or_(Membership.ends_at.is_(None), Membership.ends_at > now()),
    )


def learners_in_hand(actor: Actor) -> AnySelect:
    """Ids of the learners of the organisation in hand and of those below it: no right to see them, only where they are."""
    return select(Membership.person_id).where(
        Membership.tenant_id == actor.tenant_id,
        Membership.organisation_id.in_(in_hand(actor)),
        Membership.role == Role.LEARNER,
        or_(Membership.ends_at.is_(None), Membership.ends_at > now()),
    )


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


def ties_of(actor: Actor, person_id: int) -> Sequence[tuple[Membership, Organisation, str]]:
    """What this person is, and where, as far as it holds today; with the name of whoever follows them there."""
    follower = aliased(Person)
    found = (
        select(Membership, Organisation, follower.first_name, follower.last_name)
        .join(
            Organisation,
            (Organisation.tenant_id == Membership.tenant_id)
            & (Organisation.id == Membership.organisation_id),
        )
        .outerjoin(
            follower,
            (follower.tenant_id == Membership.tenant_id) & (follower.id == Membership.follower_id),
        )
        .where(
            Membership.tenant_id == actor.tenant_id,
            Membership.person_id == person_id,
            or_(Membership.ends_at.is_(None), Membership.ends_at > now()),
        )
        .order_by(Membership.id)
    )
    return [
        (held, there, f"{first or ''} {last or ''}".strip())
        for held, there, first, last in session.execute(found)
    ]


def tie_in_sight(actor: Actor, person_id: int, tie_id: int) -> Membership | None:
    """What this person is at a place that the actor sees."""
    found = select(Membership).where(
        Membership.tenant_id == actor.tenant_id,
        Membership.person_id == person_id,
        Membership.id == tie_id,
        Membership.organisation_id.in_(in_hand(actor)),
    )
    return session.scalars(found).one_or_none()


def followers_to_choose(actor: Actor) -> Sequence[AnyRow]:
    """Who may follow learners of the organisations in sight: their teams, and those above. Number and name, at most ``CHOICES``."""
    higher = select(Branch.above_id).where(
        Branch.tenant_id == actor.tenant_id, Branch.below_id == actor.organisation_id
    )
    near = or_(Membership.organisation_id.in_(in_hand(actor)), Membership.organisation_id.in_(higher))
    team = select(Membership.person_id).where(
        Membership.tenant_id == actor.tenant_id,
        Membership.role.in_(sorted(STAFF - {Role.AUDITOR})),
        or_(Membership.ends_at.is_(None), Membership.ends_at > now()),
        near,
    )
    found = select(Person.id, Person.first_name, Person.last_name).where(
        Person.tenant_id == actor.tenant_id,
        Person.archived_at.is_(None),
        Person.suspended_at.is_(None),
        Person.id.in_(team),
    )
    return session.execute(found.order_by(Person.sort_name, Person.id).limit(CHOICES)).all()
