"""People put on courses in one deed: who, what, by when; again, with the old attempt kept; and all of it taken back."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from lms.certificates import services as certificates
from lms.certificates.models import Certificate
from lms.core import db
from lms.core.clock import today
from lms.core.db import Mode, session
from lms.courses.activity import Learner
from lms.courses.models import Activity, Course
from lms.enrolment import services
from lms.enrolment.assignment import Assignment
from lms.enrolment.events import PeopleEnrolled
from lms.enrolment.models import Batch, BatchKind, Cohort, CohortCourse, DueRule, Enrolment, Member
from lms.enrolment.queries.assigning import Outcome, outcome
from lms.enrolment.services import NothingToDo
from lms.enrolment.states import Deed, MemberState
from lms.enrolment.timing import Timing
from lms.organisations.models import Membership, Organisation, Role
from lms.people.models import Person
from lms.progress.models import LearningEvent, Standing
from lms.progress.queries import place_of
from tests.enrolment.test_undo import differing, undo, whole
from tests.progress.playing import do, learner
from tests.support import worlds
from tests.support.queries import statements
from tests.support.worlds import World

SOON = today() + timedelta(days=40)


def more_courses(world: World, *titles: str) -> list[int]:
    """Published courses besides the one of the world."""
    with db.transaction(tenant_id=world.one.tenant_id):
        made = [worlds.course(world.one.tenant_id, world.one.root_id, title, title, 2)[0] for title in titles]
        return [one.id for one in made]


def everybody(cohort: Cohort) -> Any:
    return select(Member.person_id).where(Member.cohort_id == cohort.id)


def of(*person_ids: int) -> Any:
    return select(Person.id.label("person_id")).where(Person.id.in_(person_ids))


def assign(world: World, order: Callable[[Cohort], Assignment]) -> tuple[Outcome, Batch]:
    """What it was said to do, and its receipt."""
    with db.transaction(Mode.WRITE, world.one.tenant_id):
        cohort = session.get_one(Cohort, world.one.cohort_id)
        said = outcome(cohort.tenant_id, cohort, order(cohort))
        batch = services.assign(cohort, order(cohort))
    with db.transaction(Mode.READ, world.one.tenant_id):
        receipt = session.get_one(Batch, batch.id)
        assert receipt.total == receipt.imported + receipt.updated + receipt.ignored == said.people
        return said, receipt


def courses(world: World, person_id: int) -> list[Enrolment]:
    with db.transaction(Mode.READ, world.one.tenant_id):
        found = select(Enrolment).where(Enrolment.person_id == person_id)
        return list(session.scalars(found.order_by(Enrolment.course_id, Enrolment.attempt)))


def finish(world: World, person_id: int) -> int:
    """The learner plays the course to its end, and has the certificate: the number of the enrolment."""
    who = learner(world.one)
    for minute, step in enumerate(world.one.activity_ids, 1):
        do(who, step, minute)
    with db.transaction(tenant_id=world.one.tenant_id):
        certificates.issue(world.one.tenant_id, [who.enrolment_id])
    assert who.person_id == person_id
    return who.enrolment_id


def evidence(world: World, enrolment_id: int) -> list[str]:
    """Every row of an attempt: the enrolment itself, its standings, its events, its certificate."""
    with db.transaction(Mode.READ, world.one.tenant_id):
        own = [select(Enrolment.__table__).where(Enrolment.id == enrolment_id)]
        own += [
            select(one.__table__).where(one.enrolment_id == enrolment_id)
            for one in (Standing, LearningEvent, Certificate)
        ]
        return sorted(repr(tuple(row)) for one in own for row in session.execute(one))


def test_some_people_are_put_on_courses_by_a_day(world: World) -> None:
    one, [b, c] = world.one, more_courses(world, "B", "C")
    before = whole(world)
    nadia = one.learner.person_id
    said, batch = assign(
        world, lambda _: Assignment(of(nadia), (b, c), Timing(DueRule.DAY, SOON), joins=False)
    )
    assert (said.people, said.joining, said.enrolled, said.over) == (1, 0, 1, 0)
    assert (batch.kind, batch.imported, batch.updated) == (BatchKind.ASSIGNMENT, 1, 0)
    mine = courses(world, nadia)
    assert [(row.course_id, row.due_on, row.position) for row in mine[1:]] == [(b, SOON, 2), (c, SOON, 3)]
    assert len(courses(world, one.other_learner.person_id)) == 1  # nobody else
    with db.transaction(Mode.READ, one.tenant_id):
        assert (
            session.scalar(select(func.count(CohortCourse.id)).where(CohortCourse.cohort_id == one.cohort_id))
            == 1
        )
        assert session.scalar(select(Member.steps_total).where(Member.person_id == nadia)) == 7
    with pytest.raises(NothingToDo):
        assign(world, lambda _: Assignment(of(nadia), (b, c), joins=False))
    assert undo(world, batch.id).left_out == 0
    assert differing(whole(world), before) == {}


def test_a_whole_cohort_follows_it_and_whoever_comes_later_does(world: World) -> None:
    one, [b] = world.one, more_courses(world, "B")
    before = whole(world)
    timing = Timing(DueRule.DAYS, due_days=30, opens_on=today() + timedelta(days=7))
    said, batch = assign(
        world, lambda here: Assignment(everybody(here), (b,), timing, for_all=True, joins=False)
    )
    assert (said.enrolled, said.enrolments(again=False), batch.imported) == (2, 2, 2)
    late = worlds.newcomer(one, "Zoé", "Tardive")
    with db.transaction(tenant_id=one.tenant_id):
        cohort = session.get_one(Cohort, one.cohort_id)
        joined = services.add_known(cohort, late, None)
        session.execute(update(Member).where(Member.person_id == late).values(enters_on=None))
    [_first, second] = courses(world, late)
    assert (second.due_on, second.opens_on) == (today() + timedelta(days=37), today() + timedelta(days=7))
    undo(world, joined.id)
    assert undo(world, batch.id).left_out == 0
    with db.transaction(tenant_id=one.tenant_id):
        session.query(Membership).filter_by(person_id=late).delete()
        session.query(Person).filter_by(id=late).delete()
    assert differing(whole(world), before) == {}


@pytest.mark.parametrize(("enters", "opens", "due"), [(None, None, 30), (-100, None, 30), (10, None, 40), (10, 20, 50), (30, 20, 60)])  # fmt: skip
def test_days_after_the_entry(world: World, enters: int | None, opens: int | None, due: int) -> None:
    """From the entry, the opening, or today: whichever comes last."""

    def on(days: int | None) -> date | None:
        return None if days is None else today() + timedelta(days=days)

    [b] = more_courses(world, "B")
    nadia = world.one.learner.person_id
    with db.transaction(tenant_id=world.one.tenant_id):
        session.execute(update(Member).where(Member.person_id == nadia).values(enters_on=on(enters)))
    timing = Timing(DueRule.DAYS, due_days=30, opens_on=on(opens))
    assign(world, lambda _: Assignment(of(nadia), (b,), timing, joins=False))
    row = courses(world, nadia)[1]
    assert (row.due_on, row.opens_on) == (on(due), on(opens))


def test_people_of_elsewhere_join_with_the_courses_of_the_cohort(world: World) -> None:
    one, [b] = world.one, more_courses(world, "B")
    new = [worlds.newcomer(one, f"Nouvelle{n}", "Venue", email=f"n{n}@exemple.fr") for n in range(2)]
    before = whole(world)
    people = of(*new, one.employee.person_id, one.learner.person_id)
    said, batch = assign(world, lambda _: Assignment(people, (b,), Timing(DueRule.NONE)))
    assert (said.people, said.joining, said.enrolled) == (4, 3, 4)
    assert [(row.title, row.new, row.there) for row in said.courses] == [
        ("Cours CANARI-1", 3, 1),
        ("B", 4, 0),
    ]
    assert [row.due_on for row in courses(world, new[0])] == [None, None]
    with db.transaction(Mode.READ, one.tenant_id):
        here = select(Membership.person_id).where(
            Membership.organisation_id == one.agency_id, Membership.role == Role.LEARNER
        )
        assert one.employee.person_id in set(session.scalars(here))  # of the company until now
        heard = PeopleEnrolled(one.tenant_id, batch.id, one.cohort_id, 4).people()
        assert {row.person_id for row in session.execute(heard)} == {
            *new,
            one.employee.person_id,
            one.learner.person_id,
        }
    assert undo(world, batch.id).left_out == 0
    left = differing(whole(world), before)
    assert left == {}


def test_a_new_cohort_is_made_on_the_spot(world: World) -> None:
    one, [b] = world.one, more_courses(world, "B")
    new = worlds.newcomer(one, "Nouvelle", "Venue")
    before = whole(world)
    with db.transaction(tenant_id=one.tenant_id):
        agency = session.get_one(Organisation, one.agency_id)
        order = Assignment(of(new), (b, one.course_id), Timing(DueRule.DAY, SOON), for_all=True)
        assert outcome(one.tenant_id, None, order).joining == 1
        batch = services.assign_to_new(agency, "Janvier", order)
        with pytest.raises(services.NameTaken):
            services.assign_to_new(agency, " Janvier ", order)
    assert [(row.course_id, row.due_on, row.position) for row in courses(world, new)] == [
        (one.course_id, SOON, 2),
        (b, SOON, 1),
    ]
    assert undo(world, batch.id).left_out == 0
    assert differing(whole(world), before) == {}


def test_who_finished_begins_again_and_the_old_attempt_stays(world: World) -> None:
    one, nadia = world.one, world.one.learner.person_id
    first = finish(world, nadia)
    proof = evidence(world, first)
    assert len(proof) == 1 + 3 + 7 + 1  # three steps opened and done, and the end
    timing = Timing(DueRule.DAY, SOON)
    said, batch = assign(
        world, lambda here: Assignment(everybody(here), (one.course_id,), timing, joins=False, again=True)
    )
    assert (said.enrolled, said.over, said.written(again=False), said.written(again=True)) == (0, 1, 0, 1)
    assert (batch.imported, batch.updated, batch.ignored) == (0, 1, 1)
    old, new = courses(world, nadia)
    assert (old.id, new.attempt, new.steps_done, new.seconds, new.started_at, new.due_on) == (
        first,
        2,
        0,
        0,
        None,
        SOON,
    )
    with db.transaction(Mode.READ, one.tenant_id):
        member = session.scalars(select(Member).where(Member.person_id == nadia)).one()
        assert (member.state, member.steps_done, member.steps_total, member.completed_at) == (
            MemberState.REGISTERED,
            0,
            3,
            None,
        )
    again = learner_of(world, new.id)
    do(again, one.activity_ids[0], 200)
    assert evidence(world, first) == proof
    assert [row.steps_done for row in courses(world, nadia)] == [3, 1]
    with db.transaction(Mode.READ, one.tenant_id):
        assert session.scalar(select(Member.steps_done).where(Member.person_id == nadia)) == 1
        assert (
            session.scalar(select(Member.state).where(Member.person_id == nadia)) == MemberState.IN_PROGRESS
        )
    assert undo(world, batch.id).left_out == 1  # she has begun
    assert undo(world, batch.id, told=True).people == 1
    assert evidence(world, first) == proof
    assert [row.withdrawn_at is None for row in courses(world, nadia)] == [True, False]


def test_beginning_again_then_undo_is_nothing(world: World) -> None:
    one, nadia = world.one, world.one.learner.person_id
    finish(world, nadia)
    before = whole(world)
    _said, batch = assign(
        world, lambda here: Assignment(everybody(here), (one.course_id,), joins=False, again=True)
    )
    assert undo(world, batch.id).left_out == 0
    assert differing(whole(world), before) == {}


def learner_of(world: World, enrolment_id: int) -> Learner:
    """The learner, at this attempt."""
    return Learner(world.one.tenant_id, world.one.learner.person_id, enrolment_id)


def test_who_gave_up_comes_back_with_a_new_attempt(world: World) -> None:
    one, nadia, [b] = world.one, world.one.learner.person_id, more_courses(world, "B")
    do(learner(world.one), one.activity_ids[0], 1)
    with db.transaction(tenant_id=one.tenant_id):
        cohort = session.get_one(Cohort, one.cohort_id)
        member = session.scalars(select(Member.id).where(Member.person_id == nadia)).one()
        services.change_state([member], cohort, Deed.ABANDON, cause="job")
    before = whole(world)
    left = courses(world, nadia)[0]
    with pytest.raises(NothingToDo):  # unless it is asked for, whoever left stays as they are
        assign(world, lambda _: Assignment(of(nadia), (one.course_id, b)))
    said, batch = assign(world, lambda _: Assignment(of(nadia), (one.course_id, b), again=True))
    assert (said.enrolled, said.over, said.enrolments(again=True)) == (0, 1, 2)
    old, new, other = courses(world, nadia)
    assert (old.withdrawn_at, old.steps_done, old.withdrawal_reason) == (left.withdrawn_at, 1, "job")
    assert (new.attempt, new.withdrawn_at, new.steps_done, other.course_id, other.attempt) == (
        2,
        None,
        0,
        b,
        1,
    )
    with db.transaction(Mode.READ, one.tenant_id):
        member_now = session.scalars(select(Member).where(Member.person_id == nadia)).one()
        assert (member_now.withdrawn_at, member_now.withdrawal_reason, member_now.steps_total) == (
            None,
            "",
            5,
        )
    assert undo(world, batch.id).left_out == 0
    assert differing(whole(world), before) == {}


def test_deeds_of_the_staff_leave_an_old_attempt_alone(world: World) -> None:
    one, nadia = world.one, world.one.learner.person_id
    first = finish(world, nadia)
    assign(world, lambda _: Assignment(of(nadia), (one.course_id,), joins=False, again=True))
    do(learner_of(world, courses(world, nadia)[1].id), one.activity_ids[0], 200)
    proof = evidence(world, first)
    with db.transaction(tenant_id=one.tenant_id):
        cohort = session.get_one(Cohort, one.cohort_id)
        member = session.scalars(select(Member.id).where(Member.person_id == nadia)).one()
        for deed in (Deed.SUSPEND, Deed.RESUME, Deed.ABANDON, Deed.COME_BACK):
            services.change_state([member], cohort, deed, cause="job")
        services.enrol(of(nadia), cohort, kind=BatchKind.BY_HAND)
    assert evidence(world, first) == proof


@pytest.mark.parametrize(("timing", "due", "opens"), [
    (Timing(DueRule.DAY, SOON), SOON, None),
    (Timing(DueRule.NONE, opens_on=SOON), None, SOON),
    (Timing(DueRule.DAYS, due_days=10), today() + timedelta(days=10), None),
    (Timing(DueRule.COHORT), date(2027, 1, 29), None),
])  # fmt: skip
def test_a_course_of_a_cohort_gets_other_days(
    world: World, timing: Timing, due: date | None, opens: date | None
) -> None:
    one, nadia, odile = world.one, world.one.learner.person_id, world.one.other_learner.person_id
    with db.transaction(tenant_id=one.tenant_id):
        cohort = session.get_one(Cohort, one.cohort_id)
        own = session.scalars(select(Enrolment.id).where(Enrolment.person_id == odile)).one()
        services.change_own_days(cohort, own, date(2027, 3, 1), None, "came-later")
    before = whole(world)
    with db.transaction(tenant_id=one.tenant_id):
        cohort = session.get_one(Cohort, one.cohort_id)
        assert services.following(cohort, one.course_id) == 1
        batch = services.change_days(cohort, one.course_id, timing)
        services.change(cohort, due_on=cohort.due_on)  # the cohort's own day is another matter
    [row] = courses(world, nadia)
    assert (row.due_on, row.opens_on) == (due, opens)
    [hers] = courses(world, odile)
    assert (hers.due_on, hers.due_reason) == (date(2027, 3, 1), "came-later")
    assert batch.updated == (timing.rule is not DueRule.COHORT)
    if batch.updated:
        assert undo(world, batch.id).left_out == 0
        assert differing(whole(world), before) == {}


def test_the_days_of_one_person_are_taken_back(world: World) -> None:
    one, before = world.one, whole(world)
    with db.transaction(tenant_id=one.tenant_id):
        cohort = session.get_one(Cohort, one.cohort_id)
        own = session.scalars(select(Enrolment.id).where(Enrolment.person_id == one.learner.person_id)).one()
        batch = services.change_own_days(cohort, own, None, SOON, "agreed")
        with pytest.raises(ValueError, match="no reason"):
            services.change_own_days(cohort, own, None, None, "ill")
        with pytest.raises(services.NotACourse):
            services.change_own_days(cohort, 0, None, None, "agreed")
        with pytest.raises(services.NotACourse):
            services.change_days(cohort, 0, Timing())
    [row] = courses(world, one.learner.person_id)
    assert (row.due_on, row.opens_on, row.due_reason) == (None, SOON, "agreed")
    assert undo(world, batch.id).people == 1
    assert differing(whole(world), before) == {}


@pytest.mark.parametrize("again", [False, True])
def test_the_number_of_statements_does_not_grow(world: World, again: bool) -> None:
    one, more = world.one, more_courses(world, "B", "C")
    counted = []
    for n, number in enumerate((2, 60)):
        people = [worlds.newcomer(one, f"Gens{n}x{k}", "Nombreux") for k in range(number)]
        with statements() as sent, db.transaction(tenant_id=one.tenant_id):
            cohort = session.get_one(Cohort, one.cohort_id)
            order = Assignment(
                of(*people), tuple(more[: n + 1]), Timing(DueRule.DAYS, due_days=20), again=again
            )
            outcome(one.tenant_id, cohort, order)
            services.assign(cohort, order)
        counted.append(len(sent))
    assert counted[0] == counted[1]


def test_a_finished_course_that_is_begun_again_closes_nothing(world: World) -> None:
    """Whoever is at the second course goes on there, though the first is being done again."""
    one, nadia, [b] = world.one, world.one.learner.person_id, more_courses(world, "B")
    assign(world, lambda here: Assignment(everybody(here), (b,), for_all=True, joins=False))
    finish(world, nadia)
    assign(world, lambda _: Assignment(of(nadia), (one.course_id,), joins=False, again=True))
    _old, _new, second = courses(world, nadia)
    with db.transaction(Mode.READ, one.tenant_id):
        course = session.get_one(Course, b)
        step = session.scalars(
            select(Activity.id).where(Activity.course_id == course.id).order_by(Activity.position)
        ).first()
        place = place_of(learner_of(world, second.id), step or 0)
    assert place is not None
    assert place.is_open
