"""``/scim/v2``: whose token opens what, how answers are worded, and how much is asked of the database."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from lms.api import services
from lms.api.models import ScimResource, ScimToken
from lms.api.scim import LARGEST_BODY, MOST_RESULTS
from lms.core import db, walls
from lms.core.db import Mode, session
from lms.core.journal import Entry
from lms.people.models import Failure
from tests.api.provisioning import ENTERPRISE, GROUP, USER, System, client_of, token_of
from tests.support.page import Visitor
from tests.support.queries import statements
from tests.support.sight import everything
from tests.support.worlds import World

Visit = Callable[..., Visitor]
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def system(app: Flask, world: World) -> System:
    """The identity system of the first tenant's company."""
    return System(app, token_of(world.one))


# --- whose token ----------------------------------------------------------------------------------------------------


def test_one_tenants_token_sees_and_changes_nothing_of_the_others(
    app: Flask, system: System, world: World
) -> None:
    ana = system.add_user("ana", externalId="1", name={"familyName": "Ana"})
    group = system.add_group("Accueil", ana)
    before, other = system.told("GET", f"/Users/{ana['id']}"), System(app, token_of(world.two))
    _blind(other, ana, group)
    assert other.add_user("ana", externalId="1")["id"] != ana["id"], "a name is free with another customer"
    stolen = {"schemas": [GROUP], "displayName": "x", "members": [{"value": ana["id"]}]}
    other.told("POST", "/Groups", stolen, 400)
    assert system.told("GET", f"/Users/{ana['id']}") == before


def test_nor_does_the_token_of_another_organisation_of_the_same_tenant(
    app: Flask, system: System, world: World
) -> None:
    ana = system.add_user("ana", externalId="1")
    _blind(System(app, token_of(world.one, world.one.agency_id)), ana, system.add_group("Accueil", ana))


def _blind(other: System, user: dict[str, str], group: dict[str, str]) -> None:
    for kind, one in (("Users", user), ("Groups", group)):
        path = f"/{kind}/{one['id']}"
        for method in ("GET", "DELETE"):
            other.told(method, path, status=404)
        other.told("PUT", path, {"schemas": one["schemas"], "userName": "x", "displayName": "x"} if kind == "Users" else {"schemas": one["schemas"], "displayName": "x"}, 404)  # fmt: skip
        assert other.told("GET", f"/{kind}")["totalResults"] == 0
        for asked in (f'id eq "{one["id"]}"', 'externalId eq "1"', "meta.created pr"):
            assert other.told("GET", f"/{kind}?filter={asked}")["totalResults"] == 0
    search = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}
    assert other.told("POST", "/.search", search)["totalResults"] == 0


def test_a_token_is_told_once_and_kept_as_a_fingerprint(world: World) -> None:
    token = token_of(world.one)
    assert token.startswith("kscim_")
    assert len(token) > 40
    with everything(Mode.READ):
        for table in (ScimToken, Entry):
            assert token not in str(session.execute(select(table.__table__)).all())


def test_a_revoked_token_opens_nothing_from_the_next_request_on(system: System, world: World) -> None:
    system.told("GET", "/Users")
    client = client_of(system.token)
    with db.transaction(tenant_id=world.one.tenant_id):
        token = session.get_one(ScimToken, client.token_id)
        assert services.revoke_token(token, None)
        assert not services.revoke_token(token, None)
    assert system.told("GET", "/Users", status=401)["detail"] == "Le jeton manque, est faux ou a été révoqué."


def test_when_it_was_last_used_is_written_once_a_minute(system: System, world: World) -> None:
    def used() -> datetime | None:
        with db.transaction(Mode.READ, world.one.tenant_id):
            return session.scalars(select(ScimToken.last_used_at)).one()

    assert used() is None
    for after, expected in ((0, 0), (30, 0), (90, 90)):
        with time_machine.travel(NOON + timedelta(seconds=after), tick=False):
            system.told("GET", "/Users")
        assert used() == NOON + timedelta(seconds=expected)


@pytest.mark.parametrize(
    "shown", ["", "Bearer", "Bearer x", "Basic eDp5", "Bearer é", f"Bearer {'x' * 5000}"]
)
def test_without_a_token_nothing_is_open(app: Flask, system: System, shown: str) -> None:
    answer = system.ask("GET", "/Users", Authorization=shown.encode().decode("latin-1"))
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="SCIM"')


def test_a_signed_in_administrator_is_nobody_here(world: World, visit: Visit) -> None:
    """A cookie counts for nothing: a page elsewhere could otherwise send one's browser here."""
    answer = visit(world.one.admin).client.get("/scim/v2/Users")
    assert (answer.status_code, answer.mimetype) == (401, "application/scim+json")


def test_many_wrong_tokens_are_sent_away_while_the_right_one_works(app: Flask, system: System) -> None:
    wrong = System(app, "kscim_" + "x" * 43)
    codes = [wrong.ask("GET", "/Users").status_code for _n in range(22)]
    assert codes == [401] * 20 + [429] * 2
    answer = wrong.ask("GET", "/Users")
    assert 0 < int(answer.headers["Retry-After"]) <= 900
    system.told("GET", "/Users")
    with everything(Mode.READ):
        assert session.scalar(select(func.count()).select_from(Failure)) == 20, "it fills no table"


# --- how answers are worded -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/Nothing", None, 404),
        ("GET", "/Users/unknown", None, 404),
        ("GET", "/Users/%00", None, 404),
        ("GET", "/Users?filter=userName eq", None, 400),
        ("GET", "/Users?filter=nothing eq 1", None, 400),
        ("GET", "/Users?startIndex=x", None, 400),
        ("PUT", "/Users", {}, 405),
        ("GET", "/Me", None, 501),
        ("POST", "/Users", {"schemas": [USER]}, 400),
        ("POST", "/Users", {"schemas": [USER], "userName": "a\x00b"}, 400),
        ("POST", "/Users", {"schemas": [USER], "userName": "a" * 256}, 400),
        ("POST", "/Users", {"schemas": [USER], "userName": "a", "nothing": 1}, 400),
        ("POST", "/Users", {"schemas": [USER], "userName": ["a"]}, 400),
        ("POST", "/Users", [], 400),
        ("POST", "/Users", {"schemas": [USER], "userName": "a", "title": "x" * LARGEST_BODY}, 413),
    ],
)
def test_whatever_is_wrong_is_told_as_scim_tells_it(
    system: System, method: str, path: str, body: object, status: int
) -> None:
    answer = system.ask(method, path, body)
    said = answer.get_json(force=True)
    assert (answer.status_code, said["status"]) == (status, str(status)), said
    assert said["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert said["detail"]


def test_what_is_no_json_is_told(app: Flask, system: System) -> None:
    headers = {"Authorization": f"Bearer {system.token}"}
    for sent, kind, status in ((b"{", "application/json", 400), (b"a=1", "application/x-www-form-urlencoded", 415), (b"\xff", "application/scim+json", 400)):  # fmt: skip
        answer = system.http.post("/scim/v2/Users", data=sent, content_type=kind, headers=headers)
        assert (answer.status_code, answer.mimetype) == (status, "application/scim+json")


def test_a_fault_of_ours_is_told_without_its_words(
    system: System, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_values: object) -> None:
        raise RuntimeError("select secret from person")

    monkeypatch.setattr("lms.api.services.storage.search", broken)
    answer = system.ask("GET", "/Users")
    assert answer.status_code == 500
    assert "secret" not in answer.get_data(as_text=True)
    assert "a request of a program broke" in caplog.text


def test_nothing_stays_of_what_was_refused(system: System, world: World) -> None:
    system.add_user("ana", name={"familyName": "Ana"})
    before = _rows()
    system.told("POST", "/Users", {"schemas": [USER], "userName": "ANA"}, 409)
    assert _rows() == before


def _rows() -> tuple[int, ...]:
    from lms.organisations.models import Membership
    from lms.people.models import Person

    with everything(Mode.READ):
        counted = (
            session.scalar(select(func.count()).select_from(t)) for t in (Person, Membership, ScimResource)
        )
        return tuple(number or 0 for number in counted)


def test_of_two_at_once_with_one_name_the_second_is_told_so(app: Flask, world: World) -> None:
    """However close behind: the database decides, and neither of them gets a fault of ours."""
    token, start, codes = token_of(world.one), threading.Barrier(4), []

    def add() -> None:
        system = System(app, token)
        start.wait(10)
        codes.append(system.ask("POST", "/Users", {"schemas": [USER], "userName": "ana"}).status_code)
        db.session.remove()

    racing = [threading.Thread(target=add) for _n in range(4)]
    for one in racing:
        one.start()
    for one in racing:
        one.join(30)
    assert sorted(codes) == [201, 409, 409, 409]


def test_an_old_version_changes_nothing(system: System) -> None:
    user = system.add_user("ana")
    sent = {"schemas": [USER], "userName": "ana", "title": "x"}
    path, old = f"/Users/{user['id']}", user["meta"]["version"]
    assert system.ask("PUT", path, sent, **{"If-Match": old}).status_code == 200
    assert system.ask("PUT", path, sent, **{"If-Match": old}).status_code == 412
    assert system.ask("GET", path, **{"If-None-Match": old}).status_code == 200
    now = system.told("GET", path)["meta"]["version"]
    assert system.ask("GET", path, **{"If-None-Match": now}).status_code == 304


# --- what it costs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "?count=5&startIndex=3",
        "?excludedAttributes=members,groups",
        '?filter=userName eq "P1"',
        '?filter=externalId eq "7"',
        '?filter=displayName eq "p1" and active eq true',
        f'?filter={ENTERPRISE}:employeeNumber sw "E"&sortBy=userName&count=2',
    ],
)
def test_finding_takes_as_many_statements_among_few_as_among_many(
    system: System, world: World, asked: str
) -> None:
    counts = []
    for size in (3, 30):
        for n in range(size):
            system.add_user(
                f"P{size}-{n}", externalId=f"{size}-{n}", **{ENTERPRISE: {"employeeNumber": f"E{size}{n}"}}
            )
        with statements() as said:
            system.told("GET", f"/Users{asked}")
        counts.append(len(said))
    assert counts[0] == counts[1] <= 9


def test_pages_follow_each_other_and_are_bounded(system: System) -> None:
    ids = [system.add_user(f"P{n}")["id"] for n in range(7)]
    pages = [system.told("GET", f"/Users?count=3&startIndex={start}") for start in (1, 4, 7)]
    assert [one["id"] for page in pages for one in page["Resources"]] == ids
    assert {page["totalResults"] for page in pages} == {7}
    config = system.told("GET", "/ServiceProviderConfig")
    assert (config["filter"]["maxResults"], config["sort"]["supported"]) == (MOST_RESULTS, True)


def test_what_is_beyond_a_chunk_is_found_too(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lms.api.services.search.CHUNK", 3)
    for n in range(8):
        system.add_user(f"P{n}", title="pair" if n % 2 == 0 else "impair")
    found = system.told("GET", '/Users?filter=title eq "pair"&sortBy=userName&sortOrder=descending')
    assert [one["userName"] for one in found["Resources"]] == ["P6", "P4", "P2", "P0"]


def test_a_token_leads_to_its_tenant_and_to_no_other(world: World) -> None:
    token = token_of(world.one)
    with db.transaction(Mode.READ):
        assert walls.tenant_in_hand() is None
        from lms.api import queries

        client = queries.client_by_token(token)
        assert client is not None
        assert walls.tenant_in_hand() == client.tenant_id == world.one.tenant_id
        assert queries.client_by_token("kscim_nobody") is None
        assert walls.tenant_in_hand() is None


def test_the_command_prints_a_token_that_works(app: Flask, world: World) -> None:
    runner = app.test_cli_runner()
    done = runner.invoke(args=["scim", "token", "--organisation", "entreprise-1"])
    assert done.exit_code == 0
    assert System(app, done.stdout.strip()).told("GET", "/Users")["totalResults"] == 0
    done = runner.invoke(args=["scim", "token", "--organisation", "entreprise-1", "--name", "Okta", "--json"])
    said = json.loads(done.stdout)
    assert said["url"] == "http://localhost/scim/v2"
    System(app, said["token"]).told("GET", "/Groups")
    unknown = runner.invoke(args=["scim", "token", "--organisation", "nowhere"])
    assert unknown.exit_code == 2
