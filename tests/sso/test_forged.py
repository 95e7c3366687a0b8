"""What comes back from a provider is believed only when every part of it holds."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from sqlalchemy import func, select

from lms.core import db
from lms.core.db import Mode, session
from lms.core.journal import Entry
from lms.organisations.models import Organisation, Role
from lms.people.models import Account, Person, SignIn
from lms.sso import services
from tests.sso.forger import Forger, forging
from tests.support.page import Visitor
from tests.support.sight import everything
from tests.support.worlds import World


@pytest.fixture
def forger() -> Iterator[Forger]:
    with forging() as one:
        yield one


@pytest.fixture(autouse=True)
def _trusted(world: World, forger: Forger) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        root = session.get_one(Organisation, world.one.root_id)
        services.add(
            root, "region", "Région", forger.url, "kokoroe", secret="s3cret", default_role=Role.PARTNER
        )


def go(visitor: Visitor, forger: Forger, **sent: str) -> Any:
    """Leave and come back; what was sent may be bent."""
    left = visitor.fetch("/sso/region/start?next=/reports")
    assert left.status_code == 302, left.get_data(as_text=True)
    asked = {k: v[0] for k, v in parse_qs(urlsplit(left.location).query).items()}
    forger.nonce = asked["nonce"]
    values = {"code": "c0de", "state": asked["state"]} | sent
    return visitor.client.get("/sso/region/callback", query_string=values)


def people() -> int:
    with everything(Mode.READ):
        return session.execute(select(func.count()).select_from(Person)).scalar_one()


def test_a_name_that_nobody_has_is_said_in_words(visit: Callable[..., Visitor]) -> None:
    page = visit().get("/sso?organisation=personne")
    assert "Aucune organisation" in page.words


def test_a_newcomer_becomes_a_partner_and_is_known_next_time(
    world: World, forger: Forger, visit: Callable[..., Visitor]
) -> None:
    before = people()
    for _ in range(2):
        answer = go(visit(), forger)
        assert (answer.status_code, answer.location) == (302, "/reports")
    assert people() == before + 1
    with db.transaction(Mode.READ, world.one.tenant_id):
        assert session.execute(select(func.count()).where(SignIn.method == "sso")).scalar_one() == 2
        assert session.scalars(select(Person.first_name).order_by(Person.id.desc())).first() == "Paula"


def test_what_is_asked_is_what_the_standard_asks(forger: Forger, visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    asked = {
        k: v[0] for k, v in parse_qs(urlsplit(visitor.fetch("/sso/region/start").location).query).items()
    }
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert min(len(asked["state"]), len(asked["nonce"])) >= 43
    assert asked["redirect_uri"] == "http://localhost/sso/region/callback"
    visitor.client.get("/sso/region/callback", query_string={"code": "c", "state": asked["state"]})
    sent = next(sent for path, sent in forger.asked if path == "/token")
    assert sent["code_verifier"]
    assert sent["grant_type"] == ["authorization_code"]


BENT: dict[str, Callable[[Forger], None]] = {
    "unsigned": lambda f: setattr(f, "token", f.unsigned),
    "signed with the public key": lambda f: setattr(f, "token", f.signed_with_the_public_key),
    "signed by another key": lambda f: setattr(f, "token", f.signed_by_another),
    "no token at all": lambda f: setattr(f, "token", lambda _claims: ""),
    "rubbish": lambda f: setattr(f, "token", lambda _claims: "a.b.c"),
    "another issuer": lambda f: setattr(f, "bend", lambda c: c | {"iss": "https://elsewhere.example"}),
    "for another client": lambda f: setattr(f, "bend", lambda c: c | {"aud": "somebody-else"}),
    "authorised to another": lambda f: setattr(
        f, "bend", lambda c: c | {"aud": ["kokoroe", "x"], "azp": "x"}
    ),
    "too old": lambda f: setattr(f, "bend", lambda c: c | {"iat": c["iat"] - 900, "exp": c["exp"] - 900}),
    "without an end": lambda f: setattr(f, "bend", lambda c: {k: v for k, v in c.items() if k != "exp"}),
    "from the future": lambda f: setattr(f, "bend", lambda c: c | {"nbf": c["iat"] + 900}),
    "another nonce": lambda f: setattr(f, "bend", lambda c: c | {"nonce": "n" * 43}),
    "no nonce": lambda f: setattr(f, "bend", lambda c: {k: v for k, v in c.items() if k != "nonce"}),
    "nobody": lambda f: setattr(f, "bend", lambda c: c | {"sub": ""}),
    "no subject": lambda f: setattr(f, "bend", lambda c: {k: v for k, v in c.items() if k != "sub"}),
    "userinfo of another": lambda f: setattr(f, "userinfo", {"sub": "somebody-else"}),
    "an error": lambda f: setattr(f, "status", 400),
}


@pytest.mark.parametrize("how", list(BENT))
def test_a_forged_answer_lets_nobody_in(how: str, forger: Forger, visit: Callable[..., Visitor]) -> None:
    before = people()
    BENT[how](forger)
    visitor = visit()
    answer = go(visitor, forger)
    assert answer.status_code == 403
    assert people() == before
    assert (visitor.fetch("/me").location or "").startswith("/sign-in")


@pytest.mark.parametrize(
    "sent", [{"state": "x" * 43}, {"state": ""}, {"error": "access_denied"}, {"error": "server_error"}]
)
def test_an_answer_to_another_journey_is_refused(
    sent: dict[str, str], forger: Forger, visit: Callable[..., Visitor]
) -> None:
    answer = go(visit(), forger, **sent)
    assert answer.status_code == 403
    assert not any(path == "/token" for path, _ in forger.asked)


def test_an_answer_serves_once_and_not_for_long(forger: Forger, visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    left = visitor.fetch("/sso/region/start")
    state = parse_qs(urlsplit(left.location).query)["state"][0]
    with time_machine.travel(1e9 + 4e9, tick=True):
        late = visitor.client.get("/sso/region/callback", query_string={"code": "c", "state": state})
    assert late.status_code == 403
    again = visitor.client.get("/sso/region/callback", query_string={"code": "c", "state": state})
    assert again.status_code == 403


def test_changed_keys_are_read_again(forger: Forger, visit: Callable[..., Visitor]) -> None:
    assert go(visit(), forger).status_code == 302
    forger.rotate()
    assert go(visit(), forger).status_code == 302


def test_an_address_alone_never_joins_two_accounts(
    world: World, forger: Forger, visit: Callable[..., Visitor]
) -> None:
    forger.bend = lambda claims: claims | {"email": "Claire1@exemple.fr"}
    before = people()
    answer = go(visit(), forger)
    assert answer.status_code == 403
    assert "c…1@e…e.fr" in answer.get_data(as_text=True)
    assert "claire1@exemple.fr" not in answer.get_data(as_text=True)
    assert people() == before
    with everything(Mode.READ):
        assert "sign-on-refused" in session.scalars(select(Entry.verb)).all()


def test_where_only_the_invited_come_in_a_stranger_does_not(
    world: World, forger: Forger, visit: Callable[..., Visitor]
) -> None:
    from lms.sso.queries import provider_by_slug

    with db.transaction(tenant_id=world.one.tenant_id):
        provider = provider_by_slug("region")
        assert provider is not None
        provider.default_role = None
        services.link(provider, "known", session.get_one(Person, world.one.partner.person_id))
    assert go(visit(), forger).status_code == 403
    forger.sub = "known"
    assert go(visit(), forger).status_code == 302


def test_a_suspended_account_stays_out(world: World, forger: Forger, visit: Callable[..., Visitor]) -> None:
    assert go(visit(), forger).status_code == 302
    from lms.core.clock import now

    with db.transaction():
        account = session.scalars(select(Account).order_by(Account.id.desc())).first()
        assert account is not None
        account.suspended_at = now()
    assert go(visit(), forger).status_code == 403


def test_a_suspended_person_stays_out_until_let_in_again(
    world: World, forger: Forger, visit: Callable[..., Visitor]
) -> None:
    """The provider still vouches for them; whoever was in is out with the next click."""
    from lms.people.services import let_in_again, suspend_people

    tenant_id, inside = world.one.tenant_id, visit()
    assert go(inside, forger).status_code == 302
    assert inside.fetch("/me").status_code == 200
    with db.transaction(tenant_id=tenant_id):
        newest = session.scalars(select(Person.id).order_by(Person.id.desc())).first()
        assert newest is not None
        suspend_people(tenant_id, [newest])
    assert inside.fetch("/me").status_code == 302
    assert go(visit(), forger).status_code == 403
    with db.transaction(tenant_id=tenant_id):
        let_in_again(tenant_id, [newest])
    assert go(visit(), forger).status_code == 302


def test_a_provider_that_is_away_is_told_and_the_password_still_opens(
    world: World, visit: Callable[..., Visitor]
) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        root = session.get_one(Organisation, world.one.root_id)
        services.add(root, "away", "Ailleurs", "http://127.0.0.1:1", "kokoroe")
    visitor = visit()
    page = visitor.get("/sso/away/start")
    assert page.status == 503
    assert visit().get("/sign-in").status == 200
