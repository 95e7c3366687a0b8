"""Login and password."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select, update

from lms.core import db
from lms.core.clock import now
from lms.core.db import session
from lms.core.journal import Entry
from lms.people.models import Failure, SignIn
from tests.people.accounts import PASSWORD, at, change, give_password, is_in, opened_card_of, sign_in
from tests.support.page import Visitor
from tests.support.sight import everything
from tests.support.worlds import World

Visit = Callable[..., Visitor]
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def verbs() -> list[str]:
    with everything(db.Mode.READ):
        return list(session.scalars(select(Entry.verb).order_by(Entry.id)))


def test_the_right_password_opens_and_leads_on(world: World, visit: Visit) -> None:
    give_password(world.one.adviser)
    browser = visit()
    browser.get("/sign-in?next=/me")
    page = browser.send("/sign-in", login="Claire.CANARI-1 ", password=PASSWORD)
    assert page.response.request.path == "/me"
    assert "signed-in" in verbs()


def test_an_address_that_names_one_account_will_do(world: World, visit: Visit) -> None:
    give_password(world.one.adviser)
    browser = visit()
    sign_in(browser, "claire1@exemple.fr")
    assert is_in(browser)


def test_an_address_that_two_share_opens_neither(world: World, visit: Visit) -> None:
    for who in (world.one.adviser, world.one.learner):
        give_password(who)
        change(who, email="ensemble@exemple.fr")
    browser = visit()
    sign_in(browser, "ensemble@exemple.fr")
    assert not is_in(browser)


@pytest.mark.parametrize("login", ["claire.canari-1", "personne"])
def test_a_wrong_password_and_an_unknown_login_get_the_same_words(
    world: World, visit: Visit, login: str
) -> None:
    give_password(world.one.adviser)
    browser = visit()
    browser.get("/sign-in")
    page = browser.send("/sign-in", login=login, password="autre chose")
    assert page.status == 422
    assert "ne vont pas ensemble" in page.words or "do not go together" in page.words
    assert "autre chose" not in page.html
    assert "sign-in-refused" in verbs()
    assert not is_in(browser)


def test_a_suspended_account_stays_shut(world: World, visit: Visit) -> None:
    give_password(world.one.adviser)
    change(world.one.adviser, suspended_at=now())
    browser = visit()
    browser.get("/sign-in")
    page = browser.send("/sign-in", login="claire.canari-1", password=PASSWORD)
    assert page.status == 422
    assert "suspend" in page.words
    assert not is_in(browser)


def test_a_session_that_is_ended_elsewhere_opens_nothing(world: World, visit: Visit) -> None:
    give_password(world.one.adviser)
    browser = visit()
    sign_in(browser, "claire.canari-1")
    with db.transaction():
        session.execute(update(SignIn).values(ended_at=now()))
    assert not is_in(browser)


def test_the_cookie_is_all_new_at_each_sign_in(world: World, visit: Visit) -> None:
    give_password(world.one.adviser)
    browser = visit()
    sign_in(browser, "claire.canari-1")
    with browser.client.session_transaction() as cookie:
        first, token = cookie["_user_id"], cookie.get("csrf_token")
        cookie["planted"] = "by somebody else"
    browser.get("/me")
    browser.send("/sign-out")
    sign_in(browser, "claire.canari-1")
    with browser.client.session_transaction() as cookie:
        assert cookie["_user_id"] != first
        assert cookie.get("csrf_token") != token
        assert "planted" not in cookie


def fail(browser: Visitor, login: str, times: int) -> int:
    """So many wrong passwords, far enough apart for the pauses; returns the last status."""
    status = 0
    for _n in range(times):
        browser.get("/sign-in")
        status = browser.send("/sign-in", login=login, password="non").status
    return status


def test_ten_failures_from_one_network_then_a_wait(world: World, visit: Visit) -> None:
    give_password(world.one.adviser)
    with time_machine.travel(NOON, tick=False) as clock:
        browser = at(visit(), "198.51.100.7")
        tried = 0
        for _n in range(40):
            status = fail(browser, "claire.canari-1", 1)
            tried += status == 422
            clock.shift(timedelta(seconds=20))
        assert tried == 10
        page = browser.send("/sign-in", login="claire.canari-1", password=PASSWORD)
        assert page.status == 429  # even the right one
        assert int(page.response.headers["Retry-After"]) > 0
        neighbour = at(visit(), "198.51.100.200")
        assert fail(neighbour, "claire.canari-1", 1) == 429
        elsewhere = at(visit(), "203.0.113.7")
        sign_in(elsewhere, "claire.canari-1")
        assert is_in(elsewhere)
        clock.shift(timedelta(minutes=16))
        sign_in(browser, "claire.canari-1")
        assert is_in(browser)


def test_the_pause_grows_with_each_failure(world: World, visit: Visit) -> None:
    give_password(world.one.adviser)
    with time_machine.travel(NOON, tick=False) as clock:
        browser = at(visit(), "198.51.100.7")
        assert fail(browser, "claire.canari-1", 4) == 422
        waits = []
        for _n in range(4):
            assert fail(browser, "claire.canari-1", 1) == 422
            browser.get("/sign-in")
            page = browser.send("/sign-in", login="claire.canari-1", password=PASSWORD)
            assert page.status == 429
            waits.append(int(page.response.headers["Retry-After"]))
            clock.shift(timedelta(seconds=waits[-1]))
        assert waits == sorted(set(waits))


def test_an_unknown_login_is_slowed_down_alike(world: World, visit: Visit) -> None:
    with time_machine.travel(NOON, tick=False):
        assert fail(at(visit(), "198.51.100.7"), "personne", 6) == 429


def test_the_card_works_for_a_login_that_was_tried_too_often(world: World, visit: Visit) -> None:
    who = world.one.learner
    with time_machine.travel(NOON, tick=False):
        card = opened_card_of(who, at(visit(), "203.0.113.7"))
        browser = at(visit(), "198.51.100.7")
        assert fail(browser, who.login, 6) == 429
        browser.get("/sign-in/card")
        browser.send("/sign-in/code", number=card.spaced_number, code="380417")
        assert is_in(browser)


def test_a_success_forgives_the_slips_before_it(world: World, visit: Visit) -> None:
    give_password(world.one.adviser)
    browser = visit()
    fail(browser, "claire.canari-1", 2)
    sign_in(browser, "claire.canari-1")
    with db.transaction(db.Mode.READ):
        assert session.scalar(select(func.count(Failure.id))) == 0


def test_a_network_that_fails_everywhere_is_stopped(world: World, visit: Visit) -> None:
    give_password(world.one.adviser)
    with time_machine.travel(NOON, tick=False):
        with db.transaction():
            session.add_all(Failure(subject=f"s{n}", address="198.51.100.0/24", at=now()) for n in range(300))
        browser = at(visit(), "198.51.100.7")
        browser.get("/sign-in")
        assert browser.send("/sign-in", login="claire.canari-1", password=PASSWORD).status == 429
        sign_in(at(visit(), "198.51.101.7"), "claire.canari-1")


ELSEWHERE = [
    "//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example", "/\\/evil.example",
    "https://evil.example", "http://evil.example", "HTTPS://evil.example", "https:evil.example", "https:/evil.example",
    "https:///evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", " javascript:alert(1)",
    "\tjavascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "ftp://evil.example",
    "mailto:a@evil.example", "//evil.example/%2f..", "/\t/evil.example", "/\n/evil.example", "/\r/evil.example",
    "/\r\nLocation: https://evil.example", "\n//evil.example", " //evil.example", "\t//evil.example", "\x00//evil.example",
    "/\x00/evil.example", "evil.example", "evil.example/", "@evil.example", "//user@evil.example", "//evil.example:80",
    "//[::1]", "//127.0.0.1", "//localhost.evil.example", "?//evil.example", "#//evil.example", ".", "..", "../..//evil.example",
    "./evil", "/ /evil.example", "/\\\\evil.example", "\\/evil.example", "\\evil.example", "//evil%E3%80%82example",
    "/\u2028/evil.example\x0b", "https://localhost@evil.example", "https://localhost.evil.example", "//\tevil.example",
]  # fmt: skip


def test_a_link_leads_nowhere_else(world: World, visit: Visit) -> None:
    assert len(ELSEWHERE) >= 50
    give_password(world.one.adviser)
    for target in ELSEWHERE:
        browser = visit()
        page = browser.get("/sign-in")
        typed = page.form("/sign-in") | {"login": "claire.canari-1", "password": PASSWORD, "next": target}
        answer = browser.client.post("/sign-in", data=typed)
        if answer.status_code == 400:  # a sign that no address holds: the form is refused as a whole
            assert any(ord(letter) < 32 or ord(letter) == 127 for letter in target), target
            continue
        assert (answer.status_code, answer.location) == (302, "/"), target
        assert browser.client.get("/sign-in", query_string={"next": target}).location == "/", target


def test_a_shared_computer_forgets_after_a_quarter_of_an_hour(world: World, visit: Visit) -> None:
    give_password(world.one.adviser)
    with time_machine.travel(NOON, tick=False) as clock:
        shared, own = visit(), visit()
        sign_in(own, "claire.canari-1")
        shared.get("/sign-in")
        shared.send("/sign-in", login="claire.canari-1", password=PASSWORD, shared="y")
        clock.shift(timedelta(minutes=14))
        assert is_in(shared)
        clock.shift(timedelta(minutes=16))
        page = shared.get("/me")
        assert page.response.request.path == "/sign-in"
        assert "enregistré" in page.words or "saved" in page.words
        assert is_in(own)
        clock.shift(timedelta(hours=9))
        assert not is_in(own)


def test_leaving_ends_the_session_and_empties_a_shared_browser(world: World, visit: Visit) -> None:
    give_password(world.one.adviser)
    browser = visit()
    browser.get("/sign-in")
    browser.send("/sign-in", login="claire.canari-1", password=PASSWORD, shared="y")
    page = browser.get("/me")
    with browser.client.session_transaction() as cookie:
        copy = dict(cookie)
    answer = browser.client.post("/sign-out", data=page.form("/sign-out"))
    assert "storage" in answer.headers["Clear-Site-Data"]
    with browser.client.session_transaction() as cookie:
        assert "_user_id" not in cookie
    assert browser.get("/sign-out").status == 200
    thief = visit()
    with thief.client.session_transaction() as cookie:
        cookie.update(copy)
    assert not is_in(thief)


def test_leaving_a_browser_of_ones_own_keeps_how_it_looks(world: World, visit: Visit) -> None:
    give_password(world.one.adviser)
    browser = visit()
    sign_in(browser, "claire.canari-1")
    with browser.client.session_transaction() as cookie:
        cookie["theme"] = "dark"
    page = browser.get("/me")
    answer = browser.client.post("/sign-out", data=page.form("/sign-out"))
    assert "Clear-Site-Data" not in answer.headers
    with browser.client.session_transaction() as cookie:
        assert cookie["theme"] == "dark"


def test_leaving_without_being_there_is_no_fault(world: World, visit: Visit) -> None:
    browser = visit()
    token = browser.get("/sign-in").form("/sign-in")["csrf_token"]
    assert browser.client.post("/sign-out", data={"csrf_token": token}).status_code == 302
    assert browser.client.post("/sign-out-idle", data={"csrf_token": token}).location == "/sign-in?idle=1"
    assert browser.fetch("/sign-out-idle").location == "/sign-in?idle=1"


def test_an_account_without_a_place_is_told_whom_to_call(world: World, visit: Visit) -> None:
    from lms.people.models import Person

    give_password(world.one.adviser)
    with db.transaction(tenant_id=world.one.tenant_id):
        session.get_one(Person, world.one.adviser.person_id).archived_at = now()
    browser = visit()
    browser.get("/sign-in")
    assert browser.send("/sign-in", login="claire.canari-1", password=PASSWORD).status == 403
    assert not is_in(browser)
