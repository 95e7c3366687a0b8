"""Signing on by SAML, against pysaml2's own identity provider: who comes in, and as whom."""

import logging
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from defusedxml import ElementTree
from sqlalchemy import func, select

from lms.core import db, doctor
from lms.core.clock import now
from lms.core.db import Mode, session
from lms.core.journal import Entry
from lms.people.models import Person
from lms.sso import services
from lms.sso.models import IdentityProvider, UsedState
from lms.sso.saml.shape import PROTOCOL
from tests.sso.forger import Forger
from tests.sso.saml_idp import PASSWORD, Idp
from tests.sso.saml_scenes import asked_in, go, hand_over, leave, passing, trusting
from tests.sso.scenes import is_in, people, tied, trusted
from tests.support.page import Visitor
from tests.support.sight import everything
from tests.support.worlds import World

Visit = Callable[..., Visitor]
M = "{urn:oasis:names:tc:SAML:2.0:metadata}"


def newest() -> Person:
    with everything(Mode.READ):
        found = session.scalars(select(Person).order_by(Person.id.desc()).limit(1)).one()
        session.expunge(found)
        return found


def in_a_while() -> time_machine.travel:
    """When the provider is asked again."""
    return time_machine.travel(now() + timedelta(minutes=2), tick=True)


def test_a_newcomer_is_made_once_and_known_by_their_number(world: World, idp: Idp, visit: Visit) -> None:
    visitor = visit()
    trusting(world.one, idp, visitor)
    answer = go(visitor)
    assert (answer.status_code, answer.location) == (302, "/reports"), answer.get_data(as_text=True)
    assert is_in(visitor)
    made, before = newest(), people()
    assert (made.first_name, made.last_name, made.email) == ("Paula", "Roux", "paula@region.example")
    idp.said |= {"mail": ["p.dubois@region.example"], "sn": ["Dubois"]}
    again = visit()
    assert go(again).status_code == 302
    assert (people(), newest().last_name) == (before, "Dubois"), "the number says who it is, and names follow"
    with everything(Mode.READ):
        told = session.scalars(select(Entry.details).where(Entry.verb == "signed-on")).all()
    assert [one["acr"] for one in told] == [PASSWORD[:40]] * 2


def test_an_address_alone_never_says_who_it_is(world: World, idp: Idp, visit: Visit) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        session.get_one(Person, world.one.learner.person_id).email = "paula@region.example"
    visitor = visit()
    trusting(world.one, idp, visitor)
    before = people()
    answer = go(visitor)
    assert answer.status_code == 403
    assert "p…a@r…n.example" in answer.get_data(as_text=True)
    assert (people(), is_in(visitor)) == (before, False)
    idp.number, idp.said["mail"] = "somebody-else", ["else@region.example"]
    assert go(visitor).status_code == 302, "the control has another address"


def test_an_attribute_may_hold_the_number(world: World, idp: Idp, visit: Visit) -> None:
    """The provider names people by their address; the customer named the attribute that never changes."""
    visitor = visit()
    idp.format, idp.number = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress", "x@region.example"
    idp.said |= {"sub": ["root"], "acr": ["high"]}
    number = trusting(world.one, idp, visitor, options={"subject": "uid"}, default_role=None)
    tied(world.one, number, "p7", world.one.partner.person_id)
    assert "NameIDPolicy" not in request_in(leave(visitor)) or "Format=" not in request_in(leave(visitor))
    assert go(visitor).status_code == 302
    assert is_in(visitor)


def test_both_may_be_signed_and_a_level_may_be_asked_for(world: World, idp: Idp, visit: Visit) -> None:
    idp.signs_answer = True
    visitor = visit()
    trusting(world.one, idp, visitor, levels=f"urn:x:other {PASSWORD}")
    asked = request_in(leave(visitor))
    assert PASSWORD in asked
    assert 'Comparison="exact"' in asked
    assert go(visitor).status_code == 302
    assert is_in(visitor)


def request_in(address: str) -> str:
    """The request that an address carries, as XML."""
    import base64
    import zlib

    return zlib.decompress(base64.b64decode(asked_in(address)["SAMLRequest"]), -15).decode()


def test_what_a_provider_is_told_of_us(world: World, idp: Idp, forger: Forger, visit: Visit) -> None:
    visitor = visit()
    trusting(world.one, idp, visitor)
    answer = visitor.fetch("/sso/region/metadata.xml")
    assert answer.mimetype == "application/samlmetadata+xml"
    root = ElementTree.fromstring(answer.get_data())
    assert root.get("entityID") == "http://localhost/sso/region/metadata.xml"
    role = root.find(f"{M}SPSSODescriptor")
    assert role is not None
    assert role.get("WantAssertionsSigned") == "true"
    assert role.get("protocolSupportEnumeration") == PROTOCOL
    places = role.findall(f"{M}AssertionConsumerService")
    assert [one.get("Location") for one in places] == ["http://localhost/sso/region/acs"]
    sent = request_in(leave(visitor))
    assert 'AssertionConsumerServiceURL="http://localhost/sso/region/acs"' in sent
    assert len(asked_in(leave(visitor))["RelayState"]) <= 80
    assert asked_in(leave(visitor))["RelayState"] != asked_in(leave(visitor))["RelayState"]
    trusted(world.one, forger.url, "open")
    assert visitor.fetch("/sso/open/metadata.xml").status_code == 404, "it speaks another language"
    assert visitor.client.post("/sso/open/acs").status_code == 404
    assert visitor.fetch("/sso/region/callback").status_code == 404


def test_the_page_between_works_without_javascript(world: World, idp: Idp, visit: Visit) -> None:
    """It is a page as any other, but for its form; whatever it is sent comes out as text."""
    visitor = visit()
    trusting(world.one, idp, visitor)
    bad = {"SAMLResponse": '"><script>x</script>', "RelayState": "y" * 5000}
    answer = visit().client.post("/sso/region/acs", data=bad)
    page = visitor._seen(answer)
    assert "Région" in page.words
    assert "<script>x" not in answer.get_data(as_text=True)
    assert hand_over(visit(), bad).status_code == 403
    assert hand_over(visit(), {}).status_code == 403


def test_somebody_ties_themselves(world: World, idp: Idp, visit: Visit) -> None:
    visitor = visit(world.one.learner)
    number = trusting(world.one, idp, visitor, default_role=None)
    visitor.get("/sso/mine")
    form = next(f for f in visitor.page.all("form") if f.get("action", "").endswith("/tie"))  # type: ignore[union-attr]
    left = visitor.client.post(
        form.get("action"), data={f.get("name"): f.get("value") for f in form.iter("input")}
    )
    assert left.location.startswith(f"{idp.url}/sso?SAMLRequest=")
    _where, sent = passing(left.location)
    assert hand_over(visitor, sent).location == "/sso/mine"
    with db.transaction(Mode.READ, world.one.tenant_id):
        provider = session.get_one(IdentityProvider, number)
        from lms.sso.queries import link_of

        link = link_of(provider, "paula-7")
        assert link is not None
        assert link.person_id == world.one.learner.person_id
    coming = visit()
    assert go(coming).status_code == 302
    assert world.one.learner.login in coming.get("/me").words


def test_a_provider_that_is_away_says_so_and_new_certificates_are_read(
    world: World, idp: Idp, visit: Visit
) -> None:
    visitor = visit()
    trusting(world.one, idp, visitor, options={"address": f"{idp.url}/metadata", "pasted": ""})
    assert go(visitor).status_code == 302
    idp.away = True
    with in_a_while():
        left = visit().fetch("/sso/region/start?next=/reports")
        assert left.location.startswith("/sign-in?at=")
        assert "ne répond pas" in visit().get(left.location).words
    idp.away, idp.key, idp.published = False, "two", "two"
    with time_machine.travel(now() + timedelta(minutes=5), tick=True):
        assert go(visit()).status_code == 302, "the new certificate was read with the metadata"
    idp.metadata = lambda: idp.described().replace(f"{idp.url}/idp", "https://elsewhere.example/idp")
    with time_machine.travel(now() + timedelta(minutes=9), tick=True):
        left = visit().fetch("/sso/region/start")
        assert left.location.startswith("/sign-in?at="), "another provider does not take its place"


def test_without_xmlsec1_it_says_what_is_missing(
    world: World, idp: Idp, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = visit(world.one.admin)
    number = trusting(world.one, idp, visitor)
    told = {
        name: kind
        for name, kind in doctor.Checkup.registered.items()
        if name in ("saml", "migrations", "database")
    }
    monkeypatch.setattr(doctor.Checkup, "registered", told)
    assert not any(one.findings for one in doctor.look()), "the control: it is there"
    monkeypatch.setenv("PATH", "/nowhere")
    found = [finding for one in doctor.look() for finding in one.findings]
    assert ["xmlsec1" in one.wrong and "region" in one.wrong and not one.is_warning for one in found] == [
        True
    ]
    assert "apt install xmlsec1" in found[0].remedy
    assert "xmlsec1" in visitor.get(f"/sso/providers/{number}").words
    assert "xmlsec1" in visitor.get("/sso/providers/new").words
    left = visit().fetch("/sso/region/start")
    assert left.location.startswith("/sign-in?at=")
    assert visit().get("/sign-in").status == 200


def test_no_line_of_the_log_names_anybody(
    world: World, idp: Idp, visit: Visit, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    trusting(world.one, idp, visit())
    assert go(visit()).status_code == 302
    idp.key = "two"
    assert go(visit()).status_code == 403
    assert "Roux" not in caplog.text
    assert "paula" not in caplog.text


def test_what_was_used_is_forgotten_once_it_is_too_old(world: World, idp: Idp, visit: Visit) -> None:
    trusting(world.one, idp, visit())
    assert go(visit()).status_code == 302

    def kept() -> int:
        with everything(Mode.READ):
            return session.execute(select(func.count()).select_from(UsedState)).scalar_one()

    assert kept() == 2, "the state and the assertion"
    for later, left in ((timedelta(minutes=10), 2), (timedelta(hours=30), 0)):
        with db.transaction(tenant_id=world.one.tenant_id):
            services.forget_old(world.one.tenant_id, now() + later)
        assert kept() == left
