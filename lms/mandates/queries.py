"""Questions about mandates, and who acts under one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import aliased

from lms.core import counting
from lms.core.behalf import Behalf
from lms.core.clock import now
from lms.core.db import AnySelect, session
from lms.mandates.models import Mandate
from lms.organisations.actor import Actor
from lms.organisations.models import Membership, Organisation, Role
from lms.organisations.queries import people_in_sight
from lms.people.models import Account, Person

PAGE_SIZE = 50
MOST_OWN = 50  #: mandates that a learner's page shows


@dataclass(frozen=True, slots=True)
class MandateRow:
    """A mandate, for whom it is and who holds it."""

    mandate: Mandate
    person: Person
    holder: Person


@dataclass(frozen=True, slots=True)
class MandatePage:
    """One page of mandates, newest first."""

    rows: Sequence[MandateRow]
    number: int
    total: int
    size: int = PAGE_SIZE
    and_more: bool = False


def mandates_held(actor: Actor, page: int = 1) -> MandatePage:
    """Those under which the actor acts; administrators see those of everybody in their sight."""
    mine = _in_sight(actor)
    number, total, and_more = counting.page_of(select(Mandate.id).where(*mine), page, PAGE_SIZE)
    found = _rows().where(*mine).order_by(Mandate.id.desc()).limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)
    return MandatePage([MandateRow(*row) for row in session.execute(found)], number, total, and_more=and_more)


def mandate_in_sight(actor: Actor, mandate_id: int) -> MandateRow | None:
    """This mandate, for whoever holds it and for administrators who see the learner."""
    return _one(_rows().where(Mandate.id == mandate_id, *_in_sight(actor)))


def my_mandate(actor: Actor, mandate_id: int) -> MandateRow | None:
    """This mandate, for whoever gave it."""
    return _one(
        _rows().where(
            Mandate.tenant_id == actor.tenant_id,
            Mandate.id == mandate_id,
            Mandate.person_id == actor.person_id,
        )
    )


def mandates_given(actor: Actor) -> list[MandateRow]:
    """Those that the actor gave, newest first."""
    mine = Mandate.tenant_id == actor.tenant_id, Mandate.person_id == actor.person_id
    found = _rows().where(*mine).order_by(Mandate.id.desc()).limit(MOST_OWN)
    return [MandateRow(*row) for row in session.execute(found)]


def actor_under(at_the_keys: Actor, mandate_id: int) -> Actor | None:
    """The learner for whom somebody acts, if the mandate holds at this moment; asked at each request.

    None when it was withdrawn or has ended, when the holder is no adviser or mediator any more or does not see the
    learner, and when the learner was archived or suspended. A suspended holder is not signed in at all.
    """
    if not at_the_keys.is_companion:
        return None
    found = (
        select(Mandate, Person, Organisation)
        .join(Person, _OF_PERSON)
        .join(Membership, and_(Membership.tenant_id == Person.tenant_id, Membership.person_id == Person.id))
        .join(
            Organisation,
            and_(
                Organisation.tenant_id == Membership.tenant_id, Organisation.id == Membership.organisation_id
            ),
        )
        .outerjoin(Account, Account.id == Person.account_id)
        .where(
            Mandate.tenant_id == at_the_keys.tenant_id,
            Mandate.id == mandate_id,
            Mandate.holder_id == at_the_keys.person_id,
            Mandate.ended_at.is_(None),
            Mandate.ends_at > now(),
            Person.archived_at.is_(None),
            Person.id.in_(people_in_sight(at_the_keys)),
            Account.suspended_at.is_(None),
            Membership.role == Role.LEARNER,
            or_(Membership.ends_at.is_(None), Membership.ends_at > now()),
        )
        .order_by(Membership.id)
        .limit(1)
    )
    row = session.execute(found).first()
    return _standing_in(at_the_keys, *row) if row else None


def _standing_in(at_the_keys: Actor, mandate: Mandate, person: Person, place: Organisation) -> Actor:
    assert mandate.ends_at is not None
    behalf = Behalf(
        at_the_keys.account_id, at_the_keys.person_id, at_the_keys.name, mandate.id, frozenset(mandate.scopes), mandate.ends_at
    )  # fmt: skip
    return replace(
        at_the_keys,
        account_id=person.account_id or 0,
        person_id=person.id,
        organisation_id=place.id,
        organisation_name=place.name,
        first_name=person.first_name,
        name=person.name,
        roles=frozenset({Role.LEARNER}),
        zone=place.zone,
        home_phone=place.help_phone,
        home_hours=place.help_hours,
        accent=place.accent,
        logo=place.logo,
        behalf=behalf,
    )


def _in_sight(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    own = Mandate.holder_id == actor.person_id
    if actor.is_admin:
        return Mandate.tenant_id == actor.tenant_id, or_(own, Mandate.person_id.in_(people_in_sight(actor)))
    return Mandate.tenant_id == actor.tenant_id, own


_HOLDER = aliased(Person)
_OF_PERSON = and_(Person.tenant_id == Mandate.tenant_id, Person.id == Mandate.person_id)


def _rows() -> AnySelect:
    of_holder = and_(_HOLDER.tenant_id == Mandate.tenant_id, _HOLDER.id == Mandate.holder_id)
    found: AnySelect = select(Mandate, Person, _HOLDER).join(Person, _OF_PERSON).join(_HOLDER, of_holder)
    return found


def _one(found: AnySelect) -> MandateRow | None:
    row = session.execute(found).one_or_none()
    return MandateRow(*row) if row else None
