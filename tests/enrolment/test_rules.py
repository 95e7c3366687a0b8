"""Rules of cohorts: who enters, who leaves, who stays whatever the rule says; and that a rehearsal tells the truth."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from lms.core import db, jobs
from lms.core.clock import now
from lms.core.db import Mode, session
from lms.enrolment import services
from lms.enrolment.condition import Kept
from lms.enrolment.models import (
    Batch,
    BatchKind,
    Cohort,
    Enrolment,
    Member,
    Rule,
)
from lms.enrolment.services import rules
from lms.enrolment.services.why import Verdict, why
from lms.enrolment.states import Deed
from lms.organisations.features import OWN_CASELOAD
from lms.organisations.models import Membership, Organisation, Role
from tests.enrolment.pools import bound, opened
from tests.enrolment.rules import (
    admin,
    empty_cohort,
    read_plan,
    rehearsed,
    run_again,
    switch_on,
    there,
    work,
    write,
)
from tests.house.test_kinds import actor
from tests.support import worlds
from tests.support.worlds import Corner, World


@pytest.fixture
def one(world: World) -> Corner:
    return world.one


def in_agency(one: Corner) -> tuple[str, Kept, bool]:
    return ("unit", Kept(organisation_id=one.agency_id), False)


def verdict(one: Corner, cohort_id: int, person_id: int) -> Verdict:
    with db.transaction(Mode.READ, one.tenant_id):
        return why(read_plan(one, cohort_id), person_id).verdict


def begin(one: Corner, cohort_id: int, person_id: int, **more: Any) -> None:
    """This person opens a step there."""
    with db.transaction(tenant_id=one.tenant_id):
        own = Enrolment.cohort_id == cohort_id, Enrolment.person_id == person_id
        session.execute(update(Enrolment).where(*own).values(started_at=now(), **more))


def leave_agency(one: Corner, person_id: int) -> None:
    """This person learns in the other agency from now on."""
    with db.transaction(tenant_id=one.tenant_id):
        own = Membership.person_id == person_id, Membership.role == Role.LEARNER
        session.execute(update(Membership).where(*own).values(organisation_id=one.other_agency_id))


def test_people_already_there_enter_with_their_courses_and_one_receipt(app: Flask, one: Corner) -> None:
    cohort = empty_cohort(one)
    nadia, odile = one.learner.person_id, one.other_learner.person_id
    write(one, cohort, [in_agency(one)])
    assert rehearsed(one, cohort) == ({nadia, odile}, set())
    assert there(one, cohort) == set(), "a rehearsal changes nothing, and a rule that is off neither"
    switch_on(one, cohort)
    assert there(one, cohort) == {nadia, odile}
    with db.transaction(Mode.READ, one.tenant_id):
        (batch,) = session.scalars(
            select(Batch).where(Batch.cohort_id == cohort, Batch.kind == BatchKind.RULE)
        )
        assert (batch.total, batch.by_id) == (2, one.admin.person_id)
        courses = session.scalars(select(Enrolment.course_id).where(Enrolment.cohort_id == cohort)).all()
        assert courses == [one.course_id] * 2
        rule = session.scalars(select(Rule)).one()
        assert (rule.entered, rule.left, rule.refusal) == (2, 0, "")
    run_again(one, rule.id)
    assert there(one, cohort) == {nadia, odile}


def test_who_matches_no_more_leaves_and_comes_back_with_what_was_done(app: Flask, one: Corner) -> None:
    cohort, nadia = empty_cohort(one), one.learner.person_id
    rule = write(one, cohort, [in_agency(one)])
    switch_on(one, cohort)
    leave_agency(one, nadia)
    assert rehearsed(one, cohort) == (set(), {nadia})
    assert verdict(one, cohort, nadia) is Verdict.LEAVES
    run_again(one, rule)
    assert there(one, cohort) == {one.other_learner.person_id}
    with db.transaction(tenant_id=one.tenant_id):
        own = Membership.person_id == nadia, Membership.role == Role.LEARNER
        session.execute(update(Membership).where(*own).values(organisation_id=one.agency_id))
    assert verdict(one, cohort, nadia) is Verdict.ENTERS
    run_again(one, rule)
    assert nadia in there(one, cohort)


@pytest.mark.parametrize(
    ("how", "begun", "completed", "stays", "word"),
    [
        ({"removes": False}, False, False, True, Verdict.KEPT),
        ({"removes": True}, False, False, False, Verdict.LEAVES),
        ({"removes": True}, True, False, True, Verdict.BEGUN),
        ({"removes": True, "removes_begun": True}, True, False, False, Verdict.LEAVES),
        ({"removes": True, "removes_begun": True}, True, True, True, Verdict.COMPLETED),
    ],
)
def test_nobody_leaves_unless_the_rule_says_so(
    app: Flask, one: Corner, how: dict[str, Any], begun: bool, completed: bool, stays: bool, word: Verdict
) -> None:
    cohort, nadia = empty_cohort(one), one.learner.person_id
    rule = write(one, cohort, [in_agency(one)], **how)
    switch_on(one, cohort)
    if begun:
        begin(one, cohort, nadia)
    if completed:
        with db.transaction(tenant_id=one.tenant_id):
            own = Member.cohort_id == cohort, Member.person_id == nadia
            session.execute(update(Member).where(*own).values(completed_at=now()))
    leave_agency(one, nadia)
    assert verdict(one, cohort, nadia) is word
    run_again(one, rule)
    assert (nadia in there(one, cohort)) is stays


def test_what_people_decided_stands(app: Flask, one: Corner) -> None:
    """Added by hand: stays. Withdrawn or moved away by hand: is not put back."""
    cohort, elsewhere = empty_cohort(one), empty_cohort(one, "Ailleurs")
    nadia, odile, emeka = (one.people[name].person_id for name in ("learner", "other_learner", "employee"))
    rule = write(one, cohort, [in_agency(one)])
    switch_on(one, cohort)
    by = admin(one)
    with db.transaction(tenant_id=one.tenant_id):
        here, there_ = session.get_one(Cohort, cohort), session.get_one(Cohort, elsewhere)
        services.add_known(here, emeka, None)
        session.execute(
            delete(Membership).where(
                Membership.person_id == emeka, Membership.organisation_id == one.agency_id
            )
        )
        numbers = dict(
            session.execute(select(Member.person_id, Member.id).where(Member.cohort_id == cohort)).all()
        )
        services.withdraw([numbers[nadia]], here, "moved-away", by)
        services.move([numbers[odile]], here, there_, by)
    assert rehearsed(one, cohort) == (set(), set())
    run_again(one, rule)
    assert there(one, cohort) == {emeka}
    assert verdict(one, cohort, emeka) is Verdict.BY_HAND
    assert verdict(one, cohort, nadia) is Verdict.TAKEN_OUT
    assert verdict(one, cohort, odile) is Verdict.MOVED
    with db.transaction(tenant_id=one.tenant_id):
        services.add_known(session.get_one(Cohort, cohort), nadia, None)
    leave_agency(one, nadia)
    run_again(one, rule)
    assert nadia in there(one, cohort), "back by hand: the rule takes out whom it brought, and nobody else"


def test_who_is_brought_back_by_hand_is_in_the_hands_of_people(app: Flask, one: Corner) -> None:
    cohort, nadia = empty_cohort(one), one.learner.person_id
    rule = write(one, cohort, [in_agency(one)])
    switch_on(one, cohort)
    leave_agency(one, nadia)
    run_again(one, rule)
    with db.transaction(tenant_id=one.tenant_id):
        own = Member.cohort_id == cohort, Member.person_id == nadia
        number = session.scalars(select(Member.id).where(*own)).one()
        services.change_state([number], session.get_one(Cohort, cohort), Deed.COME_BACK)
    assert verdict(one, cohort, nadia) is Verdict.BY_HAND
    run_again(one, rule)
    assert nadia in there(one, cohort)


def test_a_rule_reaches_no_further_than_its_owner(app: Flask, one: Corner) -> None:
    """The branch of the organisation in hand; for advisers of their own caseload, those whom they follow."""
    claire, everybody = actor(one, "adviser"), ("unit", Kept(organisation_id=one.root_id), False)
    cohort = empty_cohort(one)
    rule = write(one, cohort, [everybody])
    emeka = one.employee.person_id
    assert rehearsed(one, cohort)[0] == {one.learner.person_id, one.other_learner.person_id, emeka}
    assert emeka not in rehearsed(one, cohort, claire)[0]
    with db.transaction(tenant_id=one.tenant_id):
        session.get_one(Organisation, one.agency_id).features = [OWN_CASELOAD]
        own = Membership.person_id == one.learner.person_id, Membership.role == Role.LEARNER
        session.execute(update(Membership).where(*own).values(follower_id=claire.person_id))
    switch_on(one, cohort, replace(claire, features=frozenset({OWN_CASELOAD})))
    assert there(one, cohort) == {one.learner.person_id}
    with db.transaction(tenant_id=one.tenant_id):
        session.execute(delete(Membership).where(Membership.person_id == claire.person_id))
    newcomer = worlds.newcomer(one, "Nina", "Nouvelle")
    run_again(one, rule)
    assert newcomer not in there(one, cohort)
    with db.transaction(Mode.READ, one.tenant_id):
        assert "ne peut plus" in session.get_one(Rule, rule).refusal


def test_too_few_places_change_nothing_and_are_told(app: Flask, one: Corner) -> None:
    cohort = empty_cohort(one)
    bound(one, opened(one, 1, at=one.agency_id), cohort)
    rule = write(one, cohort, [in_agency(one)])
    switch_on(one, cohort)
    assert there(one, cohort) == set()
    with db.transaction(Mode.READ, one.tenant_id):
        assert "place" in session.get_one(Rule, rule).refusal


def test_every_night_each_rule_that_is_on_has_its_job(app: Flask, world: World) -> None:
    for corner in (world.one, world.two):
        cohort = empty_cohort(corner)
        write(corner, cohort, [in_agency(corner)])
        switch_on(corner, cohort)
        worlds.newcomer(corner, "Nina", "Nouvelle")
    with db.transaction(tenant_id=None):
        jobs.later("enrolment.run_rules")
        jobs.later("enrolment.run_rules")
    work()
    with db.transaction(Mode.READ, of_all=True):
        asked = select(jobs.Job.unique_key).where(
            jobs.Job.kind == rules.RUN, jobs.Job.unique_key.is_not(None)
        )
        assert len(session.scalars(asked).all()) == 2, "once a rule and a day"
    for corner in (world.one, world.two):
        with db.transaction(Mode.READ, corner.tenant_id):
            assert session.scalars(select(Rule.entered).filter_by(tenant_id=corner.tenant_id)).all() == [1]


def test_what_is_changed_is_off_until_it_was_looked_at(app: Flask, one: Corner) -> None:
    cohort = empty_cohort(one)
    rule = write(one, cohort, [in_agency(one)])
    switch_on(one, cohort)
    write(one, cohort, [("situation", Kept({"situation": "job-seeker"}), True)])
    with db.transaction(Mode.READ, one.tenant_id):
        assert session.get_one(Rule, rule).on_since is None
    before = there(one, cohort)
    leave_agency(one, one.learner.person_id)
    run_again(one, rule)
    assert there(one, cohort) == before


def test_a_rule_without_conditions_means_nobody(app: Flask, one: Corner) -> None:
    cohort = empty_cohort(one)
    write(one, cohort, [])
    assert rehearsed(one, cohort) == (set(), set())
    with pytest.raises(rules.NoConditions):
        switch_on(one, cohort)
    db.rollback()
    write(one, cohort, [("went-with-its-plug-in", Kept(), True)])
    assert rehearsed(one, cohort) == (set(), set())


def test_cohorts_do_not_wait_for_one_another(app: Flask, one: Corner) -> None:
    first, second, third = (empty_cohort(one, name) for name in ("A", "B", "C"))
    write(one, second, [("cohort", Kept(cohort_id=first), False)])
    write(one, third, [("cohort", Kept(cohort_id=second), True)])
    for cohort, other in ((first, third), (first, second), (first, first)):
        with pytest.raises(rules.RulesInARing):
            write(one, cohort, [("cohort", Kept(cohort_id=other), False)])
        db.rollback()
