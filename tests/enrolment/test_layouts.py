"""Real layouts, and our own twins of them. The counts were worked out by hand from the keys of the field:
a person is an agency's number, else a staff number, else address and name, else name and birth date;
an enrolment is a person with an action or session number, else with cohort and course."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from lms.core import db
from lms.core.db import session
from lms.core.post import Mail
from lms.enrolment.models import Cohort, Enrolment, Member
from lms.enrolment.reading.faults import PeopleFileRefused
from lms.people.models import Person
from tests.enrolment.conftest import FILES, Import, five
from tests.support.worlds import World

#: Line 5 of the first one has a phone of eight digits; the others are good.
TAKEN = [
    ("stagiaires-pe.csv", (5, 4, 0, 0, 1), 1),
    ("stagiaires-pe-conseil-regional.csv", (2, 2, 0, 0, 0), 0),
    ("stagiaires-pe-corse.csv", (1, 1, 0, 0, 0), 0),
    ("stagiaires-pe-doublons.csv", (1, 1, 0, 0, 0), 0),
    ("stagiaires-pe-invalid-email.csv", (1, 1, 0, 0, 0), 1),
    ("stagiaires-pe-refreshed.csv", (1, 1, 0, 0, 0), 0),
    ("stagiaires-idf.csv", (5, 5, 0, 0, 0), 4),
]
REFUSED = [("stagiaires-pe-invalid-header.csv", "Nom"), ("kairos-organismes.csv", "Nom, Prénom")]


@pytest.mark.parametrize(("name", "counts", "warnings"), TAKEN)
def test_real_files_are_read(
    data: Path, imported: Import, name: str, counts: tuple[int, ...], warnings: int
) -> None:
    report = imported(data / "learners" / name, is_dry=True)
    assert five(report) == counts
    assert len(report.warnings) == warnings
    assert report.batch_id is None


@pytest.mark.parametrize(("name", "missing"), REFUSED)
def test_real_files_without_names_are_refused(data: Path, imported: Import, name: str, missing: str) -> None:
    with pytest.raises(PeopleFileRefused) as refusal:
        imported(data / "learners" / name)
    assert f": {missing}." in refusal.value.reason


def test_a_file_refreshed_then_sent_again(data: Path, imported: Import) -> None:
    """The scheme went from AIF to BEN; after that nothing is new."""
    files = data / "learners"
    assert five(imported(files / "stagiaires-pe.csv", valid_rows=True)) == (5, 4, 0, 0, 1)
    assert five(imported(files / "stagiaires-pe-refreshed.csv")) == (1, 0, 1, 0, 0)
    assert five(imported(files / "stagiaires-pe-refreshed.csv")) == (1, 0, 0, 1, 0)


@pytest.mark.parametrize("name", ["france-travail.csv", "ile-de-france.csv", "modele.csv"])
def test_our_twins_are_imported_once(world: World, imported: Import, name: str) -> None:
    first, second = imported(FILES / name), imported(FILES / name)
    assert five(first) == (4, 4, 0, 0, 0), first.errors
    assert five(second) == (4, 0, 0, 4, 0)
    with db.transaction(db.Mode.READ, world.one.tenant_id):
        cohort = session.scalars(select(Cohort).where(Cohort.name == "Novembre")).one()
        mine = Member.cohort_id == cohort.id
        assert session.scalar(select(func.count()).select_from(Member).where(mine)) == 4
        assert (
            session.scalar(
                select(func.count()).select_from(Enrolment).where(Enrolment.cohort_id == cohort.id)
            )
            == 4
        )
        assert set(session.scalars(select(Member.steps_total).where(mine))) == {3}
        mails = session.scalar(select(func.count()).select_from(Mail).where(Mail.kind == "enrolment.welcome"))
        with_mail = select(func.count()).select_from(Person).join(Member, Member.person_id == Person.id)
        assert mails == session.scalar(with_mail.where(mine, Person.email.is_not(None)))


def test_numbers_and_dates_of_the_training_go_to_the_member(world: World, imported: Import) -> None:
    imported(FILES / "france-travail.csv")
    with db.transaction(db.Mode.READ, world.one.tenant_id):
        found = select(Member, Person).join(Person, Person.id == Member.person_id)
        member, person = session.execute(found.where(Person.agency_identifier == "0200000001A")).one()
    assert (member.session_number, member.action_number) == ("SE_0000900001", "59_SE_0000900001")
    assert (member.enters_on, member.leaves_on) == (date(2026, 11, 2), date(2026, 12, 18))
    assert (member.funder, member.scheme) == ("4;7", "AIF")
    assert (person.email, person.phone, person.postcode) == ("karima.aitsaid@exemple.fr", "0639981027", None)
