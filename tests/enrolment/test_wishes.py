"""Self-enrolment: at once, after an approval, from the waiting list; never beyond the seats, nor without a place of the pool."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from lms.core import db, i18n
from lms.core.clock import now, today
from lms.core.db import Mode, session
from lms.core.handover import Pair, hand_over
from lms.core.journal import Entry
from lms.core.post import Mail
from lms.enrolment import services
from lms.enrolment.models import BatchKind, Cohort, Member, Pool, Way, WayMode, Wish, WishState
from lms.enrolment.services import deciding, promotion, seats, ways, wishes
from lms.enrolment.services import pools as service
from lms.enrolment.services.seats import CohortFull, TooFewSeats
from lms.enrolment.services.ways import WayClosed
from lms.enrolment.services.wishes import NoNeed, NotOpen
from lms.people.models import Person
from tests.enrolment import pools
from tests.enrolment.wishes import asked, decided, inside, learners, limited, opened, states, wish_of
from tests.support import worlds
from tests.support.queries import statements
from tests.support.worlds import Corner, Someone, World


@pytest.fixture
def one(app: Flask, world: World) -> Corner:
    return world.one


def taken(one: Corner) -> int:
    return len(inside(one))


def leave(one: Corner, people: list[Someone] | set[int]) -> None:
    """These people are withdrawn from the corner's cohort."""
    numbers = [who if isinstance(who, int) else who.person_id for who in people]
    with db.transaction(tenant_id=one.tenant_id):
        theirs = session.scalars(select(Member.id).where(Member.person_id.in_(numbers))).all()
        services.withdraw(theirs, session.get_one(Cohort, one.cohort_id), "job", one.adviser)


def take_back(one: Corner, who: Someone) -> None:
    """Somebody does not want to enter any more."""
    number = wish_of(one, who)
    with db.transaction(tenant_id=one.tenant_id):
        wishes.take_back(session.get_one(Wish, number), who)


def mails(one: Corner) -> list[tuple[str, str]]:
    with db.transaction(Mode.READ, one.tenant_id):
        own = select(Mail.address, Mail.details).where(Mail.kind == "enrolment.wish_answer").order_by(Mail.id)
        return [(row.address, row.details["outcome"]) for row in session.execute(own)]


def test_whoever_comes_at_once_is_in_until_the_seats_are_taken(one: Corner) -> None:
    first, second, third = learners(one, 3)
    opened(one)
    limited(one, taken(one) + 1)
    assert asked(one, first) is WishState.ENTERED
    assert first.person_id in inside(one)
    assert asked(one, second) is WishState.WAITING
    assert asked(one, third) is WishState.WAITING
    assert asked(one, second) is WishState.WAITING, "asking twice is asking once"
    assert mails(one) == [(f"voeu0.t{one.tenant_id}@exemple.fr", "entered")]


def test_whoever_waits_enters_in_order_when_somebody_leaves(one: Corner) -> None:
    people = learners(one, 4)
    opened(one)
    limited(one, taken(one) + 1)
    for who in people:
        asked(one, who)
    leave(one, people[:1])
    assert people[1].person_id in inside(one)
    assert [states(one)[who.person_id] for who in people[2:]] == [WishState.WAITING] * 2
    limited(one, taken(one) + 2)
    assert {who.person_id for who in people[1:]} <= inside(one), "the limit was raised"
    limited(one, None)


def test_a_move_frees_a_seat_too_and_takes_one_where_it_goes(one: Corner) -> None:
    first, second = learners(one, 2)
    opened(one)
    limited(one, taken(one) + 1)
    asked(one, first)
    asked(one, second)
    with db.transaction(tenant_id=one.tenant_id):
        other = worlds.cohort(one.tenant_id, one.agency_id, "Seconde", [], []).id
        theirs = select(Member.id).where(Member.person_id == first.person_id)
        number = session.scalars(theirs).one()
        services.move([number], session.get_one(Cohort, one.cohort_id), session.get_one(Cohort, other))
    assert second.person_id in inside(one)
    assert inside(one, other) == {first.person_id}
    limited(one, 1, other)
    with pytest.raises(CohortFull), db.transaction(tenant_id=one.tenant_id):
        theirs = select(Member.id).where(Member.person_id == second.person_id)
        services.move(
            session.scalars(theirs).all(),
            session.get_one(Cohort, one.cohort_id),
            session.get_one(Cohort, other),
        )


def test_nobody_is_enrolled_beyond_the_seats_by_hand_either(one: Corner) -> None:
    first, second = learners(one, 2)
    limited(one, taken(one) + 1)
    with (
        pytest.raises(CohortFull) as refusal,
        i18n.speaking_to("fr"),
        db.transaction(tenant_id=one.tenant_id),
    ):
        people = select(Person.id.label("person_id")).where(
            Person.id.in_([first.person_id, second.person_id])
        )
        services.enrol(people, session.get_one(Cohort, one.cohort_id), kind=BatchKind.BY_HAND)
    assert "1 personne" in refusal.value.reason
    assert refusal.value.remedy
    assert first.person_id not in inside(one), "all of them or nobody"
    with pytest.raises(TooFewSeats):
        limited(one, 1)


def test_an_approval_lets_in_or_onto_the_list_and_a_refusal_is_told(one: Corner) -> None:
    people = learners(one, 4)
    opened(one, WayMode.ON_APPROVAL)
    limited(one, taken(one) + 1)
    for who in people:
        assert asked(one, who, "Je cherche un emploi.") is WishState.ASKED
    done = decided(one, "approve", people[:2], "Bienvenue")
    assert (done.entered, done.waiting) == (1, 1)
    assert decided(one, "refuse", people[2:], "Il faut savoir lire un plan.") == 2
    assert [outcome for _address, outcome in mails(one)] == ["entered", "waiting", "refused", "refused"]
    with pytest.raises(NoNeed):
        asked(one, people[2])
    decided(one, "approve", people[2:3])
    assert states(one)[people[2].person_id] is WishState.WAITING, "the team may think again"
    with pytest.raises(services.NobodyChosen):
        decided(one, "refuse", people[:1])
    with db.transaction(Mode.READ, one.tenant_id):
        verbs = set(session.scalars(select(Entry.verb)))
    assert {
        "way-opened",
        "cohort-limited",
        "wish-made",
        "wishes-approved",
        "wishes-refused",
        "wishes-entered",
    } <= verbs


def test_an_answer_to_many_is_as_many_statements_as_one_to_few(one: Corner) -> None:
    people = learners(one, 24)
    opened(one, WayMode.ON_APPROVAL)
    for who in people:
        asked(one, who, "Oui")
    numbers = [wish_of(one, who) for who in people]
    counts = []
    for some in (numbers[:2], numbers[2:12], numbers[12:]):
        with statements() as sent, db.transaction(tenant_id=one.tenant_id):
            from_here = session.get_one(Cohort, one.cohort_id)
            deciding.approve(from_here, some, "", one.adviser)
        counts.append(len(sent))
    assert counts[1] == counts[2]
    assert {who.person_id for who in people} <= inside(one)


def test_a_way_ends_by_its_uses_by_its_day_and_by_hand(one: Corner) -> None:
    first, second = learners(one, 2)
    opened(one, most=1)
    asked(one, first)
    with pytest.raises(WayClosed):
        asked(one, second)
    opened(one, ends_on=today() - timedelta(days=2))
    with pytest.raises(WayClosed) as over, i18n.speaking_to("fr"):
        asked(one, second)
    assert "dernier jour" in over.value.reason
    opened(one)
    with db.transaction(tenant_id=one.tenant_id):
        latest = session.scalars(select(Way).order_by(Way.id.desc()).limit(1)).one()
        ways.close_way(latest, one.adviser)
    with pytest.raises(WayClosed):
        asked(one, second)
    assert second.person_id not in states(one)


def test_whoever_changes_their_mind_uses_a_way_once(one: Corner) -> None:
    (first,) = learners(one, 1)
    opened(one, WayMode.ON_APPROVAL, most=1)
    asked(one, first)
    take_back(one, first)
    assert asked(one, first, "Finalement oui") is WishState.ASKED
    decided(one, "approve", [first])
    with pytest.raises(NotOpen):
        take_back(one, first)
    with pytest.raises(NoNeed):
        asked(one, first)


def test_whoever_left_waits_for_an_answer_even_where_others_enter_at_once(one: Corner) -> None:
    (first,) = learners(one, 1)
    opened(one)
    asked(one, first)
    leave(one, [first])
    assert asked(one, first, "Je reviens") is WishState.ASKED
    decided(one, "approve", [first])
    assert first.person_id in inside(one)


def test_whoever_is_enrolled_by_hand_waits_no_more(one: Corner) -> None:
    (first,) = learners(one, 1)
    opened(one, WayMode.ON_APPROVAL)
    asked(one, first)
    with db.transaction(tenant_id=one.tenant_id):
        people = select(Person.id.label("person_id")).where(Person.id == first.person_id)
        services.enrol(people, session.get_one(Cohort, one.cohort_id), kind=BatchKind.BY_HAND)
    assert states(one)[first.person_id] is WishState.ENTERED


def test_a_pool_without_a_place_keeps_people_waiting_and_undoes_nothing(one: Corner) -> None:
    first, second = learners(one, 2)
    pool = pools.opened(one, taken(one), at=one.agency_id)
    pools.bound(one, pool)
    opened(one)
    assert asked(one, first) is WishState.WAITING
    assert asked(one, second) is WishState.WAITING
    staying = inside(one)
    leave(one, {one.learner.person_id})
    assert inside(one) == staying - {one.learner.person_id} | {first.person_id}, "a place came free"
    with db.transaction(tenant_id=one.tenant_id):
        service.freeze(session.get_one(Pool, pool), one.admin)
    leave(one, [first])
    assert first.person_id not in inside(one), "whoever leaves, leaves"
    assert states(one)[second.person_id] is WishState.WAITING
    assert pools.is_right(one.tenant_id)
    with db.transaction(tenant_id=one.tenant_id):
        assert promotion.cohorts_that_wait(one.tenant_id) == [one.cohort_id]
        service.thaw(session.get_one(Pool, pool), one.admin)
        assert promotion.promote(one.tenant_id, one.cohort_id) == 1
    assert second.person_id in inside(one)


def test_an_archived_person_is_passed_over(one: Corner) -> None:
    first, second, third = learners(one, 3)
    opened(one)
    limited(one, taken(one) + 1)
    for who in (first, second, third):
        asked(one, who)
    with db.transaction(tenant_id=one.tenant_id):
        session.execute(update(Person).where(Person.id == second.person_id).values(archived_at=now()))
    leave(one, [first])
    assert third.person_id in inside(one)


def test_of_two_persons_who_become_one_the_open_wish_stays(one: Corner) -> None:
    kept, gone = learners(one, 2)
    opened(one, WayMode.ON_APPROVAL)
    asked(one, kept)
    decided(one, "refuse", [kept], "Non")
    asked(one, gone, "Oui")
    with db.transaction(tenant_id=one.tenant_id):
        hand_over("person", Pair(one.tenant_id, gone.person_id, kept.person_id))
    assert states(one) == {kept.person_id: WishState.ASKED}


def test_seats_are_counted_without_those_who_left(one: Corner) -> None:
    before = taken(one)
    leave(one, {one.learner.person_id})
    with db.transaction(Mode.READ, one.tenant_id):
        cohort = session.get_one(Cohort, one.cohort_id)
        assert seats.taken(cohort) == before - 1
        assert seats.free(cohort) is None
