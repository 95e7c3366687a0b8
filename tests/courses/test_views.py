"""The staff's pages of courses, and the files that learners fetch."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from lms.core import db
from lms.core.db import session
from lms.courses import importer, queries, services
from lms.courses.models import Course, CourseState
from lms.enrolment.models import Enrolment
from lms.organisations.models import Organisation
from tests.courses import folders
from tests.support.page import Visitor
from tests.support.queries import statements
from tests.support.worlds import World

Visit = Callable[..., Visitor]
STAFF = ("admin", "adviser", "trainer", "other_adviser", "hr")
OTHERS = ("learner", "partner")


@pytest.fixture
def mail(world: World, tmp_path: Path) -> World:
    """The world with one imported course of the network, published."""
    draft = importer.read(folders.course(tmp_path / "c"))
    with db.transaction(tenant_id=world.one.tenant_id):
        services.keep(draft, session.get_one(Organisation, world.one.root_id), "mail")
        course = queries.course_by_slug(world.one.tenant_id, "mail")
        assert course is not None
        services.publish(course)
    return world


def _state(world: World, slug: str, state: CourseState, organisation_id: int = 0) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        course = queries.course_by_slug(world.one.tenant_id, slug)
        assert course is not None
        course.state = state
        course.organisation_id = organisation_id or course.organisation_id


@pytest.mark.parametrize("role", STAFF)
def test_the_staff_see_the_list_the_sheet_and_the_steps(mail: World, visit: Visit, role: str) -> None:
    browser = visit(getattr(mail.one, role))
    page = browser.get("/courses")
    assert (page.status, "Le courriel" in page.words, "CANARI-2" in page.words) == (200, True, False)
    page = browser.get("/courses/mail")
    assert (page.status, page.text("h1")) == (200, "Le courriel")
    assert "Bienvenue." in page.words
    assert "/courses/mail/steps/2-lire" in page.links()
    page = browser.get("/courses/mail/steps/2-lire")
    assert page.text("h1") == "Lire un message"
    assert [image.get("alt") for image in page.all("img")] == ["Une liste"]
    assert "Voici une liste." not in page.words
    assert "Voici une liste." in browser.get("/courses/mail/steps/2-lire?simple=1").words


def test_the_steps_lead_through_the_course(mail: World, visit: Visit) -> None:
    browser = visit(mail.one.trainer)
    links = browser.get("/courses/mail/steps/2-lire").links()
    assert "/courses/mail/steps/1-a-quoi-sert" in links
    assert "/courses/mail/steps/10-quiz" in links
    page = browser.get("/courses/mail/steps/10-quiz")
    assert "Quel signe sépare les deux parties ?" in page.words
    assert "c’est un dièse" in page.words


@pytest.mark.parametrize("role", OTHERS)
def test_the_pages_of_the_staff_are_for_the_staff(mail: World, visit: Visit, role: str) -> None:
    browser = visit(getattr(mail.one, role))
    assert browser.fetch("/courses").status_code == 403
    for path in ("/courses/mail", "/courses/mail/steps/2-lire"):
        assert browser.fetch(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/courses/mail", "/courses/mail/steps/2-lire", "/courses/mail/media/images/liste.svg"]
)
def test_what_is_not_in_sight_does_not_exist(mail: World, visit: Visit, path: str) -> None:
    assert visit(mail.two.admin).fetch(path).status_code == 404
    assert visit().fetch(path).status_code == 302
    missing = path.replace("2-lire", "absent").replace("mail", "absent")
    assert visit(mail.one.admin).fetch(missing).status_code == 404


def test_a_draft_is_seen_where_it_belongs_and_above(mail: World, visit: Visit) -> None:
    _state(mail, "mail", CourseState.DRAFT)
    assert visit(mail.one.admin).fetch("/courses/mail").status_code == 200
    assert visit(mail.one.adviser).fetch("/courses/mail").status_code == 404
    _state(mail, "mail", CourseState.DRAFT, mail.one.agency_id)
    assert visit(mail.one.admin).fetch("/courses/mail").status_code == 200
    assert visit(mail.one.adviser).fetch("/courses/mail").status_code == 200
    assert visit(mail.one.other_adviser).fetch("/courses/mail").status_code == 404


def test_the_list_is_filtered_in_its_address(mail: World, visit: Visit) -> None:
    browser = visit(mail.one.admin)
    assert "Cours CANARI-1" not in browser.get("/courses?words=COURRIEL").words
    assert "Le courriel" not in browser.get("/courses?state=draft").words
    assert browser.get("/courses?words=%25").status == 200
    assert browser.get("/courses?page=99").status == 200


def test_a_draft_is_published_from_its_sheet(mail: World, visit: Visit) -> None:
    _state(mail, "mail", CourseState.DRAFT)
    browser = visit(mail.one.trainer)
    browser.get("/courses/mail")
    assert browser.send("/courses/mail/publish").status == 200
    with db.transaction(db.Mode.READ, mail.one.tenant_id):
        assert (
            session.scalars(select(Course.state).where(Course.slug == "mail")).one() is CourseState.PUBLISHED
        )


def test_only_those_who_may_publish_are_offered_it(mail: World, visit: Visit) -> None:
    _state(mail, "mail", CourseState.DRAFT, mail.one.agency_id)
    browser = visit(mail.one.adviser)
    assert "/courses/mail/publish" not in str(browser.get("/courses/mail").html)
    browser.get("/display")
    token = browser.page.form("/display")["csrf_token"] if browser.page else ""
    assert browser.client.post("/courses/mail/publish", data={"csrf_token": token}).status_code == 403


def test_a_file_is_kept_by_the_browser_and_runs_nothing(mail: World, visit: Visit) -> None:
    browser = visit(mail.one.trainer)
    (image,) = browser.get("/courses/mail/steps/2-lire").all("img")
    answer = browser.fetch(image.get("src"))
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    bare = browser.fetch(image.get("src").partition("?")[0])
    assert "immutable" not in bare.headers["Cache-Control"]
    again = browser.client.get(image.get("src"), headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    for one in (answer, bare, again):
        one.close()


def test_a_learner_sees_the_files_of_courses_of_their_own(mail: World, visit: Visit) -> None:
    path = "/courses/mail/media/images/liste.svg"
    assert visit(mail.one.learner).fetch(path).status_code == 404
    with db.transaction(tenant_id=mail.one.tenant_id):
        course = queries.course_by_slug(mail.one.tenant_id, "mail")
        assert course is not None
        mine = session.scalars(
            select(Enrolment).where(Enrolment.person_id == mail.one.learner.person_id)
        ).one()
        mine.course_id = course.id
    answer = visit(mail.one.learner).fetch(path)
    assert answer.status_code == 200
    answer.close()
    assert visit(mail.one.other_learner).fetch(path).status_code == 404


def test_pages_ask_the_same_number_of_questions_whatever_the_course(
    mail: World, visit: Visit, tmp_path: Path
) -> None:
    long = importer.read(folders.write(tmp_path / "long", {f"{n}.md": "Texte" for n in range(60)}))
    with db.transaction(tenant_id=mail.one.tenant_id):
        services.keep(long, session.get_one(Organisation, mail.one.root_id), "long")
    browser = visit(mail.one.admin)
    counts = []
    for slug, key in (("mail", "2-lire"), ("long", "30")):
        for path in ("/courses", f"/courses/{slug}", f"/courses/{slug}/steps/{key}"):
            with statements() as sent:
                browser.get(path)
            counts.append(len(sent))
    assert counts[:3] == counts[3:]
    assert max(counts) <= 8
