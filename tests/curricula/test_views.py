"""The pages of curricula."""

from collections.abc import Callable

import pytest

from lms.core import db
from lms.core.db import session
from lms.courses.models import Course, CourseState
from lms.curricula import queries, services
from lms.organisations.models import Organisation
from tests.support import worlds
from tests.support.page import Visitor
from tests.support.queries import statements
from tests.support.worlds import World

Visit = Callable[..., Visitor]


@pytest.fixture
def path(world: World) -> World:
    """The world with a path of one course."""
    with db.transaction(tenant_id=world.one.tenant_id):
        owner = session.get_one(Organisation, world.one.root_id)
        services.add("chemin", "Le chemin", owner, ["cours-1"], "Pour commencer.")
    return world


@pytest.mark.parametrize("role", ["admin", "adviser", "trainer", "hr"])
def test_the_staff_see_the_list_and_each_path(path: World, visit: Visit, role: str) -> None:
    browser = visit(getattr(path.one, role))
    assert "/curricula/chemin" in browser.get("/curricula").links()
    page = browser.get("/curricula/chemin")
    assert (page.text("h1"), "Cours CANARI-1" in page.words) == ("Le chemin", True)


def test_others_do_not(path: World, visit: Visit) -> None:
    for who in (path.one.learner, path.one.partner):
        assert visit(who).fetch("/curricula").status_code == 403
        assert visit(who).fetch("/curricula/new").status_code == 403
        assert visit(who).fetch("/curricula/chemin").status_code == 404
    assert visit(path.two.admin).fetch("/curricula/chemin").status_code == 404
    assert "/curricula/chemin" not in visit(path.two.admin).get("/curricula").links()
    assert visit().fetch("/curricula").status_code == 302


def test_an_organisation_beside_does_not_see_it(world: World, visit: Visit) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        owner = session.get_one(Organisation, world.one.agency_id)
        services.add("a-nous", "À nous", owner, ["cours-1"])
    assert visit(world.one.adviser).fetch("/curricula/a-nous").status_code == 200
    assert visit(world.one.admin).fetch("/curricula/a-nous").status_code == 200
    assert visit(world.one.other_adviser).fetch("/curricula/a-nous").status_code == 404


def test_a_path_is_made_in_the_browser(world: World, visit: Visit) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        worlds.course(world.one.tenant_id, world.one.root_id, "second", "Second")
    browser = visit(world.one.adviser)
    browser.get("/curricula/new")
    typed = {"title": "Mon parcours", "courses-0": "second", "courses-1": "", "courses-2": "cours-1"}
    page = browser.send("/curricula/new", **typed)
    assert (page.status, page.text("h1")) == (200, "Mon parcours")
    with db.transaction(db.Mode.READ, world.one.tenant_id):
        made = queries.by_slug(world.one.tenant_id, "mon-parcours")
        assert made is not None
        assert made.organisation_id == world.one.agency_id
        assert [row.Course.slug for row in queries.steps(made)] == ["second", "cours-1"]


def test_one_more_place_keeps_what_was_typed(world: World, visit: Visit) -> None:
    browser = visit(world.one.adviser)
    browser.get("/curricula/new")
    page = browser.send("/curricula/new", title="Mon parcours", **{"courses-0": "cours-1", "more": "1"})
    values = page.form("/curricula/new")
    assert (values["title"], values["courses-0"]) == ("Mon parcours", "cours-1")
    assert len(page.all("select")) == 4


@pytest.mark.parametrize(
    "typed",
    [
        {"title": "", "courses-0": "cours-1"},
        {"title": "X"},
        {"title": "X", "courses-0": "cours-1", "courses-1": "cours-1"},
        {"title": "X", "courses-0": "cours-2"},
        {"title": "x" * 200, "courses-0": "cours-1"},
    ],
)
def test_what_is_wrong_is_shown_again_and_nothing_is_written(
    world: World, visit: Visit, typed: dict[str, str]
) -> None:
    browser = visit(world.one.adviser)
    browser.get("/curricula/new")
    page = browser.send("/curricula/new", **typed)
    assert (page.status, page.form("/curricula/new")["title"]) == (422, typed["title"])
    assert [e for e in page.all("div") if e.get("role") == "alert"]
    with db.transaction(db.Mode.READ, world.one.tenant_id):
        assert queries.by_slug(world.one.tenant_id, "x") is None


def test_without_a_course_there_is_nothing_to_choose_from(world: World, visit: Visit) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        session.get_one(Course, world.one.course_id).state = CourseState.DRAFT
    page = visit(world.one.adviser).get("/curricula/new")
    assert page.all("select") == []


def test_lists_ask_the_same_number_of_questions_whatever_their_length(path: World, visit: Visit) -> None:
    browser = visit(path.one.admin)
    counts = []
    for more in (0, 30):
        with db.transaction(tenant_id=path.one.tenant_id):
            owner = session.get_one(Organisation, path.one.root_id)
            for n in range(more):
                services.add("", f"Parcours {n}", owner, ["cours-1"])
        with statements() as sent:
            browser.get("/curricula")
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 4
