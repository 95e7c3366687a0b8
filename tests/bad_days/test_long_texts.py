"""Row 24: somebody types 100,000 characters into a field. Each request stays under two seconds of CPU, none is a 500."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.house import staircase
from tests.support.page import Page, Visitor
from tests.support.worlds import World

LONG = 100_000
LIMIT = 2.0  #: CPU seconds of one request
#: What makes a careless pattern or parser go through every way to read a text.
HOSTILE = {
    "spaces": " " * LONG + "x",
    "brackets": "(" * LONG,
    "almost an address": "a@" + "a." * (LONG // 2) + "!",
    "digits": "9" * LONG,
    "marks": "<" * (LONG // 2) + "*_`[" * (LONG // 8),
    "accents": "e" + "\u0301" * LONG,
}
_TYPED = ("text", "email", "tel", "password", "search", "url", "", "date", "number")
#: Whose pages hold which forms.
WHO = ("admin", "adviser", "trainer", "learner", None)


def test_each_form_takes_one_of_them(app: Flask, world: World, visit: Callable[..., Visitor]) -> None:
    kinds = list(HOSTILE)
    forms = _forms(app, world, visit)
    _send([(form, HOSTILE[kinds[n % len(kinds)]]) for n, form in enumerate(forms)])


@pytest.mark.long
@pytest.mark.timeout(600)
def test_each_form_takes_all_of_them(app: Flask, world: World, visit: Callable[..., Visitor]) -> None:
    _send([(form, text) for form in _forms(app, world, visit) for text in HOSTILE.values()])


def _send(sent: list[tuple[tuple[str, Page, Visitor], str]]) -> None:
    slow, broken, fields = {}, {}, 0
    for (action, page, browser), text in sent:
        names = _typed_names(page, action)
        fields += len(names)
        began = time.process_time()
        answer = browser.client.post(action, data=page.form(action) | dict.fromkeys(names, text))
        took = time.process_time() - began
        if took > LIMIT:
            slow[action, text[:3]] = round(took, 1)
        if answer.status_code >= 500:
            broken[action, text[:3]] = answer.status_code
    assert fields > 15, "the forms were not found"
    assert (slow, broken) == ({}, {})


def test_in_addresses_and_questions(app: Flask, world: World, visit: Callable[..., Visitor]) -> None:
    """What is searched for, sorted by and turned to comes from the address."""
    slow, broken = {}, {}
    browser = visit(world.one.admin)
    for name, text in HOSTILE.items():
        asked = dict.fromkeys(
            ("q", "search", "sort", "page", "next", "at", "role", "state", "part"), text[:20000]
        )
        for path in (
            "/people",
            "/cohorts",
            "/courses",
            "/reports",
            "/certificates/verify",
            "/sign-in",
            "/learn",
        ):
            began = time.process_time()
            answer = browser.client.get(path, query_string=asked)
            took = time.process_time() - began
            if took > LIMIT:
                slow[path, name] = round(took, 1)
            if answer.status_code >= 500:
                broken[path, name] = answer.status_code
    assert (slow, broken) == ({}, {})


def _forms(app: Flask, world: World, visit: Callable[..., Visitor]) -> list[tuple[str, Page, Visitor]]:
    """Every form that takes typed text, once: where it goes, the page it stands on, and a browser that sees it."""
    found: dict[str, tuple[str, Page, Visitor]] = {}
    addresses = staircase.addresses(app, world, "GET")
    for who in WHO:
        browser = visit(getattr(world.one, who)) if who else visit()
        for rule, path in addresses:
            if rule.endpoint in ("sso.start", "sso.callback"):
                continue
            answer = browser.client.get(path)
            if answer.status_code != 200 or answer.mimetype != "text/html":
                continue
            page = Page(answer)
            for form in page.all("form"):
                action = form.get("action", "").split("?")[0] or path
                if (
                    form.get("method", "get").lower() == "post"
                    and action not in found
                    and _typed_names(page, action)
                ):
                    found[action] = action, page, browser
    return list(found.values())


def _typed_names(page: Page, action: str) -> list[str]:
    """The fields of this form into which somebody types."""
    form: Any = next(f for f in page.all("form") if f.get("action", "").split("?")[0].endswith(action))
    fields = [e for e in form.iter("input") if e.get("type", "") in _TYPED] + list(form.iter("textarea"))
    return [field.get("name") for field in fields if field.get("name") not in (None, "csrf_token")]
