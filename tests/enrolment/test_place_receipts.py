"""Deeds on places leave receipts, and go back by a movement the other way unless the places were used meanwhile."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from lms.core import db
from lms.core.db import Mode, session
from lms.core.errors import Refused
from lms.courses.activity import Outcome
from lms.enrolment.models import Batch, BatchKind, Cohort, Pool
from lms.enrolment.services import NotUndoable, place_rules, places, pools, renewals
from lms.enrolment.services.place_undoing import UsedMeanwhile
from tests.enrolment.pools import bound, day, give, is_right, member_ids, opened, parts
from tests.enrolment.test_pages import Visit, post
from tests.enrolment.test_place_returns import newcomers, other_cohort
from tests.enrolment.test_places import left, refused
from tests.enrolment.test_undo import undo
from tests.progress.playing import do, learner
from tests.support.worlds import Corner, World


@pytest.fixture
def one(world: World) -> Corner:
    return world.one


def receipts(one: Corner) -> list[tuple[int, str, int]]:
    """Number, deed and people of the receipts of places, the latest first."""
    with db.transaction(Mode.READ, one.tenant_id):
        found = select(Batch.id, Batch.deed, Batch.total).where(Batch.kind == BatchKind.PLACES)
        return [(row.id, row.deed, row.total) for row in session.execute(found.order_by(Batch.id.desc()))]


def latest(one: Corner) -> int:
    return receipts(one)[0][0]


def on_pool(one: Corner, pool: int, deed: Callable[[Pool], object]) -> None:
    with db.transaction(tenant_id=one.tenant_id):
        deed(session.get_one(Pool, pool))


def pool_of(one: Corner) -> int | None:
    with db.transaction(Mode.READ, one.tenant_id):
        return session.get_one(Cohort, one.cohort_id).pool_id


def unbound(one: Corner) -> None:
    with db.transaction(tenant_id=one.tenant_id):
        places.unbind(session.get_one(Cohort, one.cohort_id))


def test_moves_go_back_unless_the_places_are_taken(world: World, one: Corner) -> None:
    pool = opened(one, 10)
    give(one, pool, 4, to=one.agency_id)
    given = latest(one)
    give(one, pool, 1, to=one.other_agency_id, of=one.agency_id)
    across = latest(one)
    give(one, pool, 1, to=one.root_id, of=one.agency_id)
    back = latest(one)
    assert [deed for _id, deed, _people in receipts(one)] == ["taken-back", "transferred", "given"]
    refused(pools.PartTooSmall, lambda: undo(world, given))  # only two of the four are there
    for number in (back, across):
        undo(world, number)
    assert parts(one, pool, one.agency_id) == (4, 0, 0)
    bound(one, pool)
    told = refused(pools.PartTooSmall, lambda: undo(world, given))
    assert "2 place" in told.reason
    unbound(one)
    undo(world, given)
    assert (parts(one, pool, one.root_id), parts(one, pool, one.agency_id)) == ((10, 0, 0), (0, 0, 0))
    refused(NotUndoable, lambda: undo(world, given))
    assert is_right(one.tenant_id)


def test_freezing_and_opening_again_go_back(world: World, one: Corner) -> None:
    pool = opened(one, 10)
    for deed in (pools.freeze, pools.thaw):
        on_pool(one, pool, deed)
    thawed, frozen = (number for number, _deed, _people in receipts(one))
    refused(UsedMeanwhile, lambda: undo(world, frozen))
    undo(world, thawed)
    with db.transaction(Mode.READ, one.tenant_id):
        assert session.get_one(Pool, pool).frozen_at is not None
    undo(world, frozen)
    with db.transaction(Mode.READ, one.tenant_id):
        assert session.get_one(Pool, pool).frozen_at is None


def test_places_given_to_a_cohort_go_back(world: World, one: Corner) -> None:
    first, second = opened(one, 3, at=one.agency_id), opened(one, 5, at=one.agency_id)
    do(
        learner(one), one.activity_ids[0], outcome=Outcome(done=True, state={})
    )  # begun before there was a pool
    bound(one, first)
    assert receipts(one)[0][1:] == ("bound", 2)
    undo(world, latest(one))
    assert (pool_of(one), parts(one, first, one.agency_id)) == (None, (3, 0, 0))
    assert is_right(one.tenant_id)
    bound(one, first)
    bound(one, second)
    assert (parts(one, first, one.agency_id), parts(one, second, one.agency_id)) == ((2, 0, 1), (4, 1, 0))
    undo(world, latest(one))
    assert pool_of(one) == first
    assert (parts(one, first, one.agency_id), parts(one, second, one.agency_id)) == ((1, 1, 1), (5, 0, 0))
    assert is_right(one.tenant_id)


def test_a_place_that_was_used_since_stays(world: World, one: Corner) -> None:
    pool = opened(one, 3, at=one.agency_id)
    bound(one, pool)
    number = latest(one)
    do(learner(one), one.activity_ids[0], outcome=Outcome(done=True, state={}))
    told = refused(UsedMeanwhile, lambda: undo(world, number))
    assert "1 personne" in told.reason
    bound(one, pool, as_many=True)
    refused(UsedMeanwhile, lambda: undo(world, latest(one)))
    other = opened(one, 3, at=one.agency_id)
    bound(one, other)
    refused(UsedMeanwhile, lambda: undo(world, number))
    assert pool_of(one) == other
    assert is_right(one.tenant_id)


def test_a_cohort_taken_off_its_pool_is_put_back_or_it_is_said_why_not(world: World, one: Corner) -> None:
    pool = opened(one, 2, at=one.agency_id)
    bound(one, pool)
    unbound(one)
    number = latest(one)
    assert receipts(one)[0][1:] == ("unbound", 2)
    newcomers(one, other_cohort(one, pool), "Zoé")
    refused(place_rules.PlacesShort, lambda: undo(world, number))
    left(one, member_ids(one)[:1])
    undo(world, number)
    assert (pool_of(one), parts(one, pool, one.agency_id)) == (pool, (0, 2, 0))
    assert is_right(one.tenant_id)


def test_what_lasts_leaves_a_receipt_that_says_so(world: World, one: Corner) -> None:
    pool = opened(one, 10)
    on_pool(one, pool, lambda found: renewals.renew(found, day(1), None, 5, carries=True))
    on_pool(
        one,
        pool,
        lambda found: pools.change(found, name="X", funder="", starts_on=day(0), ends_on=None, total=0),
    )
    assert [deed for _id, deed, _people in receipts(one)] == ["changed", "renewed"]
    for number, _deed, _people in receipts(one):
        refused(UsedMeanwhile, lambda number=number: undo(world, number))
    assert issubclass(UsedMeanwhile, Refused)


def test_receipts_of_places_are_for_those_who_see_places(one: Corner, visit: Visit) -> None:
    pool = opened(one, 10)
    admin = visit(one.admin)
    address = f"/cohorts/pools/{pool}/move"
    admin.get(address)
    asked = admin.send("/move", source=one.root_id, target=one.agency_id, amount="4")
    post(admin, f"{address}/confirm", **asked.form("/confirm"))
    number = latest(one)
    page = admin.get("/cohorts/receipts")
    assert "Donné à une unité" in page.words
    assert "Région 2026" in page.words
    page = admin.get(f"/cohorts/receipts/{number}")
    assert "4 places" in page.words.replace("\xa0", " ")
    for who in (one.adviser, one.hr, one.partner):
        assert visit(who).get(f"/cohorts/receipts/{number}").status == 404
    assert "Donné à une unité" not in visit(one.adviser).get("/cohorts/receipts").words
    admin.get(f"/cohorts/receipts/{number}")
    page = admin.send("/undo")
    assert "C’est annulé." in page.words
    assert parts(one, pool, one.agency_id) == (0, 0, 0)
    again = admin.client.post(f"/cohorts/receipts/{number}/undo")
    assert again.status_code in (400, 409)
