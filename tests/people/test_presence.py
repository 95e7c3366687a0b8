"""Who may come in, and who is in the lists: people suspended and archived."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from lms.core import db
from lms.core.db import Mode, session
from lms.people import services
from lms.people.models import Person, SignIn
from tests.house import filled
from tests.people.accounts import card_of, give_password
from tests.people.files import came_in, found
from tests.support.page import Visitor
from tests.support.sight import everything
from tests.support.worlds import Someone, World

Visit = Callable[..., Visitor]


def test_suspending_takes_effect_on_the_next_request_everywhere(world: World, visit: Visit) -> None:
    """In two browsers, by the password, by the card, by a link; and whoever was suspended comes back by the same ways."""
    who, admin = world.one.trainer, visit(world.one.admin)
    give_password(who)
    browsers = [visit(who), visit(who)]
    assert [one.fetch("/me").status_code for one in browsers] == [200, 200]
    admin.get(f"/people/{who.person_id}")
    assert admin.send(f"/people/{who.person_id}/suspend").status == 200
    assert [one.fetch("/me").status_code for one in browsers] == [302, 302]
    outside = visit()
    assert came_in(outside, who) == 403
    assert outside.fetch("/me").status_code == 302
    admin.get(f"/people/{who.person_id}")
    assert admin.send(f"/people/{who.person_id}/let-in").status == 200
    assert [one.fetch("/me").status_code for one in browsers] == [302, 302], "what was ended stays ended"
    assert came_in(visit(), who) == 200


def test_a_suspended_learner_keeps_all_but_the_way_in(world: World, visit: Visit) -> None:
    who, adviser = world.one.learner, visit(world.one.adviser)
    card = card_of(who)
    adviser.get(f"/people/{who.person_id}")
    adviser.send(f"/people/{who.person_id}/suspend")
    assert who.person_id in found(world.one, world.one.adviser)
    with everything(Mode.READ):
        assert session.scalars(select(SignIn).where(SignIn.ended_at.is_(None), SignIn.account_id == who.account_id)).all() == []  # fmt: skip
    door = visit()
    door.get("/sign-in/card")
    page = door.send("/sign-in/card", words=" ".join(card.words))
    assert page.status in (403, 422), "the words of the card open nothing"
    page = adviser.get(f"/people/{who.person_id}")
    assert "/let-in" in page.html
    assert f'action="/people/{who.person_id}/card"' not in page.html


def test_an_account_of_two_customers_stays_open_for_the_other(world: World, visit: Visit) -> None:
    """Who is suspended by one customer works on for another, in the very same browser session."""
    mine, there = world.one.trainer, world.two.trainer
    with db.transaction(tenant_id=there.tenant_id):
        session.get_one(Person, there.person_id).account_id = mine.account_id
    other = Someone(
        there.tenant_id, there.organisation_id, there.person_id, mine.account_id, mine.login, there.name
    )
    here, elsewhere = visit(mine), visit(other)
    assert (here.fetch("/me").status_code, elsewhere.fetch("/me").status_code) == (200, 200)
    with db.transaction(tenant_id=mine.tenant_id):
        services.suspend_people(mine.tenant_id, [mine.person_id])
    assert (here.fetch("/me").status_code, elsewhere.fetch("/me").status_code) == (302, 200)


def test_nobody_shuts_the_door_on_themselves(world: World, visit: Visit) -> None:
    who, browser = world.one.admin, visit(world.one.admin)
    page = browser.get(f"/people/{who.person_id}")
    assert "/suspend" not in page.html
    token = page.form("/language")["csrf_token"]
    for deed in ("suspend", "archive", "merge"):
        answer = browser.client.post(f"/people/{who.person_id}/{deed}", data={"csrf_token": token})
        assert answer.status_code == 403
    with pytest.raises(services.presence.NotOneself), db.transaction(tenant_id=who.tenant_id):
        services.suspend_people(who.tenant_id, [who.person_id], who)


def test_an_archived_person_is_out_of_the_lists_and_can_be_brought_back(world: World, visit: Visit) -> None:
    one, browser = world.one, visit(world.one.adviser)
    number = one.learner.person_id
    browser.get(f"/people/{number}")
    assert browser.send(f"/people/{number}/archive").status == 200
    assert number not in found(one, one.adviser)
    assert found(one, one.adviser, archived=True) == [number]
    assert "CANARI-1 Nadia" in browser.get("/people?show=archived").words
    browser.get(f"/people/{number}")
    browser.send(f"/people/{number}/bring-back")
    assert number in found(one, one.adviser)


def test_whoever_was_erased_is_not_brought_back(world: World, visit: Visit) -> None:
    one = world.one
    filled.erase(filled.whose(one, one.learner))
    with db.transaction(tenant_id=one.tenant_id):
        assert services.bring_back(one.tenant_id, [one.learner.person_id]) == 0
