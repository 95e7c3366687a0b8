"""Wishes to enter cohorts: one's own with one's place in the list, and those that the team answers."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from lms.core import counting
from lms.core.db import AnyRow, session
from lms.enrolment.models import OPEN_WISHES, Cohort, Member, Way, Wish, WishState
from lms.enrolment.queries.listing import PAGE, Page
from lms.enrolment.states import MemberState
from lms.organisations.actor import Actor
from lms.organisations.models import Organisation
from lms.organisations.queries import people_in_sight
from lms.people.models import Person

_OWN = 20  #: wishes of one's own that a page shows
_before = aliased(Wish)
#: How many wait longer, plus one: 1 for whoever enters next; 1 too for who does not wait.
_RANK = (
    select(func.count(_before.id) + 1)
    .where(
        _before.tenant_id == Wish.tenant_id,
        _before.cohort_id == Wish.cohort_id,
        _before.state == WishState.WAITING,
        or_(
            _before.queued_at < Wish.queued_at,
            and_(_before.queued_at == Wish.queued_at, _before.id < Wish.id),
        ),
    )
    .correlate(Wish)
    .scalar_subquery()
)


def own_wish(actor: Actor, wish_id: int) -> Wish | None:
    """The wish, if it is the actor's."""
    own = Wish.tenant_id == actor.tenant_id, Wish.person_id == actor.person_id
    return session.scalars(select(Wish).where(Wish.id == wish_id, *own)).one_or_none()


def own_wishes(actor: Actor) -> Sequence[AnyRow]:
    """One's latest wishes: id, state, rank, why, answer, asked_at, cohort and organisation by name."""
    return session.execute(_own(actor).order_by(Wish.asked_at.desc(), Wish.id.desc()).limit(_OWN)).all()


def own_wish_for(actor: Actor, cohort: Cohort) -> AnyRow | None:
    """What one wished of this cohort, as ``own_wishes`` says it."""
    return session.execute(_own(actor).where(Wish.cohort_id == cohort.id)).one_or_none()


def open_wishes(actor: Actor) -> Sequence[AnyRow]:
    """One's wishes that are not answered or wait for a seat: for the first page."""
    waiting = _own(actor).where(Wish.state.in_(OPEN_WISHES)).order_by(Wish.id)
    return session.execute(waiting.limit(_OWN)).all()


def own_state_in(actor: Actor, cohort: Cohort) -> MemberState | None:
    """What the actor is in this cohort; None: never was in it."""
    own = Member.tenant_id == actor.tenant_id, Member.cohort_id == cohort.id
    return session.scalar(select(Member.state).where(*own, Member.person_id == actor.person_id))


def wishes(actor: Actor, cohort: Cohort, states: Collection[WishState], number: int) -> Page:
    """One page of a cohort's wishes of people in sight: the waiting list in its order, else who asked first."""
    mine = (*_of_cohort(actor, cohort), Wish.state.in_(states))
    number, total, and_more = counting.page_of(select(Wish.id).where(*mine), number, PAGE)
    found = (
        select(
            Wish.id, Wish.state, Wish.why, Wish.answer, Wish.asked_at, Wish.decided_at, Way.mode, Person.first_name,
            Person.last_name, Person.id.label("person_id"), Person.email, _RANK.label("rank"),
        )
        .join(Person, and_(Person.tenant_id == Wish.tenant_id, Person.id == Wish.person_id))
        .join(Way, and_(Way.tenant_id == Wish.tenant_id, Way.id == Wish.way_id))
        .where(*mine)
        .order_by(Wish.queued_at, Wish.asked_at, Wish.id)
    )  # fmt: skip
    rows = session.execute(found.limit(PAGE).offset((number - 1) * PAGE)).all()
    return Page(rows, number, total, and_more=and_more)


def wish_counts(actor: Actor, cohort: Cohort) -> dict[str, int]:
    """How many wishes of people in sight are in each state."""
    counted = select(Wish.state, func.count(Wish.id)).where(*_of_cohort(actor, cohort)).group_by(Wish.state)
    found = {state.value: 0 for state in WishState}
    return found | {row[0].value: row[1] for row in session.execute(counted)}


def chosen_wishes(actor: Actor, cohort: Cohort, wish_ids: Collection[int]) -> Sequence[int]:
    """Those of these wishes that the actor may answer."""
    return session.scalars(select(Wish.id).where(*_of_cohort(actor, cohort), Wish.id.in_(wish_ids))).all()


def _own(actor: Actor) -> Select[Any]:
    return (
        select(
            Wish.id, Wish.state, Wish.why, Wish.answer, Wish.asked_at, Cohort.name.label("cohort"),
            Organisation.name.label("organisation"), _RANK.label("rank"),
        )
        .join(Cohort, and_(Cohort.tenant_id == Wish.tenant_id, Cohort.id == Wish.cohort_id))
        .join(
            Organisation,
            and_(Organisation.tenant_id == Cohort.tenant_id, Organisation.id == Cohort.organisation_id),
        )
        .where(Wish.tenant_id == actor.tenant_id, Wish.person_id == actor.person_id)
    )  # fmt: skip


def _of_cohort(actor: Actor, cohort: Cohort) -> tuple[Any, ...]:
    return (
        Wish.tenant_id == cohort.tenant_id,
        Wish.cohort_id == cohort.id,
        Wish.person_id.in_(people_in_sight(actor)),
    )
