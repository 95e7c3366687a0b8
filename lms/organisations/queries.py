"""Questions about the tree, and about who is what in it."""

from collections.abc import Sequence

from sqlalchemy import bindparam, or_, select

from lms.core.clock import now
from lms.core.db import AnySelect, session
from lms.core.sealing import fingerprint
from lms.organisations.actor import Actor
from lms.organisations.models import Branch, Membership, Organisation, Role
from lms.people.models import Account, Person, SignIn

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
)


def actor_by_key(key: str) -> Actor | None:
    """Whoever the cookie speaks of, if the session still stands and the person is still something there."""
    tenant_id, _, rest = key.partition(".")
    organisation_id, _, token = rest.partition(".")
    if not (tenant_id.isdigit() and organisation_id.isdigit() and token):
        return None
    rows = session.execute(
        _ACTOR,
        {
            "token_hash": fingerprint(token),
            "tenant_id": int(tenant_id),
            "organisation_id": int(organisation_id),
            "at": now(),
        },
    ).all()
    if not rows:
        return None
    one = rows[0]
    return Actor(
        account_id=one.account_id,
        person_id=one.person_id,
        sign_in_id=one.id,
        tenant_id=int(tenant_id),
        organisation_id=int(organisation_id),
        organisation_name=one.organisation,
        first_name=one.first_name,
        name=f"{one.first_name} {one.last_name}".strip(),
        roles=frozenset(row.role for row in rows),
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


def by_slug(slug: str) -> Organisation | None:
    """The organisation that commands call by this name."""
    return session.scalars(select(Organisation).where(Organisation.slug == slug)).one_or_none()


def doors(account_id: int) -> Sequence[tuple[Person, Membership, Organisation]]:
    """Every membership that this account opens, most recent person first: what may be taken in hand."""
    found = (
        select(Person, Membership, Organisation)
        .join(Membership, (Membership.tenant_id == Person.tenant_id) & (Membership.person_id == Person.id))
        .join(
            Organisation,
            (Organisation.tenant_id == Membership.tenant_id)
            & (Organisation.id == Membership.organisation_id),
        )
        .where(
            Person.account_id == account_id,
            Person.archived_at.is_(None),
            or_(Membership.ends_at.is_(None), Membership.ends_at > now()),
        )
        .order_by(Person.id.desc(), Membership.role != Role.LEARNER, Membership.id)
    )
    return [tuple(row) for row in session.execute(found).all()]
