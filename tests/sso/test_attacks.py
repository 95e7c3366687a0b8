"""Attacks on a sign-on, each beside a control that differs in nothing but the attack: the control gets in, the attack does not."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import time_machine
from joserfc import jwt
from sqlalchemy import update

from lms.core import db
from lms.core.clock import now
from lms.core.db import session
from lms.organisations.models import Role
from lms.people.models import Account, Person
from lms.people.services import suspend_people
from lms.sso import queries, services
from lms.sso.models import IdentityLink
from tests.sso.forger import Claims, Forger, forging, half, rsa
from tests.sso.scenes import SECRET, come_back, go, is_in, leave, people, tied, trusted
from tests.support.page import Visitor
from tests.support.worlds import World


@dataclass
class Scene:
    """Everything an attack may use."""

    world: World
    forger: Forger
    visit: Callable[..., Visitor]
    provider_id: int
    slug: str = "region"
    visitor: Visitor = field(init=False)

    def __post_init__(self) -> None:
        self.visitor = self.visit()

    def go(self, **sent: str) -> Any:
        """Leave and come back, in a browser of its own."""
        return go(self.visitor, self.forger, self.slug, **sent)


Act = Callable[[Scene], Any]


@dataclass(frozen=True)
class Attack:
    """``act`` is what the attacker does. ``scene``: what the provider was set up with, control and attack alike."""

    act: Act
    scene: dict[str, Any] = field(default_factory=dict)


def bent(change: Callable[[Claims], Claims], **scene: Any) -> Attack:
    """The ID token says something else."""

    def act(scene: Scene) -> Any:
        scene.forger.bend = change
        return scene.go()

    return Attack(act, scene)


def said(**claims: Any) -> Attack:
    """The ID token says this instead."""
    return bent(lambda honest: honest | claims)


def without(name: str) -> Attack:
    """The ID token is silent about it."""
    return bent(lambda honest: {key: value for key, value in honest.items() if key != name})


def written(token: Callable[[Forger, Claims], str], **scene: Any) -> Attack:
    """The ID token is made otherwise."""

    def act(scene: Scene) -> Any:
        scene.forger.token = lambda claims: token(scene.forger, claims)
        return scene.go()

    return Attack(act, scene)


def told(userinfo: Callable[[Forger], Any], **scene: Any) -> Attack:
    """The userinfo endpoint says something else."""

    def act(scene: Scene) -> Any:
        scene.forger.userinfo = lambda: userinfo(scene.forger)
        return scene.go()

    return Attack(act, scene)


def brought(**sent: Any) -> Attack:
    """The browser brings something else back."""
    return Attack(lambda scene: scene.go(**sent))


def tampered(forger: Forger, claims: Claims) -> str:
    head, _body, tail = forger.signed(claims).split(".")
    return f"{head}.{forger.raw({}, claims | {'sub': 'root'}).split('.')[1]}.{tail}"


def replayed(scene: Scene) -> Any:
    """Whoever could read the browser's cookie puts it back and sends the same answer again; the provider would take it."""
    asked = leave(scene.visitor)
    with scene.visitor.client.session_transaction() as cookie:
        kept = dict(cookie["sso"])
    back = {"code": scene.forger.issue(asked), "state": asked["state"]}
    assert come_back(scene.visitor, **back).status_code == 302
    scene.visitor = scene.visit()
    with scene.visitor.client.session_transaction() as cookie:
        cookie["sso"] = kept
    return come_back(scene.visitor, **back)


def sent_again(scene: Scene) -> Any:
    """The same answer in the same browser, a second time."""
    asked = leave(scene.visitor)
    back = {"code": scene.forger.issue(asked), "state": asked["state"]}
    assert come_back(scene.visitor, **back).status_code == 302
    scene.visitor.get("/me")
    scene.visitor.send("/sign-out")
    return come_back(scene.visitor, **back)


def stolen_code(scene: Scene) -> Any:
    """A code that was made for another browser, in a journey of the attacker's own."""
    victim = leave(scene.visit())
    code = scene.forger.issue(victim)
    return come_back(scene.visitor, code=code, state=leave(scene.visitor)["state"])


def elsewhere(scene: Scene) -> Any:
    """Login CSRF: the victim's browser is made to open the attacker's own, good answer."""
    asked = leave(scene.visit())
    return come_back(scene.visitor, code=scene.forger.issue(asked), state=asked["state"])


def elsewhere_under_way(scene: Scene) -> Any:
    """The same while the victim is under way themself."""
    leave(scene.visitor)
    asked = leave(scene.visit())
    return come_back(scene.visitor, code=scene.forger.issue(asked), state=asked["state"])


def too_late(scene: Scene) -> Any:
    asked = leave(scene.visitor)
    with time_machine.travel(now().timestamp() + 601, tick=True):
        return come_back(scene.visitor, code=scene.forger.issue(asked), state=asked["state"])


def twice_the_state(scene: Scene) -> Any:
    asked = leave(scene.visitor)
    return come_back(scene.visitor, code=scene.forger.issue(asked), state=[asked["state"], "x"])


def mixed_up(scene: Scene) -> Any:
    """A journey to the attacker's provider is brought to the callback of the honest one."""
    with forging() as other:
        trusted(scene.world.two, other.url, "other")
        asked = leave(scene.visitor, "other")
        return come_back(scene.visitor, code=scene.forger.issue(asked), state=asked["state"])


def mixed_up_tokens(scene: Scene) -> Any:
    """The honest provider's place is taken by a token that another provider signed for us."""
    with forging() as other:
        other.key = rsa("two")
        scene.forger.token = lambda claims: other.signed(claims | {"iss": other.url})
        return scene.go()


def another_customers_number(scene: Scene) -> Any:
    """The number of somebody of the first customer, said by a provider of the second: there it is nobody."""
    trusted(scene.world.two, scene.forger.url, "other", default_role=None)
    return go(scene.visitor, scene.forger, "other")


def shared_account(scene: Scene) -> Any:
    """The account also opens a file with another customer, for whom this provider may not speak."""
    with db.transaction(tenant_id=scene.world.two.tenant_id):
        session.get_one(
            Person, scene.world.two.learner.person_id
        ).account_id = scene.world.one.partner.account_id
    return scene.go()


def beyond_its_unit(scene: Scene) -> Any:
    """The provider of one agency speaks of the administrator of them all."""
    admin = scene.world.one.admin
    with db.transaction(tenant_id=admin.tenant_id):
        of_paula = update(IdentityLink).where(IdentityLink.subject == "paula")
        session.execute(of_paula.values(person_id=admin.person_id, account_id=admin.account_id))
    return scene.go()


def suspended(scene: Scene) -> Any:
    with db.transaction():
        session.get_one(Account, scene.world.one.partner.account_id).suspended_at = now()
    return scene.go()


def suspended_person(scene: Scene) -> Any:
    """The provider still vouches for them, and the account opens another customer's pages."""
    partner = scene.world.one.partner
    with db.transaction(tenant_id=partner.tenant_id):
        suspend_people(partner.tenant_id, [partner.person_id])
    return scene.go()


def switched_off(scene: Scene) -> Any:
    """Somebody is on the way while the provider is switched off."""
    asked = leave(scene.visitor)
    with db.transaction(tenant_id=scene.world.one.tenant_id):
        provider = queries.provider_by_slug(scene.slug)
        assert provider is not None
        services.switch_off(provider, None)
    return come_back(scene.visitor, code=scene.forger.issue(asked), state=asked["state"])


KNOWN = {"ties": "partner"}
ATTACKS: dict[str, Attack] = {
    # Who signed it
    "alg none": written(lambda f, c: f.raw({"alg": "none"}, c)),
    "alg None, spelled otherwise": written(lambda f, c: f.raw({"alg": "nOnE"}, c)),
    "no alg": written(lambda f, c: f.raw({"typ": "JWT"}, c)),
    "HS256 with the public key": written(
        lambda f, c: f.raw({"alg": "HS256", "kid": "one"}, c, f.key.as_pem(private=False))
    ),
    "HS256 with the client's secret, where it was not agreed": written(
        lambda f, c: f.raw({"alg": "HS256"}, c, SECRET.encode())
    ),
    "HS256 with another secret, where it was agreed": Attack(
        lambda s: _with(s, lambda f, c: f.raw({"alg": "HS256"}, c, b"x" * 40)), {"algorithm": "HS256"}
    ),
    "RS256, where HS256 was agreed": Attack(
        lambda s: _with(s, lambda f, c: f.signed(c)), {"algorithm": "HS256"}
    ),
    "RS512, where RS256 was agreed": written(
        lambda f, c: jwt.encode({"alg": "RS512", "kid": "one"}, c, f.key, ["RS512"]), algorithm="RS256"
    ),
    "no signature": written(lambda f, c: f.signed(c).rpartition(".")[0] + "."),
    "the signature of another token": written(tampered),
    "another key under the same name": written(
        lambda f, c: jwt.encode({"alg": "RS256", "kid": "one"}, c, rsa("stranger"))
    ),
    "the name of a key that nobody published": written(
        lambda f, c: jwt.encode({"alg": "RS256", "kid": "elsewhere"}, c, f.key)
    ),
    "a key brought along in the header": written(
        lambda f, c: jwt.encode(
            {"alg": "RS256", "jwk": rsa("stranger").as_dict(private=False)}, c, rsa("stranger")
        )
    ),
    "a key to be fetched from elsewhere": written(
        lambda f, c: jwt.encode({"alg": "RS256", "kid": "one", "jku": "http://127.0.0.1:1/"}, c, rsa("stranger"))
    ),
    "a critical header that nobody knows": written(
        lambda f, c: f.raw({"alg": "RS256", "kid": "one", "crit": ["b65"], "b65": False}, c, b"x")
    ),
    "an access token in the place of the ID token": Attack(
        lambda s: (s.forger.header.update(typ="at+jwt"), s.go())[1]
    ),
    "no token at all": written(lambda _f, _c: ""),
    "something that is no token": written(lambda _f, _c: "a.b.c"),
    "a token of another provider": Attack(mixed_up_tokens),
    # For whom, from whom, when
    "another issuer": said(iss="https://elsewhere.example"),
    "another audience": said(aud="somebody-else"),
    "audiences without us": said(aud=["x", "y"]),
    "authorised to another": said(aud=["kokoroe", "x"], azp="x"),
    "several audiences and authorised to nobody": said(aud=["kokoroe", "x"]),
    "expired": bent(lambda c: c | {"iat": c["iat"] - 300, "exp": c["iat"] - 120}),
    "without an end": without("exp"),
    "an end that is no number": said(exp="never"),
    "issued in the future": bent(lambda c: c | {"iat": c["iat"] + 600, "exp": c["iat"] + 900}),
    "issued long ago, with a far end": bent(lambda c: c | {"iat": c["iat"] - 3600, "exp": c["iat"] + 3600}),
    "not yet to be used": bent(lambda c: c | {"nbf": c["iat"] + 600}),
    # Which sign-on
    "another nonce": said(nonce="n" * 43),
    "no nonce": without("nonce"),
    "a wrong at_hash": said(at_hash=half("another")),
    "a wrong c_hash": said(c_hash=half("another")),
    "a replayed answer, its cookie put back": Attack(replayed),
    "the same answer again": Attack(sent_again),
    "somebody else's code": Attack(stolen_code),
    "another state": brought(state="x" * 43),
    "no state": brought(state=""),
    "two states": Attack(twice_the_state),
    "an answer that comes too late": Attack(too_late),
    "login CSRF: the attacker's answer in another browser": Attack(elsewhere),
    "login CSRF while under way": Attack(elsewhere_under_way),
    "mix-up: the answer to another provider": Attack(mixed_up),
    "mix-up: an answer that says whose it is": brought(iss="https://elsewhere.example"),
    "an error beside a good code": brought(error="access_denied"),
    # Who it is
    "nobody": said(sub=""),
    "no subject": without("sub"),
    "a subject that is a number": said(sub=7),
    "userinfo of another": told(lambda f: f.about() | {"sub": "root"}),
    "userinfo of nobody": told(lambda f: f.more),
    "unsigned userinfo, where it is signed": Attack(
        lambda s: _telling(s, lambda f: f.about()), {"kind": "france-connect", "signs": True}
    ),
    "signed userinfo for another": Attack(
        lambda s: _telling(s, lambda f: f.signed_about(aud="somebody-else")), {"signs": True}
    ),
    "signed userinfo of another issuer": Attack(
        lambda s: _telling(s, lambda f: f.signed_about(iss="https://elsewhere.example")), {"signs": True}
    ),
    "userinfo signed with alg none": Attack(
        lambda s: _telling(s, lambda f: f.raw({"alg": "none"}, {"iss": f.url, "aud": "kokoroe"} | f.about())),
        {"signs": True},
    ),
    # How surely
    "a lower level": bent(lambda c: c | {"acr": "low"}, levels="high", acr="high"),
    "no level": bent(lambda c: {k: v for k, v in c.items() if k != "acr"}, levels="high", acr="high"),
    "a level that only userinfo claims": Attack(
        lambda s: (s.forger.said.pop("acr"), s.forger.more.update(acr="high"), s.go())[2],
        {"levels": "high", "acr": "high"},
    ),
    # Whose account
    "another customer's number": Attack(another_customers_number, KNOWN),
    "an account that opens another customer": Attack(shared_account, KNOWN),
    "an administrator, by the provider of one agency": Attack(beyond_its_unit, {"ties": "learner", "unit": "agency"}),
    "a suspended account": Attack(suspended, KNOWN),
    "a suspended person": Attack(suspended_person, KNOWN),
    "a provider that was switched off meanwhile": Attack(switched_off),
}  # fmt: skip


def _with(scene: Scene, token: Callable[[Forger, Claims], str]) -> Any:
    scene.forger.token = lambda claims: token(scene.forger, claims)
    return scene.go()


def _telling(scene: Scene, userinfo: Callable[[Forger], Any]) -> Any:
    scene.forger.userinfo = lambda: userinfo(scene.forger)
    return scene.go()


@pytest.fixture
def scene(
    request: pytest.FixtureRequest, world: World, forger: Forger, visit: Callable[..., Visitor]
) -> Scene:
    more = dict(ATTACKS[request.param].scene)
    ties, unit, signs, acr = (more.pop(name, None) for name in ("ties", "unit", "signs", "acr"))
    if unit:
        more["unit_id"] = world.one.agency_id
    if more.get("kind") == "france-connect":
        more["default_role"], forger.said["acr"] = Role.LEARNER, "eidas1"
    if more.get("algorithm") == "HS256":
        forger.token = lambda claims: forger.raw({"alg": "HS256"}, claims, SECRET.encode())
    if signs:
        forger.userinfo = forger.signed_about
    if acr:
        forger.said["acr"] = acr
    number = trusted(world.one, forger.url, **more)
    if ties:
        tied(world.one, number, "paula", world.one.people[ties].person_id)
    return Scene(world, forger, visit, number)


@pytest.mark.parametrize("scene", list(ATTACKS), indirect=True)
def test_an_attack_is_refused_and_its_control_gets_in(scene: Scene, request: pytest.FixtureRequest) -> None:
    control = scene.go()
    assert (control.status_code, control.location) == (302, "/reports"), control.get_data(as_text=True)
    assert is_in(scene.visitor)
    scene.visitor, before = scene.visit(), people()
    answer = ATTACKS[request.node.callspec.params["scene"]].act(scene)
    assert answer.status_code == 403
    assert not is_in(scene.visitor)
    assert people() == before


def test_there_are_enough_of_them() -> None:
    assert len(ATTACKS) >= 60


@pytest.mark.parametrize(
    "onward",
    ["//evil.example", "https://evil.example/", "/\\evil.example", "/%09/evil.example", "javascript:alert(1)", "%2F%2Fevil.example"],
)  # fmt: skip
def test_nobody_is_sent_elsewhere(
    world: World, forger: Forger, visit: Callable[..., Visitor], onward: str
) -> None:
    """The control is every test above: ``/reports`` is where they arrive."""
    trusted(world.one, forger.url)
    visitor = visit()
    answer = go(visitor, forger, onward=onward)
    assert (answer.status_code, answer.location) == (302, "/")
    assert is_in(visitor)
