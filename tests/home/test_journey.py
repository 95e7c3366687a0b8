"""One of the demo's courses, from the first page to the certificate, as a browser without JavaScript goes through it."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from config.demo import answers
from config.demo.load import COURSES
from lms.core import db
from lms.core.db import session
from lms.courses import services as courses
from lms.courses.models import Activity, Course
from lms.organisations.models import Organisation
from tests.progress.playing import enrolment, learner
from tests.support import worlds
from tests.support.page import Page, Visitor
from tests.support.worlds import Corner, World


def _course(corner: Corner) -> tuple[Course, dict[str, Any]]:
    """The course on e-mail, with one learner on it; and its questions by their keys."""
    with db.transaction(tenant_id=corner.tenant_id):
        owner = session.get_one(Organisation, corner.root_id)
        courses.import_folder(COURSES / "premiers-pas-courriel", owner, "courriel")
        made = session.scalars(select(Course).filter_by(slug="courriel")).one()
        courses.publish(made)
        worlds.cohort(corner.tenant_id, corner.company_id, "Courriel", [made], [corner.employee])
        quiz = session.scalars(select(Activity).filter_by(course_id=made.id, kind="quiz")).one()
        return made, {one["key"]: one for one in quiz.content["questions"]}


def _answer(page: Page, action: str, questions: dict[str, Any], at_first: bool) -> dict[str, Any]:
    """What is typed on this page: nothing in a lesson, an answer in a quiz (the very first one is wrong)."""
    sent = page.form(action)
    question = questions.get(sent.get("question", ""))
    if question is None or sent.get("go") != "answer":
        return {}
    said = answers.wrong(question) if at_first else answers.right(question)
    return {f"q-{question['key']}": said if isinstance(said, str) else list(said)}


def test_from_the_first_page_to_the_certificate(world: World, visit: Callable[..., Visitor]) -> None:
    corner = world.one
    made, questions = _course(corner)
    who = learner(corner, corner.employee, made.id)
    browser = visit(corner.employee)
    browser.get("/learn")
    page = browser.send("/open")
    tried: set[str] = set()
    for _turn in range(60):
        path = page.response.request.path
        if path.endswith("/end"):
            break
        if links := [a for a in page.all("a") if "btn--main" in a.get("class", "")]:
            page = browser.get(links[0].get("href"))
            continue
        key = page.form(path).get("question", "")
        typed = _answer(page, path, questions, at_first=bool(key) and not tried)
        tried.add(key) if typed else None
        page = browser.send(path, **typed)
    assert page.response.request.path == f"/learn/{who.enrolment_id}/end"
    found = enrolment(who)
    assert found.completed_at is not None
    assert found.score is not None
    assert 70 <= found.score < 100
    home = browser.get("/learn")
    certificate = next(link for link in home.links() if link.startswith("/certificates/"))
    assert browser.get(certificate).status == 200
