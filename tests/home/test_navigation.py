"""Where each role begins, and the tabs it gets."""

from collections.abc import Callable

import pytest

from lms.home import navigation
from lms.organisations.actor import Actor
from lms.organisations.models import Role
from tests.support.page import Visitor
from tests.support.worlds import World


def actor(*roles: Role) -> Actor:
    return Actor(1, 1, 1, 1, 1, "Agence", "Alix", "Alix A", frozenset(roles))


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ([Role.ADMIN], "/organisations"),
        ([Role.ADVISER], "/cohorts"),
        ([Role.HR_MANAGER, Role.LEARNER], "/cohorts"),
        ([Role.TRAINER], "/cohorts"),
        ([Role.PARTNER], "/reports"),
        ([Role.PARTNER, Role.LEARNER], "/reports"),
        ([Role.LEARNER], "/learn"),
        ([Role.ADMIN, Role.LEARNER], "/organisations"),
    ],
)
def test_first_page(roles: list[Role], expected: str) -> None:
    assert navigation.first_page(actor(*roles)) == expected


def test_a_tab_is_current_on_its_page_and_below() -> None:
    for path, expected in (
        ("/cohorts", True),
        ("/cohorts/7", True),
        ("/cohortsx", False),
        ("/people", False),
    ):
        current = {url: is_on for url, _icon, _label, is_on in navigation.items(actor(Role.ADVISER), path)}
        assert current["/cohorts"] is expected


def test_learners_and_strangers_get_no_tab() -> None:
    assert navigation.items(actor(Role.LEARNER), "/learn") == []
    assert navigation.items(None, "/") == []


@pytest.mark.parametrize("who", ["admin", "adviser", "hr", "trainer", "partner"])
def test_every_tab_opens(world: World, visit: Callable[..., Visitor], who: str) -> None:
    someone = getattr(world.one, who)
    browser = visit(someone)
    roles = {"hr": Role.HR_MANAGER}.get(who) or Role(who)
    for url, _icon, _label, _on in navigation.items(actor(roles), "/"):
        assert browser.fetch(url).status_code == 200, url
