"""The staff's pages about people: who sees whom, and what may be done."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, update

from lms.core import counting, db
from lms.core.clock import now
from lms.core.db import session
from lms.core.journal import Entry
from lms.organisations.models import Membership, Organisation, Role
from lms.organisations.services import add_member
from lms.people import policies, queries, services
from lms.people.models import Account, Person
from lms.people.services import add_person
from tests.people.accounts import card_of
from tests.support.page import Visitor
from tests.support.queries import statements
from tests.support.sight import everything
from tests.support.worlds import World

Visit = Callable[..., Visitor]

#: who -> (lists, reads a learner, reads numbers too, changes a learner, changes a colleague, makes a learner's card)
RULES = {
    "admin": (True, True, True, True, True, True),
    "hr": (True, True, True, True, False, True),
    "adviser": (True, True, True, True, False, True),
    "auditor": (True, True, True, False, False, False),
    "manager": (True, True, True, False, False, False),
    "trainer": (True, True, False, False, False, False),
    "mediator": (True, True, False, False, False, False),
    "partner": (False, False, False, False, False, False),
    "learner": (False, False, False, False, False, False),
}
ROLES = {"hr": Role.HR_MANAGER}


@pytest.mark.parametrize("who", RULES)
def test_the_rules_as_a_table(who: str) -> None:
    from lms.organisations.actor import Actor

    role = ROLES.get(who) or Role(who)
    actor = Actor(1, 1, 1, 1, 1, "", "", "", frozenset({role}))
    open_file = SimpleNamespace(id=2, is_open=True)
    learner: Any = SimpleNamespace(is_learner_only=True, person=open_file)
    colleague: Any = SimpleNamespace(is_learner_only=False, person=open_file)
    assert (
        policies.may_list_people(actor),
        policies.may_read_person(actor, learner),
        policies.may_read_whole_file(actor, learner),
        policies.may_change_person(actor, learner),
        policies.may_change_person(actor, colleague),
        policies.may_make_card(actor, learner),
    ) == RULES[who]
    assert not policies.may_make_card(actor, colleague)


def names(browser: Visitor, path: str = "/people") -> list[str]:
    page = browser.get(path)
    return [" ".join("".join(th.itertext()).split()) for th in page.all("th") if th.get("scope") == "row"]


def test_each_sees_the_people_of_their_branch(world: World, visit: Visit) -> None:
    assert len(names(visit(world.one.admin))) == 9
    assert names(visit(world.one.adviser)) == ["CANARI-1 Claire", "CANARI-1 Nadia", "CANARI-1 Odile"]
    assert names(visit(world.one.other_adviser)) == ["CANARI-1 Yann"]
    assert names(visit(world.one.hr)) == ["CANARI-1 Emeka", "CANARI-1 Rachel"]


@pytest.mark.parametrize("who", ["partner", "learner"])
def test_others_have_no_list(world: World, visit: Visit, who: str) -> None:
    assert visit(getattr(world.one, who)).get("/people").status == 403


def test_a_manager_sees_those_they_follow(world: World, visit: Visit) -> None:
    from tests.support import worlds

    one = world.one
    with db.transaction(tenant_id=one.tenant_id):
        boss = worlds.person(one.tenant_id, one.company_id, Role.MANAGER, "Marc", "CANARI-1")
        session.execute(
            update(Membership)
            .where(Membership.person_id == one.employee.person_id)
            .values(follower_id=boss.person_id)
        )
    assert names(visit(boss)) == ["CANARI-1 Emeka"]


PATHS = ["/people/{}", "/people/{}/change", "/people/{}/card", "/people/{}/card.pdf"]


@pytest.mark.parametrize("path", PATHS)
def test_who_is_not_in_sight_does_not_exist(world: World, visit: Visit, path: str) -> None:
    target = path.format(world.one.learner.person_id)
    for stranger in (
        world.two.admin,
        world.two.adviser,
        world.one.other_adviser,
        world.one.hr,
        world.one.learner,
    ):
        assert visit(stranger).get(target).status == 404, stranger
    assert visit(world.one.adviser).get(path.format(10**12)).status == 404


def test_deeds_on_strangers_do_not_exist(world: World, visit: Visit) -> None:
    browser = visit(world.two.admin)
    token = browser.get("/me").form("/sign-out")["csrf_token"]
    for path in ("/people/{}/change", "/people/{}/card"):
        target = path.format(world.one.learner.person_id)
        assert browser.client.post(target, data={"csrf_token": token}).status_code == 404


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("nadia", 1), ("NADIA canari", 1), ("canari-1 nad", 1), ("Nàdïa", 1), ("nadia1@exemple.fr", 1), ("zzz", 0),
        ("1234567a", 1), ("0639981234", 1), ("06 39 98", 0), ("%", 0), ("_", 0), ("", 3), ("adia", 0),
    ],
)  # fmt: skip
def test_people_are_found_by_what_one_has_at_hand(world: World, visit: Visit, words: str, found: int) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        nadia = session.get_one(Person, world.one.learner.person_id)
        nadia.agency_identifier, nadia.phone = "1234567A", "0639981234"
    browser = visit(world.one.adviser)
    assert len(names(browser, f"/people?q={words}")) == found


def test_the_list_has_pages_and_a_constant_number_of_queries(world: World, visit: Visit) -> None:
    one = world.one
    browser = visit(one.adviser)
    browser.get("/people")
    with statements() as few:
        browser.get("/people")
    with db.transaction(tenant_id=one.tenant_id):
        for n in range(120):
            person = add_person(one.tenant_id, f"Prénom{n}", f"Nom{n:03d}")
            session.add(
                Membership(
                    tenant_id=one.tenant_id,
                    person_id=person.id,
                    organisation_id=one.agency_id,
                    role=Role.LEARNER,
                )
            )
    with statements() as many:
        page = browser.get("/people")
    assert len(many) == len(few)
    assert "1 à 50" in page.words or "1 to 50" in page.words
    assert len(names(browser, "/people?page=3")) == 23
    assert names(browser, "/people?page=99") == names(browser, "/people?page=3")


def test_reading_a_file_is_journaled(world: World, visit: Visit) -> None:
    visit(world.one.adviser).get(f"/people/{world.one.learner.person_id}")
    with everything(db.Mode.READ):
        line = session.scalars(select(Entry).where(Entry.verb == "personal-file-read")).one()
        assert (line.person_id, line.details) == (
            world.one.adviser.person_id,
            {
                "person": world.one.learner.person_id,
                "what": "file",
                "roles": ["adviser"],
                "organisation": world.one.agency_id,
            },
        )


def put_right(browser: Visitor, number: int, **typed: str) -> int:
    browser.get(f"/people/{number}/change")
    return browser.send(f"/people/{number}/change", **{"last_name": "Canari"} | typed).status


def test_a_correction_moves_the_name_in_lists_and_the_link_of_a_learner(world: World, visit: Visit) -> None:
    who, browser = world.one.learner, visit(world.one.adviser)
    typed = {
        "first_name": " Nadia ",
        "last_name": "Élan",
        "email": "Nadia.Elan@exemple.fr",
        "phone": "06 39 98 12 34",
    }
    assert put_right(browser, who.person_id, **typed) == 200
    assert "Élan Nadia" in names(browser)
    with everything(db.Mode.READ):
        person = session.get_one(Person, who.person_id)
        assert (person.sort_name, person.email, person.phone) == (
            "elan nadia",
            "nadia.elan@exemple.fr",
            "0639981234",
        )
        assert session.get_one(Account, who.account_id).email == "nadia.elan@exemple.fr"
        assert "person-changed" in list(session.scalars(select(Entry.verb)))


def test_a_colleagues_link_does_not_follow_a_correction(world: World, visit: Visit) -> None:
    """Otherwise whoever corrects an address could open the account with it."""
    who = world.one.trainer
    put_right(visit(world.one.admin), who.person_id, email="attaquant@exemple.fr")
    with everything(db.Mode.READ):
        assert session.get_one(Person, who.person_id).email == "attaquant@exemple.fr"
        assert session.get_one(Account, who.account_id).email == "tony1@exemple.fr"


@pytest.mark.parametrize(
    "typed",
    [
        {"first_name": ""}, {"last_name": "  "}, {"last_name": "R2D2"}, {"email": "nadia"}, {"email": "a@b"},
        {"email": "a@@b.fr"}, {"phone": "12"}, {"phone": "zéro six"}, {"first_name": "x" * 101},
    ],
)  # fmt: skip
def test_what_cannot_be_is_sent_back(world: World, visit: Visit, typed: dict[str, str]) -> None:
    assert put_right(visit(world.one.adviser), world.one.learner.person_id, **typed) == 422


def test_a_card_is_printed_on_the_page_and_as_a_pdf(world: World, visit: Visit) -> None:
    who = world.one.learner
    card = card_of(who)
    browser = visit(world.one.adviser)
    page = browser.get(f"/people/{who.person_id}/card")
    assert all(word in page.words for word in card.words)
    assert card.spaced_number in page.html
    assert "01 99 00 42 10" in page.words.replace("\u00a0", " ")
    answer = browser.fetch(f"/people/{who.person_id}/card.pdf")
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF")


def test_no_card_to_print_is_said(world: World, visit: Visit) -> None:
    page = visit(world.one.adviser).get(f"/people/{world.one.learner.person_id}/card")
    assert page.status == 200
    assert not page.all("svg") or "1234" not in page.words


def test_a_sheet_holds_eight_cards_a_page(world: World, app: object) -> None:
    from flask import Flask, render_template

    from lms.people import sheet

    assert isinstance(app, Flask)
    cards = [queries.PrintedCard(n, f"Personne {n}", f"{10000000 + n}", ["lapin"] * 6) for n in range(17)]
    who = SimpleNamespace(
        organisation_name="Agence", home_phone="01 99 00 42 10", name="Claire Morel", logo="", logo_url=""
    )
    with app.test_request_context():
        page = render_template("people/cards_pdf.html", **sheet.of(cards, who))
        drawn = sheet.pdf(page, cards, "Cartes", "")
    assert drawn.count(b"/Type /Page\n") == 3


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) AppleWebKit/605 Version/18.0 Mobile Safari/604",
            "Safari, iPhone",
        ),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537 Chrome/130 Mobile Safari/537", "Chrome, Android"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/130 Safari/537 Edg/130", "Edge, Windows"),
        ("curl/8", ""),
    ],
)
def test_a_browser_is_named_in_two_words(agent: str, said: str) -> None:
    from lms.people.devices import device_of

    assert device_of(agent) == said


def test_the_people_of_the_whole_network_are_listed_once_each_by_name(world: World, visit: Visit) -> None:
    one = world.one
    with db.transaction(
        tenant_id=one.tenant_id
    ):  # somebody with two roles, and somebody who is no longer there
        session.add(
            Membership(
                tenant_id=one.tenant_id, person_id=one.adviser.person_id, organisation_id=one.agency_id, role=Role.TRAINER
            )
        )  # fmt: skip
        session.execute(
            update(Membership).where(Membership.person_id == one.hr.person_id).values(ends_at=now())
        )
    listed = names(visit(one.admin))
    assert len(listed) == len(set(listed)) == 8
    assert listed == sorted(listed)
    assert names(visit(one.adviser)) == ["CANARI-1 Claire", "CANARI-1 Nadia", "CANARI-1 Odile"]


def test_whoever_is_put_right_is_found_in_the_new_place(world: World, visit: Visit) -> None:
    one = world.one
    with db.transaction(tenant_id=one.tenant_id):
        nadia = session.get_one(Person, one.learner.person_id)
        services.put_right(nadia, None, first_name="Nadia", last_name="Älbert", email="", phone="")
    with db.transaction(db.Mode.READ, one.tenant_id):
        kept = select(Membership.sort_name).where(Membership.person_id == one.learner.person_id)
        assert session.scalars(kept).all() == ["albert nadia"]
    assert names(visit(one.adviser))[0] == "Älbert Nadia"


def test_a_list_longer_than_anybody_counts_is_leafed_through(
    world: World, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = world.one
    monkeypatch.setattr(counting, "MOST", 50)
    with db.transaction(tenant_id=one.tenant_id):
        for n in range(117):
            made = add_person(one.tenant_id, f"Prénom{n}", f"Nom{n:03d}")
            add_member(made.id, session.get_one(Organisation, one.agency_id), Role.LEARNER)
    browser = visit(one.adviser)
    assert "1 à 50 sur plus de 50" in browser.get("/people").words
    seen = [name for page in (1, 2, 3) for name in names(browser, f"/people?page={page}")]
    assert len(seen) == len(set(seen)) == 120
    assert "sur 120" in browser.get("/people?page=3").words
