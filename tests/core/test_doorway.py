"""What stands before the application: who really asks, a number for each request, a line for each, and the last resort."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask, request
from werkzeug.routing import Rule

from config.settings import Settings
from lms.core import doorway, logs
from lms.core.doorway import Doorway
from lms.core.proxies import Proxies, is_from_this_machine
from tests.core import probe
from tests.support import worlds
from tests.support.page import Page
from tests.support.worlds import World

PROXY, CLIENT = "10.0.0.9", "198.51.100.7"


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What this process logs meanwhile, as it would in production."""
    stream, root = io.StringIO(), logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in ("", "lms", "lms.requests")}
    handler = logs.configure("production", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    assert handler
    root.removeHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def house(app: Flask, settings: Settings) -> Iterator[Flask]:
    with probe.application(settings) as made:
        yield made


# --- who asks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("peer", "said", "proto", "client", "scheme"),
    [
        (PROXY, CLIENT, "https", CLIENT, "https"),
        (PROXY, f"1.1.1.1, {CLIENT}", "https", CLIENT, "https"),  # the left one is the client's own word
        (PROXY, f"{CLIENT}, 10.0.0.8", "http, https", CLIENT, "https"),  # two proxies of ours
        (PROXY, f"{CLIENT}:4711", "", CLIENT, "http"),
        (PROXY, "[2001:db8::7]:4711", "gopher", "2001:db8::7", "http"),
        (PROXY, "<script>", "https", PROXY, "https"),
        (PROXY, f"{CLIENT}, unknown", "https", PROXY, "https"),
        (PROXY, "", "https", PROXY, "https"),
        ("::ffff:10.0.0.9", CLIENT, "https", CLIENT, "https"),
        (CLIENT, "127.0.0.1", "https", CLIENT, "http"),  # a stranger who says that he is passed on
        ("", "127.0.0.1", "https", "", "http"),
    ],
)
def test_the_word_of_a_proxy_counts_and_no_other(
    peer: str, said: str, proto: str, client: str, scheme: str
) -> None:
    environ = {
        "REMOTE_ADDR": peer, "wsgi.url_scheme": "http", "HTTP_X_FORWARDED_FOR": said,
        "HTTP_X_FORWARDED_PROTO": proto, "HTTP_X_FORWARDED_HOST": "evil.example",
    }  # fmt: skip
    Proxies(["10.0.0.0/8"]).introduce(environ)
    assert (environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]) == (client, scheme)
    assert not [name for name in environ if name.startswith("HTTP_X_FORWARDED")]


@pytest.mark.parametrize(
    ("peer", "headers", "is_local"),
    [
        ("127.0.0.1", {}, True),
        ("::1", {}, True),
        ("127.0.0.1", {"HTTP_X_FORWARDED_FOR": CLIENT}, False),
        ("127.0.0.1", {"HTTP_VIA": "1.1 proxy"}, False),
        (CLIENT, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, False),
        ("", {}, False),
    ],
)
def test_what_a_proxy_passes_on_is_not_from_this_machine(
    peer: str, headers: dict[str, str], is_local: bool
) -> None:
    for proxies in (Proxies([]), Proxies(["127.0.0.1"])):
        environ = {"REMOTE_ADDR": peer, **headers}
        proxies.introduce(environ)
        assert is_from_this_machine(environ) is is_local


def test_pages_see_the_client_behind_the_proxy(settings: Settings, app: Flask) -> None:
    with probe.application(replace(settings, trusted_proxies=(PROXY,))) as made:
        seen: list[tuple[str | None, bool]] = []
        made.before_request(lambda: seen.append((request.remote_addr, request.is_secure)))
        headers = {"X-Forwarded-For": CLIENT, "X-Forwarded-Proto": "https"}
        for peer in (PROXY, "203.0.113.5"):
            made.test_client().get("/display", headers=headers, environ_overrides={"REMOTE_ADDR": peer})
        assert seen == [(CLIENT, True), ("203.0.113.5", False)]


def test_a_proxy_that_nobody_named_is_noticed_once(lines: Callable[[], list[dict[str, Any]]]) -> None:
    door = Doorway(lambda _environ, start: start("200 OK", []) or [], Proxies([]))
    for _ in range(3):
        door({"REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_FOR": CLIENT}, lambda *_: None)
    told = [line for line in lines() if "LMS_TRUSTED_PROXIES" in line["event"]]
    assert [line["peer"] for line in told] == [PROXY]


# --- its line --------------------------------------------------------------------------------------------------------


def test_a_line_says_which_route_and_who_by_number(
    house: Flask, world: World, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    client, nadia = house.test_client(), world.one.learner
    with client.session_transaction() as cookie:
        cookie.update(worlds.cookie_of(nadia))
    number = client.get("/probe/mine?token=hunter2&q=Nadia").headers["X-Request-Id"]
    client.get("/jobs/1")
    client.get("/nowhere/hunter2")
    client.get("/healthz")
    first, second, third = (line for line in lines() if line["event"] == "answered")
    assert first["request"] == number
    assert (first["method"], first["route"], first["status"]) == ("GET", "/probe/mine", 200)
    assert (first["tenant"], first["account"]) == (nadia.tenant_id, nadia.account_id)
    assert first["ms"] > 0
    assert (second["route"], second["status"]) == ("/jobs/<int:job_id>", 404)
    assert (third["route"], third["status"]) == ("-", 404)
    said = json.dumps(lines())
    assert not [word for word in ("hunter2", "Nadia", "CANARI", "exemple.fr") if word in said]


def test_a_fault_is_told_with_its_request_and_without_its_values(
    house: Flask, world: World, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    from sqlalchemy import text

    from lms.core.db import session

    @house.get("/probe/sql")
    def sql() -> str:
        session.execute(text("select :secret from nothing"), {"secret": "hunter2"})
        return ""

    page = Page(house.test_client().get("/probe/sql"))
    fault = next(line for line in lines() if line["level"] == "error")
    assert page.response.headers["X-Request-Id"] == fault["request"]
    assert "nothing" in fault["exception"]
    assert "hunter2" not in json.dumps(lines())


# --- the last resort -------------------------------------------------------------------------------------------------


def _broken_at(place: str, app: Flask) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("hunter2: select password from account")

    if place == "session":
        app.session_interface = type(app.session_interface)()  # the usual one belongs to every application
        app.session_interface.open_session = broken  # type: ignore[method-assign]
    elif place == "routing":
        app.create_url_adapter = broken  # type: ignore[method-assign]
    elif place == "before":
        app.before_request(broken)
    elif place == "after":
        app.after_request(broken)
    elif place == "error handler":
        app.register_error_handler(Exception, broken)


@pytest.mark.parametrize("place", ["session", "routing", "before", "after", "error handler"])
def test_wherever_it_breaks_there_are_words(
    app: Flask, settings: Settings, place: str, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    with probe.application(settings) as made:
        made.testing = False
        made.config["PROPAGATE_EXCEPTIONS"] = False
        _broken_at(place, made)
        answer = made.test_client().get("/probe/broken" if place == "error handler" else "/display")
    assert answer.status_code == 500
    said = answer.get_data(as_text=True)
    assert answer.headers["X-Request-Id"] in said
    assert not [word for word in ("hunter2", "Traceback", "select", "Zero") if word in said]
    assert "Content-Security-Policy" in answer.headers
    assert [line for line in lines() if line["level"] == "error"], "and the log has it"


def test_a_fault_in_every_room_shows_nothing_of_itself(app: Flask, settings: Settings) -> None:
    """One route of each room, with a view that breaks."""

    def broken(**_: Any) -> str:
        raise RuntimeError("hunter2: insert into account values (1)")

    with probe.application(settings) as made:
        first: dict[str, Rule] = {}
        for rule in made.url_map.iter_rules():
            room = rule.endpoint.partition(".")[0]
            if "GET" in (rule.methods or ()) and not rule.arguments and room not in ("static", "probe"):
                first.setdefault(room, rule)
        assert len(first) > 5
        for rule in first.values():
            made.view_functions[rule.endpoint] = broken
            page = Page(made.test_client().get(rule.rule))
            assert (page.status, page.faults()) == (500, []), rule.rule
            assert page.response.headers["X-Request-Id"] in page.words
            assert "hunter2" not in page.response.get_data(as_text=True)


def test_an_answer_of_which_nothing_has_left_is_taken_back() -> None:
    said: list[Any] = []

    def inside(_environ: dict[str, Any], start: Any) -> list[bytes]:
        start("200 OK", [])
        raise ZeroDivisionError

    body = Doorway(inside, Proxies([]))({"REMOTE_ADDR": CLIENT}, lambda *words: said.append(words))
    assert [words[0] for words in said] == ["200 OK", "500 Internal Server Error"]
    assert said[1][2][0] is ZeroDivisionError, "the server is told why"
    assert "Rien n’a été modifié" in b"".join(body).decode()


def test_the_number_is_on_files_too() -> None:
    said: list[Any] = []
    door = Doorway(lambda _environ, start: start("200 OK", [("A", "b")]) or [b""], Proxies([]))
    door({"REMOTE_ADDR": CLIENT}, lambda *words: said.append(words))
    [(status, headers)] = said
    assert status == "200 OK"
    assert {name for name, _ in headers} == {"A", "X-Request-Id"}
    assert doorway.NUMBER == "lms.request_id"
