"""A learner follows a course to its end and is certified; anybody checks the certificate."""

import io
from collections.abc import Callable

from tests.journeys.conftest import Visit, link, status, taken
from tests.support.page import Page, Visitor
from tests.support.worlds import Corner, World

Work = Callable[[], None]


def test_from_the_first_step_to_the_certificate(world: World, visit: Visit, work: Work) -> None:
    nadia = visit(world.one.learner)
    page = _finish(nadia, world.one)
    assert page.text("h1") == "Vous avez terminé ce cours"
    work()
    page = nadia.get(link(nadia.get("/certificates"), "/certificates/"))
    assert "Nadia" in page.words
    original = taken(nadia, link(page, ".pdf"))
    code = link(page, "/certificates/verify/").rpartition("/")[2]
    anybody = visit()
    page = anybody.get(f"/certificates/verify/{code}")
    assert page.text("h1") == "Ce certificat est valide"
    assert "Nadia" not in page.words  # initials only
    assert _sent(anybody, original).text("h1") == "Ce certificat est valide"
    assert _sent(anybody, original + b"\n").text("h1") == "Ce fichier n’est pas l’original"


def test_steps_come_in_their_order(world: World, visit: Visit) -> None:
    nadia = visit(world.one.learner)
    page = nadia.get("/learn")
    page = nadia.send("/open")
    first = page.response.request.path
    later = first.rpartition("/")[0] + f"/{world.one.activity_ids[2]}"
    assert nadia.get(later).status == 403
    assert nadia.get(first).status == 200


def test_the_adviser_follows_and_the_stranger_does_not(world: World, visit: Visit, work: Work) -> None:
    _finish(visit(world.one.learner), world.one)
    work()
    page = visit(world.one.adviser).get(f"/cohorts/{world.one.cohort_id}")
    assert "3 sur 3" in page.words
    assert "Terminé" in page.words
    for path in (f"/cohorts/{world.one.cohort_id}", "/certificates/1", "/certificates/1.pdf"):
        assert status(visit(world.two.adviser), path) == 404, path
        assert status(visit(world.two.learner), path) in (403, 404), path


def _finish(learner: Visitor, corner: Corner) -> Page:
    """Play each step of the one course, from the learner's first page."""
    learner.get("/learn")
    page = learner.send("/open")
    for _step in corner.activity_ids:
        page = learner.send(page.response.request.path)
    return page


def _sent(anybody: Visitor, content: bytes) -> Page:
    anybody.get("/certificates/verify")
    return anybody.send("/certificates/verify", file=(io.BytesIO(content), "certificat.pdf"), code="")
