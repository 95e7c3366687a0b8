"""FranceConnect, ProConnect and France Travail Connect, each against a fake that refuses whatever the real one refuses."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import time_machine
from sqlalchemy import select

from lms.core import db
from lms.core.clock import now
from lms.core.db import Mode, session
from lms.organisations.models import Membership, Organisation, Role
from lms.people.models import Person
from lms.people.services import put_right
from lms.people.services.persons import CertifiedName
from lms.sso import services
from lms.sso.models import IdentityDomain
from lms.sso.profile import Language, Profile, profile_of
from tests.sso.forger import forging
from tests.sso.scenes import is_in, people, tied, trusted
from tests.sso.strict import Strict, StrictFranceConnect, StrictFranceTravail, StrictProConnect
from tests.support.page import Visitor
from tests.support.worlds import World

Visit = Callable[..., Visitor]


@pytest.fixture
def answering() -> Iterator[Callable[[Strict], Strict]]:
    """Let a fake answer until the test is over."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda fake: stack.enter_context(forging(fake))


def through(address: str) -> str:
    """Where the fake sends a real browser back to; its refusals are the test's."""
    with requests.Session() as browser:
        browser.trust_env = False
        answer = browser.get(address, allow_redirects=False, timeout=5)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def sign_on(visitor: Visitor) -> Any:
    """Leave, pass the fake, come back."""
    left = visitor.fetch("/sso/public/start?next=/me")
    assert left.status_code == 302, left.get_data(as_text=True)
    back = through(left.location)
    return visitor.client.get(back.removeprefix("http://localhost"))


def trust(world: World, fake: Strict, kind: str, **more: Any) -> int:
    profile = profile_of(kind)
    usual = {
        "kind": kind, "client_id": fake.client_id, "secret": fake.secret, "default_role": Role.LEARNER, "name": str(profile.label),
        "levels": profile.levels[0][0] if profile.must_name_a_level else "",
    }  # fmt: skip
    return trusted(world.one, fake.issuer, "public", **usual | more)


def newest() -> Person:
    from tests.support.sight import everything

    with everything(Mode.READ):
        return session.scalars(select(Person).order_by(Person.id.desc())).first()  # type: ignore[return-value]


FAKES: dict[str, Callable[[], Strict]] = {
    "france-connect": StrictFranceConnect,
    "france-connect-plus": lambda: StrictFranceConnect(offered=("eidas2", "eidas3")),
    "pro-connect": StrictProConnect,
    "france-travail": StrictFranceTravail,
}


@pytest.mark.parametrize("kind", FAKES)
def test_somebody_comes_in_and_goes_out_as_the_real_one_wants_it(
    kind: str, world: World, visit: Visit, answering: Callable[[Strict], Strict]
) -> None:
    fake = answering(FAKES[kind]())
    options = {"options": {"api": f"{fake.url}/partenaire"}} if kind == "france-travail" else {}
    number = trust(world, fake, kind, **options)
    if kind == "france-connect-plus":
        fake.asks_keys = visit().fetch("/sso/public/keys.json").get_json  # type: ignore[attr-defined]
    if kind == "pro-connect":
        with db.transaction(tenant_id=world.one.tenant_id):
            session.add(
                IdentityDomain(tenant_id=world.one.tenant_id, provider_id=number, domain="agence.example")
            )
    visitor, before = visit(), people()
    answer = sign_on(visitor)
    assert (answer.status_code, answer.location) == (302, "/me"), answer.get_data(as_text=True)
    assert people() == before + 1
    who = newest()
    assert (who.first_name, who.last_name) == ("Angela", "Dubois")
    assert who.email == fake.person["email"]
    assert sign_on(visit()).status_code == 302
    assert people() == before + 1
    visitor.get("/me")
    page = visitor.send("/sign-out")
    (where,) = [link for link in page.links() if link.startswith(fake.url)]
    back = through(where)
    assert back.startswith("http://localhost/sso/public/left")
    assert visitor.get(back.removeprefix("http://localhost")).status == 200


def test_a_code_that_comes_too_late_is_refused_in_words(
    world: World, visit: Visit, answering: Callable[[Strict], Strict]
) -> None:
    trust(world, answering(StrictFranceConnect()), "france-connect")
    visitor = visit()
    back = through(visitor.fetch("/sso/public/start").location)
    with time_machine.travel(now().timestamp() + 31, tick=True):
        answer = visitor.client.get(back.removeprefix("http://localhost"))
    assert answer.status_code == 403
    assert not is_in(visitor)


def test_france_connect_certifies_who_somebody_is(
    world: World, visit: Visit, answering: Callable[[Strict], Strict]
) -> None:
    """The name is its own from then on: nobody corrects it here."""
    trust(world, answering(StrictFranceConnect()), "france-connect")
    assert sign_on(visit()).status_code == 302
    who = newest()
    assert (who.certified_by, str(who.birth_date)) == ("FranceConnect", "1962-08-24")
    with pytest.raises(CertifiedName), db.transaction(tenant_id=world.one.tenant_id):
        again = session.get_one(Person, who.id)
        put_right(again, None, first_name="Angèle", last_name="Dubois", email="", phone="")
    with db.transaction(tenant_id=world.one.tenant_id):
        again = session.get_one(Person, who.id)
        put_right(again, None, first_name="Angela", last_name="Dubois", email="a@b.fr", phone="")
    page = visit(world.one.admin).get(f"/people/{who.id}/change")
    assert "Ce nom est certifié par FranceConnect" in page.words
    assert all(
        field.get("readonly") is not None for field in page.all("input") if field.get("name") == "last_name"
    )


def test_france_connect_plus_is_not_believed_where_it_does_not_encrypt(
    world: World, visit: Visit, answering: Callable[[Strict], Strict]
) -> None:
    trust(world, answering(StrictFranceConnect(offered=("eidas2",))), "france-connect-plus")
    assert sign_on(visit()).status_code == 403


@pytest.mark.parametrize(("who", "code"), [("learner", 302), ("partner", 403), ("adviser", 403)])
def test_a_citizens_account_opens_no_page_of_the_team(
    who: str, code: int, world: World, visit: Visit, answering: Callable[[Strict], Strict]
) -> None:
    fake = answering(StrictFranceConnect())
    number = trust(world, fake, "france-connect")
    tied(world.one, number, fake.person["sub"], world.one.people[who].person_id)
    assert sign_on(visit()).status_code == code


def test_proconnect_must_reach_two_factors_where_they_are_asked_for(
    world: World, visit: Visit, answering: Callable[[Strict], Strict]
) -> None:
    fake = answering(StrictProConnect())
    number = trust(world, fake, "pro-connect", levels="mfa")
    tied(world.one, number, fake.person["sub"], world.one.adviser.person_id)
    assert sign_on(visit()).status_code == 302
    fake.has_two_factors = False  # type: ignore[attr-defined]
    assert sign_on(visit()).status_code == 403


@pytest.mark.parametrize("alg", ["RS256", "HS256"])
def test_proconnect_signs_as_it_was_registered(
    alg: str, world: World, visit: Visit, answering: Callable[[Strict], Strict]
) -> None:
    fake = answering(StrictProConnect(alg=alg))
    number = trust(world, fake, "pro-connect", algorithm=alg)
    tied(world.one, number, fake.person["sub"], world.one.adviser.person_id)
    assert sign_on(visit()).status_code == 302
    fake.alg = "HS256" if alg == "RS256" else "RS256"
    assert sign_on(visit()).status_code == 403


def test_proconnect_brings_only_agents_of_ones_own_units_or_domains(
    world: World, visit: Visit, answering: Callable[[Strict], Strict]
) -> None:
    """Every public agent has such an account: without a unit or a domain of ours, they are strangers."""
    fake = answering(StrictProConnect())
    trust(
        world,
        fake,
        "pro-connect",
        default_role=Role.ADVISER,
        scopes="openid given_name usual_name email siret custom",
    )
    assert sign_on(visit()).status_code == 403
    fake.person |= {"custom": {"structureTravail": "9021"}}
    with db.transaction(tenant_id=world.one.tenant_id):
        session.get_one(Organisation, world.one.agency_id).safir = "09021"
    assert sign_on(visit()).status_code == 302
    with db.transaction(Mode.READ, world.one.tenant_id):
        held = session.scalars(select(Membership).order_by(Membership.id.desc())).first()
        assert held is not None
        assert (held.organisation_id, held.role) == (world.one.agency_id, Role.ADVISER)


def test_proconnect_refuses_the_private_sector_in_words_that_help(
    world: World, visit: Visit, answering: Callable[[Strict], Strict]
) -> None:
    trust(world, answering(StrictProConnect(is_private=True)), "pro-connect")
    answer = sign_on(visit())
    assert answer.status_code == 403
    assert "organisme public" in answer.get_data(as_text=True)


def test_france_travail_gives_no_address_before_it_is_confirmed(
    world: World, visit: Visit, answering: Callable[[Strict], Strict]
) -> None:
    fake = answering(StrictFranceTravail(has_confirmed=False))
    trust(world, fake, "france-travail", options={"api": f"{fake.url}/partenaire"})
    assert sign_on(visit()).status_code == 302
    assert newest().email is None


def _plain(asked: dict[str, str], **more: str | None) -> dict[str, str]:
    return {name: value for name, value in (asked | more).items() if value is not None}


@pytest.mark.parametrize(
    ("fake", "bent"),
    [
        (StrictFranceConnect, {"code_challenge": "x", "code_challenge_method": "S256"}),
        (StrictFranceConnect, {"acr_values": None}),
        (StrictFranceConnect, {"acr_values": "eidas2"}),
        (StrictFranceConnect, {"nonce": "n" * 21}),
        (StrictFranceConnect, {"scope": "openid phone"}),
        (StrictFranceConnect, {"redirect_uri": "http://localhost/sso/public/callback/"}),
        (StrictProConnect, {"code_challenge": "x"}),
        (StrictProConnect, {"acr_values": "eidas1"}),
        (StrictProConnect, {"state": "s" * 31}),
        (StrictProConnect, {"nonce": "n" * 31}),
        (StrictFranceTravail, {"realm": None}),
    ],
)
def test_the_fakes_are_strict(fake: type[Strict], bent: dict[str, Any], world: World, visit: Visit) -> None:
    """Each refuses a request that differs from ours in one parameter, and takes ours."""
    kinds = {
        StrictFranceConnect: "france-connect",
        StrictProConnect: "pro-connect",
        StrictFranceTravail: "france-travail",
    }
    with forging(fake()) as one:
        trust(world, one, kinds[fake])
        address = urlsplit(visit().fetch("/sso/public/start").location)
        asked = {name: values[0] for name, values in parse_qs(address.query).items()}
        for changes, code in (({}, 302), (bent, 400)):
            query = {f"?{name}": [value] for name, value in _plain(asked, **changes).items()}
            assert one.answer(address.path, query, {})[0] == code


def test_every_profile_is_whole() -> None:
    """The contract of the family, over every member."""
    for name, kind in Profile.registered.items():
        one = kind()
        assert str(one.label), name
        assert str(one.about), name
        by_saml = one.language is Language.SAML  # whose scopes and algorithms are its metadata's
        assert by_saml or "openid" in one.scopes.split(), name
        assert by_saml or one.algorithms, name
        assert not any(alg == "none" or alg.startswith("HS") for alg in one.algorithms), name
        assert set(one.auth_methods) <= {"client_secret_basic", "client_secret_post"}, name
        assert Role.ADMIN not in one.roles, f"{name}: nobody becomes an administrator by coming along"
        assert not one.is_for_learners or one.roles == (Role.LEARNER,), name
        assert {"first_name", "last_name"} <= set(one.claims), name
        assert not one.must_name_a_level or one.levels, name
        for label, address in one.addresses:
            assert str(label), name
            assert address.startswith("https://"), name
        for what, remedy in one.troubles.values():
            assert str(what), name
            assert str(remedy), name


def test_a_provider_whose_kind_is_gone_is_spoken_to_by_the_standard() -> None:
    assert profile_of("of-yesterday").name == "openid"
    assert services.redacted("paula@exemple.fr") == "p…a@e…e.fr"
