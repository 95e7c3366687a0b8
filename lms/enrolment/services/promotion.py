"""The waiting list: whoever came first enters first, as soon as there is a seat, and a place in the pool where one is needed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, exists, literal, select, update

from lms.core import journal
from lms.core.clock import now
from lms.core.db import AnySelect, insert_new, session
from lms.core.errors import Refused
from lms.enrolment.models import OPEN_WISHES, Batch, BatchKind, Cohort, Member, Pool, Wish, WishState
from lms.enrolment.services import seats, tracing, wish_mails
from lms.enrolment.services.members import enrol
from lms.enrolment.services.pools import free_of
from lms.enrolment.services.receipts import open_batch
from lms.enrolment.states import GONE
from lms.enrolment.undoing import Undoing
from lms.organisations.models import Membership, Role
from lms.organisations.queries import below
from lms.people.models import Person


def promote(tenant_id: int, cohort_id: int, by: Any = None) -> int:
    """Those who wait enter in their order, as far as there is room; says how many.

    A pool that gives no place (spent, frozen, over) leaves everybody where they were, and undoes nothing of what the
    transaction did before: somebody who leaves, leaves.
    """
    cohort = seats.hold(tenant_id, cohort_id)
    _settle_those_inside(cohort)
    wishes = _first(cohort, _room(cohort))
    if not wishes:
        return 0
    try:
        with session.begin_nested():
            _let_in(cohort, wishes, by)
    except Refused as refusal:
        session.expire_all()  # the savepoint is undone
        journal.note(
            "promotion-refused", by, tenant_id=tenant_id, cohort=cohort_id, why=type(refusal).__name__
        )
        return 0
    return len(wishes)


def cohorts_that_wait(tenant_id: int) -> Sequence[int]:
    """Cohorts with somebody on the waiting list."""
    waiting = select(Wish.cohort_id).where(Wish.tenant_id == tenant_id, Wish.state == WishState.WAITING)
    return session.scalars(waiting.distinct().order_by(Wish.cohort_id)).all()


def settle(tenant_id: int, batch_id: int) -> None:
    """Whoever is in the cohort wants nothing any more, whoever let them in."""
    came = exists().where(
        Member.tenant_id == Wish.tenant_id,
        Member.cohort_id == Wish.cohort_id,
        Member.person_id == Wish.person_id,
        Member.batch_id == batch_id,
    )
    wanting = and_(Wish.tenant_id == tenant_id, Wish.state.in_(OPEN_WISHES), came)
    batch = session.get_one(Batch, batch_id)
    tracing.before(batch, "cohort_wish", wanting)
    entered = update(Wish).where(wanting).values(state=WishState.ENTERED, queued_at=None, decided_at=now())
    session.execute(entered.execution_options(synchronize_session=False))
    tracing.after(batch, "cohort_wish")


def _settle_those_inside(cohort: Cohort) -> None:
    """Whoever returned by an undo, or was refused and enrolled by hand since: nothing lets them in twice."""
    inside = exists().where(
        Member.tenant_id == Wish.tenant_id,
        Member.cohort_id == Wish.cohort_id,
        Member.person_id == Wish.person_id,
        Member.state.not_in(GONE),
    )
    theirs = Wish.tenant_id == cohort.tenant_id, Wish.cohort_id == cohort.id, Wish.state.in_(OPEN_WISHES)
    entered = update(Wish).where(*theirs, inside).values(state=WishState.ENTERED, queued_at=None)
    session.execute(entered.execution_options(synchronize_session=False))


def ask_again(of: Undoing, people: Sequence[int]) -> None:
    """Whoever was let in from the list, and is taken out by an undo, waits for an answer: else they would enter again at once."""
    let_in = select(Batch.cohort_id).where(
        Batch.tenant_id == of.tenant_id, Batch.id == of.batch_id, Batch.kind == BatchKind.WISH
    )
    theirs = Wish.tenant_id == of.tenant_id, Wish.cohort_id.in_(let_in), Wish.person_id.in_(people)
    back = update(Wish).where(*theirs, Wish.state == WishState.WAITING)
    asked = back.values(state=WishState.ASKED, queued_at=None, decided_at=None)
    session.execute(asked.execution_options(synchronize_session=False))


def _room(cohort: Cohort) -> int | None:
    """How many may enter now; None: as many as wait."""
    room = seats.free(cohort)
    if cohort.pool_id is None or room == 0:
        return room
    pool = session.get_one(Pool, cohort.pool_id)
    left = free_of(pool, cohort.organisation_id) // pool.price
    return left if room is None else min(room, left)


def _first(cohort: Cohort, room: int | None) -> Sequence[int]:
    there = and_(Person.tenant_id == Wish.tenant_id, Person.id == Wish.person_id)
    waiting = (
        select(Wish.id)
        .join(Person, there)
        .where(
            Wish.tenant_id == cohort.tenant_id, Wish.cohort_id == cohort.id, Wish.state == WishState.WAITING,
            Person.archived_at.is_(None),
        )
        .order_by(Wish.queued_at, Wish.id)
    )  # fmt: skip
    return session.scalars(waiting.limit(room)).all()


def _let_in(cohort: Cohort, wishes: Sequence[int], by: Any) -> None:
    people = select(Wish.person_id).where(Wish.tenant_id == cohort.tenant_id, Wish.id.in_(wishes))
    batch = open_batch(cohort, BatchKind.WISH, by)
    _make_learners(cohort, batch, people)
    enrol(people, cohort, kind=BatchKind.WISH, by=by, batch=batch, welcomes=False)
    wish_mails.write(cohort, wishes, WishState.ENTERED, str(batch.id))
    journal.note("wishes-entered", by, tenant_id=cohort.tenant_id, cohort=cohort.id, people=len(wishes))


def _make_learners(cohort: Cohort, batch: Batch, people: AnySelect) -> None:
    """Whoever works there and learns too is seen among the learners."""
    learns = exists().where(
        Membership.tenant_id == Person.tenant_id,
        Membership.person_id == Person.id,
        Membership.role == Role.LEARNER,
        Membership.organisation_id.in_(below(cohort.tenant_id, cohort.organisation_id)),
    )
    rows = select(
        Person.tenant_id, Person.id, Person.sort_name, literal(cohort.organisation_id), literal(Role.LEARNER.value),
    ).where(Person.tenant_id == cohort.tenant_id, Person.id.in_(people), ~learns)  # fmt: skip
    theirs = and_(Membership.tenant_id == cohort.tenant_id, Membership.person_id.in_(people))
    tracing.before(batch, "membership", theirs)
    insert_new(Membership, ["tenant_id", "person_id", "sort_name", "organisation_id", "role"], rows)
    tracing.after(batch, "membership", theirs)
