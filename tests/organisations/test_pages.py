"""The tree, one organisation, the one in hand, its colours."""

import random
from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from lms.core import db
from lms.core.db import session
from lms.core.journal import Entry
from lms.organisations import accent, policies, queries
from lms.organisations.actor import Actor
from lms.organisations.models import Membership, Organisation, Role
from lms.people.models import Person
from tests.people.accounts import give_password, sign_in
from tests.support.page import Visitor
from tests.support.queries import statements
from tests.support.sight import everything
from tests.support.worlds import World

Visit = Callable[..., Visitor]

#: role -> (lists and reads, changes)
RULES = {
    Role.ADMIN: (True, True), Role.HR_MANAGER: (True, True), Role.ADVISER: (True, False), Role.MANAGER: (True, False),
    Role.TRAINER: (True, False), Role.MEDIATOR: (True, False), Role.AUDITOR: (True, False), Role.PARTNER: (False, False),
    Role.LEARNER: (False, False),
}  # fmt: skip


@pytest.mark.parametrize("role", RULES)
def test_the_rules_as_a_table(role: Role) -> None:
    actor, subject = Actor(1, 1, 1, 1, 1, "", "", "", frozenset({role})), Organisation()
    found = policies.may_list_organisations(actor), policies.may_change_organisation(actor, subject)
    assert found == RULES[role]
    assert policies.may_read_organisation(actor, subject) == found[0]


def names(browser: Visitor) -> list[str]:
    page = browser.get("/organisations")
    return [" ".join("".join(th.itertext()).split()) for th in page.all("th") if th.get("scope") == "row"]


def test_the_tree_shows_the_branch_in_hand_parents_first(world: World, visit: Visit) -> None:
    assert names(visit(world.one.admin)) == [
        "Réseau CANARI-1", "Agence CANARI-1", "Autre agence CANARI-1", "Entreprise CANARI-1",
    ]  # fmt: skip
    assert names(visit(world.one.adviser)) == ["Agence CANARI-1"]
    for who in ("partner", "learner"):
        assert visit(getattr(world.one, who)).get("/organisations").status == 403


def test_a_large_tree_has_pages_and_a_constant_number_of_queries(world: World, visit: Visit) -> None:
    from lms.organisations import services
    from lms.organisations.models import OrganisationKind

    browser = visit(world.one.admin)
    browser.get("/organisations")
    with statements() as few:
        browser.get("/organisations")
    with db.transaction(tenant_id=world.one.tenant_id):
        root = queries.by_slug("reseau-1")
        for n in range(120):
            services.add(f"site-{n}", f"Site {n:03d}", OrganisationKind.AGENCY, parent=root)
    with statements() as many:
        page = browser.get("/organisations")
    assert len(many) == len(few)
    assert "124" in page.words


def test_organisations_of_others_do_not_exist(world: World, visit: Visit) -> None:
    one = world.one
    for stranger, target in (
        (world.two.admin, one.agency_id), (one.adviser, one.root_id), (one.adviser, one.other_agency_id), (one.hr, one.agency_id),
    ):  # fmt: skip
        browser = visit(stranger)
        assert browser.get(f"/organisations/{target}").status == 404
        token = browser.get("/me").form("/sign-out")["csrf_token"]
        answer = browser.client.post(f"/organisations/{target}", data={"csrf_token": token, "name": "x"})
        assert answer.status_code == 404


def test_an_administrator_puts_an_organisation_right(world: World, visit: Visit) -> None:
    browser, target = visit(world.one.admin), world.one.agency_id
    browser.get(f"/organisations/{target}")
    typed = {
        "name": "Agence du Port", "help_phone": "01 99 00 42 11", "help_hours": "le matin", "accent": "#FFDD00",
        "signatory": "Alix Martin", "signatory_role": "direction",
    }  # fmt: skip
    page = browser.send(f"/organisations/{target}", **typed)
    assert "foncée" in page.words or "darker" in page.words
    with everything(db.Mode.READ):
        row = session.get_one(Organisation, target)
        assert (row.name, row.help_phone, row.signatory) == (
            "Agence du Port",
            "01 99 00 42 11",
            "Alix Martin",
        )
        assert accent.contrast(row.accent, "#ffffff") >= 7
        line = session.scalars(select(Entry).where(Entry.verb == "organisation-changed")).one()
        assert "accent" in line.details["fields"]
    with everything(db.Mode.READ):
        other = session.get_one(Organisation, world.two.agency_id)
        assert other.name == "Agence CANARI-2"
    assert f"/accent/{row.accent[1:]}.css" in visit(world.one.adviser).get("/me").html


@pytest.mark.parametrize(
    "typed", [{"name": ""}, {"accent": "red"}, {"accent": "#12345"}, {"accent": "#12345g"}, {"accent": "#fff}x{"}, {"help_phone": "non"}]
)  # fmt: skip
def test_what_cannot_be_is_sent_back(world: World, visit: Visit, typed: dict[str, str]) -> None:
    browser, target = visit(world.one.admin), world.one.agency_id
    browser.get(f"/organisations/{target}")
    assert browser.send(f"/organisations/{target}", **typed).status == 422


def test_an_adviser_reads_without_a_form(world: World, visit: Visit) -> None:
    browser, target = visit(world.one.adviser), world.one.agency_id
    page = browser.get(f"/organisations/{target}")
    assert page.status == 200
    with pytest.raises(LookupError):
        page.form(f"/organisations/{target}")
    token = browser.get("/me").form("/sign-out")["csrf_token"]
    answer = browser.client.post(f"/organisations/{target}", data={"csrf_token": token, "name": "x"})
    assert answer.status_code == 403


# --- the one in hand ----------------------------------------------------------------------------------------------


def also_at(world: World, role: Role) -> None:
    """Claire of the first tenant is somebody in the second too: one account, two persons."""
    there = world.two
    with db.transaction(tenant_id=there.tenant_id):
        person = Person(
            tenant_id=there.tenant_id, account_id=world.one.adviser.account_id, first_name="Claire", last_name="Ailleurs",
            sort_name="ailleurs claire",
        )  # fmt: skip
        session.add(person)
        session.flush()
        session.add(
            Membership(
                tenant_id=there.tenant_id, person_id=person.id, organisation_id=there.company_id, role=role
            )
        )


def test_whoever_works_somewhere_comes_to_work(world: World, visit: Visit) -> None:
    also_at(world, Role.LEARNER)
    give_password(world.one.adviser)
    browser = visit()
    sign_in(browser, world.one.adviser.login)
    page = browser.get("/me")
    assert "Agence CANARI-1" in page.text("header")
    assert "Entreprise CANARI-2" in page.words


def test_taking_another_in_hand_changes_everything_and_the_key(world: World, visit: Visit) -> None:
    also_at(world, Role.HR_MANAGER)
    give_password(world.one.adviser)
    browser = visit()
    sign_in(browser, world.one.adviser.login)
    browser.get("/people")
    with browser.client.session_transaction() as cookie:
        before = dict(cookie)
    page = browser.get("/me")
    current = world.one if "CANARI-1" in page.text("header") else world.two
    other = world.two if current is world.one else world.one
    browser.send("/organisations/in-hand", next="/people")
    page = browser.get("/people")
    assert f"CANARI-{1 if other is world.one else 2}" in page.words
    assert f"CANARI-{2 if other is world.one else 1}" not in page.text("main")
    copy = visit()
    with copy.client.session_transaction() as cookie:
        cookie.update(before)
    assert copy.fetch("/me").status_code == 302  # the old key opens nothing


def test_only_ones_own_places_can_be_taken(world: World, visit: Visit) -> None:
    browser = visit(world.one.adviser)
    token = browser.get("/me").form("/sign-out")["csrf_token"]
    for target in (world.one.root_id, world.one.other_agency_id, world.two.agency_id, 10**12, "x", ""):
        answer = browser.client.post(
            "/organisations/in-hand", data={"csrf_token": token, "organisation": target}
        )
        assert answer.status_code == 404, target


def test_a_role_that_ends_opens_nothing_more(world: World, visit: Visit) -> None:
    from lms.core.clock import now

    browser = visit(world.one.adviser)
    assert browser.get("/people").status == 200
    with db.transaction(tenant_id=world.one.tenant_id):
        session.execute(
            update(Membership)
            .where(Membership.person_id == world.one.adviser.person_id)
            .values(ends_at=now())
        )
    assert browser.fetch("/people").status_code == 302


def test_the_door_shows_whose_it_is(world: World, visit: Visit) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        session.get_one(Organisation, world.one.agency_id).accent = "#3d4a12"
    browser = visit()
    page = browser.get("/sign-in?at=agence-1")
    assert "Agence CANARI-1" in page.words
    assert "/accent/3d4a12.css" in page.html
    assert "tel:0199004210" in page.links()
    assert "Agence CANARI-1" in browser.get("/sign-in").words
    assert visit().get("/sign-in?at=nulle-part").status == 200


# --- colours ------------------------------------------------------------------------------------------------------


def test_any_colour_makes_three_themes_that_can_be_read() -> None:
    dice = random.Random(7)
    colours = [
        "#000000",
        "#ffffff",
        "#ffdd00",
        "#ff0000",
        "#00ff00",
        "#0000ff",
        "#808080",
        "#0b4a59",
        "#3d4a12",
    ]
    colours += [f"#{dice.randrange(1 << 24):06x}" for _n in range(300)]
    for colour in colours:
        light, dark = accent.themes(colour)
        for theme, grounds, inks in (
            (light, ("#ffffff", "#f6f4ef", "#eceae2"), ("#14242a", "#3f4e55")),
            (dark, ("#0f191d", "#17242a", "#0a1215"), ("#f3f0e8", "#c0cacd")),
        ):
            pairs = [
                (one, ground) for one in (theme.accent, theme.hover) for ground in (*grounds, theme.soft)
            ]
            pairs += [(theme.on, theme.accent), (theme.on, theme.hover)]
            pairs += [(ink, theme.soft) for ink in inks]
            assert min(accent.contrast(*pair) for pair in pairs) >= 7, colour


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    assert accent.readable("#3d4a12") == "#3d4a12"
    assert accent.readable("#ffdd00") != "#ffdd00"


def test_contrast_is_what_wcag_says() -> None:
    assert round(accent.contrast("#000000", "#ffffff"), 2) == 21
    assert round(accent.contrast("#767676", "#ffffff"), 2) == 4.54


def test_the_colours_are_a_file_for_everybody(world: World, visit: Visit) -> None:
    browser = visit(world.one.adviser)
    with browser.client.session_transaction() as cookie:
        cookie["seen"] -= 60
    answer = browser.fetch("/accent/3d4a12.css")
    assert answer.mimetype == "text/css"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert "--accent:#3d4a12" in answer.get_data(as_text=True)
    assert 'data-theme="contrast"' not in answer.get_data(as_text=True)


@pytest.mark.parametrize("colour", ["zzzzzz", "12345", "1234567", "%7D*%7Bx", "3d4a1;"])
def test_what_is_no_colour_is_no_file(app: object, visit: Visit, colour: str) -> None:
    assert visit().fetch(f"/accent/{colour}.css").status_code == 404
