"""Passkeys: made, named, taken away, and signed in with; what a good device never sends is refused."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from config import settings as chosen
from config.settings import Settings
from lms.core import db
from lms.core.db import session
from lms.people import passkeys
from lms.people.models import Passkey, SignIn
from tests.people.accounts import change, is_in, mails
from tests.people.device import PRESENT, VERIFIED, Device
from tests.people.test_second_factor import ask_for_two
from tests.support.page import Visitor
from tests.support.sight import everything
from tests.support.worlds import Someone, World

Visit = Callable[..., Visitor]
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def question(browser: Visitor, path: str) -> dict[str, Any]:
    """What the page at this address asks the device."""
    page = browser.get(path)
    (form,) = [one for one in page.all("form") if one.get("data-passkey")]
    found: dict[str, Any] = json.loads(form.get("data-question"))
    return found


def make(browser: Visitor, device: Device, name: str = "Mon téléphone", **wrong: Any) -> int:
    """Make a passkey in this browser; the status of the answer."""
    asked = question(browser, "/me/passkeys/new")
    return browser.send("/me/passkeys/new", answer=device.make(asked, **wrong), name=name).status


def enter(browser: Visitor, device: Device, **wrong: Any) -> int:
    """Sign in with it; the status of the answer."""
    asked = question(browser, "/sign-in/passkey")
    return browser.send("/sign-in/passkey", answer=device.use(asked, **wrong)).status


def kept(who: Someone) -> list[Passkey]:
    with db.transaction(db.Mode.READ):
        found = list(session.scalars(select(Passkey).where(Passkey.account_id == who.account_id)))
        session.expunge_all()
        return found


def test_a_passkey_signs_in_without_login_or_password(world: World, visit: Visit) -> None:
    device, browser = Device(), visit()
    assert make(visit(world.one.adviser), device) == 200
    assert enter(browser, device) == 200
    assert is_in(browser)
    (key,) = kept(world.one.adviser)
    assert (key.name, key.sign_count) == ("Mon téléphone", 1)
    assert key.used_at is not None
    with db.transaction(db.Mode.READ):
        latest = session.scalars(select(SignIn).order_by(SignIn.id.desc())).first()
    assert latest is not None
    assert (latest.method, latest.second_at is not None) == ("passkey", True)
    assert [mail.details["what"] for mail in mails()] == ["passkey-added"]


def test_a_device_that_counts_nothing_will_do(world: World, visit: Visit) -> None:
    device = Device()
    make(visit(world.one.adviser), device)
    for _n in range(2):
        browser = visit()
        enter(browser, device, count=0)
        assert is_in(browser)


#: What is wrong, each beside the good answer above that differs in nothing else.
WRONG: dict[str, dict[str, Any]] = {
    "another site's page": {"origin": "https://kokoroe.example"},
    "a port that is not ours": {"origin": "http://localhost:81"},
    "another site's key": {"site": "evil.example"},
    "nobody was there": {"flags": VERIFIED},
    "no finger, face or PIN": {"flags": PRESENT},
    "a challenge of nobody's": {"challenge": "Z" * 40},
    "an answer to another question": {"kind": "webauthn.create"},
    "signed by another key": {"key": ec.generate_private_key(ec.SECP256R1())},
    "another account's handle": {"handle": "A" * 43},
}


@pytest.mark.parametrize("why", WRONG)
def test_what_a_good_device_never_sends_is_refused(world: World, visit: Visit, why: str) -> None:
    device, browser = Device(), visit()
    make(visit(world.one.adviser), device)
    assert enter(browser, device, **WRONG[why]) == 422
    assert not is_in(browser)
    assert enter(browser, device) == 200
    assert is_in(browser)


@pytest.mark.parametrize("why", ["another site's page", "no finger, face or PIN", "a challenge of nobody's"])
def test_nor_is_one_made_by_it(world: World, visit: Visit, why: str) -> None:
    browser = visit(world.one.adviser)
    assert make(browser, Device(), **WRONG[why]) == 422
    assert kept(world.one.adviser) == []
    assert make(browser, Device()) == 200


def test_a_copy_whose_count_falls_back_is_refused(world: World, visit: Visit) -> None:
    device = Device()
    make(visit(world.one.adviser), device)
    enter(visit(), device, count=7)
    for count in (7, 3):
        browser = visit()
        assert enter(browser, device, count=count) == 422
        assert not is_in(browser)
    browser = visit()
    enter(browser, device, count=8)
    assert is_in(browser)


def test_an_answer_opens_one_session_only(world: World, visit: Visit) -> None:
    """Even where the device counts nothing, and the thief has the whole browser."""
    device, browser = Device(), visit()
    make(visit(world.one.adviser), device)
    asked = question(browser, "/sign-in/passkey")
    with browser.client.session_transaction() as cookie:
        stolen = dict(cookie)
    page, answer = browser.page, device.use(asked, count=0)
    browser.send("/sign-in/passkey", answer=answer)
    assert is_in(browser)
    thief = visit()
    with thief.client.session_transaction() as cookie:
        cookie.update(stolen)
    thief.page = page
    assert thief.send("/sign-in/passkey", answer=answer).status == 409
    assert not is_in(thief)


def test_a_question_is_asked_of_one_browser_and_not_for_long(world: World, visit: Visit) -> None:
    device, other = Device(), visit()
    make(visit(world.one.adviser), device)
    asked = question(visit(), "/sign-in/passkey")
    other.get("/sign-in/passkey")
    assert other.send("/sign-in/passkey", answer=device.use(asked)).status == 422
    with time_machine.travel(NOON, tick=False) as clock:
        slow = visit()
        asked = question(slow, "/sign-in/passkey")
        clock.shift(timedelta(minutes=11))
        assert slow.send("/sign-in/passkey", answer=device.use(asked)).status == 422
    assert not is_in(slow)


@pytest.mark.parametrize(
    "answer",
    ["", "{}", "[]", "nonsense", '{"id": 1}', '{"id": "é", "rawId": "é", "response": {}}', "x" * 20_001],
)
def test_nonsense_is_refused_in_words(world: World, visit: Visit, answer: str) -> None:
    browser = visit()
    browser.get("/sign-in/passkey")
    assert browser.send("/sign-in/passkey", answer=answer).status == 422
    mine = visit(world.one.adviser)
    mine.get("/me/passkeys/new")
    assert mine.send("/me/passkeys/new", answer=answer, name="x").status == 422


def test_an_unknown_passkey_opens_nothing(world: World, visit: Visit) -> None:
    assert enter(visit(), Device()) == 422


def test_a_suspended_account_stays_shut(world: World, visit: Visit) -> None:
    device, browser = Device(), visit()
    make(visit(world.one.adviser), device)
    change(world.one.adviser, suspended_at=NOON)
    assert enter(browser, device) == 422
    assert not is_in(browser)


def test_a_passkey_is_named_and_taken_away_by_its_owner_alone(world: World, visit: Visit) -> None:
    device, browser = Device(), visit(world.one.adviser)
    make(browser, device)
    (key,) = kept(world.one.adviser)
    stranger = visit(world.two.adviser)
    token = stranger.get("/me").form("/sign-out")["csrf_token"]
    for deed in ("name", "remove"):
        answer = stranger.client.post(
            f"/me/passkeys/{key.id}/{deed}", data={"csrf_token": token, "name": "x"}
        )
        assert answer.status_code == 404
    browser.get("/me")
    assert "Ma clé" in browser.send(f"/me/passkeys/{key.id}/name", name=" Ma clé ").words
    browser.send(f"/me/passkeys/{key.id}/name", name="")
    assert [one.name for one in kept(world.one.adviser)] == ["Ma clé"]
    browser.get("/me")
    browser.send(f"/me/passkeys/{key.id}/remove")
    assert kept(world.one.adviser) == []
    assert enter(visit(), device) == 422
    with everything(db.Mode.READ):
        assert [mail.details["what"] for mail in mails()] == ["passkey-added", "passkey-removed"]


def test_one_device_makes_one_passkey(world: World, visit: Visit) -> None:
    device, browser = Device(), visit(world.one.adviser)
    make(browser, device)
    asked = question(browser, "/me/passkeys/new")
    assert len(asked["excludeCredentials"]) == 1
    assert browser.send("/me/passkeys/new", answer=device.make(asked), name="x").status == 409


def test_a_passkey_is_the_second_factor_that_is_owed(world: World, visit: Visit) -> None:
    ask_for_two(world)
    device, first = Device(), visit(world.one.adviser)
    assert make(first, device) == 200
    assert first.get("/cohorts").response.request.path == "/cohorts"
    later = visit(world.one.adviser)
    asked = question(later, "/me/second-factor?next=/cohorts")
    assert len(asked["allowCredentials"]) == 1
    page = later.send("/me/proof/passkey", answer=device.use(asked))
    assert page.response.request.path == "/cohorts"


def test_a_passkey_of_somebody_else_proves_nothing(world: World, visit: Visit) -> None:
    mine, theirs = Device(), Device()
    make(visit(world.one.adviser), mine)
    make(visit(world.one.trainer), theirs)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=20), tick=False):
        browser = visit(world.one.adviser)
        ask_for_two(world)
        asked = question(browser, "/me/second-factor")
        page = browser.send("/me/proof/passkey", answer=theirs.use(asked))
        assert page.response.request.path == "/me/second-factor"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://localhost:5000", "localhost"),
        ("https://formation.example.org", "formation.example.org"),
        ("http://formation.example.org", ""),
        ("https://192.0.2.7", ""),
        ("http://[::1]:5000", ""),
    ],
)
def test_passkeys_need_a_name(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, url: str, name: str
) -> None:
    monkeypatch.setattr(chosen, "current", lambda: replace(settings, base_url=url))
    found = passkeys.site()
    assert (found.name if found else "") == name
    assert found is None or found.origin == url


def test_where_no_passkey_works_none_is_offered(
    world: World, visit: Visit, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chosen, "current", lambda: replace(settings, base_url="http://192.0.2.7"))
    assert "/sign-in/passkey" not in " ".join(visit().get("/sign-in").links())
    assert visit().get("/sign-in/passkey").status == 200
    assert "/me/passkeys/new" not in " ".join(visit(world.one.adviser).get("/me").links())
