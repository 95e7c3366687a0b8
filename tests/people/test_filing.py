"""A person's file as the staff keep it: made, found, given roles, moved to another organisation."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from lms.core import db
from lms.core.clock import now
from lms.core.db import Mode, session
from lms.organisations.models import Membership, Role
from lms.people import services
from lms.people.models import Person
from tests.house import filled
from tests.people.files import found, person
from tests.support import worlds
from tests.support.page import Visitor
from tests.support.queries import statements
from tests.support.sight import everything
from tests.support.worlds import World

Visit = Callable[..., Visitor]
NEW = {"first_name": "Nour", "last_name": "Haddad", "role": "learner"}


def add(browser: Visitor, **typed: str) -> int:
    browser.get("/people/new")
    return browser.send("/people/new", **(NEW | typed)).status


def test_a_person_is_added_with_a_role_and_a_place(world: World, visit: Visit) -> None:
    one, browser = world.one, visit(world.one.adviser)
    typed = {"birth_date": "1998-05-22", "agency_identifier": "1234567 a", "postcode": "59000"}
    assert add(browser, **typed) == 200
    (number,) = found(one, one.adviser, words="haddad")
    made = person(number)
    assert (made.birth_date, made.agency_identifier) == (date(1998, 5, 22), "1234567A")
    assert "Haddad" in browser.get(f"/people/{number}").words
    with everything(Mode.READ):
        (tie,) = session.scalars(select(Membership).where(Membership.person_id == number))
        assert (tie.organisation_id, tie.role) == (one.agency_id, Role.LEARNER)


@pytest.mark.parametrize(
    "typed",
    [
        {"last_name": ""}, {"birth_date": "2090-01-01"}, {"agency_identifier": "12"}, {"postcode": "<b>"},
        {"role": "admin"}, {"place": "1000000"}, {"role": "no-such"}, {"until": "2020-01-01"},
    ],
)  # fmt: skip
def test_what_cannot_be_is_sent_back_and_writes_nothing(
    world: World, visit: Visit, typed: dict[str, str]
) -> None:
    browser = visit(world.one.adviser)
    before = filled.everything()
    assert add(browser, **typed) == 422
    assert filled.everything() == before


def test_somebody_known_is_proposed_first(world: World, visit: Visit) -> None:
    one, browser = world.one, visit(world.one.adviser)
    same = {"first_name": "nadia", "last_name": "CANARI-1".replace("-1", "")}
    with db.transaction(tenant_id=one.tenant_id):
        services.put_right(
            session.get_one(Person, one.learner.person_id), None, first_name="Nadia", last_name="Canari", email="", phone="",
        )  # fmt: skip
    assert add(browser, **same) == 422
    assert browser.page is not None
    assert f"/people/{one.learner.person_id}" in browser.page.links()
    assert browser.send("/people/new", who="new").status == 200
    assert len(found(one, one.adviser, words="canari nadia")) == 2


def test_a_number_is_one_persons(world: World, visit: Visit) -> None:
    one, browser = world.one, visit(world.one.adviser)
    with db.transaction(tenant_id=one.tenant_id):
        session.get_one(Person, one.learner.person_id).agency_identifier = "1234567A"
    assert add(browser, agency_identifier="1234567A") == 422
    browser.get(f"/people/{one.other_learner.person_id}/change")
    typed = {"last_name": "Canari", "agency_identifier": "1234567A"}
    page = browser.send(f"/people/{one.other_learner.person_id}/change", **typed)
    assert page.status == 422
    assert "1234567A" in page.html


@pytest.mark.parametrize("words", ["22/05/1998", "1998-05-22", "nadia 22.5.1998"])
def test_people_are_found_by_their_birth_date(world: World, words: str) -> None:
    one = world.one
    with db.transaction(tenant_id=one.tenant_id):
        session.get_one(Person, one.learner.person_id).birth_date = date(1998, 5, 22)
    assert found(one, one.adviser, words=words) == [one.learner.person_id]
    assert found(one, one.adviser, words="31/02/1998") == []


def test_the_next_page_is_walked_to_from_the_last_person(world: World, visit: Visit) -> None:
    """By its last person or by its number, a page is the same; and it takes the same statements."""
    one = world.one
    for n in range(120):
        worlds.newcomer(one, "Même", f"Nom{n % 40:02d}")  # several of one name
    pages = []
    after = 0
    for number in (1, 2, 3):
        with statements() as sent:
            by_key = found(one, one.admin, number=number, after=after)
        assert by_key == found(one, one.admin, number=number)
        assert len(sent) <= 6
        pages += by_key
        after = by_key[-1]
    assert len(pages) == len(set(pages)) == 129
    page = visit(one.admin).get("/people")
    assert f"/people?page=2&after={found(one, one.admin)[-1]}" in page.links()


def test_a_role_is_given_and_ended(world: World, visit: Visit) -> None:
    one, browser = world.one, visit(world.one.admin)
    number = one.trainer.person_id
    browser.get(f"/people/{number}/place")
    browser.send(f"/people/{number}/place", role="mediator", place=str(one.agency_id))
    with everything(Mode.READ):
        ties = {
            tie.role: tie.id
            for tie in session.scalars(select(Membership).where(Membership.person_id == number))
        }
    assert set(ties) == {Role.TRAINER, Role.MEDIATOR}
    browser.get(f"/people/{number}")
    token = browser.page.form("/language")["csrf_token"]  # type: ignore[union-attr]
    ended = {"csrf_token": token, "tie": ties[Role.MEDIATOR]}
    assert browser.client.post(f"/people/{number}/place/end", data=ended).status_code == 302
    assert browser.client.post(f"/people/{number}/place/end", data=ended).status_code == 404
    last = {"csrf_token": token, "tie": ties[Role.TRAINER]}
    assert browser.client.post(f"/people/{number}/place/end", data=last).status_code == 409, "the last one"


@pytest.mark.parametrize(("days", "status"), [(None, 422), (-1, 422), (30, 200), (800, 422)])
def test_an_audit_ends(world: World, visit: Visit, days: int | None, status: int) -> None:
    one, browser = world.one, visit(world.one.admin)
    number = one.partner.person_id
    until = (now().date() + timedelta(days=days)).isoformat() if days is not None else ""
    browser.get(f"/people/{number}/place")
    page = browser.send(f"/people/{number}/place", role="auditor", place=str(one.agency_id), until=until)
    assert page.status == status


def test_after_its_end_an_audit_shows_nothing(world: World, visit: Visit) -> None:
    one = world.one
    worlds.every_role(one)
    browser = visit(one.auditor)
    assert browser.fetch(f"/people/{one.learner.person_id}").status_code == 200
    with db.transaction(tenant_id=one.tenant_id):
        own = update(Membership).where(Membership.person_id == one.auditor.person_id)
        session.execute(own.values(ends_at=now() - timedelta(seconds=1)))
    assert browser.fetch(f"/people/{one.learner.person_id}").status_code == 302


@pytest.mark.parametrize(("who", "role", "status"), [
    ("adviser", "learner", 200), ("adviser", "adviser", 422), ("adviser", "admin", 422), ("hr", "manager", 200),
    ("hr", "admin", 422), ("admin", "admin", 200),
])  # fmt: skip
def test_nobody_gives_more_than_is_theirs_to_give(
    world: World, visit: Visit, who: str, role: str, status: int
) -> None:
    """Not even where the form did not offer it."""
    browser = visit(world.one.people[who])
    assert add(browser, role=role) == status


def test_it_is_said_who_follows_a_learner(world: World, visit: Visit) -> None:
    """A manager's team is made so; nobody out of sight is given to anybody."""
    one, browser = world.one, visit(world.one.admin)
    worlds.every_role(one)
    number, manager = one.other_learner.person_id, one.manager.person_id
    assert visit(one.manager).fetch(f"/people/{number}").status_code == 404
    browser.get(f"/people/{number}/follower")
    assert browser.send(f"/people/{number}/follower", follower=str(manager)).status == 200
    assert visit(one.manager).fetch(f"/people/{number}").status_code == 200
    for other in (world.two.adviser.person_id, one.partner.person_id, one.auditor.person_id):
        browser.get(f"/people/{number}/follower")
        assert browser.send(f"/people/{number}/follower", follower=str(other)).status == 422
    browser.get(f"/people/{number}/follower")
    assert browser.send(f"/people/{number}/follower", follower="0").status == 200
    assert visit(one.manager).fetch(f"/people/{number}").status_code == 404


def test_a_learner_moves_and_only_the_new_agency_sees_them(world: World, visit: Visit) -> None:
    one, browser = world.one, visit(world.one.admin)
    number = one.learner.person_id
    worlds.every_role(one)  # a manager of the old agency follows them
    browser.get(f"/people/{number}/move")
    assert browser.send(f"/people/{number}/move", place=str(one.other_agency_id)).status == 200
    assert visit(one.other_adviser).fetch(f"/people/{number}").status_code == 200
    for stranger in (one.adviser, one.manager):
        assert visit(stranger).fetch(f"/people/{number}").status_code == 404
    again = browser.client.post(
        f"/people/{number}/move",
        data={"csrf_token": browser.get("/me").form("/sign-out")["csrf_token"], "place": one.other_agency_id},
    )
    assert again.status_code == 409


def test_what_is_no_date_and_no_choice_is_said_in_the_readers_words(world: World, visit: Visit) -> None:
    browser = visit(world.one.admin)
    browser.get("/people/new")
    page = browser.send("/people/new", first_name="Lan", last_name="Tran", birth_date="hier", role="roi")
    assert page.status == 422
    assert "Écrivez une date qui existe : jour, mois et année." in page.words
    assert "Choisissez l’une des réponses proposées." in page.words
    assert "Not a valid" not in page.words
