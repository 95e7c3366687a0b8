"""Somebody without an account comes to a digital mediator: found by what they say, accompanied under a mandate, and only so long."""

from datetime import date

from sqlalchemy import select, update

from lms.core import db
from lms.core.db import Mode, session
from lms.courses.models import Activity
from lms.enrolment.models import Enrolment
from lms.organisations.models import Role
from lms.people.models import Person
from lms.progress.models import LearningEvent
from tests.journeys.conftest import Visit, status
from tests.support import worlds
from tests.support.page import Visitor
from tests.support.worlds import World

BORN = date(1961, 5, 22)


def prepared(world: World) -> None:
    """A mediator of the agency who follows nobody; Nadia's date of birth is known; her second step is a test that counts."""
    one = world.one
    with db.transaction(tenant_id=one.tenant_id):
        one.people["mediator"] = worlds.person(
            one.tenant_id, one.agency_id, Role.MEDIATOR, "Mina", "CANARI-1"
        )
        session.get_one(Person, one.learner.person_id).birth_date = BORN
        question = {
            "key": "a", "kind": "single", "text": "?", "options": [{"key": "1", "text": "x", "right": True}]
        }  # fmt: skip
        content = {"questions": [question], "pass_mark": 80}
        second = Activity.id == one.activity_ids[1]
        session.execute(update(Activity).where(second).values(kind="quiz", content=content))


def found(mina: Visitor, **said: str) -> str:
    """Where a description leads: the page of the mandate, else the form again."""
    mina.get("/mandates/new")
    typed = {"last_name": "canari-1", "first_name": "NADIA", "birth_date": "1961-05-22", "days": "31"}
    page = mina.send("/mandates/new", scopes=["courses"], **(typed | said))
    return page.response.request.path


def steps(world: World) -> tuple[str, str]:
    with db.transaction(Mode.READ, world.one.tenant_id):
        own = Enrolment.person_id == world.one.learner.person_id
        number = session.scalars(select(Enrolment.id).where(own)).one()
    first, second = (f"/learn/{number}/{one}" for one in world.one.activity_ids[:2])
    return first, second


def test_from_the_counter_to_the_last_line_of_the_journal(world: World, visit: Visit) -> None:
    prepared(world)
    one, nadia = world.one, world.one.learner.person_id
    mina = visit(one.mediator)
    assert mina.get("/").response.request.path == "/mandates", "that is where a mediator begins"
    assert "Nadia" not in mina.get("/people").text("main"), "nobody is in sight"
    assert status(mina, f"/people/{nadia}") == 404
    assert status(mina, f"/mandates/people/{nadia}/new") == 404

    mandate = found(mina)
    assert "Nadia CANARI-1" in mina.get(mandate).text("main")
    assert "1961" not in mina.get(mandate).words, "nothing comes back but the name"
    assert status(mina, f"/people/{nadia}") == 404, "a form that nobody signed shows no file"
    assert "Mina CANARI-1" in visit(one.learner).get("/my-data/mandates").text("main"), "the learner sees it"
    paper = mina.get(f"{mandate}/form").text("main")
    assert "Ouvrir mes cours" in paper
    assert "Un mois (31 jours)" in paper

    mina.get(mandate)
    mina.send(f"{mandate}/sign", signed="y")
    assert "Nadia" in mina.get("/people").text("main"), "now she is in sight"
    file = mina.get(f"/people/{nadia}").text("main")
    assert "Nadia" in file
    assert "1961" not in file
    assert "Identifiant de connexion" not in file
    assert status(mina, f"/learn/as/{nadia}") == 404, "the path is opened within the session alone"

    first, test = steps(world)
    mina.get(mandate)
    assert "Vous agissez pour Nadia CANARI-1" in mina.send(f"{mandate}/begin").words
    mina.get(first)
    mina.send(first)
    for closed in (test, "/my-data/mandates", "/my-data", "/me"):
        assert mina.get(closed).status == 403, "no test that counts, no consent, no data"
    journal = visit(one.admin).get("/records?kind=mandates").text("main")
    assert "Mina CANARI-1" in journal
    assert "pour Nadia CANARI-1" in journal

    mine = visit(one.learner)
    mine.get("/my-data/mandates")
    mine.send("/withdraw")
    assert mina.fetch(first).location == "/mandates?over=1", "at the next click"
    assert status(mina, f"/people/{nadia}") == 404
    assert "Nadia" not in mina.get("/people").text("main")
    with db.transaction(Mode.READ, one.tenant_id):
        assert len(session.scalars(select(LearningEvent.id).where(LearningEvent.verb == "done")).all()) == 1


def test_a_person_is_found_only_as_they_say_it(world: World, visit: Visit) -> None:
    prepared(world)
    mina = visit(world.one.mediator)
    for wrong in (
        {"birth_date": "1961-05-23"},
        {"first_name": "Odile"},
        {"last_name": "CANARI"},
        {"birth_date": "", "number": "1234567A"},
        {"number": "1234567A"},
    ):
        assert found(mina, **wrong) == "/mandates/new", wrong
        assert "Personne n’est connu ainsi" in mina.page.words  # type: ignore[union-attr]
        assert "CANARI-1" in mina.page.html  # type: ignore[union-attr]
    with db.transaction(tenant_id=world.one.tenant_id):
        session.get_one(Person, world.one.learner.person_id).agency_identifier = "1234567A"
    assert found(mina, birth_date="", number="123 4567a") != "/mandates/new"


def test_a_name_alone_finds_nobody(world: World, visit: Visit) -> None:
    prepared(world)
    mina = visit(world.one.mediator)
    assert found(mina, birth_date="") == "/mandates/new"
    assert "ou un numéro de la personne" in mina.page.words  # type: ignore[union-attr]


def test_nobody_of_another_agency_and_nobody_of_the_team(world: World, visit: Visit) -> None:
    prepared(world)
    one = world.one
    with db.transaction(tenant_id=one.tenant_id):
        for person_id in (one.employee.person_id, one.adviser.person_id):
            session.get_one(Person, person_id).birth_date = BORN
    mina = visit(one.mediator)
    assert found(mina, first_name="Emeka") == "/mandates/new", "of the company"
    assert found(mina, first_name="Claire") == "/mandates/new", "an adviser"
    with db.transaction(tenant_id=world.two.tenant_id):
        session.get_one(Person, world.two.learner.person_id).birth_date = BORN
    assert found(mina, last_name="CANARI-2") == "/mandates/new", "of another customer"


def test_whoever_tries_is_stopped(world: World, visit: Visit) -> None:
    prepared(world)
    mina = visit(world.one.mediator)
    for day in range(1, 11):
        assert found(mina, birth_date=f"1961-04-{day:02d}") == "/mandates/new"
    mina.get("/mandates/new")
    page = mina.send(
        "/mandates/new", scopes=["courses"], last_name="CANARI-1", first_name="Nadia",
        birth_date="1961-05-22", days="31",
    )  # fmt: skip
    assert page.status == 429, "even with what is right"
    assert "Attendez une heure" in page.words
    journal = visit(world.one.admin).get("/records?kind=mandates").text("main")
    assert "n’a trouvé personne" in journal


def test_a_mandate_ends_with_the_place_of_the_learner(world: World, visit: Visit) -> None:
    """Moved to another agency, the learner is out of this mediator's sight; so is everything under the mandate."""
    prepared(world)
    one, mina = world.one, visit(world.one.mediator)
    mandate = found(mina)
    mina.get(mandate)
    mina.send(f"{mandate}/sign", signed="y")
    admin = visit(one.admin)
    admin.get(f"/people/{one.learner.person_id}/move")
    admin.send(f"/people/{one.learner.person_id}/move", place=str(one.other_agency_id))
    assert status(mina, f"/people/{one.learner.person_id}") == 404
    mina.get(mandate)
    mina.send(f"{mandate}/begin")
    assert mina.fetch("/learn").location in (None, "/mandates?over=1")
    assert "Vous agissez pour" not in mina.get("/help").words
