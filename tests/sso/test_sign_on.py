"""Leaving for a provider and coming back: what is asked, who comes in, and what happens when it is away."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from lms.core import db
from lms.core.clock import now
from lms.core.db import Mode, session
from lms.people.models import Person, SignIn
from lms.sso.models import IdentityProvider, UsedState
from lms.sso.tasks import forget
from tests.sso.forger import Forger
from tests.sso.scenes import come_back, go, is_in, leave, people, tied, trusted, verbs
from tests.support.page import Visitor
from tests.support.worlds import World

Visit = Callable[..., Visitor]


def test_a_newcomer_becomes_a_partner_and_is_known_next_time(
    world: World, forger: Forger, visit: Visit
) -> None:
    trusted(world.one, forger.url)
    before = people()
    for _ in range(2):
        answer = go(visit(), forger)
        assert (answer.status_code, answer.location) == (302, "/reports")
    assert people() == before + 1
    with db.transaction(Mode.READ, world.one.tenant_id):
        assert session.execute(select(func.count()).where(SignIn.method == "sso")).scalar_one() == 2
        assert session.scalars(select(Person.first_name).order_by(Person.id.desc())).first() == "Paula"
    assert verbs().count("signed-on") == 2


def test_what_is_asked_is_what_the_standard_asks(world: World, forger: Forger, visit: Visit) -> None:
    trusted(world.one, forger.url)
    visitor = visit()
    asked = leave(visitor)
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert min(len(asked["state"]), len(asked["nonce"])) >= 43
    assert asked["redirect_uri"] == "http://localhost/sso/region/callback"
    assert set(asked) == {
        "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
    }  # fmt: skip
    come_back(visitor, code=forger.issue(asked), state=asked["state"])
    sent = next(sent for path, sent in forger.asked if path == "/token")
    assert sent["code_verifier"]
    assert sent["grant_type"] == ["authorization_code"]


@pytest.mark.parametrize("sent", [{"state": "x" * 43}, {"error": "access_denied"}, {"error": "server_error"}])
def test_a_journey_that_failed_costs_the_provider_no_question(
    sent: dict[str, str], world: World, forger: Forger, visit: Visit
) -> None:
    trusted(world.one, forger.url)
    assert go(visit(), forger, **sent).status_code == 403
    assert not any(path == "/token" for path, _sent in forger.asked)
    assert "sign-on-refused" in verbs()


def test_changed_keys_are_read_again(world: World, forger: Forger, visit: Visit) -> None:
    trusted(world.one, forger.url)
    assert go(visit(), forger).status_code == 302
    forger.rotate()
    assert go(visit(), forger).status_code == 302


def test_used_states_are_forgotten_when_they_are_too_old_anyway(
    world: World, forger: Forger, visit: Visit
) -> None:
    trusted(world.one, forger.url)
    go(visit(), forger)

    def kept() -> int:
        with db.transaction(Mode.READ, world.one.tenant_id):
            return session.scalar(select(func.count()).select_from(UsedState)) or 0

    forget(None)
    assert kept() == 1
    with time_machine.travel(now() + timedelta(days=1), tick=True):
        forget(None)
    assert kept() == 0


def away(world: World, since: str = "") -> IdentityProvider:
    with db.transaction(Mode.READ, world.one.tenant_id):
        return session.scalars(select(IdentityProvider)).one()


def test_when_it_is_away_the_door_says_so_and_the_other_ways_open(world: World, visit: Visit) -> None:
    trusted(world.one, "http://127.0.0.1:1")
    visitor = visit()
    page = visitor.get("/sso/region/start?next=/reports")
    assert page.response.request.path == "/sign-in"
    assert "Région ne répond pas depuis" in page.words
    assert "Votre mot de passe et votre carte ouvrent toujours votre compte." in page.words
    assert {"login", "password"} <= {field.get("name") for field in page.all("input")}
    assert away(world).away_since is not None
    assert "Région ne répond pas depuis" in visit().get("/sign-in").words, "whoever comes next is told before"


def test_one_that_is_away_is_not_asked_by_each_of_a_crowd(world: World, forger: Forger, visit: Visit) -> None:
    trusted(world.one, "http://127.0.0.1:1")
    visit().fetch("/sso/region/start")
    with db.transaction(tenant_id=world.one.tenant_id):
        session.scalars(select(IdentityProvider)).one().issuer = forger.url
    visit().fetch("/sso/region/start")
    assert forger.asked == []
    with time_machine.travel(now() + timedelta(seconds=20), tick=True):
        assert go(visit(), forger).status_code == 302
    assert away(world).away_since is None
    assert "ne répond pas" not in visit().get("/sign-in").words


def test_when_it_goes_away_on_the_way_nobody_is_lost(world: World, forger: Forger, visit: Visit) -> None:
    trusted(world.one, forger.url)
    visitor = visit()
    asked = leave(visitor)
    forger.status = 503
    with db.transaction(tenant_id=world.one.tenant_id):
        kept = session.scalars(select(IdentityProvider)).one()
        kept.discovered = kept.discovered | {
            "metadata": kept.discovered["metadata"] | {"token_endpoint": "http://127.0.0.1:1/token"}
        }
    answer = come_back(visitor, code=forger.issue(asked), state=asked["state"])
    assert (answer.status_code, answer.location) == (302, "/sign-in?at=reseau-1&next=%2Freports")
    assert not is_in(visitor)


def test_the_door_shows_the_providers_of_its_organisation_and_of_those_above(
    world: World, forger: Forger, visit: Visit
) -> None:
    trusted(world.one, forger.url, "region", name="Le réseau")
    trusted(world.one, forger.url, "agency", name="Une agence", unit_id=world.one.agency_id)
    trusted(world.two, forger.url, "other", name="Ailleurs")

    def shown(path: str) -> list[str]:
        return [link.split("?")[0] for link in visit().get(path).links() if link.startswith("/sso")]

    assert shown("/sign-in?at=agence-1") == ["/sso/region/start", "/sso/agency/start", "/sso"]
    assert shown("/sign-in?at=autre-agence-1") == ["/sso/region/start", "/sso"]
    assert shown("/sign-in?at=agence-2") == ["/sso/other/start", "/sso"]
    assert shown("/sign-in") == ["/sso"], "nobody learns who our customers are"


def test_a_domain_leads_to_its_provider_from_the_sign_in_page(
    world: World, forger: Forger, visit: Visit
) -> None:
    number = trusted(world.one, forger.url)
    trusted(world.two, forger.url, "other")
    with db.transaction(tenant_id=world.one.tenant_id):
        from lms.sso.models import IdentityDomain

        session.add(
            IdentityDomain(tenant_id=world.one.tenant_id, provider_id=number, domain="region.example")
        )
    visitor = visit()
    visitor.get("/sign-in")
    page = visitor.send("/sign-in", login="Nobody@Region.example", password="x" * 12)
    assert page.status == 422
    assert "/sso/region/start" in page.links()
    visitor.get("/sso?next=/me")
    page = visitor.send("/sso", who=" nobody@REGION.example ")
    assert any(link.startswith("/sso/region/start?next=/me") for link in page.links())
    assert not any("other" in link for link in page.links())
    page = visitor.send("/sso", who="agence-2")
    assert any("/sso/other/start" in link for link in page.links())
    page = visitor.send("/sso", who="personne")
    assert "Aucune organisation" in page.words
    assert visitor.send("/sso", who="").status == 422


def test_the_way_out_ends_the_session_over_there_too(world: World, forger: Forger, visit: Visit) -> None:
    number = trusted(world.one, forger.url)
    tied(world.one, number, "paula", world.one.partner.person_id)
    visitor = visit()
    go(visitor, forger)
    visitor.get("/reports")
    page = visitor.send("/sign-out")
    assert page.response.request.path.startswith("/sso/region/leave/")
    (where,) = [link for link in page.links() if link.startswith(forger.url)]
    assert page.response.headers["Refresh"] == f"0; url={where}"
    assert f"{forger.url}/end?id_token_hint=ey" in where
    assert "post_logout_redirect_uri=http%3A%2F%2Flocalhost%2Fsso%2Fregion%2Fleft" in where
    assert "state=" in where
    assert not is_in(visitor)
    assert (
        "Vous êtes" in visitor.get("/sso/region/left").words or visitor.get("/sso/region/left").status == 200
    )
    with time_machine.travel(now() + timedelta(minutes=6), tick=True):
        assert visitor.fetch(page.response.request.path).status_code == 404


def test_whoever_came_by_a_password_goes_out_as_before(world: World, forger: Forger, visit: Visit) -> None:
    trusted(world.one, forger.url)
    visitor = visit(world.one.admin)
    visitor.get("/organisations")
    visitor.get("/me")
    assert visitor.send("/sign-out").response.request.path == "/sign-out"


def test_whoever_came_by_a_provider_is_out_when_it_is_switched_off(
    world: World, forger: Forger, visit: Visit
) -> None:
    number = trusted(world.one, forger.url)
    visitor, other = visit(), visit(world.one.partner)
    go(visitor, forger)
    admin = visit(world.one.admin)
    admin.get(f"/sso/providers/{number}")
    admin.send("/off")
    assert not is_in(visitor)
    assert is_in(other)
    assert visit().fetch("/sso/region/start").status_code == 404
