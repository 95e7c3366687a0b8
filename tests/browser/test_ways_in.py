"""Ways in: an invitation, a second customer, a passkey, an app that shows codes. The access card has its part in the main job."""

import re
import time
from collections.abc import Callable

import pyotp
import pytest

from tests.browser.conftest import DESK, PHONE
from tests.browser.eyes import Eyes
from tests.people.accounts import PASSWORD

AGENCY, COMPANY = "Emploi Demain", "Vergers du Cher"


def invite(staff: Eyes, organisation: str, role: str) -> str:
    """Make a link for this role of an organisation; its path."""
    staff.go("/organisations")
    staff.page.get_by_role("link", name=organisation, exact=True).first.click()
    staff.press("Invite people")
    staff.check()
    form = staff.page.locator("form[action$='/invitations/link']")
    form.locator("select").select_option(label=staff.word(role))
    form.locator("button").click()
    staff.page.wait_for_url(re.compile(r"/organisations/invitations/\d+"))
    staff.check()
    found = re.search(r"/invitations/\w{4}-\w{4}-\w{4}", staff.words())
    assert found
    return found[0]


def accept(somebody: Eyes, path: str, first_name: str, last_name: str) -> str:
    """From the link to one's first page, by a new account; its login."""
    somebody.go(path)
    somebody.speak()
    somebody.check()
    somebody.type("First name", first_name)
    somebody.type("Last name", last_name)
    somebody.type("New password", PASSWORD)
    somebody.type("The same password, once more", PASSWORD)
    somebody.press("Make my account and join")
    somebody.page.wait_for_url(lambda url: "/invitations" not in url)
    somebody.speak()
    told = somebody.word("Your account is ready.\nTo sign in later, your login is: %(login)s.", login="…")
    title, _line, rest = told.partition("\n")
    somebody.reads(title)
    somebody.check()
    login = re.search(re.escape(rest.partition("…")[0]) + r"([\w.-]+)\.", somebody.page.inner_text("body"))
    assert login
    return login[1]


def leave(somebody: Eyes) -> None:
    """By the button at the top or the bottom."""
    somebody.go("/me")
    somebody.press("I am leaving")
    somebody.sees("You have left")


def above(somebody: Eyes) -> str:
    """For whom somebody works, as the head of every page says."""
    return somebody.page.locator("header").first.inner_text()


def test_an_invitation_and_one_account_that_moves_between_two_customers(look: Callable[..., Eyes]) -> None:
    admin, other, lan = look(DESK, "en"), look(DESK), look(DESK)
    admin.sign_in("admin")
    other.sign_in("rh2")
    accept(lan, invite(admin, AGENCY, "Guidance of learners"), "Lan", "Tran")
    assert AGENCY in above(lan)
    lan.go(invite(other, COMPANY, "Course participant"))
    lan.check()
    lan.press("Join with my account")
    lan.page.wait_for_url(lambda url: "/invitations" not in url)
    assert COMPANY in above(lan)
    lan.check()
    for here, there in ((COMPANY, AGENCY), (AGENCY, COMPANY)):
        lan.go("/me")
        lan.check()
        row = lan.page.get_by_role("row").filter(has_text=there)
        row.get_by_role("button").click()
        lan.page.locator("header").first.filter(has_text=there).wait_for()
        assert here not in above(lan)


@pytest.mark.parametrize("language", ["fr"])
def test_a_passkey_then_codes_of_an_app(look: Callable[..., Eyes], language: str) -> None:
    admin, noe = look(DESK), look(PHONE, language)
    admin.sign_in("admin")
    login = accept(noe, invite(admin, AGENCY, "Teaching"), "Noé", "Faure")
    device = noe.page.context.new_cdp_session(noe.page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    _makes_a_passkey(noe)
    leave(noe)
    noe.go("/sign-in")
    noe.press("Sign in with a passkey")
    noe.page.wait_for_url(re.compile("/sign-in/passkey"))
    noe.check()
    noe.press("Use my passkey")
    noe.page.wait_for_url(lambda url: "/sign-in" not in url)
    app = _ties_an_app(noe)
    leave(noe)
    _signs_in_with_a_code(noe, login, app)


def _makes_a_passkey(noe: Eyes) -> None:
    noe.go("/me")
    noe.press("Make a passkey")
    noe.check()
    noe.type("Name of this passkey", "Téléphone de Noé")
    noe.press("Make it on this device")
    noe.page.wait_for_url("**/me")
    noe.reads("Téléphone de Noé")
    noe.check()


def _ties_an_app(noe: Eyes) -> pyotp.TOTP:
    noe.go("/me")
    noe.press("Set up an app that shows codes")
    noe.check()
    key = re.search(r"([A-Z2-7]{4} ){7}[A-Z2-7]{4}", noe.page.locator("main").text_content() or "")
    assert key
    app = pyotp.TOTP(key[0].replace(" ", ""))
    noe.type("The 6 digits that the app shows now", app.now())
    noe.press("Tie this app to my account")
    noe.sees("Keep these recovery codes")
    noe.check()
    assert noe.page.locator(".codes li").count() == 10
    noe.press("I have kept them: go on")
    noe.page.wait_for_url("**/me")
    return app


def _signs_in_with_a_code(noe: Eyes, login: str, app: pyotp.TOTP) -> None:
    noe.go("/sign-in")
    noe.page.locator("input[name=login]").fill(login)
    noe.page.locator("input[name=password]").fill(PASSWORD)
    noe.page.locator("form:has(input[name=password]) button").first.click()
    noe.page.wait_for_url(re.compile("/sign-in/second"))
    noe.check()
    noe.type("Code of your app", "000000")
    noe.press("Sign in")
    noe.page.locator(".errors").wait_for()
    noe.check()
    noe.type("Code of your app", app.at(int(time.time()) + 30))  # the one of now was used a moment ago
    noe.press("Sign in")
    noe.page.wait_for_url(lambda url: "/sign-in" not in url)
