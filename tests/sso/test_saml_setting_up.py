"""An administrator sets a SAML provider up: by its address or by its metadata, and whatever fails is explained."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lms.core import db
from lms.core.db import Mode, session
from lms.sso.models import IdentityProvider
from tests.sso.saml_idp import SHA1, Idp
from tests.sso.saml_scenes import go, hand_over, passing
from tests.sso.scenes import is_in, people, verbs
from tests.sso.test_cli import said
from tests.support.page import Page, Visitor
from tests.support.worlds import World

Visit = Callable[..., Visitor]
HTTP = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-"


def written(world: World, visitor: Visitor, **more: Any) -> Page:
    """Fill the form and send it."""
    visitor.get("/sso/providers/new/saml")
    typed = {"name": "Région", "organisation_id": str(world.one.agency_id), "default_role": "partner"}
    return visitor.send("/new/saml", **typed | more)


def provider(world: World) -> IdentityProvider:
    with db.transaction(Mode.READ, world.one.tenant_id):
        found = session.scalars(select(IdentityProvider)).one()
        session.refresh(found)
        session.expunge(found)
        return found


def tried(world: World, visitor: Visitor, idp: Idp) -> Page:
    """Press the button, pass the provider, come back to the page."""
    made = provider(world)
    idp.ours = visitor.fetch(f"/sso/{made.slug}/metadata.xml").get_data()
    visitor.get(f"/sso/providers/{made.id}")
    form = next(f for f in visitor.page.all("form") if f.get("action", "").endswith("/try"))  # type: ignore[union-attr]
    left = visitor.client.post(
        form.get("action"), data={f.get("name"): f.get("value") for f in form.iter("input")}
    )
    assert left.status_code == 302
    _where, sent = passing(left.location)
    back = hand_over(visitor, sent, made.slug)
    assert back.status_code == 302, back.get_data(as_text=True)
    return visitor.get(back.location)


def test_from_its_address_to_people_coming_in(world: World, idp: Idp, visit: Visit) -> None:
    visitor = visit(world.one.admin)
    page = written(world, visitor, option_address=f"{idp.url}/metadata")
    made = provider(world)
    assert (made.state, made.issuer, made.kind) == ("submitted", "", "saml")
    assert f"http://localhost/sso/{made.slug}/metadata.xml" in page.words
    assert f"http://localhost/sso/{made.slug}/acs" in page.words
    assert visit().fetch(f"/sso/{made.slug}/start").status_code == 404
    page = visitor.send("/read")
    assert (provider(world).state, provider(world).issuer) == ("discovered", idp.name)
    assert idp.name in page.words
    assert f"form-action 'self' {idp.url};" in page.response.headers["Content-Security-Policy"]
    before = people()
    page = tried(world, visitor, idp)
    assert provider(world).state == "tested"
    assert all(text in page.words for text in ("Paula", "Roux", "paula@region.example", "paula-7"))
    assert people() == before, "a try makes nobody"
    visitor.send("/on")
    coming = visit()
    assert go(coming, made.slug).status_code == 302
    assert is_in(coming)
    assert [verb for verb in verbs() if verb.startswith("provider-")] == [
        "provider-submitted", "provider-discovered", "provider-tested", "provider-live",
    ]  # fmt: skip


def test_by_a_file_or_pasted_and_changed_afterwards(world: World, idp: Idp, visit: Visit) -> None:
    visitor = visit(world.one.admin)
    written(world, visitor, file=(io.BytesIO(idp.metadata().encode()), "idp.xml"))
    visitor.send("/read")
    assert provider(world).state == "discovered"
    number = provider(world).id
    page = visitor.get(f"/sso/providers/{number}/settings")
    assert "Des métadonnées sont enregistrées" in page.words
    assert "KeyDescriptor" not in page.response.get_data(as_text=True)
    visitor.send("/settings", name="Autre nom")
    assert (provider(world).state, provider(world).name) == ("discovered", "Autre nom"), (
        "nothing else was changed"
    )
    visitor.get(f"/sso/providers/{number}/settings")
    visitor.send("/settings", pasted=idp.metadata().replace(idp.name, "https://new.example/idp"))
    assert (provider(world).state, provider(world).issuer) == ("submitted", "")
    visitor.get(f"/sso/providers/{number}")
    visitor.send("/read")
    assert provider(world).issuer == "https://new.example/idp"
    visitor.get(f"/sso/providers/{number}/settings")
    visitor.send("/settings", option_address=f"{idp.url}/metadata")
    assert provider(world).options["pasted"] == ""


def weak(idp: Idp) -> str:
    """The same with the certificate of a short key."""
    idp.published = "short"
    return idp.described()


def twice(idp: Idp) -> str:
    """Two providers in one document."""
    one = idp.described().partition("?>")[2] or idp.described()
    both = one + one.replace(idp.name, "https://other.example/idp")
    return (
        f'<m:EntitiesDescriptor xmlns:m="urn:oasis:names:tc:SAML:2.0:metadata">{both}</m:EntitiesDescriptor>'
    )


#: What is pasted, and a word of what the administrator reads beside the field.
PASTED: dict[str, tuple[Callable[[Idp], str], str]] = {
    "no XML": (lambda i: "hello", "ne se lit pas comme du XML"),
    "a page": (lambda i: "<html><body>hello</body></html>", "ne sont pas des métadonnées SAML"),
    "a document type": (lambda i: '<!DOCTYPE x [<!ENTITY a "b">]>' + i.described().partition("?>")[2], "DTD"),
    "of a service": (lambda i: i.described().replace("IDPSSODescriptor", "SPSSODescriptor"), "aucun fournisseur"),
    "too long": (lambda i: i.described().replace("</", f"<!--{'x' * 300_000}--></", 1), "trop long"),
    "out of date": (
        lambda i: i.described().replace("entityID=", 'validUntil="2020-01-01T00:00:00Z" entityID='),
        "n’étaient valables que jusqu’à",
    ),
    "by post alone": (lambda i: i.described().replace(f"{HTTP}Redirect", f"{HTTP}POST"), "tout ce qu’il faut"),
    "unencrypted": (lambda i: i.described().replace(f"{i.url}/sso", "http://idp.example/sso"), "n’est pas chiffrée"),
    "a weak key": (weak, "2 048 bits"),
    "no certificate": (lambda i: i.described().replace("X509Certificate", "X509Nothing"), "aucun certificat"),
    "wants signed requests": (
        lambda i: i.described().replace('WantAuthnRequestsSigned="false"', 'WantAuthnRequestsSigned="true"'),
        "demandes signées",
    ),
    "several": (twice, "plusieurs fournisseurs"),
}  # fmt: skip


@pytest.mark.parametrize("what", PASTED)
def test_metadata_that_cannot_be_taken_is_explained(what: str, world: World, idp: Idp, visit: Visit) -> None:
    change, sentence = PASTED[what]
    visitor = visit(world.one.admin)
    page = written(world, visitor, pasted=change(idp))
    assert page.status == 422
    assert sentence in page.words, page.words
    kept = {field.get("name"): field.get("value") for field in page.all("input")}
    assert kept["name"] == "Région", "what was typed stays"


def test_one_of_several_is_named(world: World, idp: Idp, visit: Visit) -> None:
    visitor = visit(world.one.admin)
    written(world, visitor, pasted=twice(idp), option_entity=idp.name)
    visitor.send("/read")
    assert (provider(world).state, provider(world).issuer) == ("discovered", idp.name)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "adresse des métadonnées"),
        ({"option_address": "region.example"}, "https://"),
        ({"option_address": "http://region.example/m"}, "lus en chemin"),
        ({"option_address": "https://region.example/m", "pasted": "<a/>"}, "pas les deux"),
        (
            {"option_address": "https://region.example/m", "option_subject": "mail"},
            "peut passer à une autre personne",
        ),
        (
            {
                "option_address": "https://region.example/m",
                "option_subject": "courriel",
                "claim_email": "courriel",
            },
            "peut passer à une autre personne",
        ),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    typed: dict[str, str], sentence: str, world: World, visit: Visit
) -> None:
    page = written(world, visit(world.one.admin), **typed)
    assert page.status == 422
    assert sentence in page.words, page.words


@pytest.mark.parametrize(
    ("metadata", "sentence"),
    [
        (lambda i: i.away, "pas avec ce que publie"),
        (lambda i: setattr(i, "metadata", lambda: "hello"), "ne se lit pas comme du XML"),
        (lambda i: setattr(i, "metadata", lambda: "x" * 1_100_000), "trop long"),
    ],
)
def test_an_address_that_cannot_be_read_is_explained(
    metadata: Callable[[Idp], Any], sentence: str, world: World, idp: Idp, visit: Visit
) -> None:
    visitor = visit(world.one.admin)
    written(world, visitor, option_address=f"{idp.url}/metadata")
    metadata(idp)
    if sentence.startswith("pas avec"):
        idp.away = True
    page = visitor.send("/read")
    assert sentence in page.words, page.words
    assert provider(world).state == "submitted"


#: What can go wrong on the way, and a word of what is read of it.
TRYING: dict[str, tuple[dict[str, Any], str]] = {
    "SHA-1": ({"algorithms": SHA1}, "RSA-SHA256"),
    "another key": ({"key": "two"}, "La signature"),
    "only the answer is signed": ({"signs_assertion": False, "signs_answer": True}, "n’est pas signée"),
    "an address as a name": (
        {"format": "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"},
        "NameID persistant",
    ),
    "no name": ({"said": {"mail": ["paula@region.example"]}}, "ne donne aucun nom"),
}


@pytest.mark.parametrize("what", TRYING)
def test_a_try_that_fails_is_explained(what: str, world: World, idp: Idp, visit: Visit) -> None:
    visitor = visit(world.one.admin)
    written(world, visitor, pasted=idp.metadata())
    visitor.send("/read")
    changes, sentence = TRYING[what]
    for name, value in changes.items():
        setattr(idp, name, value)
    page = tried(world, visitor, idp)
    assert sentence in page.words, page.words
    assert provider(world).state == "discovered"


def test_by_the_command_line(app: Flask, world: World, idp: Idp, visit: Visit, tmp_path: Any) -> None:
    file = tmp_path / "idp.xml"
    file.write_text(idp.metadata(), "utf-8")
    common = ["--organisation", "reseau-1", "--name", "Région", "--kind", "saml"]
    assert said(app, "add", "region", *common)[0] == 2
    assert said(app, "add", "region", *common, "--metadata", str(tmp_path / "nowhere.xml"))[0] == 2
    status, words = said(app, "add", "region", *common, "--metadata", str(file), "--default-role", "partner")
    assert (status, idp.name in words) == (0, True), words
    idp.ours = visit().fetch("/sso/region/metadata.xml").get_data()
    coming = visit()
    assert go(coming).status_code == 302
    assert is_in(coming)
