"""What people asked about their data, and who answers."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, select

from lms.core import counting
from lms.core.db import session
from lms.organisations.actor import Actor
from lms.organisations.models import Branch, Membership, Role
from lms.organisations.queries import people_in_sight
from lms.people.models import Person
from lms.records.models import DataRequest, RequestState

PAGE_SIZE = 50
MOST_SHOWN = 50  #: of one's own requests


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request with whoever made it."""

    request: DataRequest
    person: Person


@dataclass(frozen=True, slots=True)
class RequestPage:
    """One page of requests: those that wait first, the most urgent first."""

    rows: Sequence[RequestRow]
    number: int
    total: int
    size: int = PAGE_SIZE
    and_more: bool = False


_OF_PERSON = and_(Person.tenant_id == DataRequest.tenant_id, Person.id == DataRequest.person_id)


def my_requests(actor: Actor) -> Sequence[DataRequest]:
    """What the actor asked, newest first."""
    mine = DataRequest.tenant_id == actor.tenant_id, DataRequest.person_id == actor.person_id
    return session.scalars(
        select(DataRequest).where(*mine).order_by(DataRequest.id.desc()).limit(MOST_SHOWN)
    ).all()


def open_requests_of(tenant_id: int, person_id: int) -> int:
    """How many requests of this person wait for an answer."""
    waiting = (
        DataRequest.tenant_id == tenant_id,
        DataRequest.person_id == person_id,
        DataRequest.state == RequestState.OPEN,
    )
    return session.scalar(select(func.count()).select_from(DataRequest).where(*waiting)) or 0


def requests_in_sight(actor: Actor, page: int = 1) -> RequestPage:
    """What people in sight asked."""
    mine = DataRequest.tenant_id == actor.tenant_id, DataRequest.person_id.in_(people_in_sight(actor))
    number, total, and_more = counting.page_of(select(DataRequest.id).where(*mine), page, PAGE_SIZE)
    found = (
        select(DataRequest, Person)
        .join(Person, _OF_PERSON)
        .where(*mine)
        .order_by(DataRequest.state != RequestState.OPEN, DataRequest.due_on, DataRequest.id)
        .limit(PAGE_SIZE)
        .offset((number - 1) * PAGE_SIZE)
    )
    rows = [RequestRow(request, person) for request, person in session.execute(found)]
    return RequestPage(rows, number, total, and_more=and_more)


def request_in_sight(actor: Actor, request_id: int) -> RequestRow | None:
    """This request, if the administrator sees the person."""
    found = (
        select(DataRequest, Person)
        .join(Person, _OF_PERSON)
        .where(
            DataRequest.tenant_id == actor.tenant_id,
            DataRequest.id == request_id,
            DataRequest.person_id.in_(people_in_sight(actor)),
        )
    )
    row = session.execute(found).one_or_none()
    return RequestRow(*row) if row else None


def person_of(actor: Actor) -> Person:
    """The actor's own row."""
    found = select(Person).where(Person.tenant_id == actor.tenant_id, Person.id == actor.person_id)
    return session.scalars(found).one()


def administrators(tenant_id: int, organisation_id: int) -> Sequence[Person]:
    """Those of this organisation and of those above it, as far as a mail reaches them."""
    above = select(Branch.above_id).where(Branch.tenant_id == tenant_id, Branch.below_id == organisation_id)
    theirs = select(Membership.person_id).where(
        Membership.tenant_id == tenant_id,
        Membership.organisation_id.in_(above),
        Membership.role == Role.ADMIN,
    )
    found = select(Person).where(
        Person.tenant_id == tenant_id,
        Person.id.in_(theirs),
        Person.email.is_not(None),
        Person.archived_at.is_(None),
    )
    return session.scalars(found.order_by(Person.id)).all()
