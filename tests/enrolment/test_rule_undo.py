"""What a rule did is taken back as an import is, and the next night does not do it again without a word."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select, update

from lms.core import db
from lms.core.db import Mode, session
from lms.enrolment import services
from lms.enrolment.models import Batch, Cohort, Enrolment, Member, MovedOut, Place, Rule
from lms.enrolment.services import rules
from lms.enrolment.states import MemberState
from lms.organisations.models import Membership, Role
from tests.enrolment.pools import bound, opened
from tests.enrolment.rules import (
    admin,
    empty_cohort,
    rehearsed,
    run_again,
    runs,
    switch_on,
    take_back,
    there,
    work,
    write,
)
from tests.enrolment.test_rules import begin, in_agency, leave_agency
from tests.enrolment.test_undo import differing, whole
from tests.support import worlds
from tests.support.page import Visitor
from tests.support.worlds import Corner, World


@pytest.fixture
def one(world: World) -> Corner:
    return world.one


def kept(one: Corner, rule: int) -> Rule:
    with db.transaction(Mode.READ, one.tenant_id):
        return session.get_one(Rule, rule)


def return_to_agency(one: Corner, person_id: int) -> None:
    with db.transaction(tenant_id=one.tenant_id):
        own = Membership.person_id == person_id, Membership.role == Role.LEARNER
        session.execute(update(Membership).where(*own).values(organisation_id=one.agency_id))


def test_a_run_is_one_receipt_for_those_who_enter_and_those_who_leave(app: Flask, one: Corner) -> None:
    cohort, nadia = empty_cohort(one), one.learner.person_id
    rule = write(one, cohort, [in_agency(one)])
    switch_on(one, cohort)
    worlds.newcomer(one, "Nina", "Nouvelle")
    leave_agency(one, nadia)
    run_again(one, rule)
    with db.transaction(Mode.READ, one.tenant_id):
        newest = session.get_one(Batch, runs(one, cohort)[0])
        said = newest.total, newest.imported, newest.updated, newest.ignored, newest.by_id
        assert said == (2, 1, 1, 0, one.admin.person_id)
    run_again(one, rule)
    assert len(runs(one, cohort)) == 2, "a night on which nothing changes leaves none"


def test_a_run_taken_back_is_nothing(app: Flask, world: World, one: Corner) -> None:
    """But for the rule itself, which is off and says why, and for receipts, jobs and the journal."""
    cohort, nadia = empty_cohort(one), one.learner.person_id
    rule = write(one, cohort, [in_agency(one)])
    switch_on(one, cohort)
    nina = worlds.newcomer(one, "Nina", "Nouvelle")
    leave_agency(one, nadia)
    before, people = whole(world), there(one, cohort)
    run_again(one, rule)
    assert there(one, cohort) == {one.other_learner.person_id, nina}
    done = take_back(one, runs(one, cohort)[0])
    assert (done.people, done.left_out) == (2, 0)
    assert set(differing(whole(world), before)) <= {"cohort_rule"}
    assert there(one, cohort) == people
    assert (kept(one, rule).on_since, kept(one, rule).undone_at is None) == (None, False)
    with db.transaction(tenant_id=one.tenant_id):
        rules.ask_for_all(one.tenant_id)
    work()
    run_again(one, rule)
    assert there(one, cohort) == people, "no night does it again"
    assert rehearsed(one, cohort) == ({nina}, {nadia}), "and the rehearsal says what would happen"
    switch_on(one, cohort)
    assert there(one, cohort) == {one.other_learner.person_id, nina}
    assert kept(one, rule).undone_at is None


def test_whoever_began_is_left_out_and_remains_in_the_hands_of_the_rule(app: Flask, one: Corner) -> None:
    cohort, nadia, odile = empty_cohort(one), one.learner.person_id, one.other_learner.person_id
    rule = write(one, cohort, [in_agency(one)], removes_begun=True)
    switch_on(one, cohort)
    begin(one, cohort, nadia)
    done = take_back(one, runs(one, cohort)[0])
    assert (done.people, done.left_out, there(one, cohort)) == (1, 1, {nadia})
    switch_on(one, cohort)
    assert there(one, cohort) == {nadia, odile}
    leave_agency(one, nadia)
    run_again(one, rule)
    assert there(one, cohort) == {odile}


def test_who_came_back_by_the_rule_is_gone_again_and_holds_no_place(app: Flask, one: Corner) -> None:
    cohort, nadia = empty_cohort(one), one.learner.person_id
    bound(one, opened(one, 5, at=one.agency_id), cohort)
    rule = write(one, cohort, [in_agency(one)])
    switch_on(one, cohort)
    leave_agency(one, nadia)
    run_again(one, rule)
    return_to_agency(one, nadia)
    run_again(one, rule)
    assert nadia in there(one, cohort)
    take_back(one, runs(one, cohort)[0])
    with db.transaction(Mode.READ, one.tenant_id):
        own = Member.cohort_id == cohort, Member.person_id == nadia
        member = session.scalars(select(Member).where(*own)).one()
        assert (member.state, member.withdrawal_reason) == (MemberState.ABANDONED, "rule")
        assert session.scalars(select(Place.id).where(Place.member_id == member.id)).all() == []
        courses = select(Enrolment.withdrawn_at).where(Enrolment.member_id == member.id)
        assert None not in session.scalars(courses).all()


def test_who_returns_from_where_they_were_moved_is_in_the_hands_of_the_rule(app: Flask, one: Corner) -> None:
    cohort, elsewhere = empty_cohort(one), empty_cohort(one, "Ailleurs")
    nadia = one.learner.person_id
    rule = write(one, cohort, [in_agency(one)])
    switch_on(one, cohort)
    with db.transaction(tenant_id=one.tenant_id):
        here, to = session.get_one(Cohort, cohort), session.get_one(Cohort, elsewhere)
        own = Member.cohort_id == cohort, Member.person_id == nadia
        services.move([session.scalars(select(Member.id).where(*own)).one()], here, to, admin(one))
        move = max(session.scalars(select(Batch.id).where(Batch.cohort_id == elsewhere)))
    take_back(one, move)
    with db.transaction(Mode.READ, one.tenant_id):
        assert session.scalars(select(MovedOut.id)).all() == []
    leave_agency(one, nadia)
    run_again(one, rule)
    return_to_agency(one, nadia)
    run_again(one, rule)
    assert nadia in there(one, cohort)


def test_it_is_undone_on_its_page_which_says_that_the_rule_is_off(
    app: Flask, one: Corner, visit: Callable[..., Visitor]
) -> None:
    cohort = empty_cohort(one)
    write(one, cohort, [in_agency(one)])
    switch_on(one, cohort)
    claire, address = visit(one.adviser), f"/cohorts/{cohort}/rule"
    receipts = next(link for link in claire.get(address).links() if link.startswith("/cohorts/receipts?"))
    receipt = f"/cohorts/receipts/{runs(one, cohort)[0]}"
    listed = claire.get(receipts)
    assert receipt in listed.links()
    assert "Règle de la cohorte" in listed.words
    page = claire.get(receipt)
    assert "Personnes entrées2" in page.words
    assert "désactive la règle" in page.words
    assert address in page.links()
    page = claire.send("/undo")
    assert "La règle de la cohorte est maintenant désactivée." in page.words
    for path in (address, f"{address}/rehearsal"):
        assert "la règle est désactivée depuis" in claire.get(path).words
    assert there(one, cohort) == set()
