"""What a step leaves behind: ledger, standing, figures; in order, and never lost."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lms.core import db
from lms.core.clock import now
from lms.core.db import session
from lms.core.events import announce
from lms.courses.activity import Outcome
from lms.courses.events import CourseChanged
from lms.courses.models import Activity
from lms.enrolment.models import Enrolment
from lms.enrolment.states import MemberState
from lms.progress import queries, services
from lms.progress.services import NoLongerEnrolled, StepLocked
from tests.progress.playing import MORNING, do, enrolment, facts, heard, learner, member, standing
from tests.support import worlds
from tests.support.worlds import World


def test_a_step_done_moves_every_figure(world: World) -> None:
    who = learner(world.one)
    do(who, world.one.activity_ids[0])
    do(who, world.one.activity_ids[1], minutes=2)
    found = enrolment(who)
    assert (found.steps_done, found.steps_total, found.seconds) == (2, 3, 120)
    assert (found.started_at, found.last_at) == (MORNING, MORNING + timedelta(minutes=2))
    assert found.completed_at is None
    one = member(who)
    assert (one.steps_done, one.steps_total, one.seconds, one.state) == (2, 3, 120, MemberState.IN_PROGRESS)
    assert facts(who) == [(1, "opened", 0), (2, "done", 0), (3, "opened", 0), (4, "done", 120)]


def test_the_last_step_completes_and_is_announced_once(world: World) -> None:
    who = learner(world.one)
    with heard() as said:
        for n, activity_id in enumerate(world.one.activity_ids):
            do(who, activity_id, minutes=n)
        do(who, world.one.activity_ids[2], minutes=9)
    assert [event.enrolment_ids for event in said] == [(who.enrolment_id,)]
    found = enrolment(who)
    assert found.completed_at == MORNING + timedelta(minutes=2)
    assert (found.steps_done, member(who).state) == (3, MemberState.COMPLETED)
    assert [verb for _n, verb, _s in facts(who)][-2:] == ["completed", "opened"]


def test_silence_counts_for_five_minutes_at_most(world: World) -> None:
    who = learner(world.one)
    do(who, world.one.activity_ids[0])
    do(who, world.one.activity_ids[1], minutes=60 * 24)
    assert enrolment(who).seconds == services.IDLE_LIMIT


@pytest.mark.parametrize(("gap", "counted"), [(-5, 0), (0, 0), (59.9, 59), (300, 300), (301, 300)])
def test_active_seconds(gap: float, counted: int) -> None:
    assert services.active_seconds(MORNING, MORNING + timedelta(seconds=gap)) == counted


def test_opening_a_step_starts_the_clock(world: World) -> None:
    who = learner(world.one)
    with db.transaction(tenant_id=who.tenant_id):
        services.open_activity(who, session.get_one(Activity, world.one.activity_ids[0]))
    with db.transaction(tenant_id=who.tenant_id):
        services.record(
            who,
            session.get_one(Activity, world.one.activity_ids[0]),
            Outcome(done=True),
            now() + timedelta(minutes=2),
        )
    assert enrolment(who).seconds in (119, 120)
    assert [verb for _n, verb, _s in facts(who)] == ["opened", "done"]


def test_the_best_mark_stays(world: World) -> None:
    who, step = learner(world.one), world.one.activity_ids[0]
    do(who, step, 0, Outcome(score=40, stay=True, state={"try": 1}))
    assert enrolment(who).steps_done == 0
    do(who, step, 1, Outcome(done=True, score=90))
    do(who, step, 2, Outcome(score=20))
    found = standing(who, step)
    assert (found.score, found.done_at) == (90, MORNING + timedelta(minutes=1))
    assert (enrolment(who).score, enrolment(who).steps_done) == (90, 1)
    assert [verb for _n, verb, _s in facts(who)] == ["opened", "failed", "passed", "failed"]


def test_a_done_step_seen_again_loses_nothing(world: World) -> None:
    who, step = learner(world.one), world.one.activity_ids[0]
    do(who, step)
    do(who, step, 3, Outcome(state={"place": 2}))
    assert standing(who, step).done_at == MORNING
    assert enrolment(who).steps_done == 1


def test_a_step_ahead_is_refused_with_its_reason(world: World) -> None:
    who = learner(world.one)
    with pytest.raises(StepLocked) as refusal, db.transaction(tenant_id=who.tenant_id):
        services.submit(who, session.get_one(Activity, world.one.activity_ids[1]), {})
    assert "1" in refusal.value.remedy
    assert facts(who) == []


def test_an_extra_holds_nobody_up(world: World) -> None:
    who = learner(world.one)
    with db.transaction(tenant_id=who.tenant_id):
        extra = session.get_one(Activity, world.one.activity_ids[1])
        extra.is_mandatory = False
    do(who, world.one.activity_ids[0])
    with db.transaction(tenant_id=who.tenant_id):
        steps = queries.steps(who.tenant_id, who.enrolment_id, world.one.course_id)
    assert [(step.number, step.is_open) for step in steps] == [(1, True), (0, True), (2, True)]
    do(who, world.one.activity_ids[2])
    assert enrolment(who).completed_at == MORNING


def test_courses_of_a_path_come_one_after_the_other(world: World) -> None:
    one = world.one
    with db.transaction(tenant_id=one.tenant_id):
        first, first_steps = worlds.course(one.tenant_id, one.root_id, "un", "Un", pages=1)
        second, second_steps = worlds.course(one.tenant_id, one.root_id, "deux", "Deux", pages=1)
        worlds.cohort(one.tenant_id, one.agency_id, "Deux cours", [first, second], [one.learner])
    later = learner(one, course_id=second.id)
    with pytest.raises(StepLocked) as refusal, db.transaction(tenant_id=one.tenant_id):
        services.submit(later, session.get_one(Activity, second_steps[0].id), {})
    assert "Un" in refusal.value.remedy
    do(learner(one, course_id=first.id), first_steps[0].id)
    with db.transaction(tenant_id=one.tenant_id):
        place = queries.place_of(later, second_steps[0].id)
    assert place is not None
    assert place.is_open


def test_who_was_withdrawn_goes_no_further(world: World) -> None:
    who = learner(world.one)
    with db.transaction(tenant_id=who.tenant_id):
        session.execute(update(Enrolment).where(Enrolment.id == who.enrolment_id).values(withdrawn_at=now()))
    with pytest.raises(NoLongerEnrolled), db.transaction(tenant_id=who.tenant_id):
        services.open_activity(who, session.get_one(Activity, world.one.activity_ids[0]))


def test_a_course_that_lost_its_last_step_completes_who_had_the_rest(world: World) -> None:
    who = learner(world.one)
    do(who, world.one.activity_ids[0])
    do(who, world.one.activity_ids[1], 1)
    with heard() as said, db.transaction(tenant_id=who.tenant_id):
        session.get_one(Activity, world.one.activity_ids[2]).removed_at = now()
        announce(CourseChanged(who.tenant_id, world.one.course_id, 2))
    assert [event.enrolment_ids for event in said] == [(who.enrolment_id,)]
    found = enrolment(who)
    assert (found.steps_done, found.steps_total, found.completed_at) == (2, 2, MORNING + timedelta(minutes=1))


def test_a_completed_course_that_grows_stays_completed(world: World) -> None:
    who = learner(world.one)
    for n, activity_id in enumerate(world.one.activity_ids):
        do(who, activity_id, n)
    with db.transaction(tenant_id=who.tenant_id):
        old = session.get_one(Activity, world.one.activity_ids[0])
        session.add(
            Activity(
                tenant_id=who.tenant_id, course_id=old.course_id, module_id=old.module_id, key="09", kind="page",
                title="De plus", position=9,
            )
        )  # fmt: skip
        announce(CourseChanged(who.tenant_id, world.one.course_id, 4))
    found = enrolment(who)
    assert (found.steps_done, found.steps_total) == (3, 3)
    assert found.completed_at is not None
    unbegun = learner(world.one, world.one.other_learner)
    assert enrolment(unbegun).steps_total == 4


def test_nothing_of_one_tenant_moves_another(world: World) -> None:
    do(learner(world.one), world.one.activity_ids[0])
    with db.transaction(tenant_id=world.two.tenant_id):
        done = session.scalars(select(Enrolment.steps_done).filter_by(tenant_id=world.two.tenant_id)).all()
    assert set(done) == {0}
