"""What every route of the house owes."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from lms.core.web import Room, anyone
from tests.house import staircase
from tests.support.page import Visitor
from tests.support.worlds import World

#: Addresses that are no pages of a room: the library that serves our assets has none, so this stays empty.
OUTSIDE: set[str] = set()


def policy_of(app: Flask, endpoint: str) -> Any:
    """The rule of a route, as its room said it."""
    view: Any = app.view_functions[endpoint]
    return view.policy


def test_every_route_has_a_policy_that_says_its_rule(app: Flask) -> None:
    views = {name: view for name, view in app.view_functions.items() if name not in OUTSIDE}
    assert [name for name, view in views.items() if not hasattr(view, "policy")] == []
    assert [name for name, view in views.items() if not (policy_of(app, name).__doc__ or "").strip()] == []


def test_a_route_without_a_policy_cannot_be_written() -> None:
    with pytest.raises(TypeError):
        Room("x").get("/x")  # type: ignore[call-arg]


def test_addresses_are_kebab_case_with_typed_parameters(app: Flask) -> None:
    strange = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if re.search(r"[A-Z_]", re.sub(r"<[^>]+>", "", rule.rule))
        or (rule.rule != "/" and rule.rule.endswith("/"))
    ]
    assert strange == []
    loose = [
        rule.rule
        for rule in app.url_map.iter_rules()
        for parameter in re.findall(r"<([^>]+)>", rule.rule)
        if ":" not in parameter or (parameter.endswith("_id") and not parameter.startswith("int:"))
    ]
    assert loose == []


def test_a_room_answers_below_its_own_name(app: Flask) -> None:
    """The first segment is the room's, unless docs/decisions say otherwise."""
    named_elsewhere = {
        "core": {"jobs", "healthz", "readyz", "metrics", "language", "display"},
        "people": {"sign-in", "sign-out", "sign-out-idle", "me"},
        "organisations": {"accent", "invitations", "logo"},
        "progress": {"learn"},
        "records": {"my-data"},
        "mandates": {"my-data"},
        "notifications": {"me"},
        "home": {
            "",
            "learn",
            "rights",
            "help",
            "legal",
            "privacy",
            "accessibilite",
            "site-map",
            "ui",
            "my-data",
        },
        "enrolment": {"cohorts"},
        "assessment": {"learn"},
        "api": {"scim"},
    }
    wrong = []
    for rule in app.url_map.iter_rules():
        room, first = rule.endpoint.split(".")[0], rule.rule.split("/")[1]
        if first != room and first not in named_elsewhere.get(room, set()):
            wrong.append((room, rule.rule))
    assert wrong == []


@pytest.mark.parametrize("who", ["admin", "adviser", "learner", "partner"])
def test_subjects_do_not_exist_for_strangers(
    app: Flask, world: World, visit: Callable[..., Visitor], who: str
) -> None:
    stranger = visit(getattr(world.two, who))
    answers = {
        path: stranger.fetch(path).status_code
        for rule, path in staircase.addresses(app, world, "GET")
        if getattr(app.view_functions[rule.endpoint], "subject", None)
        and policy_of(app, rule.endpoint) is not anyone
    }
    assert answers
    assert {path: code for path, code in answers.items() if code != 404} == {}


def test_deeds_on_the_subjects_of_others_do_not_exist(
    app: Flask, world: World, visit: Callable[..., Visitor]
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    try:
        stranger = visit(world.two.admin)
        answers = {
            path: stranger.client.post(path).status_code
            for rule, path in staircase.addresses(app, world, "POST")
            if getattr(app.view_functions[rule.endpoint], "subject", None)
            and policy_of(app, rule.endpoint) is not anyone
        }
    finally:
        app.config["WTF_CSRF_ENABLED"] = True
    assert answers
    assert {path: code for path, code in answers.items() if code != 404} == {}


def test_the_signed_out_are_sent_to_the_door(app: Flask, world: World, visit: Callable[..., Visitor]) -> None:
    nobody = visit()
    for rule, path in staircase.addresses(app, world, "GET"):
        if policy_of(app, rule.endpoint) is anyone:
            continue
        assert (nobody.fetch(path).location or "").startswith("/sign-in"), path


def test_no_deed_without_a_token(app: Flask, world: World, visit: Callable[..., Visitor]) -> None:
    own_proof = set()
    for rule, path in staircase.addresses(app, world, "POST"):
        if getattr(app.view_functions[rule.endpoint], "has_own_proof", False):
            own_proof.add(rule.endpoint)
        else:
            assert visit(world.one.admin).client.post(path).status_code == 400, path
    # Forms of another site, bound to a browser by the state of a sign-on (tests/sso/test_saml_attacks.py); and the press of
    # a mail program, which the signed link proves (tests/notifications/test_preferences.py).
    assert own_proof == {"sso.arrive", "sso.consume", "notifications.stop"}


def test_what_is_for_machines_opens_to_no_cookie_and_shows_no_page(
    app: Flask, world: World, visit: Callable[..., Visitor]
) -> None:
    asked = [(rule, method) for rule in staircase.for_machines(app) for method in rule.methods or ()]
    assert asked
    browsers = [visit(world.one.admin), visit(world.one.learner), visit()]
    for rule, method in asked:
        path = rule.rule.replace("<path:place>", "Users")
        answers = [one.client.open(path, method=method) for one in browsers if method != "OPTIONS"]
        assert {answer.status_code for answer in answers} <= {401}, (method, path)
        assert {answer.mimetype for answer in answers} <= {"application/scim+json"}, (method, path)


@pytest.mark.parametrize("who", ["admin", "hr", "adviser", "trainer", "partner", "learner"])
def test_every_page_answers_every_role_well(
    app: Flask, world: World, visit: Callable[..., Visitor], who: str
) -> None:
    """Whatever the answer (here, not yours, not there), it is a well-made page and never a fault of ours."""
    visitor = visit(getattr(world.one, who))
    answers = {}
    for rule, path in staircase.addresses(app, world, "GET"):
        if rule.endpoint in ("sso.start", "sso.callback"):
            continue  # they speak with a provider; tests/sso has one
        answers[path] = visitor.get(path).status
    assert {path: code for path, code in answers.items() if code not in (200, 202, 403, 404, 503)} == {}
    assert {path for path, code in answers.items() if code == 503} <= {"/readyz"}
