"""Very many people are put on courses part by part: what comes out is what one deed makes of it, stopped or not."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import func, select

from lms.core import db
from lms.core.db import Mode, session
from lms.enrolment.assignment import FOUND, TICKED, Intent
from lms.enrolment.models import Batch, BatchKind, Cohort, Enrolment, Member
from lms.enrolment.services import NothingToDo, assigning_parts
from lms.enrolment.services.assigning_parts import grant_by_parts
from lms.organisations.actor import Actor
from lms.organisations.queries import actor_by_key
from tests.enrolment.pools import bound, opened
from tests.enrolment.test_assigning import more_courses
from tests.enrolment.test_undo import differing, undo, whole
from tests.support import worlds
from tests.support.worlds import World

PEOPLE, SIZE = 11, 4


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assigning_parts, "PART", SIZE)


def _claire(world: World) -> Actor:
    key = worlds.cookie_of(world.one.adviser)["_user_id"]
    with db.transaction(Mode.READ, world.one.tenant_id):
        actor = actor_by_key(key)
    assert actor is not None
    return actor


def _crowd(world: World) -> tuple[int, ...]:
    return tuple(worlds.newcomer(world.one, f"Nouvelle{chr(97 + n)}", "Venue") for n in range(PEOPLE))


def _grant(
    world: World, intent: Intent, *, stop_after: int = 99, is_begun: bool = False, claire: Actor | None = None
) -> list[int]:
    """By parts, as a worker does it, which is killed in the midst of a part."""
    steps = [0]

    @contextmanager
    def step(_people: int) -> Iterator[None]:
        with db.transaction(Mode.WRITE, world.one.tenant_id):
            yield
            steps[0] += 1
            if steps[0] > stop_after:
                raise KeyboardInterrupt

    return grant_by_parts(claire or _claire(world), intent, step, is_begun=is_begun)


def _enrolments(world: World, name: str) -> int:
    with db.transaction(Mode.READ, world.one.tenant_id):
        found = select(func.count()).select_from(Enrolment).join(Cohort, Cohort.id == Enrolment.cohort_id)
        return session.scalar(found.where(Cohort.name == name)) or 0


def test_a_new_cohort_of_many_has_a_receipt_for_each_part_and_all_go_back(world: World) -> None:
    people, [a, b] = _crowd(world), more_courses(world, "Tableur", "Courriel")
    claire, before = _claire(world), whole(world)
    made = _grant(world, Intent(TICKED, person_ids=people, name="Beaucoup", course_ids=(a, b)), claire=claire)
    assert len(made) == 3
    assert _enrolments(world, "Beaucoup") == PEOPLE * 2
    with db.transaction(Mode.READ, world.one.tenant_id):
        found = select(Batch.total, Batch.imported).where(Batch.kind == BatchKind.ASSIGNMENT)
        assert [tuple(row) for row in session.execute(found.order_by(Batch.id))] == [(4, 4), (4, 4), (3, 3)]
    for number in reversed(made):
        assert undo(world, number).left_out == 0
    assert differing(whole(world), before) == {}


def test_stopped_between_two_parts_it_is_done_again_and_stands_once(world: World) -> None:
    people, [a] = _crowd(world), more_courses(world, "Tableur")
    intent = Intent(TICKED, person_ids=people, name="Beaucoup", course_ids=(a,))
    with pytest.raises(KeyboardInterrupt):
        _grant(world, intent, stop_after=3)  # one looks who is meant, two parts are kept
    assert _enrolments(world, "Beaucoup") == 2 * SIZE
    assert len(_grant(world, intent, is_begun=True)) == 1
    assert _enrolments(world, "Beaucoup") == PEOPLE
    assert _grant(world, intent, is_begun=True) == []


def test_a_filter_that_those_who_enter_leave_finds_everybody_all_the_same(world: World) -> None:
    _crowd(world)
    [a] = more_courses(world, "Tableur")
    intent = Intent(FOUND, words="venue", to_id=world.one.cohort_id, course_ids=(a,))
    assert len(_grant(world, intent)) == 3
    with db.transaction(Mode.READ, world.one.tenant_id):
        on_it = select(func.count()).where(Enrolment.course_id == a)
        assert session.scalar(on_it) == PEOPLE
    with pytest.raises(NothingToDo):
        _grant(world, intent)


def test_where_there_are_places_for_so_many_all_enter_or_nobody(world: World) -> None:
    people, one = _crowd(world), world.one
    bound(one, opened(one, 100, at=one.agency_id))
    with db.transaction(Mode.READ, one.tenant_id):
        there = session.scalar(select(func.count()).where(Member.cohort_id == one.cohort_id)) or 0
    made = _grant(world, Intent(TICKED, person_ids=people, to_id=one.cohort_id, course_ids=(one.course_id,)))
    assert len(made) == 1
    with db.transaction(Mode.READ, one.tenant_id):
        assert session.scalar(select(func.count()).where(Member.cohort_id == one.cohort_id)) == there + PEOPLE
