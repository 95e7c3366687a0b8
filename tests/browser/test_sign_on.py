"""A provider in a real browser: set up, come in by, gone out of; forms that end elsewhere pass the page's own policy."""

from collections.abc import Callable

import pytest

from tests.browser.conftest import DESK, PHONE
from tests.browser.eyes import Eyes

SUBJECT = "claude.renard"  #: whom the demo's provider knows
SECRET = "not-to-be-seen-again"


def issuer(someone: Eyes) -> str:
    """The demo's provider answers beside the demo: 998 ports above it."""
    here = someone.page.url.split("/")[2]
    return f"http://127.0.0.1:{int(here.rpartition(':')[2]) + 998}"


def pass_the_provider(someone: Eyes) -> None:
    """Over there, an account is picked and no password is asked."""
    someone.page.wait_for_url("**/oauth2/authorize**")
    someone.page.get_by_text(SUBJECT).first.click()


@pytest.mark.parametrize(("width", "language", "javascript"), [(PHONE, "fr", False), (DESK, "en", True)])
def test_an_administrator_sets_a_provider_up(
    look: Callable[..., Eyes], width: int, language: str, javascript: bool
) -> None:
    admin = look(width, language, javascript=javascript)
    admin.sign_in("admin")
    admin.go("/organisations")
    admin.press("Sign-on")
    admin.check()
    admin.press("Add a provider")
    admin.check()
    admin.go("/sso/providers/new/openid")
    admin.type("Name on the button", "")
    admin.press("Keep the settings")
    admin.sees("Write the name that people know it by.")
    admin.check()
    admin.type("Name on the button", f"Région {language}")
    admin.type("Address of the provider (issuer)", issuer(admin))
    admin.type("Number of this platform over there (client ID)", "kokoroe-demo")
    admin.type("Secret (client secret)", SECRET)
    admin.press("Keep the settings")
    admin.sees("To tell the provider")
    admin.check()
    admin.press("Read what the provider publishes")
    admin.sees("The provider answers, and publishes what is needed.")
    admin.press("Try it: go there and come back")
    pass_the_provider(admin)
    admin.sees("What came back")
    admin.reads(SUBJECT)
    admin.check()
    admin.press("Settings")
    admin.check()
    assert SECRET not in admin.page.content()


def test_a_partner_comes_in_and_goes_out_on_both_sides(look: Callable[..., Eyes]) -> None:
    partner = look(PHONE)
    partner.go("/sign-in")
    partner.page.get_by_role("link", name="Fonds Nord Compétences").click()
    pass_the_provider(partner)
    partner.page.wait_for_url("**/reports")
    partner.go("/sso/mine")
    partner.check()
    partner.press("I am leaving")
    partner.page.wait_for_url("**/oauth2/end_session**")
    partner.page.get_by_role("button", name="End session").click()
    partner.page.wait_for_url("**/sso/fonds-nord/left**")
    partner.sees("You have left")
    partner.go("/me")
    assert "/sign-in" in partner.page.url
