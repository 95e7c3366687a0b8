"""Whoever the organisation's directory announced (SCIM) and who comes by the provider that is that directory: each rule with its attacks."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from lms.api.models import ScimResource, ScimToken
from lms.core import db
from lms.core.clock import now
from lms.core.db import Mode, session
from lms.core.handover import Pair, hand_over
from lms.organisations import services as organisations
from lms.organisations.models import Organisation, Role
from lms.people import services as people_services
from lms.people.models import Account, Person
from lms.sso import queries, services
from lms.sso.models import IdentityLink, IdentityProvider, LinkOrigin
from tests.api.provisioning import System, token_of
from tests.people.accounts import mails
from tests.sso.forger import Forger
from tests.sso.scenes import go, is_in, people, trusted, verbs
from tests.support.page import Visitor
from tests.support.sight import everything
from tests.support.worlds import World

Visit = Callable[..., Visitor]
NORA = {
    "name": {"givenName": "Nora", "familyName": "Petit"},
    "emails": [{"value": "nora@exemple.fr", "primary": True}],
}


@pytest.fixture
def system(app: Flask, world: World) -> System:
    """The directory of the company."""
    return System(app, token_of(world.one))


@pytest.fixture
def provider_id(world: World, forger: Forger) -> int:
    """The provider that is the same directory; nobody comes in who was not announced."""
    forger.said["oid"] = "OID-1"
    return trusted(world.one, forger.url, unit_id=world.one.company_id, default_role=None, number_claim="oid")


def ties() -> list[IdentityLink]:
    with everything(Mode.READ):
        return list(session.scalars(select(IdentityLink).order_by(IdentityLink.id)))


def person_of(user: dict[str, Any]) -> int:
    with everything(Mode.READ):
        found = session.scalar(select(ScimResource.person_id).where(ScimResource.scim_id == user["id"]))
    assert found is not None
    return found


def test_the_announced_person_comes_in_as_themself(
    world: World, system: System, provider_id: int, forger: Forger, visit: Visit
) -> None:
    user = system.add_user("nora", externalId="OID-1", **NORA)
    before = people()
    visitor = visit()
    assert go(visitor, forger).status_code == 302
    assert is_in(visitor)
    assert people() == before
    (tie,) = ties()
    assert (tie.person_id, tie.subject, tie.origin) == (person_of(user), "paula", LinkOrigin.DIRECTORY)
    assert "identity-linked" in verbs()
    assert go(visit(), forger).status_code == 302, "and the next time"
    assert len(ties()) == 1


@pytest.mark.parametrize(
    "said", ["", " ", "OID-1 ", " OID-1", "oid-1", "OID-1\u0000", "OID-2", None, [], ["OID-1", "OID-2"], {"a": "OID-1"}, 1, True, "x" * 300]
)  # fmt: skip
def test_a_number_is_taken_to_the_letter(
    said: Any, world: World, system: System, provider_id: int, forger: Forger, visit: Visit
) -> None:
    """The address is the same all the while: it joins nobody."""
    system.add_user("nora", externalId="OID-1", **NORA)
    system.add_user("blank", externalId="", name={"familyName": "Blanc"})
    system.add_user("none", name={"familyName": "Rien"})
    forger.said |= {"email": "nora@exemple.fr", "email_verified": True, "oid": said}
    assert go(visit(), forger).status_code == 403
    assert ties() == []
    forger.said["oid"] = "OID-1"
    assert go(visit(), forger).status_code == 302, "the control"


@pytest.mark.parametrize(
    "why", ["another customer", "another organisation", "not that directory", "another claim"]
)
def test_a_number_counts_in_one_directory_and_for_one_provider(
    why: str, app: Flask, world: World, system: System, forger: Forger, visit: Visit, provider_id: int
) -> None:
    theirs = {"another customer": (world.two, None), "another organisation": (world.one, world.one.agency_id)}
    corner, where = theirs.get(why, (world.one, world.one.company_id))
    System(app, token_of(corner, where)).add_user("nora", externalId="OID-1", **NORA)
    claim = {"not that directory": "", "another claim": "sub"}.get(why, "oid")
    with db.transaction(tenant_id=world.one.tenant_id):
        session.get_one(IdentityProvider, provider_id).number_claim = claim
    assert go(visit(), forger).status_code == 403
    assert ties() == []
    with db.transaction(tenant_id=world.one.tenant_id):
        session.get_one(IdentityProvider, provider_id).number_claim = "oid"
    if why.startswith("another ") and why != "another claim":
        system.add_user("control", externalId="OID-1", name={"familyName": "Petit"})
    assert go(visit(), forger).status_code == 302, "the control"


def test_a_second_provider_of_the_same_organisation_is_not_that_directory(
    world: World, system: System, provider_id: int, forger: Forger, visit: Visit
) -> None:
    system.add_user("nora", externalId="OID-1", **NORA)
    trusted(world.one, forger.url, "second", unit_id=world.one.company_id, default_role=None)
    assert go(visit(), forger, "second").status_code == 403
    assert go(visit(), forger).status_code == 302, "the control"


def test_a_number_that_is_given_to_somebody_else_takes_nobody_over(
    world: World, system: System, provider_id: int, forger: Forger, visit: Visit
) -> None:
    nora, paul = (
        system.add_user("nora", externalId="OID-1", **NORA),
        system.add_user("paul", externalId="OID-2"),
    )
    assert go(visit(), forger).status_code == 302
    system.patch(f"/Users/{nora['id']}", {"op": "replace", "path": "externalId", "value": "OID-9"})
    forger.sub, forger.said = "intruder", {"oid": "OID-9"}
    assert go(visit(), forger).status_code == 403
    system.patch(f"/Users/{paul['id']}", {"op": "replace", "path": "externalId", "value": "OID-1"})
    forger.sub, forger.said = "paula", {"oid": "OID-1"}
    visitor = visit()
    assert go(visitor, forger).status_code == 302
    assert "Nora" in visitor.get("/me").words, "whoever is known stays who they are"
    assert len(ties()) == 1


def test_a_new_number_over_there_is_taken_once_where_it_was_allowed(
    world: World, system: System, provider_id: int, forger: Forger, visit: Visit
) -> None:
    system.add_user("nora", externalId="OID-1", **NORA)
    go(visit(), forger)
    forger.sub = "paula-again"
    assert go(visit(), forger).status_code == 403
    with db.transaction(tenant_id=world.one.tenant_id):
        provider = session.get_one(IdentityProvider, provider_id)
        services.allow_new_number(queries.link_of(provider, "paula"), provider, None)  # type: ignore[arg-type]
    assert go(visit(), forger).status_code == 302
    forger.sub = "and-again"
    assert go(visit(), forger).status_code == 403, "once"


def test_two_people_of_one_number_are_nobody_in_particular(
    world: World, system: System, provider_id: int, forger: Forger, visit: Visit
) -> None:
    system.add_user("nora", externalId="OID-1", **NORA)
    other = system.add_user("paul", externalId="OID-1")
    answer = go(visit(), forger)
    assert answer.status_code == 403
    assert "Deux personnes de l’annuaire" in answer.get_data(as_text=True)
    system.patch(f"/Users/{other['id']}", {"op": "replace", "path": "externalId", "value": "OID-2"})
    assert go(visit(), forger).status_code == 302, "the control"


def test_whoever_the_directory_suspends_is_out_at_once_and_does_not_come_back_by_sign_on(
    world: World, system: System, provider_id: int, forger: Forger, visit: Visit
) -> None:
    user = system.add_user("nora", externalId="OID-1", **NORA)
    here = visit()
    assert go(here, forger).status_code == 302
    system.set_active(user, False)
    assert not is_in(here)
    answer = go(visit(), forger)
    assert answer.status_code == 403
    assert "Votre accès est suspendu" in answer.get_data(as_text=True)
    system.set_active(user, True)
    assert go(visit(), forger).status_code == 302


@pytest.mark.parametrize("how", ["suspended", "deleted", "archived", "token revoked"])
def test_whoever_is_suspended_or_gone_is_not_joined_for_the_first_time_either(
    how: str, world: World, system: System, provider_id: int, forger: Forger, visit: Visit
) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        session.get_one(IdentityProvider, provider_id).default_role = Role.LEARNER
    user = system.add_user("nora", externalId="OID-1", active=how != "suspended", **NORA)
    forger.said["email"] = "nora@exemple.fr"
    if how == "deleted":
        system.told("DELETE", f"/Users/{user['id']}", status=204)
    number = person_of(user)
    with db.transaction(tenant_id=world.one.tenant_id):
        if how == "archived":
            session.execute(update(Person).where(Person.id == number).values(archived_at=now()))
        if how == "token revoked":
            session.execute(update(ScimToken).values(revoked_at=now()))
    before = people()
    assert go(visit(), forger).status_code == 403
    assert ties() == []
    assert people() == before, "nor is a second person made"


def account_for(user: dict[str, Any], world: World) -> int:
    """An account in use of somebody whom the directory announced."""
    number = person_of(user)
    with db.transaction(tenant_id=world.one.tenant_id):
        account = people_services.create_account("nora.petit", email="nora@exemple.fr")
        session.get_one(Person, number).account_id = account.id
        return account.id


def test_an_account_in_use_is_joined_and_its_owner_is_told(
    world: World, system: System, provider_id: int, forger: Forger, visit: Visit
) -> None:
    user = system.add_user("nora", externalId="OID-1", **NORA)
    account_id = account_for(user, world)
    assert go(visit(), forger).status_code == 302
    assert [tie.account_id for tie in ties()] == [account_id]
    (mail,) = mails()
    assert (mail.address, mail.details["what"], mail.details["subject"]) == (
        "nora@exemple.fr",
        "provider-tied",
        "Région",
    )


@pytest.mark.parametrize("who", ["administrator", "wider rights"])
def test_nobody_with_more_than_the_directory_gave_is_joined(
    who: str, world: World, system: System, provider_id: int, forger: Forger, visit: Visit
) -> None:
    user = system.add_user("nora", externalId="OID-1", **NORA)
    account_id, number = account_for(user, world), person_of(user)
    role, where = (
        (Role.ADMIN, world.one.company_id) if who == "administrator" else (Role.ADVISER, world.one.agency_id)
    )
    with db.transaction(tenant_id=world.one.tenant_id):
        organisations.add_member(number, session.get_one(Organisation, where), role)
    assert go(visit(), forger).status_code == 403
    assert ties() == []
    assert mails() == []
    with everything(Mode.READ):
        assert session.get_one(Account, account_id).login == "nora.petit"


def test_of_two_organisations_that_become_one_the_directory_must_be_said_anew(
    world: World, system: System, provider_id: int, forger: Forger, visit: Visit
) -> None:
    """Two directories are behind one name then."""
    system.add_user("nora", externalId="OID-1", **NORA)
    pair = Pair(world.one.tenant_id, gone_id=world.one.other_agency_id, kept_id=world.one.company_id)
    with db.transaction(tenant_id=world.one.tenant_id):
        hand_over("organisation", pair)
    assert go(visit(), forger).status_code == 403
    with db.transaction(tenant_id=world.one.tenant_id):
        session.get_one(IdentityProvider, provider_id).number_claim = "oid"
    assert go(visit(), forger).status_code == 302, "the control"


def test_the_page_says_whom_the_directory_announced(
    world: World, system: System, provider_id: int, visit: Visit
) -> None:
    system.add_user("nora", externalId="OID-1", **NORA)
    system.add_user("none")
    page = visit(world.one.admin).get(f"/sso/providers/{provider_id}/trust")
    assert "Il a annoncé 1 personne avec un numéro" in page.words
    assert "OID-1" in page.words
