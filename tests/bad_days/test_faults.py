"""Row 32: something breaks in a route of any room. People read a page with a number, never what broke."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from lms.core.db import Mode
from tests.house import staircase
from tests.support import worlds
from tests.support.page import Page
from tests.support.worlds import World

SECRETS = (
    "correct-horse-battery",
    "password_hash",
    "10.0.0.7",
    "Traceback",
    "RuntimeError",
    "OperationalError",
    ".py",
)


class Faulty:
    """A view that breaks, and whose words must not be heard."""

    policy = subject = None
    mode = Mode.READ

    def __call__(self, **_values: Any) -> str:
        password = "correct-horse-battery"  # a debugger's page would show it
        raise RuntimeError(f"select password_hash from account at 10.0.0.7 as {password}")


@pytest.fixture
def faulty(app: Flask) -> Iterator[Flask]:
    """The house, in which every route breaks."""
    kept = dict(app.view_functions)
    app.view_functions.update(dict.fromkeys(kept, Faulty()))
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    app.config["WTF_CSRF_ENABLED"] = True
    app.view_functions.update(kept)


@pytest.mark.parametrize(("method", "signed_in"), [("GET", True), ("GET", False), ("POST", True)])
def test_no_room_tells_what_broke(faulty: Flask, world: World, method: str, signed_in: bool) -> None:
    rooms, wrong = set(), {}
    client = faulty.test_client()
    if signed_in:
        with client.session_transaction() as cookie:
            cookie.update(worlds.cookie_of(world.one.adviser))
    for rule, path in staircase.addresses(faulty, world, method):
        rooms.add(rule.endpoint.split(".")[0])
        if said := _faults(client.open(path, method=method)):
            wrong[path] = said
    assert rooms == set(faulty.blueprints) or method == "POST"
    assert wrong == {}


def _faults(answer: TestResponse) -> list[str]:
    page = Page(answer)
    found = [*page.faults(), *(secret for secret in SECRETS if secret in page.html)]
    if answer.status_code != 500:
        found.append(f"status {answer.status_code}")
    if answer.headers["X-Request-Id"] not in page.words:
        found.append("no number to tell us")
    if "Set-Cookie" in answer.headers:
        found.append("a cookie for what did not happen")
    return found
