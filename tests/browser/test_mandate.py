"""An accompanied session in two browsers: the adviser acts for a learner, who withdraws the mandate on a telephone."""

import re
from collections.abc import Callable

from tests.browser.conftest import DESK, PHONE
from tests.browser.eyes import Eyes


def test_a_learner_withdraws_the_mandate_while_it_is_used(look: Callable[..., Eyes]) -> None:
    adviser = look(DESK)
    adviser.sign_in("conseiller")
    adviser.go("/people?q=benali")
    adviser.page.get_by_role("link", name="Benali Nadia").click()
    adviser.press("Mandate")
    adviser.check()
    adviser.tick("Open my courses, read the lessons and do the exercises with me")
    adviser.press("Prepare the form")
    adviser.press("See and print the form")
    adviser.sees("I can stop it at any time")
    adviser.check()
    adviser.page.go_back()
    adviser.tick("The learner has read the form, or had it read to them, and has signed it before me")
    adviser.press("The form is signed")
    adviser.press("Begin the accompanied session")
    adviser.page.wait_for_url("**/learn")
    adviser.sees("You act for %(name)s.", name="Nadia Benali")
    adviser.check()

    learner = look(PHONE, javascript=False)
    learner.sign_in("apprenant")
    learner.go("/my-data/mandates")
    learner.reads("Claire Morel")
    learner.check()
    learner.page.get_by_role("button", name=re.compile("^" + learner.word("Withdraw this mandate"))).click()
    learner.reads("Le mandat est retiré.")

    adviser.go("/learn")
    adviser.sees("The accompanied session is over.")
    assert "/mandates" in adviser.page.url
    adviser.check()
    learner.go("/my-data/readers")
    learner.sees("Opened a page in somebody’s name")
    learner.check()
