"""The page on which administrators let a directory in."""

from collections.abc import Callable

from flask import Flask

from lms.core import db
from lms.core.db import Mode, session
from lms.core.journal import Entry
from tests.api.provisioning import System, token_of
from tests.support.page import Page, Visitor
from tests.support.worlds import World

Visit = Callable[..., Visitor]


def shown_in(page: Page) -> str:
    """The token that the page shows; empty: none."""
    return next((field.get("value") for field in page.all("input") if field.get("name") == "token"), "")


def test_a_token_is_made_shown_once_used_and_revoked(app: Flask, world: World, visit: Visit) -> None:
    admin = visit(world.one.admin)
    admin.get("/organisations")
    assert "/api/tokens" in admin.get("/organisations").links()
    admin.get("/api/tokens")
    page = admin.send("/api/tokens", name="  Entra   ID ")
    system = System(app, shown_in(page))
    assert "http://localhost/scim/v2" in page.words + str([f.get("value") for f in page.all("input")])
    assert "Entra ID" in page.words
    assert "jamais" in page.words
    system.add_user("ana")
    page = admin.get("/api/tokens")
    assert shown_in(page) == ""
    assert system.token not in page.html
    assert "jamais" not in page.words
    page = admin.send("/revoke")
    assert "Le jeton est révoqué" in page.words
    assert "/revoke" not in page.html
    system.told("GET", "/Users", status=401)


def test_a_token_needs_a_name(world: World, visit: Visit) -> None:
    admin = visit(world.one.admin)
    admin.get("/api/tokens")
    page = admin.send("/api/tokens", name=" ")
    assert page.status == 422
    assert "Nommez le système" in page.words
    assert admin.send("/api/tokens", name="x" * 81).status == 422


def test_only_the_tokens_of_the_organisation_in_hand_are_there(world: World, visit: Visit) -> None:
    token_of(world.one, world.one.company_id, name="Ailleurs")
    token_of(world.two, world.two.root_id, name="Chez les autres")
    token_of(world.one, world.one.root_id, name="Ici")
    page = visit(world.one.admin).get("/api/tokens")
    assert [name in page.words for name in ("Ici", "Ailleurs", "Chez les autres")] == [True, False, False]


def test_who_made_and_revoked_a_token_stands_in_the_journal(world: World, visit: Visit) -> None:
    admin = visit(world.one.admin)
    admin.get("/api/tokens")
    admin.send("/api/tokens", name="Entra")
    admin.send("/revoke")
    with db.transaction(Mode.READ, world.one.tenant_id):
        found = session.query(Entry).filter(Entry.verb.like("scim-token-%")).order_by(Entry.id)
        assert [(one.verb, one.person_id) for one in found] == [
            ("scim-token-made", world.one.admin.person_id),
            ("scim-token-revoked", world.one.admin.person_id),
        ]
