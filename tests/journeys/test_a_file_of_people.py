"""An adviser drops the file of her information system: looked at first, then written, all or nothing."""

import io
import re
from collections.abc import Callable
from pathlib import Path

from tests.journeys.conftest import Visit, link, status, taken
from tests.support.page import Page, Visitor
from tests.support.worlds import World

FILES = Path(__file__).parents[1] / "browser" / "files"
Work = Callable[[], None]


def test_a_good_file_becomes_a_cohort(world: World, visit: Visit, work: Work) -> None:
    claire = visit(world.one.adviser)
    page = _send(claire, work, (FILES / "job-seekers-fr.csv").read_bytes(), "Automne")
    assert page.text("h1") == "40 lignes lues, rien à corriger"
    assert "Automne" not in claire.get("/cohorts").words  # nothing is written yet
    page = claire.get(page.response.request.path)
    claire.send("/write")
    work()
    page = claire.get(page.response.request.path)
    assert page.text("h1") == "40 personnes inscrites"
    page = claire.get(next(one for one in page.links() if re.fullmatch(r"/cohorts/\d+", one)))
    assert page.text("h1") == "Automne"
    assert page.words.count("Inscrit") >= 40
    assert "ABDELLI ODILE" in page.words


def test_the_same_file_again_changes_nobody(world: World, visit: Visit, work: Work) -> None:
    claire = visit(world.one.adviser)
    content = (FILES / "job-seekers-fr.csv").read_bytes()
    _send(claire, work, content, "Automne")
    claire.send("/write")
    work()
    page = _send(claire, work, content, "Automne")
    assert "Tout le monde est déjà inscrit" in page.words


def test_a_file_with_mistakes_writes_nothing(world: World, visit: Visit, work: Work) -> None:
    claire = visit(world.one.adviser)
    page = _send(claire, work, (FILES / "to-correct.csv").read_bytes(), "À revoir")
    assert page.text("h1") == "5 lignes à corriger sur 8"
    assert "À revoir" not in claire.get("/cohorts").words
    assert taken(claire, link(page, "corrected.xlsx")).startswith(b"PK")


def test_the_good_lines_may_go_on_alone(world: World, visit: Visit, work: Work) -> None:
    claire = visit(world.one.adviser)
    page = _send(claire, work, (FILES / "to-correct.csv").read_bytes(), "À revoir")
    claire.send("/write")
    work()
    assert claire.get(page.response.request.path).text("h1") == "3 personnes inscrites"


def test_a_file_that_holds_what_it_must_not(world: World, visit: Visit, work: Work) -> None:
    claire = visit(world.one.adviser)
    page = _send(claire, work, (FILES / "social-security.csv").read_bytes(), "Interdit")
    assert "Numéro de sécurité sociale" in page.words
    assert "Interdit" not in claire.get("/cohorts").words


def test_nobody_else_sees_the_file(world: World, visit: Visit, work: Work) -> None:
    claire = visit(world.one.adviser)
    page = _send(claire, work, (FILES / "job-seekers-fr.csv").read_bytes(), "Automne")
    for stranger in (world.two.adviser, world.one.other_adviser, world.two.admin):
        assert status(visit(stranger), page.response.request.path) == 404


def _send(adviser: Visitor, work: Work, content: bytes, cohort: str) -> Page:
    """Send a file for a new cohort, and come to what it amounts to."""
    page = adviser.get("/cohorts/imports/new")
    course = next(o.get("value") for o in page.all("option") if (o.get("value") or "").startswith("course:"))
    page = adviser.send(
        "/cohorts/imports/new", file=(io.BytesIO(content), "people.csv"), name=cohort, path=course
    )
    followed = page.response.request.path
    work()
    return adviser.get(link(adviser.get(followed), "/cohorts/imports/"))
