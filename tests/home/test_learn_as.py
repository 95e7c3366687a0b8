"""What the team sees: a person's file, the learner's page, their own caseload."""

from collections.abc import Callable

from sqlalchemy import select, update

from lms.core import db
from lms.core.clock import now
from lms.core.db import Mode, session
from lms.core.journal import Entry
from lms.enrolment.models import Cohort, Enrolment, Member
from lms.organisations.models import Membership, Role
from tests.support import worlds
from tests.support.page import Visitor
from tests.support.sight import everything
from tests.support.worlds import World

Visit = Callable[..., Visitor]


def test_a_file_shows_courses_and_what_happened(world: World, visit: Visit) -> None:
    one = world.one
    with db.transaction(tenant_id=one.tenant_id):
        session.execute(
            update(Enrolment).where(Enrolment.person_id == one.learner.person_id).values(completed_at=now())
        )
    page = visit(one.adviser).get(f"/people/{one.learner.person_id}")
    assert "Cours CANARI-1" in page.words
    assert len([h for h in page.all("section") if h.get("aria-labelledby") == "history"]) == 1


def test_the_team_sees_the_learners_page_and_can_do_nothing_there(world: World, visit: Visit) -> None:
    one = world.one
    worlds.every_role(one)
    with db.transaction(tenant_id=one.tenant_id):
        following = update(Membership).where(Membership.person_id == one.learner.person_id)
        session.execute(following.values(follower_id=one.trainer.person_id))
    page = visit(one.trainer).get(f"/learn/as/{one.learner.person_id}")
    assert page.status == 200
    assert "Nadia CANARI-1" in page.words
    assert "Cours CANARI-1" in page.words
    deeds = [form.get("action") for form in page.all("form") if form.get("method") == "post"]
    assert set(deeds) <= {"/language", "/sign-out"}
    assert [link for link in page.links() if link.startswith("/learn/") and "/as/" not in link] == []
    with everything(Mode.READ):
        read = session.scalars(select(Entry).where(Entry.verb == "personal-file-read")).all()
        assert [line.details["person"] for line in read] == [one.learner.person_id]
    for stranger in (one.mediator, one.hr, one.learner, one.partner, world.two.admin):
        assert visit(stranger).fetch(f"/learn/as/{one.learner.person_id}").status_code == 404
    assert visit(one.admin).fetch(f"/learn/as/{one.trainer.person_id}").status_code == 404, "no colleague"


def test_where_advisers_see_their_own_caseload(world: World, visit: Visit) -> None:
    from lms.organisations.features import OWN_CASELOAD
    from lms.organisations.models import Organisation

    one = world.one
    with db.transaction(tenant_id=one.tenant_id):
        session.get_one(Organisation, one.agency_id).features = [OWN_CASELOAD]
        following = update(Membership).where(Membership.person_id == one.learner.person_id)
        session.execute(following.values(follower_id=one.adviser.person_id))
        other = session.scalars(
            select(Member.id).where(Member.person_id == one.other_learner.person_id)
        ).one()
    assert found_names(visit(one.adviser)) == ["CANARI-1 Nadia"]
    browser = visit(one.adviser)
    page = browser.get(f"/cohorts/{one.cohort_id}")
    assert "Odile" not in page.words
    assert browser.fetch(f"/people/{one.other_learner.person_id}").status_code == 404
    token = page.form("/language")["csrf_token"]
    sent = {"csrf_token": token, "member": other, "reason": "job"}
    assert browser.client.post(f"/cohorts/{one.cohort_id}/withdraw", data=sent).status_code == 422
    assert browser.fetch("/reports").status_code == 403
    with db.transaction(tenant_id=one.tenant_id):
        from lms.organisations.services import add_below, add_member

        agency = session.get_one(Organisation, one.agency_id)
        desk = add_below(agency, "Guichet", agency.kind, level="", slug="", actor=None)
        desk.features = []
        add_member(one.other_learner.person_id, desk, Role.LEARNER)
        desk_id = desk.id
    browser.get("/organisations/in-hand")
    browser.send("/organisations/in-hand", organisation=str(desk_id), next="/people")
    assert found_names(browser) == [], "nor below, where the switch is off"
    assert found_names(visit(one.admin))[:1], "the administration sees all as before"
    with everything(Mode.READ):
        assert session.scalars(select(Cohort)).first() is not None


def found_names(browser: Visitor) -> list[str]:
    page = browser.get("/people")
    return [" ".join("".join(th.itertext()).split()) for th in page.all("th") if th.get("scope") == "row"]
