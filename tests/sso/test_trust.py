"""How far a provider is trusted: for two factors, and what the page says of it. As a directory: test_announced.py."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from lms.core import db
from lms.core.db import Mode, session
from lms.organisations.models import Organisation
from lms.sso.models import IdentityProvider
from lms.sso.vouching import says_two_factors
from tests.sso.forger import Forger
from tests.sso.scenes import go, tied, trusted, verbs
from tests.support.page import Visitor
from tests.support.sight import everything
from tests.support.worlds import World

Visit = Callable[..., Visitor]
OWED = "/me/second-factor"


def where_it_leads(
    world: World, forger: Forger, visit: Visit, kind: str = "openid", trusts: str = "mfa"
) -> str:
    """Somebody of the team comes by the provider where a second factor is asked for: the page that they see."""
    number = trusted(world.one, forger.url, kind=kind, default_role=None, two_factors=trusts)
    tied(world.one, number, "paula", world.one.partner.person_id)
    with db.transaction(tenant_id=world.one.tenant_id):
        asking = update(Organisation).where(Organisation.id == world.one.root_id)
        session.execute(asking.values(requires_second_factor=True))
    visitor = visit()
    answer = go(visitor, forger)
    assert answer.status_code == 302
    return visitor.get(answer.location).response.request.path


@pytest.mark.parametrize("said", [{"amr": ["pwd", "mfa"]}, {"amr": "mfa"}, {"acr": "mfa"}])
def test_two_factors_over_there_are_not_asked_for_again(
    said: dict[str, Any], world: World, forger: Forger, visit: Visit
) -> None:
    forger.said |= said
    assert where_it_leads(world, forger, visit) == "/reports"


@pytest.mark.parametrize(
    "said",
    [{}, {"amr": ["pwd"]}, {"amr": []}, {"amr": None}, {"amr": ["MFA"]}, {"amr": ["mf", "a"]}, {"amr": [["mfa"]]}, {"amr": {"mfa": 1}},
     {"acr": "mfa2"}, {"acr": ["mfa"]}, {"acr": "pwd mfa"}, {"amr": ["pwd mfa"]}, {"amr": 7}, {"acrs": ["mfa"]}, {"acr": ""}],
)  # fmt: skip
def test_anything_else_counts_as_one(
    said: dict[str, Any], world: World, forger: Forger, visit: Visit
) -> None:
    """The control is the test above: it differs in what was said alone."""
    forger.said |= said
    assert where_it_leads(world, forger, visit) == OWED


def test_only_the_signed_token_says_so(world: World, forger: Forger, visit: Visit) -> None:
    forger.more |= {"amr": ["mfa"], "acr": "mfa"}
    assert where_it_leads(world, forger, visit) == OWED


def test_a_provider_that_is_not_trusted_for_it_is_not_believed(
    world: World, forger: Forger, visit: Visit
) -> None:
    forger.said |= {"amr": ["mfa"]}
    assert where_it_leads(world, forger, visit, trusts="") == OWED


def test_an_empty_value_is_no_level() -> None:
    assert not says_two_factors("", {"acr": ""})
    assert not says_two_factors(" ", {"amr": ["", " "]})


def stored(number: int) -> IdentityProvider:
    with everything(Mode.READ):
        return session.get_one(IdentityProvider, number, populate_existing=True)


def test_an_administrator_says_how_far_and_takes_it_back(world: World, forger: Forger, visit: Visit) -> None:
    number = trusted(world.one, forger.url)
    admin = visit(world.one.admin)
    assert f"/sso/providers/{number}/trust" in admin.get(f"/sso/providers/{number}").links()
    page = admin.get(f"/sso/providers/{number}/trust")
    assert "Aucun annuaire n’est relié" in page.words
    sent = {"vouches": "y", "two_factors": " mfa  gold ", "is_directory": "y", "number_claim": "oid"}
    page = admin.send("/trust", **sent)
    assert page.response.request.path == f"/sso/providers/{number}"
    assert "mfa gold" in page.words
    assert (stored(number).two_factors, stored(number).number_claim) == ("mfa gold", "oid")
    assert "provider-trusted-for" in verbs()
    admin.get(f"/sso/providers/{number}/trust")
    admin.send("/trust", vouches=None, is_directory=None)
    assert (stored(number).two_factors, stored(number).number_claim) == ("", "")


@pytest.mark.parametrize(
    ("field", "said", "told"),
    [("two_factors", "", "Écrivez ce que le fournisseur dit"), ("two_factors", "mfa otp", "« otp » désigne un seul facteur"),
     ("two_factors", "1", "« 1 » désigne"), ("number_claim", "", "Écrivez le nom de l’attribut"), ("number_claim", "Email", "« Email » peut changer"),
     ("number_claim", "preferred_username", "peut changer"), ("number_claim", "upn", "peut changer")],
)  # fmt: skip
def test_what_proves_nothing_is_refused_in_words(
    field: str, said: str, told: str, world: World, forger: Forger, visit: Visit
) -> None:
    number = trusted(world.one, forger.url)
    admin = visit(world.one.admin)
    admin.get(f"/sso/providers/{number}/trust")
    sent = {"vouches": "y", "two_factors": "mfa", "is_directory": "y", "number_claim": "oid"} | {field: said}
    page = admin.send("/trust", **sent)
    assert page.status == 422
    assert told in page.words
    assert (stored(number).two_factors, stored(number).number_claim) == ("", "")


def test_another_address_or_organisation_is_not_trusted_yet(
    world: World, forger: Forger, visit: Visit
) -> None:
    """Whose word it is decides how far it goes."""
    for slug, change in (
        ("a", {"client_id": "another"}),
        ("b", {"organisation_id": str(world.one.agency_id)}),
    ):
        number = trusted(world.one, forger.url, slug, two_factors="mfa", number_claim="sub")
        admin = visit(world.one.admin)
        admin.get(f"/sso/providers/{number}/settings")
        assert admin.send("/settings", name="Renamed").status == 200
        assert stored(number).two_factors == "mfa", "the control: another name is the same provider"
        admin.get(f"/sso/providers/{number}/settings")
        assert admin.send("/settings", **change).status == 200
        assert (stored(number).two_factors, stored(number).number_claim) == ("", "")


def test_a_kind_for_citizens_is_asked_neither(world: World, forger: Forger, visit: Visit) -> None:
    number = trusted(world.one, forger.url, kind="france-connect")
    admin = visit(world.one.admin)
    assert f"/sso/providers/{number}/trust" not in admin.get(f"/sso/providers/{number}").links()
    token = admin.get(f"/sso/providers/{number}").form(f"/sso/providers/{number}/off")["csrf_token"]
    sent = {
        "csrf_token": token,
        "vouches": "y",
        "two_factors": "eidas1",
        "is_directory": "y",
        "number_claim": "sub",
    }
    admin.client.post(f"/sso/providers/{number}/trust", data=sent)
    assert (stored(number).two_factors, stored(number).number_claim) == ("", "")


def test_a_try_shows_what_came_back(world: World, forger: Forger, visit: Visit) -> None:
    from urllib.parse import parse_qs, urlsplit

    number = trusted(world.one, forger.url, two_factors="mfa", number_claim="oid")
    forger.said |= {"amr": ["pwd", "mfa"], "oid": "OID-1"}
    admin = visit(world.one.admin)
    admin.get(f"/sso/providers/{number}")
    page = admin.send("/read")
    token = page.form(f"/sso/providers/{number}/try")["csrf_token"]
    left = admin.client.post(f"/sso/providers/{number}/try", data={"csrf_token": token})
    asked = {name: values[0] for name, values in parse_qs(urlsplit(left.location).query).items()}
    admin.client.get(
        "/sso/region/callback", query_string={"code": forger.issue(asked), "state": asked["state"]}
    )
    page = admin.get(f"/sso/providers/{number}")
    assert "OID-1" in page.words
    assert "oui, tenus pour montrés" in page.words


def test_the_journal_says_whether_two_factors_were_taken(world: World, forger: Forger, visit: Visit) -> None:
    from lms.core.journal import Entry

    forger.said |= {"amr": ["mfa"]}
    where_it_leads(world, forger, visit)
    with everything(Mode.READ):
        entry = session.scalars(select(Entry).where(Entry.verb == "signed-on")).one()
        assert entry.details["two_factors"] is True
