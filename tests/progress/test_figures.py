"""The figures of an enrolment, whatever happens in whatever order: done never passes total, and equals it when completed."""

from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from lms.core import db
from lms.core.clock import now
from lms.core.db import session
from lms.core.events import announce
from lms.courses.activity import Learner, Outcome
from lms.courses.events import CourseChanged
from lms.courses.models import Activity
from lms.enrolment.models import Enrolment, Member
from lms.progress import history, ledger, services
from lms.progress.history import Deed
from tests.progress.playing import MORNING, do, enrolment, facts, heard, learner, member, standing
from tests.support import worlds
from tests.support.worlds import World

outcomes = st.one_of(
    st.just(Outcome(done=True)),
    st.just(Outcome(stay=True)),
    st.builds(Outcome, done=st.booleans(), score=st.integers(0, 100)),
)
acts = st.one_of(
    st.tuples(st.just("play"), st.integers(0, 3), outcomes),
    st.tuples(st.sampled_from(["drop", "bring back"]), st.integers(0, 3), st.none()),
)


def _act(who: Learner, steps: list[int], act: tuple[str, int, Outcome | None], minute: int) -> None:
    what, which, outcome = act
    activity = session.get_one(Activity, steps[which])
    if what == "play" and outcome is not None:
        services.record(who, activity, outcome, MORNING + timedelta(minutes=minute))
        return
    activity.removed_at = now() if what == "drop" else None
    session.flush()
    announce(CourseChanged(activity.tenant_id, activity.course_id, 0))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(played=st.lists(acts, max_size=12))
def test_done_stays_within_total_and_equals_it_exactly_when_completed(
    world: World, played: list[tuple[str, int, Outcome | None]]
) -> None:
    corner = world.one
    with pytest.raises(InterruptedError), db.transaction(tenant_id=corner.tenant_id):
        course, steps = worlds.course(corner.tenant_id, corner.root_id, "essai", "Essai", pages=4)
        worlds.cohort(corner.tenant_id, corner.agency_id, "Essai", [course], [corner.learner])
        found = select(Enrolment).filter_by(person_id=corner.learner.person_id, course_id=course.id)
        row = session.scalars(found).one()
        who = Learner(corner.tenant_id, corner.learner.person_id, row.id)
        for minute, act in enumerate(played):
            _act(who, [step.id for step in steps], act, minute)
            session.refresh(row)
            assert 0 <= row.steps_done <= row.steps_total
            if row.steps_total:
                assert (row.steps_done == row.steps_total) == (row.completed_at is not None)
            own = session.scalars(
                select(Member).filter_by(id=row.member_id).execution_options(populate_existing=True)
            ).one()
            assert (own.steps_done, own.steps_total, own.seconds) == (
                row.steps_done,
                row.steps_total,
                row.seconds,
            )
        count, fault = ledger.check(corner.tenant_id, select(Enrolment.id).where(Enrolment.id == row.id))
        assert fault is None
        assert count <= 3 * len(played) + 1
        raise InterruptedError  # each example leaves the world as it was


def test_a_history_taken_over_gives_the_same_as_playing(app: Flask, world: World) -> None:
    played, told = learner(world.one), learner(world.one, world.one.other_learner)
    for n, activity_id in enumerate(world.one.activity_ids):
        do(played, activity_id, n, Outcome(done=True, score=60 + n))
    deeds = []
    for n, activity_id in enumerate(world.one.activity_ids):
        at = MORNING + timedelta(minutes=n)
        deeds.append(Deed(told.enrolment_id, activity_id, "opened", at))
        deeds.append(Deed(told.enrolment_id, activity_id, "passed", at, 60 if n else 0, 60 + n))
    with heard() as said, db.transaction(tenant_id=told.tenant_id):
        history.take_over(told.tenant_id, deeds)
    assert [event.enrolment_ids for event in said] == [(told.enrolment_id,)]
    assert facts(played) == facts(told)
    one, other = enrolment(played), enrolment(told)
    for name in ("steps_done", "steps_total", "score", "seconds", "started_at", "last_at", "completed_at"):
        assert getattr(one, name) == getattr(other, name), name
    for name in ("steps_done", "steps_total", "seconds", "state", "completed_at"):
        assert getattr(member(played), name) == getattr(member(told), name), name
    for activity_id in world.one.activity_ids:
        for name in ("score", "seconds", "started_at", "last_at", "done_at"):
            assert getattr(standing(played, activity_id), name) == getattr(standing(told, activity_id), name)
    done = app.test_cli_runner().invoke(args=["progress", "verify", "--organisation", "reseau-1"])
    assert done.exit_code == 0


def test_a_history_is_not_written_over_another(world: World) -> None:
    who = learner(world.one)
    do(who, world.one.activity_ids[0])
    with pytest.raises(ValueError, match="already"), db.transaction(tenant_id=who.tenant_id):
        history.take_over(who.tenant_id, [Deed(who.enrolment_id, world.one.activity_ids[1], "done", MORNING)])
