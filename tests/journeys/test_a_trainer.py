"""A cohort is given to a trainer, who finds its people, sees their path as they do, and loses it with the cohort."""

from datetime import date

from sqlalchemy import select

from lms.core import db
from lms.core.db import Mode, session
from lms.core.journal import Entry
from lms.enrolment.models import Member
from lms.enrolment.states import MemberState
from lms.organisations.models import Membership, Role
from lms.people.models import Person
from lms.progress.models import LearningEvent, Standing
from tests.journeys.conftest import Visit, status
from tests.support import worlds
from tests.support.page import Visitor
from tests.support.worlds import World


def given(visit: Visit, world: World, trainer: worlds.Someone | None = None) -> Visitor:
    """The adviser gives the cohort to the trainer; who gave it."""
    claire = visit(world.one.adviser)
    claire.get(f"/cohorts/{world.one.cohort_id}/trainers")
    claire.send("/trainers", trainer=str((trainer or world.one.trainer).person_id))
    return claire


def test_what_a_trainer_sees_and_until_when(world: World, visit: Visit) -> None:
    one, nadia = world.one, world.one.learner.person_id
    with db.transaction(tenant_id=one.tenant_id):
        person = session.get_one(Person, nadia)
        person.birth_date, person.agency_identifier = date(1961, 5, 22), "7654321Z"
        place = session.scalars(select(Member.id).where(Member.person_id == nadia)).one()
    tony = visit(one.trainer)
    seen = (
        f"/cohorts/{one.cohort_id}", f"/cohorts/{one.cohort_id}/members/{place}", f"/people/{nadia}",
        f"/learn/as/{nadia}",
    )  # fmt: skip
    assert [status(tony, path) for path in seen] == [404] * 4
    claire = given(visit, world)
    assert "Confiée à 1 formateur" in claire.get(f"/cohorts/{one.cohort_id}").words
    assert f"Cohorte {one.admin.name.partition(' ')[2]}" in tony.get("/cohorts").text("main")
    assert "Nadia" in tony.get("/people").text("main")
    for path in seen:
        page = tony.get(path)
        assert page.status == 200, path
        assert "Nadia" in page.words
        assert not {"1961", "7654321Z"} & set(page.words.replace(",", " ").split()), path
    for number in ("7654321Z", "22/05/1961", "nadia1@exemple.fr"):
        assert "Nadia" not in tony.get(f"/people?q={number}").text("main"), "numbers find nobody"
        assert "Nadia" not in tony.get(f"/cohorts/{one.cohort_id}?q={number}").text("table"), number
    assert "Nadia" in tony.get("/people?q=nad").text("main")
    claire.get(f"/cohorts/{one.cohort_id}/trainers")
    claire.send("/trainers/stop", trainer=str(one.trainer.person_id))
    assert [status(tony, path) for path in seen] == [404] * 4


def test_to_see_as_a_learner_writes_nothing_but_the_line_that_says_so(world: World, visit: Visit) -> None:
    one = world.one
    given(visit, world)
    tony = visit(one.trainer)
    page = tony.get(f"/learn/as/{one.learner.person_id}")
    assert "Vous voyez la page de Nadia" in page.words
    assert not [
        address for address in page.links() if address.startswith("/learn/") and "/as/" not in address
    ]
    with db.transaction(Mode.READ, one.tenant_id):
        assert session.scalars(select(LearningEvent.id)).all() == []
        assert session.scalars(select(Standing.id)).all() == []
        (line,) = session.scalars(select(Entry).where(Entry.verb == "personal-file-read"))
        assert (line.person_id, line.subject_id) == (one.trainer.person_id, one.learner.person_id)
    assert "Tony CANARI-1" in visit(one.learner).get("/my-data/readers").text("main")


def test_a_trainer_changes_nothing_and_prints_nothing(world: World, visit: Visit) -> None:
    one = world.one
    given(visit, world)
    tony, nadia = visit(one.trainer), one.learner.person_id
    for path in (
        f"/people/{nadia}/change", f"/people/{nadia}/card", f"/people/{nadia}/merge", f"/cohorts/{one.cohort_id}/add",
        f"/cohorts/{one.cohort_id}/cards", f"/cohorts/{one.cohort_id}/sharing", f"/cohorts/{one.cohort_id}/trainers",
        "/reports", f"/mandates/people/{nadia}/new",
    ):  # fmt: skip
        assert status(tony, path) in (403, 404), path


def test_who_left_the_cohort_is_out_of_sight(world: World, visit: Visit) -> None:
    one = world.one
    given(visit, world)
    with db.transaction(tenant_id=one.tenant_id):
        gone = session.scalars(select(Member).where(Member.person_id == one.learner.person_id)).one()
        gone.state = MemberState.ABANDONED
    tony = visit(one.trainer)
    assert "Nadia" not in tony.get("/people").text("main")
    assert status(tony, f"/people/{one.learner.person_id}") == 404
    assert status(tony, f"/learn/as/{one.learner.person_id}") == 404


def test_only_trainers_from_there_are_given_a_cohort_and_only_as_long_as_they_are(
    world: World, visit: Visit
) -> None:
    one = world.one
    with db.transaction(tenant_id=one.tenant_id):
        elsewhere = worlds.person(one.tenant_id, one.other_agency_id, Role.TRAINER, "Thea", "CANARI-1")
    claire = visit(one.adviser)
    offered = claire.get(f"/cohorts/{one.cohort_id}/trainers").text("select")
    assert "Tony" in offered
    assert "Thea" not in offered
    for wrong in (elsewhere.person_id, one.learner.person_id, world.two.trainer.person_id, 0):
        assert claire.send("/trainers", trainer=str(wrong)).status == 422
    given(visit, world)
    with db.transaction(tenant_id=one.tenant_id):
        held = session.scalars(select(Membership).where(Membership.person_id == one.trainer.person_id)).one()
        held.role = Role.MEDIATOR
    assert status(visit(one.trainer), f"/cohorts/{one.cohort_id}") == 404
    assert "N’enseigne plus ici" in claire.get(f"/cohorts/{one.cohort_id}/trainers").text("main")


def test_certificates_of_other_courses_stay_out_of_a_trainers_sight(world: World, visit: Visit) -> None:
    """The cohort is theirs, not all that its people ever earned."""
    from tests.house import seeds

    number = seeds.of_corner(world.one)["certificate_id"]
    given(visit, world)
    tony = visit(world.one.trainer)
    assert status(tony, f"/certificates/{number}") == 404
    assert (
        "2026-"
        not in tony.get(f"/people/{world.one.learner.person_id}").text("main").split("Ce qui s’est passé")[0]
    )
