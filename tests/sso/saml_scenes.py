"""Signing on by SAML in a test: a provider that is trusted, a browser that goes there and is sent back by its form."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import html5lib
import requests

from lms.core import db
from lms.core.db import session
from lms.organisations.models import Organisation, Role
from lms.sso import services
from tests.sso.saml_idp import Idp
from tests.support.page import Visitor
from tests.support.worlds import Corner


def trusting(corner: Corner, idp: Idp, visitor: Visitor, slug: str = "region", **more: Any) -> int:
    """A provider of the corner's root, in use, and told of us; newcomers become partners unless said otherwise. Its number."""
    from lms.sso.saml.published import described

    options = {"address": "", "pasted": idp.metadata(), "subject": "", "entity": ""} | more.pop("options", {})
    usual = {"default_role": Role.PARTNER, "kind": "saml", "options": options}
    with db.transaction(tenant_id=corner.tenant_id):
        unit = session.get_one(Organisation, corner.root_id)
        made = services.add(unit, slug, more.pop("name", "Région"), "", "", **usual | more)
        services.trust(made, described(idp.metadata().encode()))
        number = made.id
    idp.ours = visitor.fetch(f"/sso/{slug}/metadata.xml").get_data()
    return number


def leave(visitor: Visitor, slug: str = "region", onward: str = "/reports") -> str:
    """Leave for the provider; where the browser is sent."""
    left = visitor.fetch(f"/sso/{slug}/start?next={onward}")
    assert left.status_code == 302, left.get_data(as_text=True)
    return str(left.location)


def asked_in(address: str) -> dict[str, str]:
    """What an address asks."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def passing(address: str) -> tuple[str, dict[str, str]]:
    """What a real browser is given over there: where the form goes, and what it carries."""
    with requests.Session() as browser:
        browser.trust_env = False
        answer = browser.get(address, timeout=100)
    assert answer.status_code == 200, answer.text
    return form_of(answer.text)


def form_of(page: str) -> tuple[str, dict[str, str]]:
    """Where the first form of a page goes, and what it carries."""
    form = html5lib.parse(page, treebuilder="etree", namespaceHTMLElements=False).find(".//form")
    assert form is not None, page
    named = {one.get("name", ""): one.get("value", "") for one in form.iter("input")}
    return form.get("action", ""), {name: value for name, value in named.items() if name}


def hand_over(visitor: Visitor, sent: dict[str, str], slug: str = "region") -> Any:
    """The provider's form comes without our cookie; the page that we answer with hands it on, and with it."""
    from_elsewhere = visitor.client.application.test_client()
    bridge = from_elsewhere.post(f"/sso/{slug}/acs", data=sent)
    assert bridge.status_code == 200, bridge.get_data(as_text=True)
    assert "Set-Cookie" not in bridge.headers, "the browser's own cookie must stay"
    where, carried = form_of(bridge.get_data(as_text=True))
    return visitor.client.post(where, data=carried)


def go(visitor: Visitor, slug: str = "region", onward: str = "/reports") -> Any:
    """Leave, pass the provider, come back."""
    _where, sent = passing(leave(visitor, slug, onward))
    return hand_over(visitor, sent, slug)
