"""An adviser makes a cohort, adds people one by one, moves one and withdraws another."""

import re

from tests.journeys.conftest import Visit
from tests.support.page import Visitor
from tests.support.worlds import World


def test_a_cohort_made_by_hand(world: World, visit: Visit) -> None:
    claire = visit(world.one.adviser)
    cohort = _cohort(claire, "Hiver")
    for first, last in (("Ludivine", "Wattel"), ("Bruno", "Baert")):
        claire.get(f"{cohort}/add")
        page = claire.send("/add", first_name=first, last_name=last)
        assert f"{last} {first}" in page.words
    _withdraw(claire, cohort, "Wattel")
    page = claire.get(cohort)
    assert "Wattel" not in page.text("table")
    assert "Baert" in page.text("table")


def test_somebody_known_is_recognised(world: World, visit: Visit) -> None:
    claire = visit(world.one.adviser)
    first, second = (_cohort(claire, name) for name in ("Hiver", "Printemps"))
    said = {"first_name": "Ludivine", "last_name": "Wattel", "birth_date": "24/11/1980"}
    claire.get(f"{first}/add")
    claire.send("/add", **said)
    claire.get(f"{second}/add")
    page = claire.send("/add", **said)
    assert page.status == 422
    assert "Ludivine" in page.text("fieldset")
    page = claire.send("/add")  # the one that is known is proposed
    assert page.response.request.path == second
    assert "Wattel Ludivine" in page.words
    people = claire.get("/people?q=wattel")
    assert len([one for one in people.links() if re.fullmatch(r"/people/\d+", one)]) == 1


def test_moving_keeps_what_was_done(world: World, visit: Visit) -> None:
    one = world.one
    nadia = visit(one.learner)
    nadia.get("/learn")
    page = nadia.send("/open")
    nadia.send(page.response.request.path)
    claire = visit(one.adviser)
    other = _cohort(claire, "Hiver")
    _of(claire, f"/cohorts/{one.cohort_id}", "Nadia")
    claire.send("/move/ask")
    page = claire.send("/move", to=re.sub(r"\D", "", other))
    assert page.response.request.path == other
    assert "1 sur 3" in page.words


def _cohort(adviser: Visitor, name: str) -> str:
    """The address of a new cohort on the one course."""
    page = adviser.get("/cohorts/new")
    course = next(o.get("value") for o in page.all("option") if (o.get("value") or "").startswith("course:"))
    page = adviser.send("/cohorts/new", name=name, path=course)
    assert page.text("h1") == name
    return page.response.request.path


def _withdraw(adviser: Visitor, cohort: str, name: str) -> None:
    _of(adviser, cohort, name)
    adviser.send("/withdraw/ask")
    adviser.send("/withdraw", reason="job")


def _of(adviser: Visitor, cohort: str, name: str) -> None:
    """The page of the member of this name."""
    page = adviser.get(cohort)
    for path in [one for one in page.links() if "/members/" in one]:
        if name in adviser.get(path).text("h1"):
            return
    raise LookupError(name)
