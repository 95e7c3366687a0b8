"""Real layouts, and our own twins of them. The counts were worked out by hand from the keys of the field:
a person is an agency's number, else a staff number, else address and name, else name and birth date;
an enrolment is a person with an action or session number, else with cohort and course."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from lms.core import db
from lms.core.db import session
from lms.core.post import Mail
from lms.enrolment.layout import Layout
from lms.enrolment.models import Cohort, Enrolment, Member
from lms.enrolment.reading.columns import FIELDS
from lms.enrolment.reading.faults import PeopleFileRefused
from lms.enrolment.reading.people_file import read_people
from lms.organisations.models import Organisation
from lms.people.models import Person
from tests.enrolment.conftest import FILES, Import, five
from tests.support.worlds import World

#: File -> its five counts, and each warning: line, code, and why it is right to warn.
#: Invalid in the first one: line 5, for its phone of eight digits.
TABLE: dict[str, tuple[tuple[int, int, int, int, int], list[tuple[int, str, str]]]] = {
    # Of the shared data.
    "stagiaires-pe.csv": (
        (5, 4, 0, 0, 1),
        [
            (2, "identifier_long", "0167942369Z is the first of five identifiers in the long form"),
            (5, "other_first_name_in_file", "0167942369Z is Eugène on line 2, Eugénie here"),
        ],
    ),
    "stagiaires-pe-conseil-regional.csv": (
        (2, 2, 0, 0, 0), [(2, "identifier_long", "0167942369Z has the long form")]
    ),
    "stagiaires-pe-corse.csv": ((1, 1, 0, 0, 0), [(2, "identifier_long", "0167942369Z has the long form")]),
    "stagiaires-pe-doublons.csv": ((1, 1, 0, 0, 0), [(2, "identifier_long", "0167942369Z has the long form")]),
    "stagiaires-pe-invalid-email.csv": (
        (1, 1, 0, 0, 0),
        [
            (2, "email_flagged", "c_validitemail_id is not V"),
            (2, "identifier_long", "0167942369Z has the long form"),
        ],
    ),
    "stagiaires-pe-refreshed.csv": ((1, 1, 0, 0, 0), [(2, "identifier_long", "0167942369Z has the long form")]),
    "stagiaires-idf.csv": (
        (5, 5, 0, 0, 0), [(line, "siret_wrong", "31404541000000 fails Luhn") for line in (3, 4, 5, 6)]
    ),
    # Our own.
    "france-travail.csv": ((4, 4, 0, 0, 0), [(2, "identifier_long", "0200000001A has the long form")]),
    "ile-de-france.csv": ((4, 4, 0, 0, 0), []),
    "modele.csv": ((4, 4, 0, 0, 0), []),
    "gps-conseillers.csv": (
        (5, 5, 0, 0, 0),
        [
            (4, "adviser_unknown", "Lucie Garnier works nowhere here"),
            (5, "possible_duplicate_in_file", "João Pereira was born on the same day on line 4, under another number"),
            (6, "agency_unknown", "97499 is the code of no agency"),
        ],
    ),
    # Invalid: line 5, as 31 April does not exist.
    "gps-personnes.csv": ((4, 3, 0, 0, 1), [(4, "identifier_unusual", "21000 has five characters")]),
    # Invalid: line 5, the same as line 3.
    "pix-orga.csv": ((4, 3, 0, 0, 1), []),
    # Invalid: line 5, whose number is that of another person on line 4.
    "sirh.csv": (
        (4, 3, 0, 0, 1),
        [
            (2, "agency_unknown", "Usine de Lens is not on the tree"),
            (3, "agency_unknown", "Usine de Lens is not on the tree"),
            (3, "siret_wrong", "44306184100048 fails Luhn by one"),
            (4, "agency_unknown", "Siège is not on the tree"),
        ],
    ),
    # Invalid: 6 the same person again, 7 gmial.com, 8 a phone of 8 digits, 10 a day and a situation that are none,
    # 12 without a last name. Line 1 says which separator follows, line 2 names the columns.
    "pieges.csv": (
        (11, 6, 0, 0, 5),
        [
            (5, "siret_wrong", "44306184100048 fails Luhn by one"),
            (6, "other_first_name_in_file", "2100021A is Solène on line 5, Solenne here"),
            (9, "hard_to_tell", "Otto Weiss has a name and nothing else"),
            (11, "identifier_unusual", "2100025 has seven characters"),
            (13, "possible_duplicate_in_file", "Inès Da Costa was born on the same day on line 11"),
        ],
    ),
}  # fmt: skip
REFUSED = {
    "stagiaires-pe-invalid-header.csv": ": Nom.",
    "kairos-organismes.csv": "organismes de formation de Kairos",
    "gps-avec-nir.csv": "Sécurité sociale",
}
#: File -> the layout it is recognised as, and the fields read from it.
KNOWN = {
    "france-travail.csv": ("france-travail", {"agency_identifier", "session_number", "action_number", "funder", "scheme",
                                              "enters_on", "leaves_on", "siret", "email_is_valid", "second_phone"}),
    "ile-de-france.csv": ("ile-de-france", {"session_number", "action_number", "enters_on", "leaves_on", "siret"}),
    "gps-conseillers.csv": ("gps-advisers", {"agency_identifier", "agency", "adviser", "adviser_first_name", "birth_date"}),
    "gps-personnes.csv": ("gps-people", {"agency_identifier", "birth_date"}),
    "pix-orga.csv": ("pix-orga", {"hr_number", "birth_date"}),
    "sirh.csv": ("payroll", {"hr_number", "agency", "adviser", "siret"}),
}  # fmt: skip
_CONTACTS = {"last_name", "first_name", "email", "phone"}


@pytest.fixture
def agency(world: World) -> None:
    """The agency of the files has a code."""
    with db.transaction(tenant_id=world.one.tenant_id):
        session.get_one(Organisation, world.one.agency_id).safir = "02190"


@pytest.fixture
def found(request: pytest.FixtureRequest) -> Callable[[str], Path]:
    """Where a file of the table lies; those of the shared data are skipped where it is absent."""

    def of(name: str) -> Path:
        if name.startswith("stagiaires-"):
            return Path(request.getfixturevalue("data")) / "learners" / name
        return FILES / name

    return of


@pytest.mark.usefixtures("agency")
@pytest.mark.parametrize("name", TABLE)
def test_every_file_gives_its_five_counts(found: Callable[[str], Path], imported: Import, name: str) -> None:
    counts, warnings = TABLE[name]
    report = imported(found(name), is_dry=True)
    assert five(report) == counts
    said = sorted((kept["line"], kept["code"]) for kept in report.warnings)
    assert said == sorted((line, code) for line, code, _why in warnings)
    assert report.batch_id is None


@pytest.mark.parametrize("name", REFUSED)
def test_files_of_nobody_are_refused(found: Callable[[str], Path], imported: Import, name: str) -> None:
    with pytest.raises(PeopleFileRefused) as refusal:
        imported(found(name))
    assert REFUSED[name] in refusal.value.reason


def test_no_learner_file_is_forgotten(data: Path) -> None:
    there = {file.name for file in [*(data / "learners").iterdir(), *FILES.iterdir()]}
    assert there == {*TABLE, *REFUSED}


def test_every_layout_has_a_file_of_its_own() -> None:
    """The contract of the family: the file is told by its headers, and nothing else than what it says is read."""
    for name, (layout, beyond) in KNOWN.items():
        columns = read_people(FILES / name, name, date(2026, 11, 24)).columns
        assert columns.layout is not None, name
        assert columns.layout.name == layout
        assert set(columns.at) - _CONTACTS == beyond, name
        assert all(field in FIELDS for field in columns.layout.columns)
        assert str(columns.layout.label)
    refusing = {name for name, known in Layout.registered.items() if known.refusal}
    assert {layout for layout, _ in KNOWN.values()} | refusing == set(Layout.registered)


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
