"""Somebody who has forgotten a password gets a link by mail, which serves once."""

from collections.abc import Callable

from sqlalchemy import select

from lms.core import db
from lms.core.db import Mode, session
from lms.core.post import Mail
from tests.journeys.conftest import Visit
from tests.support.worlds import World

Work = Callable[[], None]
FRESH = "une girafe lit le journal"


def test_a_link_by_mail_opens_the_door_again(world: World, visit: Visit, work: Work) -> None:
    browser = visit()
    browser.get("/sign-in")
    browser.get("/sign-in/forgotten")
    browser.send("/sign-in/forgotten", login=world.one.adviser.login)
    work()
    with db.transaction(Mode.READ):
        mail = session.scalars(select(Mail)).one()
        address, link = mail.address, str(mail.details["url"]).removeprefix("http://localhost")
    assert address == "claire1@exemple.fr"
    browser.get(link)
    browser.send(link, password=FRESH, again=FRESH)
    page = browser.send("/sign-in", login=world.one.adviser.login, password=FRESH)
    assert page.text("h1") == "Cohortes"
    assert visit().get(link).status == 404


def test_nobody_learns_who_has_an_account(world: World, visit: Visit, work: Work) -> None:
    told = set()
    for login in (world.one.adviser.login, "personne@exemple.fr"):
        browser = visit()
        browser.get("/sign-in/forgotten")
        told.add(browser.send("/sign-in/forgotten", login=login).text("main").replace(login, ""))
        work()
    assert len(told) == 1
