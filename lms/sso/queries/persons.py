"""Whether the person of whom a provider speaks is somebody here."""

from sqlalchemy import ColumnElement, or_, select

from lms.core.clock import now
from lms.core.db import session
from lms.organisations.models import Branch, Membership, Organisation, Role
from lms.organisations.queries import below
from lms.people.models import Person
from lms.people.queries import whose
from lms.sso.models import IdentityLink, IdentityProvider


def is_within(provider: IdentityProvider, person_id: int) -> bool:
    """Whether the person is something in the provider's organisation or below it."""
    branch = below(provider.tenant_id, provider.organisation_id)
    return _is_something(provider.tenant_id, person_id, Membership.organisation_id.in_(branch))


def has_wider_rights(provider: IdentityProvider, person_id: int, *, learners_only: bool) -> bool:
    """Whether the person's account opens more than this provider may vouch for.

    That is a role outside of its organisations, a file with another customer, or, where it speaks of citizens, any role
    of the team.
    """
    if not whose(provider.tenant_id, [person_id]).ending_ids:
        return True
    branch = below(provider.tenant_id, provider.organisation_id)
    beyond: ColumnElement[bool] = Membership.organisation_id.not_in(branch)
    if learners_only:
        beyond = or_(beyond, Membership.role != Role.LEARNER)
    return _is_something(provider.tenant_id, person_id, beyond)


def _is_something(tenant_id: int, person_id: int, *which: ColumnElement[bool]) -> bool:
    holds = or_(Membership.ends_at.is_(None), Membership.ends_at > now())
    found = select(Membership.id).where(
        Membership.tenant_id == tenant_id, Membership.person_id == person_id, holds, *which
    )
    return session.execute(found.limit(1)).first() is not None


def has_namesake(tenant_id: int, email: str, but: int | None = None) -> bool:
    """Whether somebody else of the tenant has this address, expected or known."""
    found = select(Person.id).where(
        Person.tenant_id == tenant_id, Person.email == email, Person.archived_at.is_(None)
    )
    if but is not None:
        found = found.where(Person.id != but)
    return session.execute(found.limit(1)).first() is not None


def expected_under(provider: IdentityProvider, number: str, *, is_agency: bool) -> Person | None:
    """The person of this number, whether or not anybody ever signed in as them."""
    column = Person.agency_identifier if is_agency else Person.hr_number
    found = select(Person).where(
        Person.tenant_id == provider.tenant_id, column == number, Person.archived_at.is_(None)
    )
    return session.scalars(found).one_or_none()


def known_by(provider: IdentityProvider, email: str) -> list[IdentityLink]:
    """Who comes by this provider and has this address: two at most, as more than one is nobody in particular."""
    named = (Person.tenant_id == IdentityLink.tenant_id) & (Person.id == IdentityLink.person_id)
    found = (
        select(IdentityLink)
        .join(Person, named)
        .where(
            IdentityLink.tenant_id == provider.tenant_id,
            IdentityLink.provider_id == provider.id,
            Person.email == email,
        )
        .order_by(IdentityLink.id)
    )
    return list(session.scalars(found.limit(2)))


def unit_numbered(provider: IdentityProvider, number: str) -> Organisation | None:
    """The one organisation of the provider's that has this SIRET or SAFIR; None: none, or several."""
    inside = select(Branch.below_id).where(
        Branch.tenant_id == provider.tenant_id, Branch.above_id == provider.organisation_id
    )
    found = select(Organisation).where(
        Organisation.tenant_id == provider.tenant_id,
        Organisation.id.in_(inside),
        or_(Organisation.siret == number, Organisation.safir == number),
    )
    units = session.scalars(found.order_by(Organisation.id).limit(2)).all()
    return units[0] if len(units) == 1 else None
