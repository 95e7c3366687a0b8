"""Importing as sets: all or nothing, again without effect, the same number of statements for ten lines as for two hundred."""

import threading
from datetime import date

import pytest
from sqlalchemy import func, select

from lms.core import db
from lms.core.clock import now
from lms.core.db import Mode, session
from lms.core.journal import Entry
from lms.core.post import Mail
from lms.courses.models import Course, CourseState
from lms.enrolment.models import Batch, Cohort, Enrolment, Member, StagedRow
from lms.enrolment.reading.faults import worded
from lms.enrolment.services import NotPublished, withdraw
from lms.enrolment.states import MemberState
from lms.organisations.models import Membership, Organisation, Role
from lms.people.models import Person, Situation, sorted_as
from tests.enrolment.conftest import Import, five, import_file
from tests.support.queries import statements
from tests.support.worlds import World

HEADER = "Nom;Prénom;Courriel;Date de naissance;Identifiant DE;Téléphone"


def crowd(number: int, first: int = 0) -> str:
    """A file of so many people."""
    lines = [
        f"Personne{chr(65 + n % 26)};Prenom{chr(65 + n // 26 % 26)}{chr(65 + n // 676 % 26)};p{n}@exemple.fr;14/07/1985;{n:08d};06 39 98 {n % 100:02d} {n // 100 % 100:02d}"
        for n in range(first + 1, first + number + 1)
    ]
    return "\n".join([HEADER, *(line.replace("Personne", "Personne ") for line in lines), ""])


def test_nothing_is_written_with_a_wrong_line(world: World, imported: Import) -> None:
    before = _everything(world)
    report = imported(crowd(5) + ";;;;;\nSeul;;;;;\n")
    assert (report.invalid, report.batch_id) == (1, None)
    assert _everything(world) == before


def test_a_dry_run_writes_nothing_and_says_what_would_come(world: World, imported: Import) -> None:
    before = _everything(world)
    assert five(imported(crowd(5), is_dry=True)) == (5, 5, 0, 0, 0)
    assert _everything(world) == before


def test_valid_lines_may_go_alone(world: World, imported: Import) -> None:
    report = imported(crowd(5) + "Seul;;;;;\n", valid_rows=True)
    assert five(report) == (6, 5, 0, 0, 1)
    with db.transaction(Mode.READ, world.one.tenant_id):
        batch = session.get_one(Batch, report.batch_id)
        assert (batch.total, batch.imported, batch.invalid, batch.file_name) == (6, 5, 1, "gens.csv")
        assert len(batch.file_sha256) == 64


def test_again_changes_nothing(world: World, imported: Import) -> None:
    imported(crowd(5))
    before = _everything(world)
    assert five(imported(crowd(5))) == (5, 0, 0, 5, 0)
    after = _everything(world)
    assert after["batches"] == before["batches"] + 1  # the receipt of having been sent again
    assert {**after, "batches": 0} == {**before, "batches": 0}


def test_what_changed_is_updated(world: World, imported: Import) -> None:
    imported(crowd(3))
    changed = (
        crowd(3).replace("p2@exemple.fr", "autre@exemple.fr").replace("06 39 98 03 00", "06 39 98 99 99")
    )
    assert five(imported(changed)) == (3, 0, 2, 1, 0)
    with db.transaction(Mode.READ, world.one.tenant_id):
        assert (
            session.scalar(select(Person.email).where(Person.agency_identifier == "00000002"))
            == "autre@exemple.fr"
        )


def test_an_empty_cell_takes_nothing_away(world: World, imported: Import) -> None:
    imported(crowd(1))
    assert five(imported(crowd(1).replace("p1@exemple.fr", "NULL").replace("06 39 98 01 00", "-"))) == (
        1,
        0,
        0,
        1,
        0,
    )
    with db.transaction(Mode.READ, world.one.tenant_id):
        assert (
            session.scalar(select(Person.email).where(Person.agency_identifier == "00000001"))
            == "p1@exemple.fr"
        )


def test_ten_lines_or_two_hundred_take_as_many_statements(imported: Import) -> None:
    imported(crowd(1, 5000))  # makes the cohort
    counted = []
    for number, first in ((10, 0), (200, 1000)):
        text = crowd(number, first)
        with statements() as sent:
            assert imported(text).imported == number
        counted.append(len(sent))
    for number, first in ((10, 0), (200, 1000)):
        with statements() as sent:
            assert imported(crowd(number, first)).ignored == number
        counted.append(len(sent))
    assert counted[0] == counted[1]
    assert counted[2] == counted[3]
    assert counted[0] < 90  # with what is kept for its undo and for the next file, places and seats


def test_two_imports_of_one_file_at_once_make_each_person_once(world: World) -> None:
    """Without a number too: the second import waits for the first, and knows its people."""
    text = "Nom;Prénom;Courriel\n" + "".join(
        f"Personne{chr(65 + n)};Ada;a{n}@exemple.fr\n" for n in range(20)
    )
    together, reports, faults = threading.Barrier(2), [], []

    def run() -> None:
        try:
            together.wait(10)
            reports.append(
                import_file(world.one, text.encode().replace(b"Personne", b"Personne "), "gens.csv")
            )
        except BaseException as fault:  # noqa: BLE001  (told to the test)
            faults.append(fault)
        finally:
            db.session.remove()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not faults
    assert sorted(report.imported for report in reports) == [0, 20]
    with db.transaction(Mode.READ, world.one.tenant_id):
        assert (
            session.scalar(select(func.count()).select_from(Person).where(Person.first_name == "Ada")) == 20
        )
        assert session.scalar(select(func.count()).select_from(Cohort).where(Cohort.name == "Novembre")) == 1


def test_people_of_a_household_share_an_address(imported: Import, world: World) -> None:
    text = "Nom;Prénom;Courriel\nDa Silva;Maria;maison@exemple.fr\nDa Silva;Paulo;maison@exemple.fr\n"
    assert five(imported(text)) == (2, 2, 0, 0, 0)
    assert five(imported(text)) == (2, 0, 0, 2, 0)


def test_somebody_added_by_hand_meets_their_file(world: World, imported: Import) -> None:
    """A person known by address and name alone gets the number that the file brings, and no twin."""
    tenant_id = world.one.tenant_id
    with db.transaction(tenant_id=tenant_id):
        session.add(
            Person(tenant_id=tenant_id, first_name="Ada", last_name="Byron", sort_name=sorted_as("Ada", "Byron"),
                   email="ada@exemple.fr")
        )  # fmt: skip
    assert five(imported("Nom;Prénom;Courriel;Identifiant DE\nByron;Ada;ADA@exemple.fr;7654321B\n")) == (
        1,
        1,
        0,
        0,
        0,
    )
    with db.transaction(Mode.READ, tenant_id):
        found = session.scalars(select(Person).where(Person.email == "ada@exemple.fr")).all()
        assert [person.agency_identifier for person in found] == ["7654321B"]


def test_two_numbers_never_become_one_person(world: World, imported: Import) -> None:
    """Father and son, same name and address, each with a number, while we know one of them without any."""
    tenant_id = world.one.tenant_id
    with db.transaction(tenant_id=tenant_id):
        session.add(
            Person(tenant_id=tenant_id, first_name="Jean", last_name="Petit", sort_name=sorted_as("Jean", "Petit"),
                   email="petit@exemple.fr")
        )  # fmt: skip
    text = "Nom;Prénom;Courriel;Identifiant DE\nPetit;Jean;petit@exemple.fr;1111111A\nPetit;Jean;petit@exemple.fr;2222222B\n"
    assert five(imported(text)) == (2, 2, 0, 0, 0)
    with db.transaction(Mode.READ, tenant_id):
        numbers = select(Person.agency_identifier).where(Person.email == "petit@exemple.fr")
        assert set(session.scalars(numbers)) == {"1111111A", "2222222B"}


def test_a_known_number_under_another_name(imported: Import) -> None:
    imported("Nom;Prénom;Identifiant DE\nByron;Ada;7654321B\n")
    other_first = imported("Nom;Prénom;Identifiant DE\nByron;Augusta;7654321B\n")
    assert (other_first.invalid, [kept["code"] for kept in other_first.warnings]) == (0, ["other_first_name"])
    assert other_first.updated == 1
    married = imported("Nom;Prénom;Identifiant DE\nLovelace;Augusta;7654321B\n")
    assert (married.errors, married.warnings, married.updated) == ([], [], 1)
    somebody = imported("Nom;Prénom;Identifiant DE\nBabbage;Charles;7654321B\n")
    assert [kept["code"] for kept in somebody.errors] == ["known_as_another"]
    assert "Augusta Lovelace" in worded(somebody.errors[0])["message"]
    assert worded(somebody.errors[0])["column"] == "Identifiant DE"


def test_two_numbers_of_two_people_on_one_line(imported: Import) -> None:
    imported("Nom;Prénom;Identifiant DE;Matricule\nByron;Ada;7654321B;\nBabbage;Charles;;M-1\n")
    report = imported("Nom;Prénom;Identifiant DE;Matricule\nByron;Ada;7654321B;M-1\n")
    assert [kept["code"] for kept in report.errors] == ["numbers_disagree"]
    assert report.errors[0]["column"] == "Matricule"


def test_agencies_and_advisers_are_found_or_kept_as_text(world: World, imported: Import) -> None:
    one = world.one
    with db.transaction(tenant_id=one.tenant_id):
        session.get_one(Organisation, one.agency_id).safir = "02190"
    text = (
        "Nom;Prénom;Identifiant DE;Agence;Conseiller\n"
        "Byron;Ada;7654321B;2190;CLAIRE1@exemple.fr\n"
        "Babbage;Charles;7654321C;Autre agence CANARI-1;Yann Canari-1\n"
        "Hopper;Grace;7654321D;99999;Personne Connue\n"
    )
    report = imported(text, organisation_id=one.root_id)
    assert (report.imported, report.errors) == (3, [])
    assert [kept["code"] for kept in report.warnings] == ["agency_unknown", "adviser_unknown"]
    with db.transaction(Mode.READ, one.tenant_id):
        found = session.execute(
            select(
                Person.first_name,
                Membership.organisation_id,
                Membership.follower_id,
                Member.agency,
                Member.adviser,
            )
            .join(Membership, Membership.person_id == Person.id)
            .join(Member, Member.person_id == Person.id)
            .where(Membership.role == Role.LEARNER, Person.last_name.in_(("Byron", "Babbage", "Hopper")))
        )
        rows = {row[0]: tuple(row[1:]) for row in found}
    assert rows["Ada"][:2] == (one.agency_id, one.adviser.person_id)
    assert rows["Charles"][:2] == (one.other_agency_id, one.other_adviser.person_id)
    assert rows["Grace"] == (one.root_id, None, "99999", "Personne Connue")


def test_situations_come_from_the_file_or_the_organisation(world: World, imported: Import) -> None:
    imported("Nom;Prénom;Identifiant DE\nByron;Ada;7654321B\n")
    imported("Nom;Prénom;Identifiant DE;Statut\nHopper;Grace;7654321C;apprentie\n")
    imported(
        "Nom;Prénom;Matricule\nBabbage;Charles;M-1\n",
        organisation_id=world.one.company_id,
        cohort_name="Société",
    )
    with db.transaction(Mode.READ, world.one.tenant_id):
        found = select(Person.first_name, Person.situation).where(
            Person.first_name.in_(("Ada", "Grace", "Charles"))
        )
        assert dict(session.execute(found).all()) == {
            "Ada": Situation.JOB_SEEKER,
            "Grace": Situation.APPRENTICE,
            "Charles": Situation.EMPLOYEE,
        }


def test_whoever_was_withdrawn_stays_so(world: World, imported: Import) -> None:
    imported(crowd(2))
    with db.transaction(tenant_id=world.one.tenant_id):
        cohort = session.scalars(select(Cohort).where(Cohort.name == "Novembre")).one()
        first = session.scalars(
            select(Member.id).where(Member.cohort_id == cohort.id).order_by(Member.id)
        ).first()
        withdraw([first or 0], cohort, "job")
    report = imported(crowd(2))
    assert five(report) == (2, 0, 0, 2, 0)
    assert [kept["code"] for kept in report.warnings] == ["was_withdrawn"]


def test_another_course_for_the_same_people_is_a_new_enrolment(world: World, imported: Import) -> None:
    one = world.one
    imported(crowd(3), due_on=date(2026, 12, 18))
    with db.transaction(tenant_id=one.tenant_id):
        second = Course(tenant_id=one.tenant_id, organisation_id=one.root_id, slug="second", title="Second",
                        state=CourseState.PUBLISHED, steps=4, published_at=now())  # fmt: skip
        session.add(second)
    assert five(imported(crowd(3), courses=(second,))) == (3, 3, 0, 0, 0)
    with db.transaction(Mode.READ, one.tenant_id):
        found = select(Enrolment.position, Enrolment.steps_total, Enrolment.due_on, func.count()).join(
            Cohort, Cohort.id == Enrolment.cohort_id
        )
        rows = session.execute(
            found.where(Cohort.name == "Novembre")
            .group_by(Enrolment.position, Enrolment.steps_total, Enrolment.due_on)
            .order_by(Enrolment.position)
        ).all()
        assert [tuple(row) for row in rows] == [(1, 3, date(2026, 12, 18), 3), (2, 4, date(2026, 12, 18), 3)]
        totals = select(Member.steps_total, Member.state).join(Cohort, Cohort.id == Member.cohort_id)
        assert set(session.execute(totals.where(Cohort.name == "Novembre")).all()) == {
            (7, MemberState.REGISTERED)
        }


def test_nobody_is_put_on_a_course_that_is_not_published(world: World, imported: Import) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        session.get_one(Course, world.one.course_id).state = CourseState.DRAFT
    with pytest.raises(NotPublished):
        imported(crowd(1))


def test_each_gets_one_welcome_in_their_language(world: World, imported: Import) -> None:
    imported(crowd(2) + "Sans;Courriel;;01/01/1990;;\n")
    imported(crowd(2))
    with db.transaction(Mode.READ, world.one.tenant_id):
        mails = session.scalars(
            select(Mail).where(Mail.kind == "enrolment.welcome").order_by(Mail.address)
        ).all()
        assert [mail.address for mail in mails] == ["p1@exemple.fr", "p2@exemple.fr"]
        assert mails[0].details["cohort"] == "Novembre"
        assert mails[0].details["first_name"].startswith("Prenom")
        assert all(
            mail.key.startswith("welcome/") and mail.person_id and mail.language == "fr" for mail in mails
        )
        said = session.scalars(
            select(Entry.details).where(Entry.verb == "people-enrolled").order_by(Entry.id)
        ).all()
        assert [details["rows"] for details in said] == [3, 0]


def test_two_thousand_people_take_seconds(imported: Import) -> None:
    import time

    start = time.perf_counter()
    assert imported(crowd(2000)).imported == 2000
    first = time.perf_counter() - start
    start = time.perf_counter()
    assert imported(crowd(2000)).ignored == 2000
    assert (first < 15, time.perf_counter() - start < 10) == (True, True)


def _everything(world: World) -> dict[str, int]:
    with db.transaction(Mode.READ, world.one.tenant_id):
        tables = {"people": Person, "members": Member, "enrolments": Enrolment, "memberships": Membership,
                  "cohorts": Cohort, "batches": Batch, "waiting": StagedRow, "mails": Mail}  # fmt: skip
        return {
            name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in tables.items()
        }
