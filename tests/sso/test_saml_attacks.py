"""Attacks on a sign-on by SAML, each beside a control that differs in nothing but the attack.

The control gets in; the attack does not, and the journal names what was wrong.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from lms.core import db
from lms.core.clock import now
from lms.core.db import Mode, session
from lms.core.journal import Entry
from lms.people.models import Account
from lms.sso import services
from lms.sso.models import IdentityProvider
from tests.sso import saml_wrapping as wrapping
from tests.sso.saml_idp import SHA1, SHA256, Idp
from tests.sso.saml_scenes import asked_in, go, hand_over, leave, passing, trusting
from tests.sso.scenes import is_in, people, tied
from tests.support import needs
from tests.support.page import Visitor
from tests.support.sight import everything
from tests.support.worlds import World

STRONGER = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken"
BOMB = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'
FILE = '<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]>'


@dataclass
class Scene:
    """Everything an attack may use."""

    world: World
    idp: Idp
    visit: Callable[..., Visitor]
    provider_id: int
    visitor: Visitor = field(init=False)

    def __post_init__(self) -> None:
        self.visitor = self.visit()

    def go(self) -> Any:
        """Leave and come back."""
        return go(self.visitor)


Act = Callable[[Scene], Any]


@dataclass(frozen=True)
class Attack:
    """``act`` is what the attacker does, ``why`` what the journal says of it. ``scene``: what holds for the control too."""

    why: str
    act: Act
    scene: dict[str, Any] = field(default_factory=dict)


def bent(why: str, change: Callable[[Any], object], **scene: Any) -> Attack:
    """The provider itself signs something else; ``change`` alters the answer before that."""

    def act(scene: Scene) -> Any:
        scene.idp.bend = lambda answer: (change(answer), answer)[1]
        return scene.go()

    return Attack(why, act, scene)


def spoilt(why: str, change: Callable[[str], str], **scene: Any) -> Attack:
    """Somebody alters what was signed, on its way."""

    def act(scene: Scene) -> Any:
        def surely(text: str) -> str:
            assert change(text) != text, "nothing was altered"
            return change(text)

        scene.idp.spoil = surely
        return scene.go()

    return Attack(why, act, scene)


def made(why: str, scene: dict[str, Any] | None = None, **bent: Any) -> Attack:
    """The provider is another one in these points."""

    def act(one: Scene) -> Any:
        for name, value in bent.items():
            setattr(one.idp, name, value)
        return one.go()

    return Attack(why, act, scene or {})


def said(text: str) -> Callable[[str], str]:
    """Put this in the place of the whole answer."""
    return lambda _answer: text


def before_it(text: str) -> Callable[[str], str]:
    """Put this at the beginning."""
    return lambda answer: (
        text + answer.partition("?>")[2].lstrip() if answer.startswith("<?xml") else text + answer
    )


def assertion(answer: Any) -> Any:
    """The assertion of an answer that the library made."""
    return answer.assertion[0] if isinstance(answer.assertion, list) else answer.assertion


def bound(answer: Any) -> Any:
    """What binds the person to who asked."""
    return assertion(answer).subject.subject_confirmation[0].subject_confirmation_data


def after(**later: float) -> Callable[[], str]:
    """A moment from when the provider says it on, as SAML writes it."""
    return lambda: (now() + timedelta(**later)).strftime("%Y-%m-%dT%H:%M:%SZ")


def put(on: Any, **said: Any) -> None:
    for name, value in said.items():
        setattr(on, name, value() if callable(value) else value)


def conditions(**said: Any) -> Callable[[Any], object]:
    return lambda answer: put(assertion(answer).conditions, **said)


def confirmed(**said: Any) -> Callable[[Any], object]:
    return lambda answer: put(bound(answer), **said)


def audience(name: str, *, besides: bool = False) -> Callable[[Any], object]:
    """For another service; ``besides``: in a second restriction, where each must hold."""

    def change(answer: Any) -> None:
        from saml2.saml import Audience, AudienceRestriction

        told = assertion(answer).conditions
        ours = told.audience_restriction if besides else []
        told.audience_restriction = [*ours, AudienceRestriction(audience=[Audience(text=name)])]

    return change


def issued_by(whole: bool, name: str = "https://elsewhere.example/idp") -> Callable[[Any], object]:
    def change(answer: Any) -> None:
        assertion(answer).issuer.text = name
        if whole:
            answer.issuer.text = name

    return change


def answering_to(number: str | None, *, whole: bool = True) -> Callable[[Any], object]:
    def change(answer: Any) -> None:
        bound(answer).in_response_to = number
        if whole:
            answer.in_response_to = number

    return change


def confirmed_by(method: str) -> Callable[[Any], object]:
    return lambda answer: setattr(assertion(answer).subject.subject_confirmation[0], "method", method)


def failed(*codes: str, words: str = "") -> Callable[[Any], object]:
    """It says that all did not go well, in its own codes."""

    def change(answer: Any) -> None:
        from saml2.samlp import Status, StatusCode, StatusMessage

        inner = StatusCode(value=f"urn:oasis:names:tc:SAML:2.0:status:{codes[1]}") if codes[1:] else None
        outer = StatusCode(value=f"urn:oasis:names:tc:SAML:2.0:status:{codes[0]}", status_code=inner)
        answer.status = Status(status_code=outer, status_message=StatusMessage(text=words) if words else None)
        answer.assertion = []

    return change


def unsigned(text: str) -> str:
    root, one, signature = wrapping.parts(text)
    one.remove(signature)
    return wrapping.written(root)


def encrypted(text: str) -> str:
    rubbish = (
        '<a:EncryptedAssertion xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion"><x:EncryptedData xmlns:x="http://www.w3.org/2001/04/xmlenc#">'
        "<x:CipherData><x:CipherValue>AAAA</x:CipherValue></x:CipherData></x:EncryptedData></a:EncryptedAssertion>"
    )
    root, one, _signature = wrapping.parts(text)
    from lxml import etree

    root.replace(one, etree.fromstring(rubbish))
    return wrapping.written(root)


def another_key_outside(scene: Scene) -> Any:
    """The assertion is well signed; the answer around it by somebody else."""

    def change(text: str) -> str:
        return text.replace(
            ' Version="2.0"', ' Consent="urn:oasis:names:tc:SAML:2.0:consent:obtained" Version="2.0"', 1
        )

    scene.idp.spoil = change
    return scene.go()


def sent_again(scene: Scene) -> Any:
    """The same answer in the same browser, a second time."""
    _where, sent = passing(leave(scene.visitor))
    assert hand_over(scene.visitor, sent).status_code == 302
    scene.visitor.get("/me")
    scene.visitor.send("/sign-out")
    return hand_over(scene.visitor, sent)


def replayed(scene: Scene) -> Any:
    """Whoever could read the browser's cookie puts it back and sends the same answer again."""
    _where, sent = passing(leave(scene.visitor))
    with scene.visitor.client.session_transaction() as cookie:
        kept = dict(cookie["sso"])
    assert hand_over(scene.visitor, sent).status_code == 302
    scene.visitor = scene.visit()
    with scene.visitor.client.session_transaction() as cookie:
        cookie["sso"] = kept
    return hand_over(scene.visitor, sent)


def same_assertion(scene: Scene) -> Any:
    """The provider gives one assertion twice, each time well addressed."""

    def numbered(answer: Any) -> Any:
        assertion(answer).id = "_once"
        return answer

    scene.idp.bend = numbered
    assert scene.go().status_code == 302
    scene.visitor = scene.visit()
    return scene.go()


def unsolicited(scene: Scene) -> Any:
    """Nobody set off here: the provider's own portal sends somebody."""
    _where, sent = passing(leave(scene.visit()))
    return hand_over(scene.visitor, {"SAMLResponse": sent["SAMLResponse"]})


def elsewhere(scene: Scene) -> Any:
    """Login CSRF: the victim's browser is made to bring the attacker's own, good answer."""
    _where, sent = passing(leave(scene.visit()))
    return hand_over(scene.visitor, sent)


def elsewhere_under_way(scene: Scene) -> Any:
    """The same while the victim is under way themself."""
    leave(scene.visitor)
    return elsewhere(scene)


def swapped(scene: Scene) -> Any:
    """The attacker's answer, with the state of the victim's own journey."""
    state = asked_in(leave(scene.visitor))["RelayState"]
    _where, sent = passing(leave(scene.visit()))
    return hand_over(scene.visitor, sent | {"RelayState": state})


def too_late(scene: Scene) -> Any:
    _where, sent = passing(leave(scene.visitor))
    with time_machine.travel(now().timestamp() + 601, tick=True):
        return hand_over(scene.visitor, sent)


def twice_the_answer(scene: Scene) -> Any:
    _where, sent = passing(leave(scene.visitor))
    return scene.visitor.client.post(
        "/sso/region/arrive", data=sent | {"SAMLResponse": [sent["SAMLResponse"], "x"]}
    )


def of_another_customer(scene: Scene) -> Any:
    """An answer for the second customer's provider is brought to the first one's, with the state of a journey there."""
    mine = scene.idp.ours
    trusting(scene.world.two, scene.idp, scene.visit(), "other")
    scene.idp.ours, theirs = mine, scene.idp.ours
    with scene.visitor.client.session_transaction() as cookie:
        cookie.clear()
    asked = asked_in(leave(scene.visitor))
    with scene.visitor.client.session_transaction() as cookie:
        number = cookie["sso"]["nonce"]
    scene.idp.ours, scene.idp.bend = theirs, lambda answer: (answering_to(number)(answer), answer)[1]
    _where, sent = passing(leave(scene.visit(), "other"))
    return hand_over(scene.visitor, sent | {"RelayState": asked["RelayState"]})


def suspended(scene: Scene) -> Any:
    with db.transaction():
        session.get_one(Account, scene.world.one.partner.account_id).suspended_at = now()
    return scene.go()


def switched_off(scene: Scene) -> Any:
    """Somebody is on the way while the provider is switched off."""
    _where, sent = passing(leave(scene.visitor))
    with db.transaction(tenant_id=scene.world.one.tenant_id):
        services.switch_off(session.get_one(IdentityProvider, scene.provider_id), scene.world.one.admin)
    return hand_over(scene.visitor, sent)


AROUND = {"signs_answer": True}
HMAC = "http://www.w3.org/2000/09/xmldsig#hmac-sha256"
ATTACKS: dict[str, Attack] = {
    # What was signed
    "a tampered attribute": spoilt("signature", lambda t: t.replace(">Roux<", ">Root<")),
    "a tampered number": spoilt("signature", lambda t: t.replace("paula-7", "root-1")),
    "a tampered number, the answer signed too": spoilt("signature", lambda t: t.replace("paula-7", "root-1"), **AROUND),
    "a tampered end": spoilt("signature", lambda t: re.sub(r'(<[\w:]*Conditions [^>]*NotOnOrAfter=")\d{4}', r"\g<1>2199", t)),
    "a tampered signature": spoilt("signature", lambda t: re.sub(r"(SignatureValue>\s*)(\w)", lambda m: m[1] + ("A" if m[2] != "A" else "B"), t)),
    "a stripped signature": spoilt("unsigned", unsigned),
    "a stripped signature, the answer signed": made("unsigned", AROUND, signs_assertion=False),
    "nothing signed": made("unsigned", signs_assertion=False),
    "another key, whose certificate comes along": made("signature", key="two"),
    "another key, the answer signed too": made("signature", AROUND, key="two"),
    "an answer altered around a good assertion": Attack("signature", another_key_outside, AROUND),
    "SHA-1": made("weak", algorithms=SHA1),
    "a digest by SHA-1": made("weak", algorithms=(SHA256[0], SHA1[1])),
    "a shared secret": spoilt("weak", lambda t: t.replace(SHA256[0], HMAC)),
    "canonicalized in a way of its own": spoilt("weak", lambda t: re.sub(r'(CanonicalizationMethod Algorithm=")[^"]*', r"\1urn:x", t)),
    # Wrapped
    "wrapped, one": spoilt("wrapped", wrapping.one, **AROUND),
    "wrapped, two": spoilt("wrapped", wrapping.two, **AROUND),
    "wrapped, three": spoilt("wrapped", wrapping.three),
    "wrapped, four": spoilt("wrapped", wrapping.four),
    "wrapped, five": spoilt("wrapped", wrapping.five),
    "wrapped, six": spoilt("wrapped", wrapping.six),
    "wrapped, seven": spoilt("wrapped", wrapping.seven),
    "wrapped, eight": spoilt("wrapped", wrapping.eight),
    "a reference to everything": spoilt("wrapped", lambda t: re.sub(r'Reference URI="#[^"]*"', 'Reference URI=""', t)),
    # Hidden
    "a comment in the number": spoilt("comment", lambda t: t.replace("paula-7", "paula<!-- x -->-7")),
    "an instruction in the number": spoilt("comment", lambda t: t.replace("paula-7", "paula<?x y?>-7")),
    "a document type": spoilt("doctype", before_it("<!DOCTYPE Response>")),
    "a bomb of entities": spoilt("doctype", before_it(BOMB)),
    "a file of ours": spoilt("doctype", before_it(FILE)),
    "encrypted rubbish": spoilt("encrypted_saml", encrypted),
    "no XML": spoilt("not_xml", said("hello")),
    "half of it": spoilt("not_xml", lambda t: t[: len(t) // 2]),
    "another document": spoilt("no_answer", said("<a/>")),
    "in another alphabet": spoilt("not_xml", before_it('<?xml version="1.0" encoding="UTF-7"?>')),
    "too long": spoilt("too_large", lambda t: t.replace(">Roux<", f">{'x' * 300_000}<")),
    "too deep": spoilt("too_large", said("<a>" * 5000 + "</a>" * 5000)),
    # For us
    "for another service": bent("audience", audience("https://elsewhere.example")),
    "for us, and for others alone": bent("audience", audience("https://elsewhere.example", besides=True)),
    "for whoever wants it": bent("audience", conditions(audience_restriction=[])),
    "sent to another address": bent("recipient", lambda a: setattr(a, "destination", "https://elsewhere.example/acs")),
    "to be brought to another address": bent("recipient", confirmed(recipient="https://elsewhere.example/acs")),
    "to be brought anywhere": bent("recipient", confirmed(recipient=None)),
    "for whoever holds a key": bent("claims", confirmed_by("urn:oasis:names:tc:SAML:2.0:cm:holder-of-key")),
    # Now
    "expired": bent("expired", conditions(not_before=after(hours=-2), not_on_or_after=after(minutes=-2))),
    "to be brought earlier": bent("expired", confirmed(not_on_or_after=after(minutes=-2))),
    "not yet valid": bent("future", conditions(not_before=after(minutes=2))),
    "valid for ever": bent("claims", conditions(not_on_or_after=None)),
    "to be brought at any time": bent("claims", confirmed(not_on_or_after=None)),
    "signed in long ago": bent("expired", lambda a: put(assertion(a).authn_statement[0], authn_instant=after(hours=-13))),
    "a session that is over": bent("expired", lambda a: put(assertion(a).authn_statement[0], session_not_on_or_after=after(minutes=-2))),
    "a time that is none": bent("claims", conditions(not_on_or_after="tomorrow")),
    # From them
    "an unknown issuer": bent("issuer", issued_by(whole=True)),
    "an assertion of another issuer": bent("issuer", issued_by(whole=False)),
    # In this browser, once
    "in answer to another request": bent("nonce", answering_to("_another")),
    "in answer to another request, inside": bent("nonce", answering_to("_another", whole=False)),
    "in answer to nothing": bent("nonce", answering_to(None)),
    "unsolicited": Attack("nonce", unsolicited),
    "sent again": Attack("nonce", sent_again),
    "replayed with the cookie": Attack("nonce", replayed),
    "the same assertion in another answer": Attack("used", same_assertion),
    "brought to another browser": Attack("nonce", elsewhere),
    "brought to another browser that is under way": Attack("nonce", elsewhere_under_way),
    "with the state of another journey": Attack("nonce", swapped),
    "too late": Attack("nonce", too_late),
    "two answers": Attack("nonce", twice_the_answer),
    # Who
    "a name for this time only": made("name_format", format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient"),
    "an e-mail address as a name": made("name_format", format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"),
    "no number where an attribute holds it": Attack(
        "no_number", lambda s: (s.idp.said.pop("uid"), s.go())[1], {"options": {"subject": "uid"}}
    ),
    "two numbers where an attribute holds one": Attack(
        "no_number", lambda s: (s.idp.said["uid"].append("root"), s.go())[1], {"options": {"subject": "uid"}}
    ),
    # How surely
    "a lower level": made("level", {"level": STRONGER, "levels": STRONGER}, level="urn:oasis:names:tc:SAML:2.0:ac:classes:Password"),
    # Refused over there
    "refused": bent("denied", failed("Responder", "AuthnFailed", words="wrong password")),
    "a fault over there": bent("provider", failed("Requester", "InvalidNameIDPolicy")),
    # Whose account
    "another customer's answer": Attack("recipient", of_another_customer),
    "a suspended account": Attack("suspended", suspended, {"ties": "partner"}),
    "a provider that was switched off meanwhile": Attack("", switched_off),
}  # fmt: skip


@pytest.fixture
def scene(request: pytest.FixtureRequest, world: World, idp: Idp, visit: Callable[..., Visitor]) -> Scene:
    more = dict(ATTACKS[request.param].scene)
    ties = more.pop("ties", None)
    for name in ("signs_answer", "level"):
        if name in more:
            setattr(idp, name, more.pop(name))
    number = trusting(world.one, idp, visit(), **more)
    if ties:
        tied(world.one, number, "paula-7", world.one.people[ties].person_id)
    return Scene(world, idp, visit, number)


#: What the database has a part in; the rest is told from the answer alone.
OF_THE_DATABASE = {
    "sent again", "replayed with the cookie", "the same assertion in another answer", "another customer's answer", "a suspended account",
    "a provider that was switched off meanwhile", "wrapped, three", "expired",
}  # fmt: skip


@pytest.mark.parametrize(
    "scene",
    [pytest.param(name, marks=() if name in OF_THE_DATABASE else needs.once) for name in ATTACKS],
    indirect=True,
)
def test_an_attack_is_refused_and_its_control_gets_in(scene: Scene, request: pytest.FixtureRequest) -> None:
    control = scene.go()
    assert (control.status_code, control.location) == (302, "/reports"), control.get_data(as_text=True)
    assert is_in(scene.visitor)
    scene.visitor, before = scene.visit(), people()
    attack = ATTACKS[request.node.callspec.params["scene"]]
    answer = attack.act(scene)
    assert answer.status_code == 403, answer.get_data(as_text=True)
    assert not is_in(scene.visitor)
    assert people() == before
    assert wrong() == attack.why


def wrong() -> str:
    """What the journal says of the last sign-on that was refused; empty: nothing was."""
    with everything(Mode.READ):
        refused = select(Entry.details).where(Entry.verb == "sign-on-refused").order_by(Entry.id.desc())
        found = session.scalars(refused.limit(1)).first()
    return str((found or {}).get("why", ""))
