"""Users of an identity system as people: brought in, followed, suspended at once everywhere, taken out, back again."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from lms.core import db
from lms.core.db import Mode, Model, session
from lms.core.journal import Entry
from lms.organisations.models import Membership, Role
from lms.people.models import Person
from tests.api.provisioning import ENTERPRISE, PATCH, USER, System, token_of
from tests.people.accounts import CODE, give_password, is_in, opened_card_of, sign_in
from tests.sso.forger import forging
from tests.sso.scenes import go, tied, trusted
from tests.support.page import Visitor
from tests.support.sight import everything
from tests.support.worlds import Someone, World

Visit = Callable[..., Visitor]


@pytest.fixture
def system(app: Flask, world: World) -> System:
    """The identity system of the first tenant's company."""
    return System(app, token_of(world.one))


def person_called(world: World, last_name: str) -> Person:
    with db.transaction(Mode.READ, world.one.tenant_id):
        return session.scalars(select(Person).where(Person.last_name == last_name)).one()


def roles_of(world: World, person_id: int) -> set[Role]:
    with db.transaction(Mode.READ, world.one.tenant_id):
        held = select(Membership.role).where(Membership.person_id == person_id)
        return set(session.scalars(held))


def known(who: Someone, number: str = "E-1") -> dict[str, Any]:
    """What makes the identity system's user this person: their employee number, in both places."""
    with db.transaction(tenant_id=who.tenant_id):
        session.execute(update(Person).where(Person.id == who.person_id).values(hr_number=number))
    first, _space, last = who.name.partition(" ")
    return {"name": {"givenName": first, "familyName": last}, ENTERPRISE: {"employeeNumber": number}}


def test_a_user_becomes_a_person_of_the_organisation(system: System, world: World) -> None:
    system.add_user(
        "imane.diallo",
        name={"givenName": "Imane", "familyName": "Diallo"},
        emails=[{"value": "home@exemple.fr"}, {"value": "Imane@Exemple.fr", "type": "work", "primary": True}],
        phoneNumbers=[{"value": "tel:+33-6-39-98-12-34", "type": "mobile"}],
        preferredLanguage="en-GB",
        userType="Formateur",
        **{ENTERPRISE: {"employeeNumber": "7781"}},
    )
    person = person_called(world, "Diallo")
    assert (person.first_name, person.email, person.phone) == ("Imane", "imane@exemple.fr", "+33639981234")
    assert (person.hr_number, person.language, person.suspended_at) == ("7781", "en", None)
    assert roles_of(world, person.id) == {Role.LEARNER, Role.TRAINER}


@pytest.mark.parametrize("said", ["admin", "hr-manager", "auditor", "partner", "Administrateur", ""])
def test_a_token_never_makes_an_administrator(system: System, world: World, said: str) -> None:
    user = system.add_user("x", name={"familyName": "Ambitieux"}, userType=said, roles=[{"value": said}])
    assert roles_of(world, person_called(world, "Ambitieux").id) == {Role.LEARNER}
    assert user.get("userType", "") == said, "it is kept as it was sent"


def test_what_the_system_changes_is_changed_here(system: System, world: World) -> None:
    user = system.add_user("x", name={"familyName": "Avant"}, roles=[{"value": "trainer"}])
    system.patch(
        f"/Users/{user['id']}",
        {"op": "Replace", "path": "name.familyName", "value": "Apres"},
        {"op": "Add", "path": 'emails[type eq "work"].value', "value": "apres@exemple.fr"},
        {"op": "Replace", "path": "roles", "value": [{"value": "manager"}]},
        {"op": "Replace", "path": "active", "value": "True"},
    )
    person = person_called(world, "Apres")
    assert (person.email, person.sort_name) == ("apres@exemple.fr", "apres")
    assert roles_of(world, person.id) == {Role.LEARNER, Role.MANAGER}


def test_suspended_is_out_at_the_next_request_and_back_when_restored(
    system: System, world: World, visit: Visit
) -> None:
    who, first, second = world.one.employee, visit(world.one.employee), visit(world.one.employee)
    user = system.add_user("emeka", **known(who))
    give_password(who)
    assert [one.fetch("/me").status_code for one in (first, second)] == [200, 200]
    system.set_active(user, False)
    assert [one.fetch("/me").status_code for one in (first, second)] == [302, 302]
    outside = visit()
    sign_in(outside, who.login)
    assert not is_in(outside)
    assert outside.page is not None
    assert "suspendu" in outside.page.words
    system.set_active(user, True)
    assert not is_in(first), "what was ended stays ended"
    sign_in(outside, who.login)
    assert is_in(outside)


def test_a_card_is_refused_and_works_again(system: System, world: World, visit: Visit) -> None:
    who, browser = world.one.employee, visit()
    user = system.add_user("emeka", **known(who))
    card = opened_card_of(who, browser)
    assert is_in(browser)
    system.set_active(user, False)
    assert not is_in(browser)
    assert not is_in(by_card(visit(), card.number))
    system.set_active(user, True)
    assert is_in(by_card(visit(), card.number))


def by_card(browser: Visitor, number: str) -> Visitor:
    browser.get("/sign-in/card")
    browser.send("/sign-in/code", number=number, code=CODE)
    return browser


def test_a_partners_sign_on_is_refused_and_works_again(system: System, world: World, visit: Visit) -> None:
    who = world.one.employee
    user = system.add_user("emeka", **known(who))
    with forging() as forger:
        tied(world.one, trusted(world.one, forger.url), forger.sub, who.person_id)
        assert go(visit(), forger).status_code == 302
        system.set_active(user, False)
        assert go(visit(), forger).status_code == 403
        system.set_active(user, True)
        assert go(visit(), forger).status_code == 302


def test_suspended_with_one_customer_is_at_home_with_the_other(
    system: System, world: World, visit: Visit
) -> None:
    who, there = world.one.employee, world.two.employee
    with db.transaction(tenant_id=there.tenant_id):
        session.get_one(Person, there.person_id).account_id = who.account_id
    both = Someone(
        there.tenant_id, there.organisation_id, there.person_id, who.account_id, who.login, there.name
    )
    mine, other = visit(who), visit(both)
    system.set_active(system.add_user("emeka", **known(who)), False)
    assert (is_in(mine), is_in(other)) == (False, True)


def test_a_user_who_is_deleted_leaves_the_organisation_and_keeps_what_was_done(
    system: System, world: World, visit: Visit
) -> None:
    who, browser = world.one.employee, visit(world.one.employee)
    user = system.add_user("emeka", externalId="0ff1ce", **known(who))
    system.told("DELETE", f"/Users/{user['id']}", status=204)
    assert not is_in(browser)
    system.told("GET", f"/Users/{user['id']}", status=404)
    with db.transaction(Mode.READ, who.tenant_id):
        person = session.get_one(Person, who.person_id)
        assert (person.last_name, person.archived_at) == ("CANARI-1", None)
    assert roles_of(world, who.person_id) == set()
    back = system.add_user("emeka.bis", externalId="0ff1ce", name={"familyName": "CANARI-1"})
    assert back["id"] != user["id"]
    assert roles_of(world, who.person_id) == {Role.LEARNER}
    assert not is_in(browser), "what was ended stays ended"


def test_whoever_comes_back_after_a_suspension_may_come_in(
    system: System, world: World, visit: Visit
) -> None:
    """As Microsoft Entra does it: suspended first, deleted a month later, and hired again."""
    who = world.one.employee
    give_password(who)
    user = system.add_user("emeka", externalId="0ff1ce", **known(who))
    system.set_active(user, False)
    system.told("DELETE", f"/Users/{user['id']}", status=204)
    system.add_user("emeka", externalId="0ff1ce", **known(who))
    browser = visit()
    sign_in(browser, who.login)
    assert is_in(browser)


@pytest.mark.parametrize("whose", ["admin", "adviser"])
def test_nobody_of_another_branch_is_taken_by_their_number(system: System, world: World, whose: str) -> None:
    """A token of the company must not suspend whoever works above or beside it."""
    who = world.one.people[whose]
    said = known(who)
    answer = system.ask("POST", "/Users", {"schemas": [USER], "userName": "x"} | said)
    assert (answer.status_code, answer.get_json(force=True)["scimType"]) == (409, "uniqueness")
    with db.transaction(Mode.READ, who.tenant_id):
        assert session.get_one(Person, who.person_id).suspended_at is None


def test_a_number_is_one_users(system: System, world: World) -> None:
    said = {ENTERPRISE: {"employeeNumber": "1"}}
    system.add_user("a", **said)
    other = system.add_user("b")
    system.told("POST", "/Users", {"schemas": [USER], "userName": "c"} | said, status=409)
    taken = {
        "schemas": [PATCH],
        "Operations": [{"op": "add", "path": f"{ENTERPRISE}:employeeNumber", "value": "1"}],
    }
    system.told("PATCH", f"/Users/{other['id']}", taken, status=409)
    assert system.told("GET", "/Users")["totalResults"] == 2


def test_a_password_is_kept_nowhere(system: System, world: World) -> None:
    user = system.add_user("x", password="tres-secret-8841")
    system.patch(f"/Users/{user['id']}", {"op": "replace", "path": "password", "value": "tres-secret-8841"})
    with everything(Mode.READ):
        for table in Model.metadata.sorted_tables:
            rows = session.execute(select(table)).all()
            assert not any("tres-secret-8841" in str(row) for row in rows), table.name


def test_each_deed_stands_in_the_journal_under_its_token(system: System, world: World) -> None:
    user = system.add_user("x", name={"familyName": "Suivi"})
    system.set_active(user, False)
    system.told("DELETE", f"/Users/{user['id']}", status=204)
    with db.transaction(Mode.READ, world.one.tenant_id):
        entries = session.scalars(select(Entry).order_by(Entry.id)).all()
    verbs = [one.verb for one in entries if one.verb.startswith(("scim", "people"))]
    assert verbs == [
        *("scim-token-made", "scim-user-added", "scim-user-changed", "people-suspended", "scim-user-gone"),
    ]
    tokens = {one.details["token"] for one in entries if one.verb.startswith("scim")}
    assert len(tokens) == 1
