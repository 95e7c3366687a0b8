"""One human who is known twice: what moves, what stays behind, what is refused."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select, update

from lms.certificates.models import Certificate
from lms.core import db
from lms.core.clock import now
from lms.core.db import Mode, session
from lms.core.journal import Entry
from lms.enrolment.models import Enrolment, Member
from lms.enrolment.states import MemberState
from lms.people import services
from lms.people.models import Account, Person
from tests.house import filled
from tests.people.accounts import give_password
from tests.people.files import came_in, found, person
from tests.support import worlds
from tests.support.page import Visitor
from tests.support.sight import everything
from tests.support.worlds import Corner, Someone, World

Visit = Callable[..., Visitor]


def twin(corner: Corner, **more: object) -> int:
    """The learner known a second time, in the same agency, on nothing."""
    return worlds.newcomer(corner, "Nadia", "CANARI-1", **more)


def put_on(corner: Corner, person_id: int, name: str) -> int:
    """On the corner's course in another cohort; the number of the enrolment."""
    from lms.courses.models import Course

    with db.transaction(tenant_id=corner.tenant_id):
        who = Someone(corner.tenant_id, corner.agency_id, person_id, 0, "", "")
        course = session.get_one(Course, corner.course_id)
        made = worlds.cohort(corner.tenant_id, corner.agency_id, name, [course], [who])
        return session.scalars(select(Enrolment.id).where(Enrolment.cohort_id == made.id)).one()


def try_to_merge(browser: Visitor, kept: int, gone: int) -> int:
    """Look at the two files, then send what the page would send, even where it has no button."""
    page = browser.get(f"/people/{kept}/merge?other={gone}")
    assert page.status == 200
    data = {"csrf_token": page.form("/language")["csrf_token"], "other": gone}
    return browser.client.post(f"/people/{kept}/merge", data=data).status_code


def test_two_files_become_one_and_the_old_address_leads_there(world: World, visit: Visit) -> None:
    one, browser = world.one, visit(world.one.adviser)
    number = twin(one, birth_date=date(1998, 5, 22), agency_identifier="1234567A")
    enrolment = put_on(one, number, "Autre cohorte")
    with db.transaction(tenant_id=one.tenant_id):
        session.execute(update(Enrolment).where(Enrolment.id == enrolment).values(completed_at=now()))
    page = browser.get(f"/people/{one.learner.person_id}/merge")
    assert f"/people/{one.learner.person_id}/merge?other={number}" in page.links()
    assert try_to_merge(browser, one.learner.person_id, number) == 302
    kept, gone = person(one.learner.person_id), person(number)
    assert (kept.birth_date, kept.agency_identifier) == (date(1998, 5, 22), "1234567A")
    assert (gone.merged_into_id, gone.agency_identifier, gone.last_name) == (kept.id, None, "CANARI-1")
    assert gone.archived_at is not None
    page = browser.get(f"/people/{number}")
    assert "Autre cohorte" in page.words
    assert f'href="/people/{kept.id}/change"' in page.html
    assert number not in found(one, one.adviser)
    assert number not in found(one, one.adviser, archived=True)
    with everything(Mode.READ):
        line = session.scalars(select(Entry).where(Entry.verb == "people-merged")).one()
        assert (line.details["person"], line.details["merged"]) == (kept.id, number)


def test_two_running_enrolments_in_one_course_are_refused(world: World, visit: Visit) -> None:
    one, browser = world.one, visit(world.one.adviser)
    number = twin(one)
    enrolment = put_on(one, number, "Autre cohorte")
    before = filled.everything()
    assert "Cours CANARI-1" in browser.get(f"/people/{one.learner.person_id}/merge?other={number}").words
    assert try_to_merge(browser, one.learner.person_id, number) == 409
    assert filled.everything() == before
    with db.transaction(tenant_id=one.tenant_id):
        session.execute(update(Enrolment).where(Enrolment.id == enrolment).values(withdrawn_at=now()))
    assert try_to_merge(browser, one.learner.person_id, number) == 302


def test_both_in_one_cohort_the_one_who_left_stays_there_and_is_shown(world: World, visit: Visit) -> None:
    one, browser = world.one, visit(world.one.adviser)
    kept, gone = one.learner.person_id, one.other_learner.person_id
    with db.transaction(tenant_id=one.tenant_id):
        session.execute(update(Person).where(Person.id == gone).values(account_id=None))
    assert try_to_merge(browser, kept, gone) == 409
    with db.transaction(tenant_id=one.tenant_id):
        left = {"state": MemberState.ABANDONED, "withdrawn_at": now()}
        session.execute(update(Member).where(Member.person_id == gone).values(**left))
        session.execute(update(Enrolment).where(Enrolment.person_id == gone).values(withdrawn_at=now()))
    assert try_to_merge(browser, gone, kept) == 409, "the running place would be lost"
    assert try_to_merge(browser, kept, gone) == 302
    with everything(Mode.READ):
        places = dict(session.execute(select(Member.person_id, Member.state)).all())
    assert places[gone] is MemberState.ABANDONED
    rows = browser.get(f"/people/{kept}").html.count(f"/cohorts/{one.cohort_id}/members/")
    assert rows == 2, "what stays behind is shown in the file that stays"


def test_certificates_go_with_the_person(world: World, visit: Visit) -> None:
    one = world.one
    filled.every_table(one, one.learner, one.adviser)
    number = twin(one)
    with db.transaction(tenant_id=one.tenant_id):
        gone, kept = session.get_one(Person, one.learner.person_id), session.get_one(Person, number)
        services.merge(gone, kept, None)
    with everything(Mode.READ):
        assert set(session.scalars(select(Certificate.person_id))) == {number}
        assert session.get_one(Person, number).account_id == one.learner.account_id, "the way in goes along"
    assert visit(one.learner).get("/learn").status == 200


@pytest.mark.parametrize("suspended", [False, True])
def test_two_accounts_in_use_are_refused_until_one_is_suspended(
    world: World, visit: Visit, suspended: bool
) -> None:
    one, browser = world.one, visit(world.one.admin)
    kept, gone = one.trainer, one.partner
    for who in (kept, gone):
        visit(who)  # a session began
    if suspended:
        with db.transaction(tenant_id=one.tenant_id):
            services.suspend_people(one.tenant_id, [gone.person_id])
    assert try_to_merge(browser, kept.person_id, gone.person_id) == (302 if suspended else 409)
    if suspended:
        give_password(gone)
        assert came_in(visit(), gone) == 403, "it opens nothing any more"
        assert person(kept.person_id).account_id == kept.account_id


def test_an_account_that_nobody_used_gives_way(world: World, visit: Visit) -> None:
    one = world.one
    kept, gone = one.partner, one.trainer
    visit(gone)
    with db.transaction(tenant_id=one.tenant_id):
        services.merge(session.get_one(Person, gone.person_id), session.get_one(Person, kept.person_id), None)
    assert person(kept.person_id).account_id == gone.account_id
    assert person(gone.person_id).account_id == kept.account_id
    with everything(Mode.READ):
        assert session.get_one(Account, gone.account_id).suspended_at is None


def test_two_numbers_are_two_people(world: World, visit: Visit) -> None:
    one, browser = world.one, visit(world.one.adviser)
    number = twin(one, agency_identifier="1111111A")
    with db.transaction(tenant_id=one.tenant_id):
        session.get_one(Person, one.learner.person_id).agency_identifier = "2222222B"
    assert try_to_merge(browser, one.learner.person_id, number) == 409


def test_no_file_out_of_sight_is_merged(world: World, visit: Visit) -> None:
    one, browser = world.one, visit(world.one.adviser)
    kept = one.learner.person_id
    for other, status in (
        (world.two.learner.person_id, 404), (one.employee.person_id, 404), (one.adviser.person_id, 403), (kept, 409)
    ):  # fmt: skip
        if other != kept:
            assert browser.get(f"/people/{kept}/merge?other={other}").status == status
        data = {"csrf_token": browser.get("/me").form("/sign-out")["csrf_token"], "other": other}
        assert browser.client.post(f"/people/{kept}/merge", data=data).status_code == status


def test_an_import_finds_the_one_who_stays(world: World, visit: Visit) -> None:
    """A file that names the person as the file that went did, leads to the file that stays."""
    from lms.enrolment.models import StagedRow
    from lms.enrolment.services.staging import Target, find

    one = world.one
    number = twin(one, birth_date=date(1998, 5, 22))
    with db.transaction(tenant_id=one.tenant_id):
        kept = session.get_one(Person, one.learner.person_id)
        services.merge(session.get_one(Person, number), kept, None)
        session.execute(update(Person).where(Person.id == kept.id).values(birth_date=None))
        session.add(
            StagedRow(
                tenant_id=one.tenant_id, stage="s", line=2, person_key="n:x", last_name="CANARI-1", first_name="Nadia",
                sort_name="canari-1 nadia", birth_date=date(1998, 5, 22),
            )
        )  # fmt: skip
        session.flush()
        find(Target(one.tenant_id, "s", one.agency_id, None, ()))
        assert session.scalars(select(StagedRow.person_id)).one() == one.learner.person_id


def test_an_erasure_takes_the_merged_file_along(world: World) -> None:
    one = world.one
    number = twin(one)
    with db.transaction(tenant_id=one.tenant_id):
        services.merge(session.get_one(Person, number), session.get_one(Person, one.learner.person_id), None)
    filled.erase(filled.whose(one, one.learner))
    assert person(number).first_name == ""
