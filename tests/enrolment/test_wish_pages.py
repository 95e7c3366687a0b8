"""Self-enrolment through its pages: a code is made, typed, used; requests are answered; strangers learn nothing."""

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from lms.core import db
from lms.core.db import Mode, session
from lms.enrolment.models import Cohort, Way, WayMode, WishState
from lms.enrolment.queries.ways import public_ways
from lms.enrolment.services import ways
from lms.people.models import Failure
from tests.enrolment.wishes import asked, inside, learners, limited, opened, states, wish_of
from tests.support import worlds
from tests.support.page import Visitor
from tests.support.queries import statements
from tests.support.worlds import Corner, World

Visit = Callable[..., Visitor]


@pytest.fixture
def one(world: World) -> Corner:
    return world.one


def failures() -> int:
    with db.transaction(Mode.READ):
        return session.scalar(select(func.count()).select_from(Failure)) or 0


def test_a_code_is_made_and_somebody_enters_by_it(app: Flask, one: Corner, visit: Visit) -> None:
    (first,) = learners(one, 1)
    adviser, learner = visit(one.adviser), visit(first)
    page = adviser.get(f"/cohorts/{one.cohort_id}")
    assert f"/cohorts/{one.cohort_id}/ways" in page.links()
    adviser.get(f"/cohorts/{one.cohort_id}/ways")
    wrong = adviser.send(
        "/ways", **{"way-most": "beaucoup", "way-mode": "at-once", "way-ends_on": "2020-01-01"}
    )
    assert wrong.status == 422
    assert "Ce jour est passé" in wrong.words
    adviser.get(f"/cohorts/{one.cohort_id}/ways")
    made = adviser.send("/ways", **{"way-most": "3", "way-mode": "at-once"})
    assert made.status == 200
    with db.transaction(Mode.READ, one.tenant_id):
        number = session.scalars(select(Way.id)).one()
    sheet = adviser.get(f"/cohorts/ways/{number}")
    code = re.findall(r"/enrolment/([2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4})", sheet.words)[0]
    assert learner.get("/learn").status == 200
    assert "/enrolment" in learner.get("/learn").links()
    learner.get("/enrolment")
    shown = learner.send("/enrolment", code=code.lower().replace("-", " "))
    assert shown.status == 200
    assert "Cohorte CANARI-1" in shown.words
    entered = learner.send(f"/enrolment/{code}")
    assert "est faite" in entered.words
    assert first.person_id in inside(one)
    assert "déjà dans cette cohorte" in learner.get(f"/enrolment/{code}").words
    assert adviser.get(f"/cohorts/{one.cohort_id}/ways").status == 200
    adviser.get(f"/cohorts/ways/{number}")
    adviser.send("/close")
    assert learner.get(f"/enrolment/{code}").status == 200, "whoever is in still sees where they are"
    assert visit(one.other_learner).get(f"/enrolment/{code}").status in (200, 404, 410)


def test_requests_are_read_answered_and_told(app: Flask, one: Corner, visit: Visit) -> None:
    first, second, third = learners(one, 3)
    code = opened(one, WayMode.ON_APPROVAL)
    learner, adviser = visit(first), visit(one.adviser)
    learner.get(f"/enrolment/{code}")
    assert learner.send(f"/enrolment/{code}", why=" ").status == 422
    kept = learner.send(f"/enrolment/{code}", why="Je veux écrire des mails.")
    assert "En attente" in kept.words
    asked(one, second, "Moi aussi")
    asked(one, third, "Et moi")
    page = adviser.get(f"/cohorts/{one.cohort_id}/wishes")
    assert "Je veux écrire des mails." in page.words
    numbers = [wish_of(one, who) for who in (first, second, third)]
    path = f"/cohorts/{one.cohort_id}/wishes"
    token = page.form("/wishes/approve")["csrf_token"]
    without = adviser._seen(
        adviser.client.post(f"{path}/refuse", data={"csrf_token": token, "wish": numbers[:2], "answer": ""})
    )
    assert without.status == 422
    assert "Dites pourquoi" in without.words
    assert without.form("/wishes/approve")["wish"], "the ticks stay"
    said = {"csrf_token": token, "wish": numbers[:2], "answer": "Il faut un ordinateur."}
    assert adviser.client.post(f"{path}/refuse", data=said).status_code == 302
    assert adviser.client.post(f"{path}/refuse", data=said).status_code == 422, "nobody is left to refuse"
    said = {"csrf_token": token, "wish": numbers[2:], "answer": ""}
    assert adviser.client.post(f"{path}/approve", data=said).status_code == 302
    assert states(one) == {
        first.person_id: WishState.REFUSED, second.person_id: WishState.REFUSED, third.person_id: WishState.ENTERED,
    }  # fmt: skip
    assert "Il faut un ordinateur." in learner.get("/enrolment").words
    assert "Il faut un ordinateur." in learner.get(f"/enrolment/{code}").words
    for state in ("asked", "waiting", "entered", "refused", "withdrawn", "nonsense"):
        assert adviser.get(f"{path}?state={state}&page=9").status == 200


def test_the_place_in_the_list_is_told_and_a_request_taken_back(
    app: Flask, one: Corner, visit: Visit
) -> None:
    people = learners(one, 3)
    code = opened(one)
    limited(one, len(inside(one)))
    last = visit(people[2])
    for who in people[:2]:
        asked(one, who)
    assert "complète" in last.get(f"/enrolment/{code}").words
    told = last.send(f"/enrolment/{code}")
    assert "Vous êtes 3e sur la liste" in told.words
    assert "Vous êtes 3e sur la liste" in last.get("/learn").words
    visitor = visit(people[0])
    visitor.get("/enrolment")
    visitor.send("/withdraw")
    assert states(one)[people[0].person_id] is WishState.WITHDRAWN
    assert "Vous êtes 2e sur la liste" in last.get("/enrolment").words
    assert visitor.client.post(f"/enrolment/wishes/{wish_of(one, people[1])}/withdraw").status_code in (
        400,
        404,
    )
    adviser = visit(one.adviser)
    adviser.get(f"/cohorts/{one.cohort_id}/ways")
    assert adviser.send("/ways/seats", seats="1").status == 422
    adviser.get(f"/cohorts/{one.cohort_id}/ways")
    adviser.send("/ways/seats", seats="")
    assert {who.person_id for who in people[1:]} <= inside(one)
    with db.transaction(Mode.READ, one.tenant_id):
        assert session.get_one(Cohort, one.cohort_id).seats is None


def test_a_stranger_learns_nothing_and_is_slowed_down(app: Flask, world: World, visit: Visit) -> None:
    one, code = world.one, opened(world.one)
    stranger, employee = visit(world.two.learner), visit(one.employee)
    before = failures()
    unknown = stranger.get("/enrolment/AAAA-BBBB-CCCC")
    for visitor in (stranger, employee):
        elsewhere = visitor.get(f"/enrolment/{code}")
        assert elsewhere.status == 404
        assert "CANARI-1" not in elsewhere.text("main")
        visitor.get("/enrolment")
        typed = visitor.send("/enrolment", code=code)
        assert typed.status == 422
    assert visit(one.partner).get(f"/enrolment/{code}").status == 403, (
        "a partner only looks on, whatever the code"
    )
    assert elsewhere.text("main") == unknown.text("main")
    assert failures() == before + 5
    admin = visit(one.admin).get(f"/enrolment/{code}")
    assert admin.status == 200, "whoever is above sees what they gave away"
    assert "vous y inscrire vous-même" in admin.words


def test_whoever_is_not_signed_in_comes_back_afterwards(app: Flask, one: Corner, visit: Visit) -> None:
    code = opened(one)
    answer = visit().client.get(f"/enrolment/{code}")
    assert answer.status_code == 302
    assert answer.location.endswith(f"/sign-in?next=/enrolment/{code}")


def test_staff_of_other_units_see_neither_codes_nor_requests(app: Flask, world: World, visit: Visit) -> None:
    one = world.one
    opened(one)
    with db.transaction(Mode.READ, one.tenant_id):
        number = session.scalars(select(Way.id)).one()
    for visitor in (visit(one.hr), visit(world.two.admin)):
        for path in (
            f"/cohorts/{one.cohort_id}/ways",
            f"/cohorts/{one.cohort_id}/wishes",
            f"/cohorts/ways/{number}",
        ):
            assert visitor.get(path).status == 404


def test_open_trainings_are_found_without_a_code(app: Flask, world: World, visit: Visit) -> None:
    one = world.one
    first, second, third = learners(one, 3)
    opened(one, is_public=True, most=3)
    opened(one)  # a code that is given away stays out of the list
    limited(one, len(inside(one)) + 1)
    learner = visit(first)
    for path in ("/learn", "/enrolment"):  # they are on no course yet: their first page says where to begin
        page = learner.get(path)
        assert "Cohorte CANARI-1" in page.words
        assert "1 place libre" in page.words
    (link,) = {found for found in page.links() if re.fullmatch(r"/enrolment/[2-9A-Z-]{14}", found)}
    learner.get(link)
    assert "est faite" in learner.send(link).words
    assert link not in learner.get("/enrolment").links(), "they are in"
    assert "Complète" in visit(second).get("/enrolment").words
    asked(one, second)
    assert link not in visit(second).get("/enrolment").links(), "they have asked"
    for stranger in (world.two.learner, one.employee):
        assert link not in visit(stranger).get("/enrolment").links()
    adviser = visit(one.adviser)
    adviser.get(f"/cohorts/{one.cohort_id}/ways")
    assert adviser.send("/ways", **{"way-mode": "on-approval", "way-is_public": "y"}).status == 200
    newer = [found for found in visit(third).get("/enrolment").links() if len(found) == len(link)]
    assert len(newer) == 1, "the latest way of a cohort only"
    assert newer != [link]
    with db.transaction(tenant_id=one.tenant_id):
        for way in session.scalars(select(Way).where(Way.is_public)):
            ways.close_way(way, one.adviser)
    assert "Formations ouvertes" not in visit(third).get("/enrolment").words


def test_a_list_of_open_trainings_costs_the_same_however_long_it_is(app: Flask, one: Corner) -> None:
    (first,) = learners(one, 1)
    reader: Any = SimpleNamespace(tenant_id=first.tenant_id, person_id=first.person_id, zone="Europe/Paris")
    counts = []
    for number in (2, 12):
        with db.transaction(tenant_id=one.tenant_id):
            made = [
                worlds.cohort(one.tenant_id, one.agency_id, f"Ouverte {number}-{n}", [], []).id
                for n in range(number)
            ]
        for cohort_id in made:
            opened(one, cohort_id=cohort_id, is_public=True)
        with statements() as sent, db.transaction(Mode.READ, one.tenant_id):
            found = public_ways(reader, 1)
        assert all(row.code for row in found.rows)
        counts.append((len(sent), len(found.rows)))
    assert counts == [(counts[0][0], 2), (counts[0][0], 14)]
    with db.transaction(Mode.READ, one.tenant_id):
        assert public_ways(reader, 99).rows, "whatever is typed, a page comes back"
