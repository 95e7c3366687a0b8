"""``core.web`` and ``core.pages`` through HTTP: who is forgotten when, where links may lead, what every answer carries."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import NullPool, create_engine, func, select, text
from sqlalchemy.exc import IntegrityError
from werkzeug.test import TestResponse

from config.settings import Settings
from lms.core import assets, db, i18n, pages, web
from lms.core.db import Mode, session
from lms.core.tenants import Tenant
from lms.core.web import Room, anyone, safe_next, signed_in
from lms.people.models import Person
from tests.core import probe
from tests.support import worlds
from tests.support.databases import Addresses
from tests.support.page import Page, Visitor
from tests.support.sight import everything
from tests.support.worlds import World


@pytest.fixture
def house(app: Flask, settings: Settings) -> Iterator[Flask]:
    """The house with the probe's routes, and tokens asked for as in real life."""
    with probe.application(settings) as made:
        yield made


def browser(house: Flask, world: World | None = None, **cookie: Any) -> FlaskClient:
    """A browser; with a world, the learner of its first tenant is signed in."""
    client = house.test_client()
    with client.session_transaction() as kept:
        kept.update((worlds.cookie_of(world.one.learner) if world else {}) | cookie)
    return client


def tenants() -> int:
    with db.transaction(Mode.READ):
        return session.execute(select(func.count()).select_from(Tenant)).scalar_one()


def ago(seconds: float) -> int:
    return int(time.time() - seconds)


# --- who is forgotten, and when --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shared", "away", "stays"),
    [
        (False, web.IDLE_SECONDS - 60, True),
        (False, web.IDLE_SECONDS + 60, False),
        (True, web.IDLE_SECONDS_SHARED - 60, True),
        (True, web.IDLE_SECONDS_SHARED + 60, False),
    ],
)
def test_who_is_away_too_long_is_signed_out(
    house: Flask, world: World, shared: bool, away: int, stays: bool
) -> None:
    client = browser(house, world, seen=ago(away), shared=shared)
    answer = client.get("/probe/mine")
    assert (answer.status_code, answer.location) == ((200, None) if stays else (302, "/sign-in?idle=1"))
    with client.session_transaction() as kept:
        assert ("_user_id" in kept) is stays
        assert ("shared" in kept) is stays


def test_a_page_is_a_sign_of_life_and_writes_the_cookie_now_and_then(house: Flask, world: World) -> None:
    client = browser(house, world, seen=ago(600))
    assert "Set-Cookie" in client.get("/probe/mine").headers
    assert "Set-Cookie" not in client.get("/probe/mine").headers
    with client.session_transaction() as kept:
        assert time.time() - kept["seen"] < 5


def test_a_clock_that_was_a_year_ahead_keeps_nobody_in(house: Flask, world: World) -> None:
    client = browser(house, world, seen=ago(-365 * 86400))
    assert client.get("/probe/mine").status_code == 200
    with client.session_transaction() as kept:
        assert abs(time.time() - kept["seen"]) < 5


def test_a_cookie_without_a_time_is_an_old_one(house: Flask, world: World) -> None:
    client = browser(house, world)
    with client.session_transaction() as kept:
        del kept["seen"]
    assert client.get("/probe/mine").location == "/sign-in?idle=1"


def test_what_was_typed_by_somebody_idle_is_not_written(house: Flask, world: World) -> None:
    house.config["WTF_CSRF_ENABLED"] = False
    client = browser(house, world, seen=ago(web.IDLE_SECONDS + 60))
    assert client.post("/jobs/1/cancel").location == "/sign-in?idle=1"


@pytest.mark.parametrize(
    ("path", "onward"),
    [
        ("/probe/mine", "/probe/mine"),
        ("/probe/mine?a=1&b=%C3%A9%20x", "/probe/mine%3Fa%3D1%26b%3D%25C3%25A9%2520x"),
    ],
)
def test_the_signed_out_come_back_to_where_they_were(house: Flask, path: str, onward: str) -> None:
    client = house.test_client()
    assert client.get(path).location == f"/sign-in?next={onward}"
    assert client.head(path).location == f"/sign-in?next={onward}"


def test_a_deed_of_somebody_unknown_is_a_401_with_words(house: Flask) -> None:
    house.config["WTF_CSRF_ENABLED"] = False
    page = Page(house.test_client().post("/jobs/1/cancel"))
    assert (page.status, page.faults()) == (401, [])
    assert "/sign-in" in page.links()


# --- where links may lead --------------------------------------------------------------------------------------------

HOSTILE = (
    *("//evil.example", "///evil.example", "////evil.example", "//evil.example/%2f..", "//evil.example\\@x"),
    *("/\\evil.example", "/\\/evil.example", "\\\\evil.example", "\\/evil.example", "/\\\\evil.example"),
    *("https://evil.example", "http://evil.example", "HTTPS://evil.example", "https:evil.example"),
    *("https:/evil.example", "https:///evil.example", "http:\\\\evil.example", "ftp://evil.example"),
    *("javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "javascript://%0aalert(1)"),
    *("data:text/html,<script>alert(1)</script>", "vbscript:x", "blob:https://evil.example/x", "file:///etc/passwd"),
    *("/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "\t//evil.example", "\n//evil.example"),
    *(" //evil.example", " https://evil.example", "\x00//evil.example", "/\x00/evil.example", "/\x0b/evil.example"),
    *("/a\r\nSet-Cookie: x=1", "/a\r\n\r\n<script>", "/a\nLocation: //evil.example", "/ /evil.example", "/a b"),
    *("evil.example", "www.evil.example/x", ".evil.example", "@evil.example", "?next=//evil.example", "#//evil"),
    *("mailto:x@evil.example", "//[::1]/", "//0x7f.1/", "//evil。example", "／／evil.example", "", None),
)  # fmt: skip


def test_there_are_many_hostile_addresses() -> None:
    assert len(set(HOSTILE)) >= 50


@pytest.mark.parametrize("target", HOSTILE)
def test_a_link_never_leads_away(target: str | None) -> None:
    assert safe_next(target) == "/"


@pytest.mark.parametrize(
    "target", ["/", "/learn", "/courses/a/steps/01?simple=1#end", "/cohortes/é", "/a//b"]
)
def test_an_address_of_ours_is_kept(target: str) -> None:
    assert safe_next(target) == target


# --- the mode of the transaction -------------------------------------------------------------------------------------


def test_the_mode_follows_from_the_route(app: Flask) -> None:
    made = Room("modes")

    @made.get("/modes/a", may=anyone)
    def a() -> str:
        return ""

    @made.post("/modes/b", may=anyone)
    def b() -> str:
        return ""

    @made.get("/modes/c", may=anyone, mode=Mode.WRITE)
    def c() -> str:
        return ""

    other = Flask("modes")
    other.register_blueprint(made.blueprint)
    found = [vars(other.view_functions[f"modes.{name}"])["mode"] for name in "abc"]
    assert found == [Mode.READ, Mode.WRITE, Mode.WRITE]


def test_only_the_public_can_be_asked_without_the_database() -> None:
    with pytest.raises(TypeError, match="cannot be known"):
        Room("x").get("/x", may=signed_in, mode=None)


def test_a_hint_that_fails_does_not_undo_what_is_kept(house: Flask) -> None:
    house.config["WTF_CSRF_ENABLED"] = False
    assert house.test_client().post("/probe/hint").get_data(as_text=True) == "written"
    assert tenants() == 1


def test_what_was_put_off_by_a_failed_commit_is_not_done_later(app: Flask) -> None:
    done: list[str] = []
    with pytest.raises(IntegrityError), everything():
        db.then(lambda: done.append("hint of the failed one"))
        db.apart(lambda: done.append("apart"))
        session.add(Person(tenant_id=404, first_name="a", last_name="b", sort_name="b a"))
    with db.transaction():
        session.add(Tenant(name="x"))
    assert done == ["apart"]


def test_one_work_put_apart_that_fails_takes_no_other_with_it(app: Flask) -> None:
    done: list[str] = []
    with pytest.raises(ZeroDivisionError), db.transaction():
        db.apart(lambda: 1 / 0)
        db.apart(lambda: done.append("second"))
    assert done == ["second"]


# --- what every answer carries ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base_url", "name"), [("https://ecole.example", "__Host-kokoroe"), ("http://localhost", "kokoroe")]
)
def test_the_cookie_is_as_tight_as_the_address_allows(
    app: Flask, settings: Settings, base_url: str, name: str
) -> None:
    with probe.application(settings, base_url=base_url) as made:
        answer = made.test_client().get("/display", base_url=base_url)
        said = answer.headers["Set-Cookie"]
        parts = {part.strip().partition("=")[0]: part.strip().partition("=")[2] for part in said.split(";")}
    assert said.startswith(f"{name}=")
    assert {"HttpOnly", "SameSite", "Path"} <= set(parts)
    assert (parts["SameSite"], parts["Path"]) == ("Lax", "/")
    assert ("Secure" in parts) is base_url.startswith("https")
    assert not {"Domain", "Expires", "Max-Age"} & set(parts)
    assert answer.headers.get("Strict-Transport-Security", "") == (
        "max-age=31536000; includeSubDomains" if base_url.startswith("https") else ""
    )


ANSWERS = {
    "/display": 200, "/healthz": 200, "/probe/away": 302, "/probe/mine": 302, "/probe/closed": 302, "/nowhere": 404,
    "/language": 405, "/probe/broken": 500, "/probe/refused": 409, "/readyz": 503, "/probe/code/400": 400,
    "/probe/code/413": 413, "/probe/code/429": 429, "/probe/code/410": 410, "/probe/code/501": 501,
}  # fmt: skip


@pytest.mark.parametrize("path", ANSWERS)
def test_every_answer_carries_the_headers(house: Flask, path: str) -> None:
    answer = house.test_client().get(path)
    assert answer.status_code == ANSWERS[path]
    said = answer.headers
    assert "default-src 'none'" in said["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in said["Content-Security-Policy"]
    assert said["X-Content-Type-Options"] == "nosniff"
    assert said["Referrer-Policy"] == "same-origin"
    assert said["Cross-Origin-Opener-Policy"] == "same-origin"
    assert said["Cache-Control"] == "no-store"
    assert "Cookie" in said["Vary"]
    assert said["X-Request-Id"]


@pytest.mark.parametrize(
    "path", [path for path, code in ANSWERS.items() if code >= 400 and path != "/readyz"]
)
def test_every_error_is_a_page_that_keeps_its_secrets(house: Flask, path: str) -> None:
    for language in i18n.LANGUAGES:
        page = Page(house.test_client().get(path, headers={"Accept-Language": language}))
        assert page.faults() == []
        assert page.tree.get("lang") == language
        assert not {"secret", "Traceback", "ZeroDivision"} & set(page.words.split())
        if page.status >= 500:
            assert page.response.headers["X-Request-Id"] in page.words


def test_an_error_that_is_not_ours_is_not_said_to_be(house: Flask) -> None:
    with i18n.speaking_to("en"):
        client = house.test_client()
        assert (
            Page(client.get("/probe/code/410", headers={"Accept-Language": "en"})).text("h1")
            == "This was not done"
        )
        assert (
            Page(client.get("/probe/refused", headers={"Accept-Language": "en"})).text("h1")
            == "The cohort is full."
        )


def test_a_closed_way_names_the_open_ones(house: Flask) -> None:
    assert "POST" in house.test_client().get("/language").headers["Allow"]


def test_a_file_is_kept_by_no_cache_unless_it_says_so(house: Flask) -> None:
    if not assets.assets_built():
        pytest.skip("the assets are not built: make setup")
    served = house.test_client().get(assets.asset("app.css"))
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in served.headers["Cache-Control"]
    served.close()

    @house.after_request
    def as_send_file_does(response: Any) -> Any:
        response.headers["Cache-Control"] = "no-cache"
        return response

    assert house.test_client().get("/healthz").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("a1-b2.c3_d4", True),
        ("x" * 41, False),
        ("<script>", False),
        ("two words", False),
        ("é", False),
        ("", False),
    ],
)
def test_a_request_keeps_the_name_it_came_with_if_it_is_one(house: Flask, said: str, kept: bool) -> None:
    proxy = {"REMOTE_ADDR": "192.0.2.1"}
    for peer, is_heard in ((proxy, kept), ({}, False)):
        answer = house.test_client().get("/healthz", headers={"X-Request-Id": said}, environ_overrides=peer)
        name = answer.headers["X-Request-Id"]
        assert (name == said) is is_heard, "only a proxy of ours may name a request"
        assert 0 < len(name) <= 40


def test_too_large_a_form_is_a_413_with_words(house: Flask) -> None:
    house.config["MAX_CONTENT_LENGTH"] = 1000
    page = Page(house.test_client().post("/probe/write", data={"name": "x" * 5000}))
    assert (page.status, page.faults()) == (413, [])
    assert tenants() == 0


def test_too_many_fields_are_a_413_too(house: Flask) -> None:
    house.config["MAX_FORM_PARTS"] = 10
    fields = {f"f{n}": (None, "x") for n in range(50)}
    body = (
        "".join(f'--b\r\nContent-Disposition: form-data; name="{n}"\r\n\r\nx\r\n' for n in fields)
        + "--b--\r\n"
    )
    answer = house.test_client().post(
        "/probe/write", data=body, content_type="multipart/form-data; boundary=b"
    )
    assert answer.status_code == 413


def test_a_form_without_a_token_is_told_in_the_readers_language(house: Flask) -> None:
    i18n.speak_to("en", "Asia/Tokyo")  # whom this thread served last
    answer = house.test_client().post("/probe/write", headers={"Accept-Language": "fr"})
    assert answer.status_code == 400
    assert 'lang="fr"' in answer.get_data(as_text=True)
    assert answer.headers["X-Request-Id"]
    assert tenants() == 0


# --- without the database, or nearly ---------------------------------------------------------------------------------


def _missing(settings: Settings, tmp_path: Path) -> dict[str, dict[str, str]]:
    return {
        "no tables": {"database_url": f"sqlite:///{tmp_path / 'empty.db'}"},
        "no folder": {"database_url": f"sqlite:///{tmp_path / 'gone' / 'x.db'}"},
        "no server": {"database_url": "postgresql+psycopg://nobody@127.0.0.1:1/none"},
    }


@pytest.mark.parametrize("how", ["no tables", "no folder", "no server"])
def test_without_its_database_the_house_says_so(
    app: Flask, settings: Settings, world: World, tmp_path: Path, how: str
) -> None:
    cookie = worlds.cookie_of(world.one.learner)
    with probe.application(settings, **_missing(settings, tmp_path)[how]) as made:
        if how == "no folder":
            (tmp_path / "gone").rmdir()
        client = made.test_client()
        with client.session_transaction() as kept:
            kept.update(cookie)
        for path in ("/probe/mine", "/display", "/readyz"):
            page = Page(client.get(path))
            assert (page.status, page.faults()) == (503, []), path
            assert page.response.headers["Retry-After"]
            assert "Set-Cookie" not in page.response.headers
        assert client.get("/healthz").status_code == 200
        assert Page(client.get("/nowhere")).status == 404
        assert made.test_client().get("/display").status_code == 200, "a page that asks nothing"


def test_a_busy_sqlite_is_a_503_and_not_a_fault(house: Flask, on_postgresql: bool) -> None:
    if on_postgresql:
        pytest.skip("PostgreSQL has many writers")
    house.config["WTF_CSRF_ENABLED"] = False
    with db.transaction():
        session.execute(text("PRAGMA busy_timeout=50"))
    other = sqlite3.connect(session.get_bind().engine.url.database or "")
    other.execute("BEGIN IMMEDIATE")
    try:
        assert house.test_client().post("/probe/write").status_code == 503
    finally:
        other.rollback()
        other.close()
    assert house.test_client().post("/probe/write").status_code == 200


@pytest.mark.postgresql
def test_connections_that_the_server_cut_are_replaced(
    house: Flask, world: World, addresses: Addresses
) -> None:
    """A server that was restarted: whoever comes next finds the house as it was."""
    client = browser(house, world)
    assert client.get("/probe/mine").status_code == 200
    owner = create_engine(addresses.owner_url.replace("lms_owner", "postgres"), poolclass=NullPool)
    with owner.connect() as server:
        cut = server.scalar(
            text(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
        )
    assert cut
    assert client.get("/probe/mine").status_code == 200


def test_when_the_error_page_breaks_there_are_still_words(
    house: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_more: object) -> str:
        raise ZeroDivisionError("the template is gone")

    monkeypatch.setattr(pages, "render_template", broken)
    page = Page(house.test_client().get("/probe/broken"))
    assert (page.status, page.faults()) == (500, [])
    assert page.response.headers["X-Request-Id"] in page.words
    assert "gone" not in page.words


# --- language and display --------------------------------------------------------------------------------------------


def post(client: FlaskClient, path: str, **typed: str) -> TestResponse:
    """Send a form with the token of the page that a browser has just seen."""
    token = next(i for i in Page(client.get("/display")).all("input") if i.get("name") == "csrf_token")
    return client.post(path, data=typed | {"csrf_token": token.get("value")})


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_language_is_chosen_for_good(house: Flask, world: World, language: str) -> None:
    client = browser(house, world)
    assert post(client, "/language", language=language, next="/display?x=1").location == "/display?x=1"
    assert Page(client.get("/display", headers={"Accept-Language": "de"})).tree.get("lang") == language


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("en-US,en;q=0.9", "en"),
        ("fr-BE", "fr"),
        ("de,ja", "fr"),
        ("", "fr"),
        ("en;q=0.1,fr;q=0.9", "fr"),
        ("*", "fr"),
    ],
)
def test_strangers_are_spoken_to_as_their_browser_asks(house: Flask, accepted: str, language: str) -> None:
    assert (
        Page(house.test_client().get("/display", headers={"Accept-Language": accepted})).tree.get("lang")
        == language
    )


def test_a_switch_leads_nowhere_else_and_takes_no_other_language(house: Flask) -> None:
    client = house.test_client()
    assert post(client, "/language", language="en", next="//evil.example").location == "/"
    assert post(client, "/language", language="tlh").status_code == 400
    assert post(client, "/display", theme="dark", next="https://evil.example").location == "/"


def test_the_display_is_kept_and_only_known_values_are(visit: Callable[..., Visitor], app: Flask) -> None:
    visitor = visit()
    visitor.get("/display")
    visitor.send("/display", theme="contrast", fonts="system")
    assert visitor.get("/display").tree.get("data-theme") == "contrast"
    visitor.send("/display", theme='"><script>', fonts="x")
    assert visitor.get("/display").tree.get("data-theme") is None
    with visitor.client.session_transaction() as kept:
        assert (kept["theme"], kept["fonts"]) == ("", "")


# --- what no column holds --------------------------------------------------------------------------------------------

HUGE = "9" * 26


@pytest.mark.parametrize(
    ("path", "status"),
    [
        *(
            (path.format(HUGE), 404)
            for path in ("/cohorts/{}", "/people/{}", "/jobs/{}", "/certificates/{}.pdf")
        ),
        *((path.format(HUGE), 404) for path in ("/reports/runs/{}", "/learn/{}/1", "/cohorts/imports/{}")),
        *(
            (path.format(HUGE), 200)
            for path in ("/people?page={}", "/reports?cohort={}", "/organisations?page=-{}")
        ),
        ("/cohorts/{cohort}/cards?member=" + HUGE, 200),
        ("/people?q=a%00b", 400),
        ("/certificates/verify/a%00b", 400),
    ],
)
def test_what_no_column_holds_never_comes_to_the_database(
    world: World, visit: Callable[..., Visitor], path: str, status: int
) -> None:
    address = path.format(cohort=world.one.cohort_id)
    assert visit(world.one.adviser).fetch(address).status_code == status


@pytest.mark.parametrize(
    ("path", "values", "status"),
    [
        ("/cohorts/{}/sharing/stop", {"partner": HUGE}, 302),
        ("/certificates/issue", {"cohort": HUGE}, 404),
        ("/organisations/in-hand", {"organisation": HUGE}, 404),
        ("/cohorts/new", {"name": "a\x00b"}, 400),
    ],
)
def test_nor_does_what_a_form_says(
    world: World, visit: Callable[..., Visitor], path: str, values: dict[str, str], status: int
) -> None:
    claire = visit(world.one.adviser)
    claire.get("/cohorts/new")
    token = next(i.get("value") for i in claire.page.all("input") if i.get("name") == "csrf_token")  # type: ignore[union-attr]
    answer = claire.client.post(path.format(world.one.cohort_id), data={"csrf_token": token, **values})
    assert answer.status_code == status


def test_another_language_leads_back_to_a_page_that_opens(
    world: World, visit: Callable[..., Visitor]
) -> None:
    claire = visit(world.one.adviser)
    cohort = f"/cohorts/{world.one.cohort_id}"
    claire.get(cohort)
    page = claire.send(f"{cohort}/withdraw/ask")
    assert [i.get("value") for i in page.all("input") if i.get("name") == "next"] == [cohort]
