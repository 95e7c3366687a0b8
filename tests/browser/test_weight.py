"""What a learner's pages weigh, as Chromium's network panel counts it."""

from collections.abc import Callable

import pytest

from tests.browser.conftest import PHONE
from tests.browser.eyes import Eyes

KILOBYTE = 1000
FIRST_VIEW, NEXT_PAGE, REQUESTS = 60 * KILOBYTE, 15 * KILOBYTE, 15  #: fonts apart


def test_the_learners_home_is_light(look: Callable[..., Eyes], capsys: pytest.CaptureFixture[str]) -> None:
    at_the_door = look(PHONE)
    at_the_door.sign_in("apprenant")
    learner = look(PHONE, storage_state=at_the_door.page.context.storage_state())  # signed in, nothing cached
    meter = learner.meter()
    learner.go("/learn")
    learner.page.wait_for_load_state("networkidle")
    first, requests = meter.read()
    with learner.page.expect_navigation():
        learner.page.locator(".sewn button").click()
    learner.page.wait_for_load_state("networkidle")
    step, _more = meter.read()
    learner.go("/learn")
    learner.page.wait_for_load_state("networkidle")
    again, _more = meter.read()
    with capsys.disabled():
        print(f"\nfirst view {first} bytes in {requests} requests, the step {step}, home again {again}")
    assert first <= FIRST_VIEW
    assert requests <= REQUESTS
    assert max(step, again) <= NEXT_PAGE
