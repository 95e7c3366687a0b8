"""An app that shows codes: set up, asked for after the password, owed to an organisation, lost."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import time_machine
from sqlalchemy import select, update

from lms.core import db
from lms.core.db import session
from lms.core.journal import Entry
from lms.organisations.models import Organisation
from lms.people import authenticator
from lms.people.models import Authenticator, Person, RecoveryCode, SignIn
from lms.people.services import factors
from tests.people.accounts import PASSWORD, at, change, give_password, is_in, mails, opened_card_of, sign_in
from tests.support.page import Page, Visitor
from tests.support.sight import everything
from tests.support.worlds import Someone, World

Visit = Callable[..., Visitor]
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def set_up(browser: Visitor) -> tuple[pyotp.TOTP, list[str]]:
    """Tie an app to the account that is signed in there: the app, and the recovery codes."""
    page = browser.get("/me/second-factor/app")
    secret = re.sub(r"\s", "", next(dd for dd in texts(page, "dd") if re.fullmatch(r"([A-Z2-7]{4} ?)+", dd)))
    app = pyotp.TOTP(secret)
    page = browser.send("/me/second-factor/app", code=app.at(datetime.now(UTC)))
    assert page.status == 200
    codes = [one for one in texts(page, "li") if re.fullmatch(r"\w{5}-\w{5}", one)]
    assert len(set(codes)) == authenticator.CODES
    return app, codes


def texts(page: Page, tag: str) -> list[str]:
    """The words of every element of this name."""
    return [" ".join("".join(one.itertext()).split()) for one in page.all(tag)]


def secured(world: World, visit: Visit) -> tuple[pyotp.TOTP, list[str]]:
    """The adviser with a password and an app."""
    give_password(world.one.adviser)
    browser = visit()
    sign_in(browser, world.one.adviser.login)
    return set_up(browser)


def ask_for_two(world: World, asked: bool = True) -> None:
    """The root asks for a second factor: it holds for all below."""
    with db.transaction(tenant_id=world.one.tenant_id):
        session.execute(
            update(Organisation)
            .where(Organisation.id == world.one.root_id)
            .values(requires_second_factor=asked)
        )


def current(app: pyotp.TOTP) -> str:
    return app.at(datetime.now(UTC))


# --- set up, and asked for ---------------------------------------------------------------------------------------


def test_after_the_password_a_code_is_asked_for(world: World, visit: Visit) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        app, _codes = secured(world, visit)
        clock.shift(timedelta(minutes=1))
        browser = visit()
        sign_in(browser, world.one.adviser.login, onward="/cohorts")
        assert browser.page is not None
        assert browser.page.response.request.path == "/sign-in/second"
        assert not is_in(browser), "nothing is open before the second factor"
        assert browser.send("/sign-in/second", code="000000").status == 422
        assert not is_in(browser)
        clock.shift(timedelta(seconds=30))
        page = browser.send("/sign-in/second", code=f" {current(app)[:3]} {current(app)[3:]}")
        assert page.response.request.path == "/cohorts"
        assert is_in(browser)
        with db.transaction(db.Mode.READ):
            latest = session.scalars(select(SignIn).order_by(SignIn.id.desc())).first()
            assert latest is not None
            assert latest.second_at is not None


def test_whoever_has_a_password_that_would_be_guessed_is_told_after_the_code(
    world: World, visit: Visit
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        app, _codes = secured(world, visit)
        give_password(world.one.adviser, "liverpool1892")
        clock.shift(timedelta(minutes=1))
        browser = visit()
        sign_in(browser, world.one.adviser.login, "liverpool1892", onward="/cohorts")
        page = browser.send("/sign-in/second", code=current(app))
        assert page.response.request.path == "/me/password"
        assert "serait deviné" in page.words


def test_a_code_is_taken_once(world: World, visit: Visit) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        app, _codes = secured(world, visit)
        clock.shift(timedelta(minutes=1))
        code = current(app)
        for expected in (True, False):
            browser = visit()
            sign_in(browser, world.one.adviser.login)
            browser.send("/sign-in/second", code=code)
            assert is_in(browser) is expected


def test_an_older_code_than_the_last_opens_nothing(world: World, visit: Visit) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        app, _codes = secured(world, visit)
        clock.shift(timedelta(minutes=1))
        older = app.at(datetime.now(UTC) - timedelta(seconds=30))
        with db.transaction():
            assert factors.spend(world.one.adviser.account_id, current(app))
            assert not factors.spend(world.one.adviser.account_id, older)


@pytest.mark.parametrize(("away", "right"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_clocks_may_differ_by_half_a_minute(away: int, right: bool) -> None:
    secret = pyotp.random_base32()
    code = pyotp.TOTP(secret).at(NOON + timedelta(seconds=away))
    assert (authenticator.step_of(secret, code, NOON) is not None) is right


def test_the_secret_is_sealed_and_the_codes_are_fingerprints(world: World, visit: Visit) -> None:
    app, codes = secured(world, visit)
    with db.transaction(db.Mode.READ):
        kept = session.scalars(select(Authenticator.sealed_secret)).one()
        hashes = session.scalars(select(RecoveryCode.code_hash)).all()
    assert app.secret not in kept
    assert not set(codes) & set(hashes)


def test_a_secret_offered_to_another_account_is_not_taken(world: World, visit: Visit) -> None:
    mine, theirs = (authenticator.offer(n, "x") for n in (1, 2))
    assert authenticator.offered(1, mine.sealed) == mine.secret
    assert authenticator.offered(1, theirs.sealed) == ""
    assert authenticator.offered(1, "not sealed by us") == ""


def test_what_was_begun_with_an_old_password_is_over(world: World, visit: Visit) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        app, _codes = secured(world, visit)
        browser = visit()
        sign_in(browser, world.one.adviser.login)
        give_password(world.one.adviser, "une girafe lit le journal")
        clock.shift(timedelta(minutes=1))
        page = browser.send("/sign-in/second", code=current(app))
        assert page.response.request.path == "/sign-in"
        assert not is_in(browser)


def test_the_moment_to_write_the_code_passes(world: World, visit: Visit) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        app, _codes = secured(world, visit)
        browser = visit()
        sign_in(browser, world.one.adviser.login)
        clock.shift(timedelta(minutes=11))
        browser.send("/sign-in/second", code=current(app))
        assert not is_in(browser)


def test_codes_are_not_guessed(world: World, visit: Visit) -> None:
    """Wherever they come from: whoever guesses has the password already."""
    with time_machine.travel(NOON, tick=False) as clock:
        secured(world, visit)
        judged = 0
        for n in range(20):
            browser = at(visit(), f"10.0.{n}.1")
            sign_in(browser, world.one.adviser.login)
            judged += browser.send("/sign-in/second", code="000000").status == 422
            clock.shift(timedelta(seconds=31))
        assert judged == 5


# --- lost ----------------------------------------------------------------------------------------------------------


def test_a_recovery_code_opens_once(world: World, visit: Visit) -> None:
    _app, codes = secured(world, visit)
    for expected in (True, False):
        browser = visit()
        sign_in(browser, world.one.adviser.login)
        browser.send("/sign-in/second", code=codes[3].upper().replace("-", " "))
        assert is_in(browser) is expected


def test_new_recovery_codes_replace_the_old(world: World, visit: Visit) -> None:
    give_password(world.one.adviser)
    browser = visit()
    sign_in(browser, world.one.adviser.login)
    _app, old = set_up(browser)
    browser.get("/me")
    page = browser.send("/me/second-factor/codes")
    fresh = [one for one in texts(page, "li") if re.fullmatch(r"\w{5}-\w{5}", one)]
    assert len(fresh) == 10
    assert not set(fresh) & set(old)
    with db.transaction():
        assert not factors.spend(world.one.adviser.account_id, old[0])
        assert factors.spend(world.one.adviser.account_id, fresh[0])


def test_the_app_is_untied_and_its_owner_is_told(world: World, visit: Visit) -> None:
    give_password(world.one.adviser)
    browser = visit()
    sign_in(browser, world.one.adviser.login)
    set_up(browser)
    browser.get("/me")
    browser.send("/me/second-factor/app/remove")
    assert [mail.details["what"] for mail in mails()] == ["app-added", "app-removed"]
    assert {mail.address for mail in mails()} == {"claire1@exemple.fr"}
    other = visit()
    sign_in(other, world.one.adviser.login)
    assert is_in(other)
    with everything(db.Mode.READ):
        verbs = set(session.scalars(select(Entry.verb)))
    assert {"second-factor-added", "second-factor-removed", "recovery-codes-made"} <= verbs


# --- owed ----------------------------------------------------------------------------------------------------------


def test_who_has_none_sets_one_up_before_anything_else(world: World, visit: Visit) -> None:
    give_password(world.one.adviser)
    browser = visit()
    sign_in(browser, world.one.adviser.login)
    ask_for_two(world)
    for path in (
        "/cohorts",
        "/people",
        f"/people/{world.one.learner.person_id}",
        "/me",
        "/learn",
        "/my-data",
    ):
        page = browser.get(path)
        assert page.response.request.path == "/me/second-factor", path
        assert "Nadia" not in page.words
    token = page.form("/sign-out")["csrf_token"]
    answer = browser.client.post(f"/people/{world.one.learner.person_id}/card", data={"csrf_token": token})
    assert answer.location == "/me/second-factor"
    links = browser.get("/cohorts").links()
    assert any(link.startswith("/me/second-factor/app") for link in links)
    set_up(browser)
    assert browser.get("/cohorts").response.request.path == "/cohorts"


def test_a_page_of_another_tenant_or_role_is_not_told_before_either(world: World, visit: Visit) -> None:
    ask_for_two(world)
    browser = visit(world.one.adviser)
    for number in (world.two.learner.person_id, 10**12):
        assert browser.fetch(f"/people/{number}").location.startswith("/me/second-factor")


def test_learners_owe_nothing(world: World, visit: Visit) -> None:
    ask_for_two(world)
    browser = visit()
    opened_card_of(world.one.learner, browser)
    assert browser.get("/learn").response.request.path == "/learn"


def test_the_other_tenant_is_not_concerned(world: World, visit: Visit) -> None:
    ask_for_two(world)
    assert visit(world.two.adviser).get("/cohorts").response.request.path == "/cohorts"


def test_who_came_another_way_shows_the_code_of_the_app_and_may_not_add_a_new_one(
    world: World, visit: Visit
) -> None:
    """A partner's sign-on, say: the session stands, but proves one thing only."""
    with time_machine.travel(NOON, tick=False) as clock:
        app, _codes = secured(world, visit)
        ask_for_two(world)
        browser = visit(world.one.adviser)
        clock.shift(timedelta(minutes=1))
        page = browser.get("/me/second-factor/app?next=/cohorts")
        assert page.response.request.path == "/me/second-factor"
        assert browser.send("/me/second-factor", code="123456").status == 422
        clock.shift(timedelta(seconds=30))
        page = browser.send("/me/second-factor", code=current(app))
        assert page.response.request.path == "/cohorts"


def test_the_switch_stands_on_the_organisations_page(world: World, visit: Visit) -> None:
    browser = visit(world.one.admin)
    browser.get(f"/organisations/{world.one.root_id}")
    browser.send(f"/organisations/{world.one.root_id}", requires_second_factor="y")
    assert browser.get("/cohorts").response.request.path == "/me/second-factor", "for whoever asks it, too"


# --- proved once more ------------------------------------------------------------------------------------------------

SENSITIVE = ["/me/email", "/me/second-factor/app", "/me/passkeys/new"]


@pytest.mark.parametrize("path", SENSITIVE)
def test_a_change_that_matters_asks_who_is_there(world: World, visit: Visit, path: str) -> None:
    give_password(world.one.adviser)
    with time_machine.travel(NOON, tick=False) as clock:
        browser = visit()
        sign_in(browser, world.one.adviser.login)
        assert browser.get(path).response.request.path == path, "the sign-in was a moment ago"
        clock.shift(timedelta(minutes=11))
        page = browser.get(path)
        assert page.response.request.path == "/me/proof"
        assert browser.send("/me/proof", secret="non").status == 422
        assert browser.send("/me/proof", secret=PASSWORD).response.request.path == path


def test_deeds_ask_too_and_a_form_that_was_opened_may_be_finished(world: World, visit: Visit) -> None:
    give_password(world.one.adviser)
    with time_machine.travel(NOON, tick=False) as clock:
        browser = visit()
        sign_in(browser, world.one.adviser.login)
        browser.get("/me/email")
        clock.shift(timedelta(minutes=25))
        assert browser.send("/me/email", email="neuve@exemple.fr").response.request.path == "/me"
        clock.shift(timedelta(hours=1))
        token = browser.get("/me").form("/sign-out")["csrf_token"]
        for path in ("/me/email", "/me/second-factor/app/remove", "/me/second-factor/codes"):
            answer = browser.client.post(path, data={"csrf_token": token, "email": "autre@exemple.fr"})
            assert (answer.location or "").startswith("/me/proof"), path
        assert [mail.address for mail in mails()] == ["neuve@exemple.fr"]


def test_whoever_tied_an_app_proves_it_by_the_app(world: World, visit: Visit) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        app, _codes = secured(world, visit)
        browser = visit()
        clock.shift(timedelta(minutes=1))
        sign_in(browser, world.one.adviser.login)
        browser.send("/sign-in/second", code=current(app))
        clock.shift(timedelta(minutes=11))
        browser.get("/me/email")
        assert browser.send("/me/proof", secret=PASSWORD).status == 422
        clock.shift(timedelta(minutes=1))
        assert browser.send("/me/proof", secret=current(app)).response.request.path == "/me/email"


def test_a_learner_proves_it_by_the_code_of_the_card(world: World, visit: Visit) -> None:
    who: Someone = world.one.learner
    with time_machine.travel(NOON, tick=False) as clock:
        browser = visit()
        opened_card_of(who, browser)
        clock.shift(timedelta(minutes=11))
        browser.get("/me/email")
        assert browser.send("/me/proof", secret="380417").response.request.path == "/me/email"


def test_who_has_no_secret_here_signs_in_again(world: World, visit: Visit) -> None:
    change(world.one.adviser, password_hash=None)
    with time_machine.travel(NOON, tick=False) as clock:
        browser = visit(world.one.adviser)
        clock.shift(timedelta(minutes=11))
        page = browser.get("/me/email")
        assert page.response.request.path == "/me/proof"
        assert page.form("/sign-out")


def test_an_administrator_takes_the_app_of_somebody_who_lost_it_away(world: World, visit: Visit) -> None:
    who = world.one.adviser
    secured(world, visit)
    phone, boss = visit(who), visit(world.one.admin)
    boss.get(f"/people/{who.person_id}")
    boss.send("/second-factor/remove")
    assert not is_in(phone)
    browser = visit()
    sign_in(browser, who.login)
    assert is_in(browser)
    assert [mail.details["what"] for mail in mails()] == ["app-added", "factors-taken-away"]


def test_nobody_takes_it_away_from_an_account_of_another_customer_too(world: World, visit: Visit) -> None:
    who = world.one.adviser
    secured(world, visit)
    with db.transaction(tenant_id=world.two.tenant_id):
        session.get_one(Person, world.two.adviser.person_id).account_id = who.account_id
    boss = visit(world.one.admin)
    boss.get(f"/people/{who.person_id}")
    assert boss.send("/second-factor/remove").status == 403


@pytest.mark.parametrize("role", ["hr", "adviser", "trainer", "learner"])
def test_only_an_administrator_may(world: World, visit: Visit, role: str) -> None:
    secured(world, visit)
    browser = visit(world.one.people[role])
    token = browser.get("/me").form("/sign-out")["csrf_token"]
    path = f"/people/{world.one.adviser.person_id}/second-factor/remove"
    assert browser.client.post(path, data={"csrf_token": token}).status_code in (403, 404)


def test_under_another_key_no_code_is_right_and_nothing_breaks(world: World, visit: Visit) -> None:
    app, codes = secured(world, visit)
    with db.transaction():
        session.execute(update(Authenticator).values(sealed_secret="sealed elsewhere"))
    browser = visit()
    sign_in(browser, world.one.adviser.login)
    assert browser.send("/sign-in/second", code=current(app)).status == 422
    assert browser.send("/sign-in/second", code=codes[0]).status == 200
