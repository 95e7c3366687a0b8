"""SAML in a real browser: the provider's form comes from another site, so Chromium holds our Lax cookie back, and the page between brings it."""

from collections.abc import Callable

from tests.browser.conftest import DESK, PHONE
from tests.browser.eyes import Eyes
from tests.sso.saml_idp import answering
from tests.support import needs


def test_set_up_and_come_in(look: Callable[..., Eyes]) -> None:
    needs.xmlsec1()
    with answering() as idp:
        admin = look(DESK, "en")
        admin.sign_in("admin")
        admin.go("/sso/providers/new/saml")
        admin.check()
        admin.type("Name on the button", "Écoles du Nord")
        admin.type("Its metadata, pasted", idp.metadata())
        admin.page.get_by_label("Whoever comes for the first time becomes").select_option("partner")
        admin.press("Keep the settings")
        admin.sees("To tell the provider")
        admin.check()
        number = admin.page.url.rpartition("/")[2]
        ours = admin.page.get_by_text("/metadata.xml").first.inner_text()
        idp.ours = admin.page.request.get(ours).body()
        admin.press("Read what the provider publishes")
        admin.press("Try it: go there and come back")
        admin.page.get_by_role("button", name="Continue").click()
        admin.sees("What came back")
        admin.reads("paula-7")
        admin.check()
        admin.press("Switch it on")
        slug = ours.split("/")[-2]
        for width, javascript in ((PHONE, True), (PHONE, False)):
            partner = look(width, javascript=javascript)
            partner.go(f"/sso/{slug}/start?next=/me")
            partner.page.get_by_role("button", name="Continue").click()
            if not javascript:
                partner.check()
                partner.page.get_by_role("button", name="Continuer").click()
            partner.page.wait_for_url("**/me")
            partner.reads("Paula")
        admin.go(f"/sso/providers/{number}/people")
        admin.reads("paula-7")
