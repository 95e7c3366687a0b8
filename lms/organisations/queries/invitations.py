"""Invitations: by their code, of an organisation, in sight; and what whoever gave one may give today."""

from collections.abc import Sequence

from sqlalchemy import or_, select

from lms.core import walls
from lms.core.clock import now
from lms.core.db import session
from lms.organisations.actor import Actor
from lms.organisations.models import Branch, Invitation, Membership, Organisation, Role
from lms.organisations.queries.units import PAGE_SIZE, in_hand
from lms.people.models import Account, Person


def invitation_by_code(code_hash: str) -> tuple[Invitation, Organisation] | None:
    """The invitation of this code, and where it leads. What follows in this transaction is about its tenant."""
    plain = select(Invitation.tenant_id).where(Invitation.code_hash == code_hash)
    tenant_id = walls.tenant_by("tenants_of_invitation", code_hash, plain)
    if tenant_id is None:
        return None
    walls.enter(tenant_id)
    found = (
        select(Invitation, Organisation)
        .join(
            Organisation,
            (Organisation.tenant_id == Invitation.tenant_id)
            & (Organisation.id == Invitation.organisation_id),
        )
        .where(Invitation.tenant_id == tenant_id, Invitation.code_hash == code_hash)
    )
    row = session.execute(found).one_or_none()
    return (row[0], row[1]) if row else None


def invitations_of(organisation: Organisation) -> Sequence[tuple[Invitation, str]]:
    """The latest invitations to this very organisation, each with the name of whoever gave it; at most ``PAGE_SIZE``."""
    found = (
        select(Invitation, Person)
        .join(Person, (Person.tenant_id == Invitation.tenant_id) & (Person.id == Invitation.by_id))
        .where(Invitation.tenant_id == organisation.tenant_id, Invitation.organisation_id == organisation.id)
        .order_by(Invitation.id.desc())
    )
    return [(one, giver.name) for one, giver in session.execute(found.limit(PAGE_SIZE))]


def invitation_in_sight(actor: Actor, invitation_id: int) -> Invitation | None:
    """The invitation, if it leads to an organisation in sight."""
    found = select(Invitation).where(
        Invitation.tenant_id == actor.tenant_id,
        Invitation.id == invitation_id,
        Invitation.organisation_id.in_(in_hand(actor)),
    )
    return session.scalars(found).one_or_none()


def roles_at(tenant_id: int, person_id: int, organisation_id: int) -> frozenset[Role]:
    """What this person is today in the organisation or above it; nothing where they are archived or may not sign in."""
    found = (
        select(Membership.role)
        .join(
            Branch,
            (Branch.tenant_id == Membership.tenant_id) & (Branch.above_id == Membership.organisation_id),
        )
        .join(Person, (Person.tenant_id == Membership.tenant_id) & (Person.id == Membership.person_id))
        .join(Account, Account.id == Person.account_id)
        .where(
            Membership.tenant_id == tenant_id,
            Membership.person_id == person_id,
            Branch.below_id == organisation_id,
            or_(Membership.ends_at.is_(None), Membership.ends_at > now()),
            Person.archived_at.is_(None),
            Account.suspended_at.is_(None),
        )
    )
    return frozenset(session.scalars(found))
