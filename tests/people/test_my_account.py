"""One's own name, address and sessions."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from lms.core import db
from lms.core.db import session
from lms.core.journal import Entry
from lms.people.devices import place_of, way_in
from lms.people.models import Account, Person, SignIn
from tests.people.accounts import at, change, give_password, is_in, mails, sign_in
from tests.support.page import Visitor
from tests.support.sight import everything
from tests.support.worlds import Someone, World

Visit = Callable[..., Visitor]
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
FRESH = "une girafe lit le journal"


def account_of(who: Someone) -> Account:
    with db.transaction(db.Mode.READ):
        found = session.get_one(Account, who.account_id)
        session.expunge_all()
        return found


def emails_of(who: Someone) -> list[str | None]:
    """What each tenant knows of the owner of this account."""
    with everything(db.Mode.READ):
        mine = select(Person.email).where(Person.account_id == who.account_id)
        return list(session.scalars(mine.order_by(Person.tenant_id)))


def ask(browser: Visitor, email: str) -> str:
    """Ask for a new address; the path in the mail."""
    browser.get("/me/email")
    browser.send("/me/email", email=email)
    return str(mails()[-1].details["url"]).removeprefix("http://localhost")


# --- name ------------------------------------------------------------------------------------------------------------


def test_ones_name_and_telephone_are_changed(world: World, visit: Visit) -> None:
    who, browser = world.one.learner, visit(world.one.learner)
    browser.get("/me/name")
    page = browser.send("/me/name", first_name=" Nadia ", last_name="Élan", phone="06 39 98 12 34")
    assert page.response.request.path == "/me"
    with everything(db.Mode.READ):
        person = session.get_one(Person, who.person_id)
        assert (person.name, person.sort_name, person.phone) == ("Nadia Élan", "elan nadia", "0639981234")
        assert person.email == "nadia1@exemple.fr", "untouched"
        line = session.scalars(select(Entry).where(Entry.verb == "person-changed")).one()
        assert line.person_id == who.person_id
        assert "Élan" not in str(line.details)


@pytest.mark.parametrize("typed", [{"first_name": ""}, {"last_name": "R2D2"}, {"phone": "zéro"}])
def test_a_name_that_cannot_be_is_sent_back(world: World, visit: Visit, typed: dict[str, str]) -> None:
    browser = visit(world.one.learner)
    browser.get("/me/name")
    assert browser.send("/me/name", **{"last_name": "Canari"} | typed).status == 422


# --- address ---------------------------------------------------------------------------------------------------------


def test_an_address_is_confirmed_where_it_leads_and_told_where_the_old_one_led(
    world: World, visit: Visit
) -> None:
    who, browser = world.one.adviser, visit(world.one.adviser)
    path = ask(browser, " Claire@Neuve.fr ")
    assert [mail.address for mail in mails()] == ["claire@neuve.fr"]
    assert account_of(who).email == "claire1@exemple.fr", "nothing changes yet"
    for _n in range(2):
        assert visit().get(path).status == 200, "looking at the link changes nothing"
    assert account_of(who).email == "claire1@exemple.fr"
    phone = visit()
    phone.get(path)
    assert phone.send(path).response.request.path == "/sign-in"
    assert account_of(who).email == "claire@neuve.fr"
    assert emails_of(who) == ["claire@neuve.fr"]
    told = mails()[-1]
    assert (told.address, told.details["what"]) == ("claire1@exemple.fr", "address-changed")
    phone.get(path)
    assert phone.send(path).status == 404, "a link works once"
    with everything(db.Mode.READ):
        assert "address-changed" in list(session.scalars(select(Entry.verb)))


def test_the_address_follows_in_every_tenant_that_knew_the_old_one(world: World, visit: Visit) -> None:
    who = world.one.adviser
    with db.transaction(tenant_id=world.two.tenant_id):
        session.execute(
            update(Person)
            .where(Person.id == world.two.adviser.person_id)
            .values(account_id=who.account_id, email="claire1@exemple.fr")
        )
    browser = visit(who)
    path = ask(browser, "claire@neuve.fr")
    browser.get(path)
    browser.send(path)
    assert emails_of(who) == ["claire@neuve.fr", "claire@neuve.fr"]


def test_a_login_that_was_the_old_address_follows_too(world: World, visit: Visit) -> None:
    who, browser = world.one.adviser, visit(world.one.adviser)
    change(who, login="claire1@exemple.fr")
    path = ask(browser, "claire@neuve.fr")
    browser.get(path)
    browser.send(path)
    assert account_of(who).login == "claire@neuve.fr"


def test_whether_somebody_has_an_address_only_its_reader_learns(world: World, visit: Visit) -> None:
    browser = visit(world.one.adviser)
    said = set()
    for email in ("tony1@exemple.fr", "personne@exemple.fr"):
        browser.get("/me/email")
        page = browser.send("/me/email", email=email)
        said.add((page.status, page.response.request.path))
    assert len(said) == 1
    path = ask(browser, "tony1@exemple.fr")
    browser.get(path)
    page = browser.send(path)
    assert page.status == 409
    assert account_of(world.one.adviser).email == "claire1@exemple.fr"


def test_a_link_lasts_a_day_and_a_newer_one_replaces_it(world: World, visit: Visit) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        browser = visit(world.one.adviser)
        old, new = (ask(browser, f"claire@neuve{n}.fr") for n in range(2))
        phone = visit()
        phone.get(old)
        assert phone.send(old).status == 404
        clock.shift(timedelta(hours=25))
        phone.get(new)
        assert phone.send(new).status == 404


def test_nobody_fills_a_strangers_mailbox(world: World, visit: Visit) -> None:
    browser = visit(world.one.adviser)
    for n in range(5):
        ask(browser, f"n{n}@exemple.fr")
    browser.get("/me/email")
    assert browser.send("/me/email", email="encore@exemple.fr").status == 429


@pytest.mark.parametrize("email", ["", "claire", "a@b", "a b@exemple.fr"])
def test_what_is_no_address_is_sent_back(world: World, visit: Visit, email: str) -> None:
    browser = visit(world.one.adviser)
    browser.get("/me/email")
    assert browser.send("/me/email", email=email).status == 422


def test_a_changed_password_is_told(world: World, visit: Visit) -> None:
    give_password(world.one.adviser)
    browser = visit()
    sign_in(browser, world.one.adviser.login)
    browser.get("/me/password")
    browser.send("/me/password", current="tortue violette sous la lampe", password=FRESH, again=FRESH)
    assert [mail.details["what"] for mail in mails()] == ["password-changed"]


# --- sessions --------------------------------------------------------------------------------------------------------


def test_a_session_says_how_whence_and_until_when(world: World, visit: Visit) -> None:
    give_password(world.one.adviser)
    with time_machine.travel(NOON, tick=False) as clock:
        there = at(visit(), "203.0.113.7")
        there.client.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (iPhone) Version/18.0 Mobile Safari/604"
        sign_in(there, world.one.adviser.login)
        clock.shift(timedelta(minutes=40))
        there.get("/cohorts")
        clock.shift(timedelta(minutes=5))
        there.get("/cohorts")
        here = visit()
        sign_in(here, world.one.adviser.login)
        said = here.get("/me").words
        assert "Safari, iPhone" in said
        assert "203.0.113.…" in said
        assert "par mot de passe" in said
        with db.transaction(db.Mode.READ):
            seen = session.scalars(select(SignIn.seen_at).where(SignIn.network == "203.0.113.0/24")).one()
        assert seen == NOON + timedelta(minutes=40), "to within a quarter of an hour"


def test_a_sign_of_life_is_a_hint(world: World, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the database takes nothing just now, pages are read all the same."""
    from lms.people import services

    def full(_token: str) -> None:
        raise OSError("no space")

    monkeypatch.setattr(services, "see", full)
    give_password(world.one.adviser)
    with time_machine.travel(NOON, tick=False) as clock:
        browser = visit()
        sign_in(browser, world.one.adviser.login)
        clock.shift(timedelta(minutes=40))
        assert is_in(browser)


@pytest.mark.parametrize(
    ("network", "place"),
    [("203.0.113.0/24", "203.0.113.…"), ("2001:db8:1:200::/56", "2001:db8:1:200:…"), ("?", ""), ("", "")],
)
def test_a_place_in_short(network: str, place: str) -> None:
    assert place_of(network) == place


def test_every_way_in_has_its_word(app: object) -> None:
    assert {way_in(one) for one in ("password", "card", "code", "passkey", "sso", "invitation")} >= {
        "mot de passe", "carte d’accès", "clé d’accès", "invitation",
    }  # fmt: skip
