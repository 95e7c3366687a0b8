"""Somebody without e-mail gets a card: opened once by its words, then its number and a code; lost, it is replaced."""

import re

from tests.journeys.conftest import Visit, status
from tests.support.page import Page, Visitor
from tests.support.worlds import Corner, World

CODE = "820461"


def test_from_the_printed_card_to_ones_path(world: World, visit: Visit) -> None:
    words, number = _card(visit(world.one.adviser), world.one)
    phone = visit()
    for _time in range(3):
        assert phone.get(f"/sign-in/card/{words.replace(' ', '-')}").status == 200
    page = _open(phone, words)
    assert page.text("h1") == "Bonjour Odile"
    phone.send("/sign-out")
    assert phone.get("/learn").response.request.path == "/sign-in"
    again = visit()
    again.get(f"/sign-in/card/{words.replace(' ', '-')}")
    assert "n’ouvrent aucune carte" in again.send("/sign-in/card").words.replace("\u00a0", " ")
    computer = visit()
    computer.get("/sign-in/card")
    assert "ne vont pas ensemble" in computer.send("/sign-in/code", number=number, code="111222").words
    assert computer.send("/sign-in/code", number=number, code=CODE, shared="y").text("h1") == "Bonjour Odile"


def test_a_lost_card_is_a_new_one_in_two_clicks(world: World, visit: Visit) -> None:
    claire = visit(world.one.adviser)
    words, number = _card(claire, world.one)
    phone = visit()
    _open(phone, words)
    claire.get(f"/people/{world.one.other_learner.person_id}")  # her file is on the screen: the first click
    page = claire.send("/card")  # the second
    fresh, _new = _read(page)
    assert fresh != words
    assert phone.get("/learn").response.request.path == "/sign-in"
    phone.get("/sign-in/card")
    assert phone.send("/sign-in/code", number=number, code=CODE).status == 422
    assert _open(visit(), fresh).text("h1") == "Bonjour Odile"


def test_who_has_no_right_makes_no_card(world: World, visit: Visit) -> None:
    whose = f"/people/{world.one.other_learner.person_id}"
    for stranger in (world.two.adviser, world.one.hr, world.one.partner):
        assert status(visit(stranger), whose) in (403, 404)


def _card(adviser: Visitor, corner: Corner) -> tuple[str, str]:
    """Words and number of the card of the learner without e-mail, made from her page in the cohort."""
    page = adviser.get(f"/cohorts/{corner.cohort_id}")
    members = [one for one in page.links() if "/members/" in one]
    assert any("Odile" in adviser.get(one).text("h1") for one in members)  # the last one opened is hers
    return _read(adviser.send("/cards"))


def _read(page: Page) -> tuple[str, str]:
    """The six words and the number of the one card of a sheet."""
    words = next(p for p in page.all("p") if p.get("class") == "ac__w")
    number = re.search(r"\d{4}[\s\u00a0]\d{4}", page.text("ul"))
    assert number
    return " ".join(" ".join(words.itertext()).replace("·", " ").split()), re.sub(r"\D", "", number[0])


def _open(browser: Visitor, words: str) -> Page:
    browser.get("/sign-in/card")
    browser.send("/sign-in/card", words=words)
    return browser.send("/sign-in/first-code", code=CODE, again=CODE)
