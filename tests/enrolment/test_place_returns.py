"""An undo brings people back to their places, and says first where none is left; staff who take somebody back give one."""

from typing import Any

import pytest
from sqlalchemy import select

from lms.core import db
from lms.core.db import session
from lms.courses.activity import Outcome
from lms.enrolment import services
from lms.enrolment.models import Batch, BatchKind, Cohort, ImportMode, Member, Pool
from lms.enrolment.services import place_rules, pools
from lms.enrolment.states import Deed, MemberState
from lms.organisations.models import Organisation
from lms.people.models import Person
from tests.enrolment.conftest import Import
from tests.enrolment.pools import bound, day, give, is_right, member_ids, opened, parts
from tests.enrolment.test_places import enrolled, left, refused
from tests.enrolment.test_undo import outlook, undo
from tests.progress.playing import do, learner
from tests.support import worlds
from tests.support.queries import statements
from tests.support.worlds import Corner, World


@pytest.fixture
def one(world: World) -> Corner:
    return world.one


def last(one: Corner, kind: BatchKind) -> int:
    with db.transaction(tenant_id=one.tenant_id):
        found = select(Batch.id).where(Batch.kind == kind, Batch.undone_at.is_(None))
        return session.scalars(found.order_by(Batch.id.desc()).limit(1)).one()


def said(one: Corner, deed: Deed, members: list[int]) -> int:
    with db.transaction(tenant_id=one.tenant_id):
        return services.change_state(
            members, session.get_one(Cohort, one.cohort_id), deed, cause="job"
        ).batch.id


def states(one: Corner) -> list[MemberState]:
    with db.transaction(tenant_id=one.tenant_id):
        found = select(Member.state).where(Member.cohort_id == one.cohort_id).order_by(Member.id)
        return list(session.scalars(found))


def agency(one: Corner, places: int = 2) -> int:
    """A pool of which the agency has so many, and its cohort of two people bound to it."""
    pool = opened(one, 10)
    give(one, pool, places, to=one.agency_id)
    bound(one, pool)
    return pool


def newcomers(one: Corner, cohort_id: int, *names: str) -> None:
    enrolled(one, [worlds.newcomer(one, name, "Neuve") for name in names], cohort_id)


def moved(one: Corner, to: int) -> None:
    members = member_ids(one)
    with db.transaction(tenant_id=one.tenant_id):
        services.move(members, session.get_one(Cohort, one.cohort_id), session.get_one(Cohort, to))


def other_cohort(one: Corner, pool: int | None = None) -> int:
    with db.transaction(tenant_id=one.tenant_id):
        made = services.make_cohort(session.get_one(Organisation, one.agency_id), f"Autre {pool}")
        made.pool_id = pool
        session.flush()
        return made.id


def test_a_withdrawal_undone_takes_the_place_again(world: World, one: Corner) -> None:
    pool = agency(one)
    for deed in (Deed.ABANDON, Deed.NOT_ENTER):
        batch = said(one, deed, member_ids(one))
        assert parts(one, pool, one.agency_id) == (2, 0, 0)
        assert outlook(world, batch) == {}
        undo(world, batch)
        assert parts(one, pool, one.agency_id) == (0, 2, 0)
        assert is_right(one.tenant_id)


def test_whoever_had_begun_keeps_the_place_they_spent(world: World, one: Corner) -> None:
    pool = agency(one)
    do(learner(one), one.activity_ids[0], outcome=Outcome(done=True, state={}))
    left(one, member_ids(one))
    assert parts(one, pool, one.agency_id) == (1, 0, 1)
    undo(world, last(one, BatchKind.WITHDRAWAL))
    assert parts(one, pool, one.agency_id) == (0, 1, 1)
    assert is_right(one.tenant_id)


def gone(one: Corner, pool: int, _other: int) -> None:
    """Somebody else took one of the two places."""
    newcomers(one, _other, "Zoé")


def frozen(one: Corner, pool: int, _other: int) -> None:
    with db.transaction(tenant_id=one.tenant_id):
        pools.freeze(session.get_one(Pool, pool))


def over(one: Corner, pool: int, _other: int) -> None:
    with db.transaction(tenant_id=one.tenant_id):
        session.get_one(Pool, pool).ends_on = day(-1)


@pytest.mark.parametrize(("meanwhile", "short"), [(gone, 1), (frozen, 2), (over, 2)])
def test_where_none_is_left_it_is_said_first(world: World, one: Corner, meanwhile: Any, short: int) -> None:
    pool = agency(one)
    other = other_cohort(one, pool)
    left(one, member_ids(one))
    meanwhile(one, pool, other)
    batch = last(one, BatchKind.WITHDRAWAL)
    before = parts(one, pool, one.agency_id)
    assert outlook(world, batch) == {"place": short}
    done = undo(world, batch)
    assert (done.people, done.left_out) == (2 - short, short)
    assert parts(one, pool, one.agency_id)[0] == before[0] - (2 - short)
    done = undo(world, batch, told=True)  # somebody says so: they return without a place
    assert (done.people, done.left_out) == (short, 0)
    assert states(one) == [MemberState.REGISTERED] * 2
    assert is_right(one.tenant_id)


def test_a_move_undone_gives_the_place_back_where_it_was(world: World, one: Corner) -> None:
    pool, theirs = agency(one), opened(one, 5, at=one.agency_id)
    for to, after in ((other_cohort(one, theirs), (3, 2, 0)), (other_cohort(one), (5, 0, 0))):
        moved(one, to)
        assert (parts(one, pool, one.agency_id), parts(one, theirs, one.agency_id)) == ((2, 0, 0), after)
        batch = last(one, BatchKind.MOVE)
        assert outlook(world, batch) == {}
        undo(world, batch)
        assert (parts(one, pool, one.agency_id), parts(one, theirs, one.agency_id)) == ((0, 2, 0), (5, 0, 0))
        assert is_right(one.tenant_id)


def test_a_move_within_one_part_keeps_the_place(world: World, one: Corner) -> None:
    pool = agency(one)
    to = other_cohort(one, pool)
    moved(one, to)
    batch = last(one, BatchKind.MOVE)
    assert outlook(world, batch) == {}
    undo(world, batch)
    assert parts(one, pool, one.agency_id) == (0, 2, 0)
    assert is_right(one.tenant_id)


def test_a_move_undone_where_the_place_was_taken_by_others(world: World, one: Corner) -> None:
    pool = agency(one)
    other = other_cohort(one, pool)
    bare = other_cohort(one)
    moved(one, bare)
    newcomers(one, other, "Zoé", "Léa")
    batch = last(one, BatchKind.MOVE)
    assert outlook(world, batch) == {"place": 2}
    assert undo(world, batch).people == 0
    assert undo(world, batch, told=True).people == 2
    assert parts(one, pool, one.agency_id) == (0, 2, 0)
    assert is_right(one.tenant_id)


def test_a_file_that_replaces_is_taken_back_though_the_pool_is_full(
    world: World, one: Corner, imported: Import
) -> None:
    """What the undo frees of those who came is there for those who return."""
    pool = opened(one, 3, at=one.agency_id)
    imported("Nom;Prénom;Identifiant DE\nByron;Ada;7654321B\nHopper;Grace;7654322C\n")
    with db.transaction(tenant_id=one.tenant_id):
        cohort = session.scalars(select(Cohort.id).where(Cohort.name == "Novembre")).one()
    bound(one, pool, cohort)
    swapped = "Nom;Prénom;Identifiant DE\nShelley;Mary;7654323D\nByron;Ada;7654321B\n"
    batch = imported(swapped, mode=ImportMode.REPLACE, leaving=1).batch_id
    assert parts(one, pool, one.agency_id) == (1, 2, 0)
    newcomers(one, other_cohort(one, pool), "Zoé")
    assert outlook(world, batch) == {}
    assert undo(world, batch).people == 2
    with db.transaction(tenant_id=one.tenant_id):
        there = select(Person.first_name).join(Member, Member.person_id == Person.id)
        placed = there.where(Member.cohort_id == cohort, Member.state == MemberState.REGISTERED)
        assert sorted(session.scalars(placed)) == ["Ada", "Grace"]
    assert parts(one, pool, one.agency_id) == (0, 3, 0)
    assert is_right(one.tenant_id)


def test_coming_back_takes_a_place_or_is_refused(world: World, one: Corner) -> None:
    pool = agency(one)
    said(one, Deed.NOT_ENTER, member_ids(one))
    back = said(one, Deed.COME_BACK, member_ids(one))
    assert parts(one, pool, one.agency_id) == (0, 2, 0)
    undo(world, back)
    assert parts(one, pool, one.agency_id) == (2, 0, 0), "whoever leaves again by an undo leaves the place"
    newcomers(one, other_cohort(one, pool), "Zoé")
    refused(place_rules.PlacesShort, lambda: said(one, Deed.COME_BACK, member_ids(one)))
    assert states(one) == [MemberState.NOT_ENTERED] * 2
    assert said(one, Deed.COME_BACK, member_ids(one)[:1])
    assert parts(one, pool, one.agency_id) == (0, 2, 0)
    assert is_right(one.tenant_id)


def test_statements_stay_the_same_however_many_return(world: World, one: Corner) -> None:
    pool = opened(one, 200, at=one.agency_id)
    bound(one, pool)
    counts = []
    for _turn in range(2):
        left(one, member_ids(one))
        batch = last(one, BatchKind.WITHDRAWAL)
        with statements() as sent:
            outlook(world, batch)
            undo(world, batch)
        counts.append(len(sent))
        enrolled(one, [worlds.newcomer(one, f"N{n}", "Neuve") for n in range(40)])
    assert counts[0] == counts[1]
    assert is_right(one.tenant_id)
