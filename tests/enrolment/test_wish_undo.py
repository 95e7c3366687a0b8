"""Seats and undo: whoever an undo takes out makes room, whoever it brings back finds a seat or is told that there is none."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from lms.core import db
from lms.core.db import Mode, session
from lms.core.post import Mail
from lms.enrolment import queries, services
from lms.enrolment.models import Batch, BatchKind, Cohort, Member, WayMode, WishState
from lms.enrolment.queries.wishes import own_wishes
from lms.enrolment.services import Undone
from lms.enrolment.services.seats import CohortFull
from lms.enrolment.states import Deed, MemberState
from lms.organisations.models import Membership, Role
from lms.people.models import Person
from tests.enrolment import pools
from tests.enrolment.wishes import asked, decided, inside, learners, limited, opened, states
from tests.support import worlds
from tests.support.page import Visitor
from tests.support.worlds import Corner, Someone, World


@pytest.fixture
def one(app: Flask, world: World) -> Corner:
    return world.one


def latest(one: Corner, kind: BatchKind) -> int:
    """The number of the latest receipt of this kind."""
    with db.transaction(Mode.READ, one.tenant_id):
        found = select(Batch.id).where(Batch.kind == kind).order_by(Batch.id.desc()).limit(1)
        return session.scalars(found).one()


def undone(one: Corner, batch_id: int, *, told: bool = False) -> Undone:
    with db.transaction(tenant_id=one.tenant_id):
        return services.undo(
            session.get_one(Batch, batch_id), lambda _people: nullcontext(), told=told, by=one.adviser
        )


def against(one: Corner, batch_id: int) -> dict[str, int]:
    """What stands against an undo: for how many people."""
    with db.transaction(Mode.READ, one.tenant_id):
        found = queries.outlook(session.get_one(Batch, batch_id))
        return {said.kind.name: said.number for said in found.against}


def said(one: Corner, people: list[Someone], deed: Deed, cause: str = "") -> int:
    """A deed of the staff for these people: the number of its receipt."""
    with db.transaction(tenant_id=one.tenant_id):
        theirs = session.scalars(
            select(Member.id).where(Member.person_id.in_([who.person_id for who in people]))
        ).all()
        here = session.get_one(Cohort, one.cohort_id)
        return services.change_state(theirs, here, deed, one.adviser, cause).batch.id


def enrolled(one: Corner, people: list[Someone]) -> int:
    """These people are enrolled by hand, with one receipt: its number."""
    with db.transaction(tenant_id=one.tenant_id):
        chosen = select(Person.id.label("person_id")).where(Person.id.in_([who.person_id for who in people]))
        return services.enrol(chosen, session.get_one(Cohort, one.cohort_id), kind=BatchKind.BY_HAND).id


def test_an_entry_by_request_is_taken_back_and_the_next_one_enters(one: Corner) -> None:
    first, second = learners(one, 2)
    opened(one)
    limited(one, len(inside(one)) + 1)
    asked(one, first)
    asked(one, second)
    batch_id = latest(one, BatchKind.WISH)
    with db.transaction(Mode.READ, one.tenant_id):
        batch = session.get_one(Batch, batch_id)
        assert (batch.total, batch.imported, batch.cohort_id) == (1, 1, one.cohort_id)
    assert undone(one, batch_id).people == 1
    assert first.person_id not in inside(one)
    assert second.person_id in inside(one), "the seat is not left empty"
    assert states(one)[first.person_id] is WishState.ASKED, "they do not enter again by themselves"
    with db.transaction(Mode.READ, one.tenant_id):
        told = session.scalars(select(Mail.person_id).where(Mail.kind == "enrolment.wish_answer")).all()
        assert told == [second.person_id], "the mail that waited is stopped"
    decided(one, "approve", [first])
    assert states(one)[first.person_id] is WishState.WAITING


def test_a_mail_that_left_is_listed_on_the_receipt(one: Corner, visit: Callable[..., Visitor]) -> None:
    (first,) = learners(one, 1)
    opened(one)
    asked(one, first)
    with db.transaction(tenant_id=one.tenant_id):
        mail = session.scalars(select(Mail).where(Mail.kind == "enrolment.wish_answer")).one()
        mail.state = "sent"
    number = latest(one, BatchKind.WISH)
    with db.transaction(Mode.READ, one.tenant_id):
        batch = session.get_one(Batch, number)
        assert [row.address for row in queries.mails(batch)] == [f"voeu0.t{one.tenant_id}@exemple.fr"]
    receipt = visit(one.adviser).get(f"/cohorts/receipts/{number}")
    assert "Sur la liste d’attente → Inscrit" in receipt.words, "in words of requests, not of members"


def test_whoever_works_there_is_a_learner_only_as_long_as_the_entry_stands(one: Corner) -> None:
    opened(one)
    asked(one, one.adviser)

    def learns() -> int:
        with db.transaction(Mode.READ, one.tenant_id):
            own = Membership.person_id == one.adviser.person_id, Membership.role == Role.LEARNER
            return session.scalar(select(func.count(Membership.id)).where(*own)) or 0

    assert learns() == 1
    undone(one, latest(one, BatchKind.WISH))
    assert learns() == 0


def test_whoever_left_does_not_return_to_a_seat_that_is_taken(one: Corner) -> None:
    first, second, third = learners(one, 3)
    opened(one)
    limited(one, len(inside(one)) + 2)
    for who in (first, second, third):
        asked(one, who)
    left = said(one, [first, second], Deed.ABANDON, "job")
    assert third.person_id in inside(one)
    assert against(one, left) == {"no-seat": 1}
    done = undone(one, left, told=True)
    assert (done.people, done.left_out) == (1, 1)
    assert inside(one) & {who.person_id for who in (first, second)} == {first.person_id}
    limited(one, len(inside(one)) + 1)
    assert against(one, left) == {}
    assert (undone(one, left)).left_out == 0
    assert {who.person_id for who in (first, second, third)} <= inside(one)


def test_those_whom_the_undo_takes_out_make_room_for_those_whom_it_brings_back(one: Corner) -> None:
    first, second = learners(one, 2)
    enrolled(one, [first])
    limited(one, len(inside(one)))
    with db.transaction(tenant_id=one.tenant_id):  # one receipt: somebody leaves, somebody else comes
        here = session.get_one(Cohort, one.cohort_id)
        mine = session.scalars(select(Member.id).where(Member.person_id == first.person_id)).all()
        batch = services.change_state(mine, here, Deed.ABANDON, one.adviser, "job").batch
        chosen = select(Person.id.label("person_id")).where(Person.id == second.person_id)
        services.enrol(chosen, here, kind=BatchKind.BY_HAND, batch=batch)
        number = batch.id
    assert against(one, number) == {}
    assert undone(one, number).left_out == 0
    assert inside(one) & {first.person_id, second.person_id} == {first.person_id}


def test_whoever_moved_does_not_return_to_a_cohort_that_is_full(one: Corner) -> None:
    first, second = learners(one, 2)
    opened(one)
    limited(one, len(inside(one)) + 1)
    asked(one, first)
    asked(one, second)
    with db.transaction(tenant_id=one.tenant_id):
        other = worlds.cohort(one.tenant_id, one.agency_id, "Seconde", [], []).id
        number = session.scalars(select(Member.id).where(Member.person_id == first.person_id)).all()
        services.move(number, session.get_one(Cohort, one.cohort_id), session.get_one(Cohort, other))
    moved = latest(one, BatchKind.MOVE)
    assert against(one, moved) == {"no-seat": 1}
    assert undone(one, moved).left_out == 1
    assert inside(one, other) == {first.person_id}


def test_whoever_waited_and_was_enrolled_by_hand_waits_again_at_their_place(one: Corner) -> None:
    first, second, third = learners(one, 3)
    pool = pools.opened(one, len(inside(one)) + 1)  # the last place stays with the root
    pools.give(one, pool, len(inside(one)), to=one.agency_id)
    pools.bound(one, pool)
    opened(one)
    assert [asked(one, who) for who in (first, second, third)] == [WishState.WAITING] * 3
    pools.give(one, pool, 1, to=one.agency_id)
    by_hand = enrolled(one, [second])
    assert states(one)[second.person_id] is WishState.ENTERED
    undone(one, by_hand)
    assert first.person_id in inside(one), "whoever was first in the list enters"
    assert states(one)[second.person_id] is WishState.WAITING
    reader: Any = second
    with db.transaction(Mode.READ, one.tenant_id):
        assert [wish.rank for wish in own_wishes(reader)] == [1], "before the third"


def test_whoever_never_came_leaves_a_seat_and_comes_back_to_a_free_one_only(one: Corner) -> None:
    first, second = learners(one, 2)
    opened(one)
    limited(one, len(inside(one)) + 1)
    asked(one, first)
    asked(one, second)
    said(one, [first], Deed.NOT_ENTER)
    assert second.person_id in inside(one)
    with pytest.raises(CohortFull):
        said(one, [first], Deed.COME_BACK)
    limited(one, None)
    said(one, [first], Deed.COME_BACK)
    assert first.person_id in inside(one)


def test_whoever_comes_back_takes_a_place_of_the_pool_and_settles_their_request(one: Corner) -> None:
    (first,) = learners(one, 1)
    pool = pools.opened(one, len(inside(one)) + 1, at=one.agency_id)
    pools.bound(one, pool)
    opened(one)
    asked(one, first)
    said(one, [first], Deed.ABANDON, "job")
    assert pools.parts(one, pool, one.agency_id)[0] == 1
    assert asked(one, first, "Je reviens") is WishState.ASKED
    said(one, [first], Deed.COME_BACK)
    assert pools.parts(one, pool, one.agency_id)[0] == 0
    assert states(one)[first.person_id] is WishState.ENTERED
    assert pools.is_right(one.tenant_id)


def test_a_request_of_somebody_who_is_in_again_lets_nobody_in_twice(one: Corner) -> None:
    (first,) = learners(one, 1)
    opened(one, WayMode.ON_APPROVAL)
    asked(one, first, "Oui")
    decided(one, "refuse", [first], "Non")
    enrolled(one, [first])
    done = decided(one, "approve", [first])
    assert (done.entered, done.waiting) == (1, 0)
    assert states(one)[first.person_id] is WishState.ENTERED
    with db.transaction(Mode.READ, one.tenant_id):
        own = select(Member.state).where(Member.person_id == first.person_id)
        assert session.scalars(own).all() == [MemberState.REGISTERED]
