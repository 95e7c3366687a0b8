"""Issued once, numbered without gaps, frozen, revoked, replaced."""

import threading
from datetime import date

import pytest
from sqlalchemy import select, update

from lms.certificates import codes, queries, services
from lms.certificates.models import Certificate, CertificateState, RegisterEntry
from lms.core import db, events
from lms.core.clock import today
from lms.core.db import Mode, session
from lms.core.jobs import Job
from lms.enrolment.models import Enrolment
from lms.organisations.actor import Actor
from lms.organisations.models import Organisation, Role
from lms.organisations.queries import actor_by_key
from lms.people.models import Person
from lms.progress.events import CoursesCompleted
from tests.certificates.earned import certified, complete
from tests.support import worlds
from tests.support.queries import statements
from tests.support.sight import everything
from tests.support.worlds import Corner, World


def all_of(corner: Corner) -> list[Certificate]:
    with db.transaction(Mode.READ, corner.tenant_id):
        found = (
            select(Certificate).where(Certificate.tenant_id == corner.tenant_id).order_by(Certificate.number)
        )
        return list(session.scalars(found))


def test_the_facts_are_those_of_the_course(world: World) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        session.execute(
            update(Organisation)
            .where(Organisation.id == world.one.root_id)
            .values(nda="32590000059", siret="12345678900012", signatory="Jeanne Lambert")
        )
    made = certified(world.one, world.one.learner)
    facts = made.facts
    assert made.number == f"{today().year}-000001"
    assert (facts["first_name"], facts["last_name"]) == ("Nadia", "CANARI-1")
    assert (facts["course"], facts["minutes"], facts["seconds"], facts["score"]) == (
        "Cours CANARI-1",
        20,
        1500,
        80,
    )
    assert facts["issuer"]["name"] == "Réseau CANARI-1"  # the nearest above that signs
    assert facts["started_at"].startswith("2026-11-02")


def test_an_organisation_that_signs_itself_issues_in_its_own_name(world: World) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        of_both = Organisation.id.in_([world.one.root_id, world.one.agency_id])
        session.execute(update(Organisation).where(of_both).values(signatory="Jeanne Lambert"))
    assert certified(world.one, world.one.learner).facts["issuer"]["name"] == "Agence CANARI-1"


def test_nobody_signs_then_the_cohorts_organisation_issues(world: World) -> None:
    assert certified(world.one, world.one.learner).facts["issuer"]["name"] == "Agence CANARI-1"


def test_the_register_knows_initials_only(world: World) -> None:
    made = certified(world.one, world.one.learner)
    with everything(Mode.READ):
        entry = session.get(RegisterEntry, made.code)
    assert entry is not None
    assert entry.initials == "N. C."
    assert (entry.title, entry.completed_on, entry.minutes) == ("Cours CANARI-1", date(2026, 12, 18), 20)
    assert "Nadia" not in str({c.name: getattr(entry, c.name) for c in RegisterEntry.__table__.columns})


def test_completing_issues_in_the_same_transaction_and_asks_for_the_pdf(world: World) -> None:
    ids = complete(world.one, world.one.learner)
    with db.transaction(tenant_id=world.one.tenant_id):
        events.announce(CoursesCompleted(world.one.tenant_id, tuple(ids)))
    (made,) = all_of(world.one)
    with db.transaction(Mode.READ, world.one.tenant_id):
        jobs = list(session.scalars(select(Job).where(Job.kind == "certificates.draw")))
    assert [job.arguments for job in jobs] == [{"certificate_ids": [made.id]}]


def test_issued_twice_stands_once(world: World) -> None:
    ids = complete(world.one)
    for _turn in range(2):
        with db.transaction(tenant_id=world.one.tenant_id):
            services.issue(world.one.tenant_id, ids)
    assert [one.number for one in all_of(world.one)] == [f"{today().year}-00000{n}" for n in (1, 2)]


def test_what_is_not_completed_or_another_tenants_gets_none(world: World) -> None:
    foreign = complete(world.two)
    with everything(Mode.READ):
        own = list(session.scalars(select(Enrolment.id).where(Enrolment.tenant_id == world.one.tenant_id)))
    with db.transaction(tenant_id=world.one.tenant_id):
        assert services.issue(world.one.tenant_id, [*foreign, *own]) == []


def test_a_transaction_taken_back_leaves_no_gap(world: World) -> None:
    ids = complete(world.one)
    with pytest.raises(ZeroDivisionError), db.transaction(tenant_id=world.one.tenant_id):
        services.issue(world.one.tenant_id, ids[:1])
        raise ZeroDivisionError
    with db.transaction(tenant_id=world.one.tenant_id):
        services.issue(world.one.tenant_id, ids[1:])
    assert [one.number for one in all_of(world.one)] == [f"{today().year}-000001"]


def test_many_at_the_same_time_number_without_gap_or_double(world: World) -> None:
    """Eight writers, each with the same thirty enrolments and its own order."""
    corner = world.one
    with db.transaction(tenant_id=corner.tenant_id):
        people = [
            worlds.person(corner.tenant_id, corner.agency_id, Role.LEARNER, f"P{n}", "CANARI-1")
            for n in range(30)
        ]
        course, _steps = worlds.course(corner.tenant_id, corner.root_id, "autre", "Autre")
        worlds.cohort(corner.tenant_id, corner.agency_id, "Trente", [course], people)
    ids = complete(corner, *people)
    start, broken = threading.Barrier(4), []

    def work(order: int) -> None:
        start.wait()
        try:
            for n in range(0, 30, 5):
                at = (n + order * 5) % 30
                with db.transaction(tenant_id=corner.tenant_id):
                    services.issue(corner.tenant_id, ids[at : at + 5])
        except Exception as error:  # noqa: BLE001 - a thread's failure is the test's
            broken.append(error)
        finally:
            db.session.remove()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert broken == []
    made = all_of(corner)
    assert [one.number for one in made] == [f"{today().year}-{n:06d}" for n in range(1, 31)]
    assert len({one.enrolment_id for one in made}) == 30


def test_numbers_of_one_tenant_do_not_depend_on_another(world: World) -> None:
    certified(world.two, world.two.learner)
    assert certified(world.one, world.one.learner).number.endswith("-000001")


def test_the_number_of_statements_does_not_depend_on_how_many(world: World) -> None:
    counts = []
    for corner, people in (
        (world.one, [world.one.learner]),
        (world.two, [world.two.learner, world.two.other_learner]),
    ):
        ids = complete(corner, *people)
        with statements() as sent, db.transaction(tenant_id=corner.tenant_id):
            services.issue(corner.tenant_id, ids)
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 10


def test_facts_are_frozen(world: World) -> None:
    made = certified(world.one, world.one.learner)
    with db.transaction(tenant_id=world.one.tenant_id):
        session.execute(update(Person).where(Person.id == made.person_id).values(last_name="AUTRE"))
    assert all_of(world.one)[0].facts["last_name"] == "CANARI-1"


def administrator(world: World) -> Actor:
    """Whoever may revoke and replace."""
    key = worlds.cookie_of(world.one.admin)["_user_id"]
    with db.transaction(Mode.READ, world.one.tenant_id):
        found = actor_by_key(key)
    assert found is not None
    return found


def test_revoked_once_with_a_reason(world: World) -> None:
    made = certified(world.one, world.one.learner)
    actor = administrator(world)
    with pytest.raises(services.ReasonMissing), db.transaction(tenant_id=world.one.tenant_id):
        services.revoke(actor, made, "  ")
    with db.transaction(tenant_id=world.one.tenant_id):
        services.revoke(actor, made, "erreur de personne")
    with pytest.raises(services.AlreadyEnded), db.transaction(tenant_id=world.one.tenant_id):
        services.revoke(actor, made, "encore")
    with everything(Mode.READ):
        assert queries.verdict_on_code(made.code).status == "revoked"
    assert all_of(world.one)[0].reason == "erreur de personne"


def test_replaced_by_a_corrected_one(world: World) -> None:
    made = certified(world.one, world.one.learner)
    actor = administrator(world)
    with db.transaction(tenant_id=world.one.tenant_id):
        session.execute(update(Person).where(Person.id == made.person_id).values(last_name="Corrigée"))
    with db.transaction(tenant_id=world.one.tenant_id):
        services.replace(actor, made)
    old, new = all_of(world.one)
    assert (old.state, new.state) == (CertificateState.REPLACED, CertificateState.VALID)
    assert (new.version, new.facts["last_name"], new.number[-6:]) == (2, "Corrigée", "000002")
    with db.transaction(Mode.READ, world.one.tenant_id):
        assert queries.verdict_on_code(old.code).status == "replaced"
        assert queries.verdict_on_code(new.code).status == "valid"
    assert codes.holds(new.code)
