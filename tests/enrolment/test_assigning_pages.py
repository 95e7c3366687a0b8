"""Three steps, a summary and one confirm, as people go through them without JavaScript; and the days of a course."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from lms.core import db
from lms.core.clock import today
from lms.core.db import Mode, session
from lms.core.i18n import day
from lms.enrolment import services
from lms.enrolment.assignment import Assignment
from lms.enrolment.models import Batch, BatchKind, Cohort, DueRule, Enrolment, Member
from lms.enrolment.queries.assigning import outcome
from lms.enrolment.services import intents
from lms.enrolment.timing import Timing
from tests.enrolment import pools
from tests.enrolment.test_assigning import assign, courses, evidence, finish, more_courses, of
from tests.enrolment.test_pages import _member, post, work
from tests.support import worlds
from tests.support.page import Page, Visitor
from tests.support.worlds import World

Visit = Callable[..., Visitor]
SOON = today() + timedelta(days=20)


def plain(page: Page) -> str:
    return page.words.replace("\u00a0", " ")


def receipts(world: World) -> list[Batch]:
    with db.transaction(Mode.READ, world.one.tenant_id):
        return list(
            session.scalars(select(Batch).where(Batch.kind == BatchKind.ASSIGNMENT).order_by(Batch.id))
        )


def go(visitor: Visitor, step: str, **typed: Any) -> Page:
    """Send the form of the step in hand; ``step``: the button that was pressed."""
    assert visitor.page is not None
    said = {
        name: value for name, value in visitor.page.form("/assign/ask").items() if name != "csrf_token"
    } | typed
    return post(visitor, f"/cohorts/assign/ask?go={step}", **said)


def test_from_the_list_of_people_to_a_new_cohort(world: World, visit: Visit) -> None:
    one, claire = world.one, visit(world.one.adviser)
    [b] = more_courses(world, "Tableur")
    new = [worlds.newcomer(one, f"Nouvelle{n}", "Venue") for n in range(3)]
    claire.get("/people?q=venue")
    page = claire.send("/cohorts/assign", person=[str(one) for one in new[:2]])
    assert "2 personnes sont concernées" in plain(page)
    page = claire.send("/assign/ask", to="0", name="")
    assert page.status == 422
    assert "donnez un nom" in plain(page)
    claire.send("/assign/ask", to="0", name="Janvier")
    assert claire.page is not None
    assert "Inscrire 2 personnes à des cours" in plain(claire.page)
    page = claire.send("/assign/ask")
    assert page.status == 422
    assert "Choisissez au moins un cours" in plain(page)
    claire.send("/assign/ask", courses=str(b))
    page = claire.send("/assign/ask", due="day")
    assert page.status == 422
    assert "Choisissez le jour." in plain(page)
    page = claire.send("/assign/ask", due="days", due_days="15")
    assert "Inscrire 2 personnes ?" in plain(page)
    assert "Janvier (nouvelle)" in plain(page)
    assert receipts(world) == []
    page = claire.send("/cohorts/assign")
    assert "2 personnes sont inscrites." in plain(page)
    [batch] = receipts(world)
    assert (batch.imported, batch.cohort_name) == (2, "Janvier")
    assert [row.due_on for row in courses(world, new[0])] == [today() + timedelta(days=15)]
    assert courses(world, new[2]) == []
    page = claire.send("/undo")
    assert "2 personnes sont comme avant." in plain(page)
    assert courses(world, new[0]) == []


def test_going_back_keeps_what_was_typed(world: World, visit: Visit) -> None:
    one, claire = world.one, visit(world.one.adviser)
    [b] = more_courses(world, "Tableur")
    claire.get(f"/cohorts/assign?source={one.cohort_id}")
    claire.send("/assign/ask")
    claire.send("/assign/ask", courses=str(b))
    go(claire, "what", due="day", due_on=SOON.isoformat(), due_days="3")
    page = go(claire, "who")
    said = page.form("/assign/ask")
    assert (said["courses"], said["due"], said["due_on"], said["source"]) == (
        str(b),
        "day",
        SOON.isoformat(),
        str(one.cohort_id),
    )
    go(claire, "what")
    go(claire, "when")
    page = go(claire, "check")
    assert day(SOON, "long") in page.words
    assert "Ces cours deviennent ceux de la cohorte" in plain(page)


def test_a_filter_of_a_cohort_is_looked_up_again(world: World, visit: Visit) -> None:
    """What was shown is what is done: somebody who came in between is asked about first."""
    one, claire = world.one, visit(world.one.adviser)
    [b] = more_courses(world, "Tableur")
    claire.get(f"/cohorts/assign?source={one.cohort_id}&state=not-started")
    claire.send("/assign/ask", who="found")
    claire.send("/assign/ask", courses=str(b))
    page = claire.send("/assign/ask", due="none")
    assert "Inscrire 2 personnes ?" in plain(page)
    assert "et non pour le reste de la cohorte" in plain(page)
    late = worlds.newcomer(one, "Zoé", "Tardive")
    with db.transaction(tenant_id=one.tenant_id):
        services.add_known(session.get_one(Cohort, one.cohort_id), late, None)
    page = claire.send("/cohorts/assign")
    assert page.status == 409
    assert "Quelque chose a changé" in plain(page)
    assert receipts(world) == []
    claire.send("/cohorts/assign")
    assert [batch.imported for batch in receipts(world)] == [3]


def test_who_finished_is_left_alone_or_begins_again(world: World, visit: Visit) -> None:
    one, claire = world.one, visit(world.one.adviser)
    finish(world, one.learner.person_id)
    member = _member(world)
    claire.get(f"/cohorts/assign?source={one.cohort_id}&member={member}")
    claire.send("/assign/ask")
    page = claire.send("/assign/ask", courses=str(one.course_id))
    assert "1 personne a terminé" in plain(page)
    page = claire.send("/assign/ask", again="no")
    assert "Personne ne serait inscrit" in plain(page)
    post(claire, "/cohorts/assign/ask?go=when", **_without_token(claire))
    page = claire.send("/assign/ask", again="yes")
    assert "Inscrire 1 personne ?" in plain(page)
    assert "conservé tel quel" in plain(page)
    claire.send("/cohorts/assign")
    page = claire.get(f"/cohorts/{one.cohort_id}/members/{member}")
    assert "Tentative 1, conservée" in plain(page)
    assert "Tentative 2" in plain(page)
    assert "Tentative 2" in plain(claire.get(f"/people/{one.learner.person_id}"))


def _without_token(who: Visitor) -> dict[str, Any]:
    assert who.page is not None
    return {
        name: value
        for name, value in who.page.form("/cohorts/assign").items()
        if name not in ("csrf_token", "expected")
    }


def test_places_that_are_missing_are_told_before(world: World, visit: Visit) -> None:
    one, claire = world.one, visit(world.one.adviser)
    pool = pools.opened(one, 3)
    pools.give(one, pool, 3, to=one.agency_id)
    pools.bound(one, pool)
    new = [worlds.newcomer(one, f"Nouvelle{n}", "Venue") for n in range(2)]
    claire.get("/cohorts/assign?" + "&".join(f"person={number}" for number in new))
    claire.send("/assign/ask", to=str(one.cohort_id))
    claire.send("/assign/ask")
    page = claire.send("/assign/ask")
    assert "2 sur 1 restantes" in plain(page)
    assert "Inscrire 2 personnes" not in [" ".join("".join(b.itertext()).split()) for b in page.all("button")]
    assert claire.send("/cohorts/assign").status == 409  # and whoever sends it all the same is refused
    assert receipts(world) == []


def test_a_cohort_that_is_full_is_told_before(world: World, visit: Visit) -> None:
    one, claire = world.one, visit(world.one.adviser)
    new = [worlds.newcomer(one, f"Nouvelle{n}", "Venue") for n in range(2)]
    with db.transaction(tenant_id=one.tenant_id):
        session.get_one(Cohort, one.cohort_id).seats = 3
    claire.get("/cohorts/assign?" + "&".join(f"person={number}" for number in new))
    claire.send("/assign/ask", to=str(one.cohort_id))
    claire.send("/assign/ask")
    page = claire.send("/assign/ask")
    assert "est complète" in plain(page)
    assert "pas de place pour 1 personne" in plain(page)
    assert claire.send("/cohorts/assign").status == 409
    assert receipts(world) == []
    with db.transaction(tenant_id=one.tenant_id):
        session.get_one(Cohort, one.cohort_id).seats = 4
    claire.get("/cohorts/assign?" + "&".join(f"person={number}" for number in new))
    claire.send("/assign/ask", to=str(one.cohort_id))
    claire.send("/assign/ask")
    claire.send("/assign/ask")
    claire.send("/cohorts/assign")
    assert [batch.imported for batch in receipts(world)] == [2]


def test_many_people_are_enrolled_by_a_worker(
    world: World, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MANY", 1)
    one, claire = world.one, visit(world.one.adviser)
    [b] = more_courses(world, "Tableur")
    claire.get(f"/cohorts/assign?source={one.cohort_id}")
    claire.send("/assign/ask")
    claire.send("/assign/ask", courses=str(b))
    page = claire.send("/assign/ask")
    assert "Autant de personnes demandent un moment" in plain(page)
    page = claire.send("/cohorts/assign")
    assert page.text("h1") == "Inscription des personnes"
    work()
    [batch] = receipts(world)
    assert (batch.imported, batch.by_id) == (2, one.adviser.person_id)


def test_odd_addresses_and_forged_forms(world: World, visit: Visit) -> None:
    one, claire = world.one, visit(world.one.adviser)
    for odd in (
        "source=x",
        "source=-1",
        "member=abc&person=99999999999999999",
        "state=%27&follower=x&seen=never",
        "q=%25",
    ):
        assert claire.get(f"/cohorts/assign?{odd}").status == 200, odd
    claire.get("/cohorts/assign")
    assert claire.page is not None
    for typed in (
        {"to": "x"},
        {"to": str(world.two.cohort_id)},
        {"source": str(world.two.cohort_id)},
        {"who": "all"},
    ):
        assert go(claire, "what", **({"who": "found", "name": ""} | typed)).status == 422, typed
        claire.get("/cohorts/assign")
    page = go(
        claire,
        "check",
        to=str(one.cohort_id),
        courses=str(world.two.course_id),
        due="none",
        due_on="hier",
        due_days="99999",
    )
    assert page.status == 422
    assert post(claire, "/cohorts/assign", to=str(one.cohort_id)).status in (409, 422)
    assert receipts(world) == []
    for who in (one.learner, one.partner, one.trainer):
        assert visit(who).fetch("/cohorts/assign").status_code == 403


def test_a_team_member_is_ticked_and_never_found(world: World, visit: Visit) -> None:
    one, alix = world.one, visit(world.one.admin)
    alix.get("/cohorts/assign?q=CANARI")
    alix.send("/assign/ask", to=str(one.cohort_id))
    alix.send("/assign/ask")
    page = alix.send("/assign/ask")
    assert "De l’équipe, non concernées" in plain(page)
    assert "Inscrire 1 personne ?" in plain(page)  # the employee: the two learners are there already
    alix.get(f"/cohorts/assign?person={one.trainer.person_id}")
    alix.send("/assign/ask", to=str(one.cohort_id))
    alix.send("/assign/ask")
    assert "Inscrire 1 personne ?" in plain(alix.send("/assign/ask"))


def test_a_course_that_opens_later_says_so_and_stays_shut(world: World, visit: Visit) -> None:
    one, nadia = world.one, visit(world.one.learner)
    with db.transaction(tenant_id=one.tenant_id):
        cohort = session.get_one(Cohort, one.cohort_id)
        services.change_days(
            cohort, one.course_id, Timing(DueRule.DAY, SOON, opens_on=today() + timedelta(days=5))
        )
    opens = day(today() + timedelta(days=5), "long")
    page = nadia.get("/learn")
    assert f"ouvre le {opens}" in page.words
    assert "Vous avez terminé" not in page.words
    number = courses(world, one.learner.person_id)[0].id
    page = nadia.get(f"/learn/{number}")
    assert (page.status, page.text("h1")) == (403, "Ce cours n’est pas encore ouvert")
    assert opens in page.words
    step = f"/learn/{number}/{one.activity_ids[0]}"
    for deed in ("", "/open", "/draft"):
        nadia.get("/me")
        assert post(nadia, f"{step}{deed}").status == 409
    [row] = courses(world, one.learner.person_id)
    assert row.started_at is None
    with db.transaction(tenant_id=one.tenant_id):
        services.change_days(
            session.get_one(Cohort, one.cohort_id), one.course_id, Timing(DueRule.DAY, SOON, opens_on=today())
        )
    assert nadia.get(f"/learn/{number}").status == 200


def test_a_learner_goes_on_with_the_new_attempt_alone(world: World, visit: Visit) -> None:
    one, nadia = world.one, visit(world.one.learner)
    first = finish(world, one.learner.person_id)
    proof = evidence(world, first)
    assert "Vous avez terminé votre parcours" in plain(nadia.get("/learn"))
    assign(world, lambda _: Assignment(of(one.learner.person_id), (one.course_id,), joins=False, again=True))
    page = nadia.get("/learn")
    assert "0 étape faite sur 3" in plain(page)
    assert "Mes certificats" in plain(page)
    step = f"/learn/{first}/{one.activity_ids[0]}"
    page = nadia.get(step)
    assert (page.status, page.text("h1")) == (403, "Vous suivez ce cours à nouveau")
    assert "la fois précédente est conservé" in plain(page)
    nadia.get("/me")
    assert post(nadia, f"{step}/open").status == 409
    assert evidence(world, first) == proof
    new = courses(world, one.learner.person_id)[1].id
    assert nadia.get(f"/learn/{new}").status == 200


def test_deadlines_are_changed_on_their_pages(world: World, visit: Visit) -> None:
    one, claire, member = world.one, visit(world.one.adviser), _member(world)
    page = claire.get(f"/cohorts/{one.cohort_id}")
    address = next(link for link in page.links() if link.endswith("/deadline"))
    page = claire.get(address)
    assert "2 personnes qui n’ont pas terminé" in plain(page)
    assert claire.send("/deadline", due="day", due_on="2020-01-01").status == 422
    assert claire.send("/deadline", due="days", due_days="0").status == 422
    page = claire.send("/deadline", due="day", due_on=SOON.isoformat())
    assert "L’échéance de 2 personnes a changé." in plain(page)
    page = claire.get(f"/cohorts/{one.cohort_id}/members/{member}")
    own = next(link for link in page.links() if link.endswith("/deadline"))
    claire.get(own)
    assert claire.send("/deadline", due_on="").status == 422
    later = SOON + timedelta(days=30)
    page = claire.send("/deadline", due_on=later.isoformat(), reason="came-later")
    assert "Arrivée après les autres" in plain(page)
    page = claire.get(f"/cohorts/{one.cohort_id}/members/{member}")
    assert day(later, "long") in page.words
    assert [row.due_on for row in courses(world, one.learner.person_id)] == [later]
    for who in (world.two.admin, one.other_adviser, one.partner):
        for path in (address, own):
            assert visit(who).fetch(path).status_code == 404
    assert claire.get(address.replace(f"/courses/{one.course_id}/", "/courses/9999/")).status == 404


def test_the_summary_costs_the_same_for_many(world: World) -> None:
    """And says the very numbers that are written."""
    one = world.one
    new = [worlds.newcomer(one, f"N{n}", "Nombreux") for n in range(30)]
    with db.transaction(tenant_id=one.tenant_id):
        cohort = session.get_one(Cohort, one.cohort_id)
        before = session.scalar(select(func.count(Enrolment.id)).where(Enrolment.cohort_id == cohort.id)) or 0
        order = Assignment(of(*new, one.learner.person_id), (one.course_id,))
        seen = outcome(one.tenant_id, cohort, order)
        services.assign(cohort, order)
        after = session.scalar(select(func.count(Enrolment.id)).where(Enrolment.cohort_id == cohort.id)) or 0
        members = session.scalar(select(func.count(Member.id)).where(Member.cohort_id == cohort.id))
    assert (seen.people, seen.joining, seen.enrolments(again=False)) == (31, 30, after - before)
    assert members == 32
    assert intents.MANY == 2_000
