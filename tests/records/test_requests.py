"""The rights of persons: taken along, put right, asked for, answered; erased with a receipt, but for the last administrator."""

import json
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from lms.core import db
from lms.core.clock import now, today
from lms.core.db import Mode, session
from lms.core.journal import Entry
from lms.core.post import Mail
from lms.organisations.models import Role
from lms.people.models import Person
from lms.records import services
from lms.records.models import DataRequest, RequestKind, RequestState
from lms.records.services.requests import month_after
from tests.house import filled
from tests.support import worlds
from tests.support.page import Visitor
from tests.support.worlds import Someone, World

Visit = Callable[..., Visitor]


def requests(tenant_id: int) -> list[DataRequest]:
    with db.transaction(Mode.READ, tenant_id):
        found = list(session.scalars(select(DataRequest).order_by(DataRequest.id)))
        session.expunge_all()  # as they were: the next transaction would ask again
        return found


def mails(tenant_id: int, kind: str) -> list[str]:
    with db.transaction(Mode.READ, tenant_id):
        return list(session.scalars(select(Mail.address).where(Mail.kind == kind).order_by(Mail.id)))


def person(who: Someone) -> Person:
    with db.transaction(Mode.READ, who.tenant_id):
        return session.get_one(Person, who.person_id)


def reached(who: Someone, address: str) -> None:
    with db.transaction(tenant_id=who.tenant_id):
        session.get_one(Person, who.person_id).email = address


def ask(browser: Visitor, kind: str, wish: str = "") -> int:
    browser.get("/my-data/requests")
    return browser.send("/my-data/requests", kind=kind, wish=wish).status


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ("2026-11-30", "2026-12-30"),
        ("2027-01-31", "2027-02-28"),
        ("2026-12-01", "2027-01-01"),
        ("2028-01-30", "2028-02-29"),
    ],
)
def test_the_answer_is_due_in_a_month(asked: str, due: str) -> None:
    assert month_after(date.fromisoformat(asked)) == date.fromisoformat(due)


def test_asked_told_answered_read(world: World, visit: Visit) -> None:
    reached(world.one.admin, "direction@exemple.fr")
    reached(world.one.learner, "nadia@exemple.fr")
    mine, admin = visit(world.one.learner), visit(world.one.admin)
    assert ask(mine, "correct", "Mon prénom s’écrit Nadya.") == 200
    (made,) = requests(world.one.tenant_id)
    assert (made.kind, made.state, made.due_on) == (
        RequestKind.CORRECT,
        RequestState.OPEN,
        month_after(today()),
    )
    assert mails(world.one.tenant_id, "records.request") == ["direction@exemple.fr"]
    page = admin.get("/records/requests")
    assert "Nadia CANARI-1" in page.text("main")
    page = admin.get(f"/records/requests/{made.id}")
    assert "Nadya" in page.text("main")
    admin.send(f"/records/requests/{made.id}", state="done", answer="C’est corrigé.")
    assert mails(world.one.tenant_id, "records.answered") == ["nadia@exemple.fr"]
    assert "C’est corrigé." in mine.get("/my-data/requests").text("main")
    with db.transaction(Mode.READ, world.one.tenant_id):
        verbs = session.scalars(
            select(Entry.verb).where(Entry.verb.like("request-%")).order_by(Entry.id)
        ).all()
    assert verbs == ["request-made", "request-answered"]


@pytest.mark.parametrize(
    ("kind", "wish"), [("correct", ""), ("limit", "  "), ("", "x"), ("none", "x"), ("correct", "x" * 2_001)]
)
def test_an_empty_or_endless_request_comes_back_with_what_was_typed(
    world: World, visit: Visit, kind: str, wish: str
) -> None:
    mine = visit(world.one.learner)
    assert ask(mine, kind, wish) == 422
    assert wish.strip() in mine.page.html  # type: ignore[union-attr]
    assert requests(world.one.tenant_id) == []


def test_an_answer_says_something(world: World, visit: Visit) -> None:
    ask(visit(world.one.learner), "erase")
    admin, (made,) = visit(world.one.admin), requests(world.one.tenant_id)
    admin.get(f"/records/requests/{made.id}")
    assert admin.send(f"/records/requests/{made.id}", state="done", answer=" ").status == 422
    assert requests(world.one.tenant_id)[0].state is RequestState.OPEN


def test_five_may_wait(world: World, visit: Visit) -> None:
    mine = visit(world.one.learner)
    for n in range(5):
        assert ask(mine, "correct", f"Ligne {n}") == 200
    assert ask(mine, "correct", "Encore") == 429
    assert len(requests(world.one.tenant_id)) == 5


def test_a_late_one_is_told(world: World, visit: Visit) -> None:
    ask(visit(world.one.learner), "erase")
    with db.transaction(tenant_id=world.one.tenant_id):
        session.scalars(select(DataRequest)).one().due_on = today() - timedelta(days=1)
    assert "Retard" in visit(world.one.admin).get("/records/requests").text("main")


def test_contacts_are_put_right_by_oneself_and_names_are_not(world: World, visit: Visit) -> None:
    mine = visit(world.one.learner)
    mine.get("/my-data/correct")
    mine.send("/my-data/correct", phone="06 39 98 12 34", postcode="59100", last_name="Autre", email="x@y.fr")
    after = person(world.one.learner)
    assert (after.phone, after.postcode, after.last_name) == ("0639981234", "59100", "CANARI-1")
    mine.get("/my-data/correct")
    page = mine.send("/my-data/correct", phone="12", postcode="?")
    assert page.status == 422
    assert "10 chiffres" in page.text("main")
    assert person(world.one.learner).phone == "0639981234"
    with db.transaction(Mode.READ, world.one.tenant_id):
        (line,) = session.scalars(select(Entry).where(Entry.verb == "person-changed"))
        assert line.details["fields"] == ["phone", "postcode"]


def test_all_of_it_can_be_read_on_one_page(app: Flask, world: World, visit: Visit) -> None:
    ask(visit(world.one.learner), "correct", "Mon prénom s’écrit Nadya.")
    mine = visit(world.one.learner)
    page = mine.get("/my-data/readable")
    assert "Nadia" in page.text("main")
    assert "Mon prénom s’écrit Nadya." in page.text("main")
    parts = {part["name"]: part for part in json.loads(mine.fetch("/my-data/file").text)}
    assert parts["data_request"]["rows"][0]["wish"] == "Mon prénom s’écrit Nadya."
    assert {"journal_entry", "membership", "enrolment"} <= {
        name for name, part in parts.items() if part["rows"]
    }


def test_what_was_answered_goes_after_three_years_with_a_proof(world: World, visit: Visit) -> None:
    for n in range(2):
        ask(visit(world.one.learner), "correct", f"Ligne {n}")
    with db.transaction(tenant_id=world.one.tenant_id):
        old = session.scalars(select(DataRequest).order_by(DataRequest.id)).first()
        assert old is not None
        old.answered_at, old.state = now() - timedelta(days=1_100), RequestState.DONE
    with db.transaction(tenant_id=world.one.tenant_id):
        assert services.forget_old(world.one.tenant_id) == 1
    assert [one.wish for one in requests(world.one.tenant_id)] == ["Ligne 1"]
    with db.transaction(Mode.READ, world.one.tenant_id):
        (line,) = session.scalars(select(Entry.details).where(Entry.verb == "purged"))
        assert (line["what"], line["rows"]) == ("request", 1)


def test_an_erasure_is_shown_confirmed_and_leaves_a_receipt(world: World, visit: Visit) -> None:
    filled.every_table(world.one, world.one.learner, world.one.adviser)
    admin, path = visit(world.one.admin), f"/records/people/{world.one.learner.person_id}/erase"
    inside = visit(world.one.learner)
    assert path in admin.get(f"/people/{world.one.learner.person_id}").links()
    page = admin.get(path)
    assert "6 ans" in page.text("main")
    assert admin.send(path).status == 422, "it is not ticked"
    page = admin.send(path, sure="y")
    assert page.text("h1") == "Reçu d’un effacement"
    year = today().year + 6
    assert f"Jusqu’au 31 décembre {year}." in page.text("main")
    assert person(world.one.learner).first_name == ""
    assert inside.fetch("/learn").status_code == 302


@pytest.mark.parametrize(
    ("who", "status"), [("hr", 404), ("adviser", 403), ("trainer", 404), ("partner", 404), ("learner", 404)]
)
def test_only_administrators_erase(world: World, visit: Visit, who: str, status: int) -> None:
    path = f"/records/people/{world.one.learner.person_id}/erase"
    assert visit(getattr(world.one, who)).fetch(path).status_code == status
    assert visit(world.two.admin).fetch(path).status_code == 404


def test_the_last_administrator_stays_and_is_told_what_to_do(app: Flask, world: World, visit: Visit) -> None:
    one = world.one
    asked = ["people", "erase", one.admin.login, "--organisation", "reseau-1", "--yes", "--json"]
    flask = app.test_cli_runner()
    done = flask.invoke(args=asked)
    assert done.exit_code == 1
    assert "Nommez d’abord une autre personne" in json.loads(done.stdout)["remedy"]
    assert person(one.admin).first_name != ""
    with db.transaction(tenant_id=one.tenant_id):
        second = worlds.person(one.tenant_id, one.root_id, Role.ADMIN, "Léa", "Seconde")
        worlds.person(one.tenant_id, one.agency_id, Role.ADMIN, "Ana", "Agence")
    lea = visit(second)
    assert visit(one.admin).fetch(f"/records/people/{one.admin.person_id}/erase").status_code == 403, (
        "not oneself"
    )
    path = f"/records/people/{one.admin.person_id}/erase"
    lea.get(path)
    assert lea.send(path, sure="y").text("h1") == "Reçu d’un effacement"
    asked[2] = second.login
    assert flask.invoke(args=asked).exit_code == 1, "she is the last one now"
