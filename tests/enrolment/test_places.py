"""Places: taken on enrolment, free again on leaving, used on beginning; and what is refused, in words."""

from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from lms.core import db
from lms.core.db import Mode, session
from lms.core.errors import Refused
from lms.courses.activity import Outcome
from lms.enrolment import services
from lms.enrolment.models import BatchKind, Cohort, Member, Place, Pool
from lms.enrolment.services import place_rules, places, pools, renewals
from lms.ledger.models import Unit
from lms.organisations.models import Organisation
from lms.people.models import Person
from tests.enrolment.pools import bound, day, give, is_right, member_ids, opened, parts
from tests.progress.playing import do, learner
from tests.support import worlds
from tests.support.queries import statements
from tests.support.worlds import Corner, World


@pytest.fixture
def one(world: World) -> Corner:
    return world.one


def enrolled(one: Corner, person_ids: list[int], cohort_id: int | None = None) -> None:
    with db.transaction(tenant_id=one.tenant_id):
        people = select(Person.id.label("person_id")).where(Person.id.in_(person_ids))
        cohort = session.get_one(Cohort, cohort_id or one.cohort_id)
        services.enrol(people, cohort, kind=BatchKind.BY_HAND)


def left(one: Corner, members: list[int]) -> None:
    with db.transaction(tenant_id=one.tenant_id):
        services.withdraw(members, session.get_one(Cohort, one.cohort_id), "job")


def refused(kind: type[Refused], work: Any) -> Refused:
    with pytest.raises(kind) as told:
        work()
    db.session.remove()
    assert told.value.reason
    assert told.value.remedy
    return told.value


def test_parts_flow_down_the_tree_and_back(one: Corner) -> None:
    pool = opened(one, 100)
    assert give(one, pool, 50, to=one.agency_id).deed == "given"
    assert give(one, pool, 5, to=one.other_agency_id, of=one.agency_id).deed == "transferred"
    assert give(one, pool, 20, to=one.root_id, of=one.agency_id).deed == "taken-back"
    assert parts(one, pool, one.root_id) == (70, 0, 0)
    assert parts(one, pool, one.agency_id) == (25, 0, 0)
    assert parts(one, pool, one.other_agency_id) == (5, 0, 0)
    assert is_right(one.tenant_id)


def test_people_take_places_leave_them_and_use_them(one: Corner) -> None:
    pool = opened(one, 10)
    give(one, pool, 3, to=one.agency_id)
    assert bound(one, pool) == places.Taken(2, 2)
    assert parts(one, pool, one.agency_id) == (1, 2, 0)
    enrolled(one, [worlds.newcomer(one, "Zoé", "Neuve")])
    assert parts(one, pool, one.agency_id) == (0, 3, 0)
    do(learner(one), one.activity_ids[0], outcome=Outcome(done=True, state={}))
    assert parts(one, pool, one.agency_id) == (0, 2, 1)
    left(one, member_ids(one))  # one has begun: that place stays used
    assert parts(one, pool, one.agency_id) == (2, 0, 1)
    enrolled(one, [one.learner.person_id, one.other_learner.person_id])  # they come back
    assert parts(one, pool, one.agency_id) == (1, 1, 1)
    assert is_right(one.tenant_id)


def test_too_few_places_refuse_everybody_and_say_who_has_more(one: Corner) -> None:
    pool = opened(one, 12)
    give(one, pool, 3, to=one.agency_id)
    bound(one, pool)
    people = [worlds.newcomer(one, f"Zoé{n}", "Neuve") for n in range(2)]
    told = refused(place_rules.PlacesShort, lambda: enrolled(one, people))
    assert "2 places" in told.reason
    assert "1 place" in told.reason
    assert "Agence CANARI-1" in told.reason
    assert "Réseau CANARI-1 (9 places)" in told.remedy
    assert len(member_ids(one)) == 2
    assert parts(one, pool, one.agency_id) == (1, 2, 0)


def test_as_many_as_there_are_come_first(one: Corner) -> None:
    pool = opened(one, 1, at=one.agency_id)
    told = refused(place_rules.PlacesShort, lambda: bound(one, pool))
    assert "CANARI" in told.reason
    assert bound(one, pool, as_many=True) == places.Taken(2, 1)
    with db.transaction(Mode.READ, one.tenant_id):
        assert session.scalars(select(Place.member_id)).all() == member_ids(one)[:1]
    assert parts(one, pool, one.agency_id) == (0, 1, 0)


def test_who_had_begun_before_uses_a_place_at_once(one: Corner) -> None:
    do(learner(one), one.activity_ids[0], outcome=Outcome(done=True, state={}))
    pool = opened(one, 5, at=one.agency_id)
    bound(one, pool)
    assert parts(one, pool, one.agency_id) == (3, 1, 1)


def test_another_pool_or_none_frees_what_was_not_used(one: Corner) -> None:
    first, second = opened(one, 5, at=one.agency_id), opened(one, 5, at=one.agency_id)
    bound(one, first)
    bound(one, second)
    assert (parts(one, first, one.agency_id), parts(one, second, one.agency_id)) == ((5, 0, 0), (3, 2, 0))
    with db.transaction(tenant_id=one.tenant_id):
        places.unbind(session.get_one(Cohort, one.cohort_id))
    assert parts(one, second, one.agency_id) == (5, 0, 0)
    assert is_right(one.tenant_id)


def test_who_moves_takes_a_place_over_there(one: Corner) -> None:
    pool, other = opened(one, 5, at=one.agency_id), opened(one, 5, at=one.company_id)
    bound(one, pool)
    with db.transaction(tenant_id=one.tenant_id):
        to = worlds.cohort(one.tenant_id, one.company_id, "Ailleurs", [], []).id
    bound(one, other, to)
    moving = member_ids(one)
    with db.transaction(tenant_id=one.tenant_id):
        here, there = (session.get_one(Cohort, number) for number in (one.cohort_id, to))
        services.move(moving, here, there)
    assert parts(one, pool, one.agency_id) == (5, 0, 0)
    assert parts(one, other, one.company_id) == (3, 2, 0)
    assert is_right(one.tenant_id)


def test_a_frozen_pool_gives_nothing(one: Corner) -> None:
    pool = opened(one, 5, at=one.agency_id)
    bound(one, pool)
    with db.transaction(tenant_id=one.tenant_id):
        pools.freeze(session.get_one(Pool, pool))
    newcomer = worlds.newcomer(one, "Zoé", "Neuve")
    refused(pools.PoolFrozen, lambda: enrolled(one, [newcomer]))
    refused(pools.PoolFrozen, lambda: give(one, pool, 1, of=one.agency_id, to=one.root_id))
    left(one, member_ids(one)[:1])  # leaving is always possible
    assert parts(one, pool, one.agency_id) == (4, 1, 0)
    with db.transaction(tenant_id=one.tenant_id):
        pools.thaw(session.get_one(Pool, pool))
    enrolled(one, [newcomer])


@pytest.mark.parametrize(("first", "last"), [(1, None), (-9, -1)])
def test_a_pool_is_used_within_its_days(one: Corner, first: int, last: int | None) -> None:
    pool = opened(one, 5, at=one.agency_id, starts_on=day(first), ends_on=None if last is None else day(last))
    refused(place_rules.PoolClosed, lambda: bound(one, pool))


def test_a_pool_for_a_course_is_not_used_for_another(one: Corner) -> None:
    with db.transaction(tenant_id=one.tenant_id):
        other, _steps = worlds.course(one.tenant_id, one.root_id, "autre", "Autre")
        number = other.id
    refused(place_rules.WrongPath, lambda: bound(one, opened(one, 5, at=one.agency_id, course_id=number)))
    bound(one, opened(one, 5, at=one.agency_id, course_id=one.course_id))


def test_a_budget_counts_cents(one: Corner) -> None:
    pool = opened(one, 250_00, at=one.agency_id, unit=Unit.CREDIT_CENTS, price=99_90)
    bound(one, pool)
    assert parts(one, pool, one.agency_id) == (50_20, 199_80, 0)
    told = refused(place_rules.PlacesShort, lambda: enrolled(one, [worlds.newcomer(one, "Zoé", "Neuve")]))
    assert "99,90" in told.reason
    assert "50,20" in told.reason


def test_the_next_period_carries_what_is_unused(one: Corner) -> None:
    pool = opened(one, 20)
    give(one, pool, 6, to=one.agency_id)
    bound(one, pool)
    with db.transaction(tenant_id=one.tenant_id):
        old = session.get_one(Pool, pool)
        foreseen = renewals.plan_renewal(old, 10, carries=True)
        new = renewals.renew(old, day(0), day(90), 10, carries=True).id
    assert [(line.before, line.after) for line in foreseen] == [(14, 24), (4, 4)]
    assert parts(one, pool, one.root_id) == (0, 0, 0)
    assert parts(one, pool, one.agency_id) == (0, 2, 0)
    assert parts(one, new, one.root_id) == (24, 0, 0)
    assert parts(one, new, one.agency_id) == (4, 0, 0)
    with db.transaction(Mode.READ, one.tenant_id):
        assert session.get_one(Cohort, one.cohort_id).pool_id == new
    enrolled(one, [worlds.newcomer(one, "Zoé", "Neuve")])
    assert parts(one, new, one.agency_id) == (3, 1, 0)
    assert is_right(one.tenant_id)
    with db.transaction(Mode.READ, one.tenant_id):
        refused(
            renewals.AlreadyRenewed,
            lambda: renewals.plan_renewal(session.get_one(Pool, pool), 1, carries=True),
        )


def test_a_total_may_grow_and_shrink_down_to_what_is_free(one: Corner) -> None:
    pool = opened(one, 10)
    give(one, pool, 6, to=one.agency_id)

    def total(number: int) -> None:
        with db.transaction(tenant_id=one.tenant_id):
            found = session.get_one(Pool, pool)
            pools.change(found, name="Autre nom", funder="", starts_on=day(-9), ends_on=None, total=number)

    total(15)
    assert parts(one, pool, one.root_id) == (9, 0, 0)
    total(6)
    assert parts(one, pool, one.root_id) == (0, 0, 0)
    refused(pools.PartTooSmall, lambda: total(5))
    assert is_right(one.tenant_id)


def test_the_same_form_twice_moves_once(one: Corner) -> None:
    pool = opened(one, 10)

    def sent() -> None:
        with db.transaction(tenant_id=one.tenant_id):
            ends = (session.get_one(Organisation, number) for number in (one.root_id, one.agency_id))
            source, target = ends
            pools.move(session.get_one(Pool, pool), source, target, 4, once="form-1")

    sent()
    refused(pools.DoneAlready, sent)
    assert parts(one, pool, one.agency_id) == (4, 0, 0)


def test_ten_thousand_places_are_as_many_statements_as_one(one: Corner) -> None:
    pool = opened(one, 20_000, at=one.agency_id)
    bound(one, pool)
    sent = []
    for size in (1, 300):
        people = (
            [worlds.newcomer(one, f"Zoé{n}", f"Neuve{size}") for n in range(size)]
            if size == 1
            else crowd(one, size)
        )
        with statements() as said:
            enrolled(one, people)
        sent.append(len(said))
    assert sent[0] == sent[1]
    assert parts(one, pool, one.agency_id)[1] == 303


def crowd(one: Corner, size: int) -> list[int]:
    """So many people in one statement."""
    with db.transaction(tenant_id=one.tenant_id):
        rows = [
            Person(tenant_id=one.tenant_id, first_name=f"A{n}", last_name="B", sort_name=f"b a{n}")
            for n in range(size)
        ]
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def test_two_organisations_that_become_one_put_their_parts_together(one: Corner) -> None:
    from lms.organisations import services as tree

    pool = opened(one, 20)
    give(one, pool, 6, to=one.agency_id)
    give(one, pool, 3, to=one.other_agency_id)
    only = opened(one, 4, at=one.agency_id)
    bound(one, pool)
    with db.transaction(tenant_id=one.tenant_id):
        gone, kept = (
            session.get_one(Organisation, number) for number in (one.agency_id, one.other_agency_id)
        )
        tree.merge(gone, kept, None)
    assert parts(one, pool, one.other_agency_id) == (7, 2, 0)
    assert parts(one, pool, one.agency_id) == (0, 0, 0)
    assert parts(one, only, one.other_agency_id) == (4, 0, 0)
    left(one, member_ids(one)[:1])
    assert parts(one, pool, one.other_agency_id) == (8, 1, 0)
    assert is_right(one.tenant_id)


def test_a_member_is_deleted_after_the_place_was_released(one: Corner) -> None:
    pool = opened(one, 5, at=one.agency_id)
    bound(one, pool)
    (first, _second) = member_ids(one)
    gone = delete(Member).where(Member.id == first).execution_options(synchronize_session=False)
    with pytest.raises(IntegrityError), db.transaction(tenant_id=one.tenant_id):
        session.execute(gone)
    with db.transaction(tenant_id=one.tenant_id):
        assert places.release(one.tenant_id, [first]) == 1
        session.execute(gone)
    assert parts(one, pool, one.agency_id) == (4, 1, 0)
    assert is_right(one.tenant_id)


def test_the_doctor_sees_what_was_done_past_the_application(one: Corner) -> None:
    from lms.enrolment.checkups.places import PlacesCheckup

    bound(one, opened(one, 5, at=one.agency_id))
    assert list(PlacesCheckup().findings()) == []
    with db.transaction(tenant_id=one.tenant_id):
        session.execute(update(Place).values(amount=7))
    (found,) = PlacesCheckup().findings()
    assert "14" in found.wrong
