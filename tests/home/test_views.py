"""The learner's first page, and the pages for everybody."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from config import settings
from lms.core import db
from lms.core.clock import now
from lms.core.db import session
from lms.courses.activity import Outcome
from lms.enrolment.models import Enrolment
from lms.organisations.models import Membership
from lms.people.models import Person
from tests.progress.playing import do, learner
from tests.support import worlds
from tests.support.page import Visitor
from tests.support.queries import statements
from tests.support.worlds import World

Visit = Callable[..., Visitor]


def english(browser: Visitor) -> Visitor:
    """The same browser, reading English: so that a test may look for words."""
    with browser.client.session_transaction() as cookie:
        cookie["language"] = "en"
    return browser


@pytest.fixture
def followed(world: World) -> World:
    """The world, where the adviser accompanies the learner and can be called."""
    one = world.one
    with db.transaction(tenant_id=one.tenant_id):
        session.execute(
            update(Membership)
            .where(Membership.tenant_id == one.tenant_id, Membership.person_id == one.learner.person_id)
            .values(follower_id=one.adviser.person_id)
        )
        session.get_one(Person, one.adviser.person_id).phone = "0199004211"
    return world


def test_the_exact_next_step_comes_first(followed: World, visit: Visit) -> None:
    page = english(visit(followed.one.learner)).get("/learn")
    assert page.text("h1") == "Hello Nadia"
    label = next(e for e in page.all("section") if "sewn" in e.get("class", ""))
    said = " ".join("".join(label.itertext()).split())
    assert "Step 1 of 3" in said
    assert "Cours CANARI-1, page 1" in said
    assert "5 minutes" in said
    assert "Begin" in said


def test_steps_say_whether_they_are_done_here_or_locked_and_why(followed: World, visit: Visit) -> None:
    do(learner(followed.one), followed.one.activity_ids[0])
    page = english(visit(followed.one.learner)).get("/learn")
    said = [" ".join("".join(e.itertext()).split()) for e in page.all("li") if "step" in e.get("class", "")]
    assert [any(word in text for word in words) for text, words in zip(said, (["done"], ["You are here"], ["Opens when step 2 is done"]), strict=True)] == [True] * 3  # fmt: skip
    assert "1 step done of 3" in page.words
    assert "Resume" in page.words


def test_somebody_to_call_and_what_they_see(followed: World, visit: Visit) -> None:
    page = english(visit(followed.one.learner)).get("/learn")
    assert any(link.startswith("tel:0199004211") for link in page.links())
    assert "What Claire can see" in page.words
    alone = english(visit(followed.one.other_learner)).get("/learn")
    assert any(link.startswith("tel:0199004210") for link in alone.links())
    assert "What the team can see" in alone.words


def test_the_deadline_is_said_in_words(followed: World, visit: Visit) -> None:
    with db.transaction(tenant_id=followed.one.tenant_id):
        due = now().date() + timedelta(days=22)
        session.execute(
            update(Enrolment).values(due_on=due).where(Enrolment.tenant_id == followed.one.tenant_id)
        )
    assert "In 3 weeks. At 1 step a week" in english(visit(followed.one.learner)).get("/learn").words


def test_a_path_of_courses_shows_one_course_in_full(world: World, visit: Visit) -> None:
    one = world.one
    with db.transaction(tenant_id=one.tenant_id):
        made = [worlds.course(one.tenant_id, one.root_id, f"c{n}", f"Cours {n}", pages=2) for n in (1, 2, 3)]
        worlds.cohort(
            one.tenant_id, one.company_id, "Trois cours", [course for course, _steps in made], [one.employee]
        )
    for step in made[0][1]:
        do(learner(one, one.employee, made[0][0].id), step.id)
    page = english(visit(one.employee)).get("/learn")
    assert "Course 2 of 3: Cours 2" in page.words
    assert "Cours 2, page 1" in page.words
    assert "Cours 3, page 1" not in page.words
    assert "Opens when the course “Cours 2” is finished" in page.words
    assert "1 course finished of 3. 2 steps done of 6." in page.words


def test_several_paths_are_all_reached(world: World, visit: Visit) -> None:
    one = world.one
    with db.transaction(tenant_id=one.tenant_id):
        course, _steps = worlds.course(one.tenant_id, one.root_id, "autre", "Autre cours", pages=2)
        worlds.cohort(one.tenant_id, one.agency_id, "Autre cohorte", [course], [one.learner])
    browser = english(visit(one.learner))
    page = browser.get("/learn")
    other = next(link for link in page.links() if link.startswith("/learn?path="))
    first = page.text("h2")
    assert browser.get(other).text("h2") != first


def test_the_end_leads_to_the_certificates(world: World, visit: Visit) -> None:
    who = learner(world.one)
    for n, activity_id in enumerate(world.one.activity_ids):
        do(who, activity_id, n, Outcome(done=True))
    page = english(visit(world.one.learner)).get("/learn")
    assert "You have finished your path" in page.words
    assert "My certificates" in page.words
    assert any(link.startswith("/certificates/") for link in page.links())


def test_who_left_reads_so(world: World, visit: Visit) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        session.execute(
            update(Enrolment).where(Enrolment.tenant_id == world.one.tenant_id).values(withdrawn_at=now())
        )
    assert "You left this path" in english(visit(world.one.learner)).get("/learn").words


def test_nothing_to_follow_says_what_to_do(world: World, visit: Visit) -> None:
    page = english(visit(world.one.adviser)).get("/learn")
    assert "No course waits for you yet" in page.words


def test_at_most_eight_queries_however_long_the_path(followed: World, visit: Visit) -> None:
    one = followed.one
    do(learner(one), one.activity_ids[0])
    browser = visit(one.learner)
    with statements() as sent:
        browser.get("/learn")
    before = len(sent)
    assert before <= 8, sent
    with db.transaction(tenant_id=one.tenant_id):
        for n in range(3):
            made = [
                worlds.course(one.tenant_id, one.root_id, f"c{n}{m}", f"Cours {n}{m}", pages=9)
                for m in range(3)
            ]
            worlds.cohort(
                one.tenant_id, one.agency_id, f"Cohorte {n}", [course for course, _s in made], [one.learner]
            )
    with statements() as sent:
        browser.get("/learn")
    assert len(sent) == before


def test_a_learner_sees_no_path_of_another(world: World, visit: Visit) -> None:
    page = visit(world.one.learner).get(f"/learn?path={learner(world.two).enrolment_id}")
    assert "CANARI-2" not in page.html


@pytest.mark.parametrize(
    ("who", "where"),
    [("learner", "/learn"), ("adviser", "/cohorts"), ("partner", "/reports"), ("admin", "/organisations")],
)
def test_the_first_page_is_that_of_the_role(world: World, visit: Visit, who: str, where: str) -> None:
    answer = visit(getattr(world.one, who)).fetch("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, where)


def test_whoever_is_not_signed_in_is_welcomed(world: World, visit: Visit) -> None:
    page = visit().get("/")
    assert {"/sign-in", "/sign-in/card", "/certificates/verify"} <= set(page.links())


@pytest.mark.parametrize("path", ["/help", "/legal", "/privacy", "/accessibilite", "/site-map", "/ui", "/"])
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("is_in", [False, True])
def test_public_pages_stand_in_both_languages(
    world: World, visit: Visit, path: str, language: str, is_in: bool
) -> None:
    browser = visit(world.one.learner) if is_in else visit()
    with browser.client.session_transaction() as cookie:
        cookie["language"] = language
    page = browser.get(path)
    assert page.status == 200
    assert page.tree.get("lang") == language


def test_the_site_map_leads_nowhere_wrong(world: World, visit: Visit) -> None:
    browser = visit(world.one.adviser)
    for link in browser.get("/site-map").links():
        if link.startswith("/"):
            assert browser.fetch(link).status_code in (200, 302), link


def test_the_declaration_says_not_compliant_and_whom_to_turn_to(world: World, visit: Visit) -> None:
    page = english(visit()).get("/accessibilite")
    assert page.text("h1") == "Accessibility: not compliant"
    assert "71120" in page.words


def test_components_are_not_for_production(
    world: World, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    kept = settings.current()
    settings.use(replace(kept, env="production"))
    try:
        assert visit().fetch("/ui").status_code == 404
    finally:
        settings.use(kept)
