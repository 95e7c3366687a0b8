"""Who is who: two forms of one number meet, and whoever may be somebody we know is proposed, never merged."""

from sqlalchemy import func, select

from lms.core import db
from lms.core.db import Mode, session
from lms.enrolment.reading.faults import worded
from lms.people.models import Person
from tests.enrolment.conftest import Import, five
from tests.support.worlds import World

HEADER = "Nom;Prénom;Identifiant DE;Date de naissance;Téléphone"


def people(world: World, last_name: str) -> list[str | None]:
    """The agency's numbers of whoever has this name."""
    with db.transaction(Mode.READ, world.one.tenant_id):
        found = select(Person.agency_identifier).where(Person.last_name == last_name).order_by(Person.id)
        return list(session.scalars(found))


def test_long_and_short_forms_of_a_number_are_one_person(world: World, imported: Import) -> None:
    imported(f"{HEADER}\nByron;Ada;7942369Z;;0639981001\nHopper;Grace;0167560562Z;;0639981002\n")
    report = imported(f"{HEADER}\nByron;Ada;0167942369Z;;0639981091\nHopper;Grace;7560562Z;;0639981092\n")
    assert five(report) == (2, 0, 2, 0, 0)
    assert (people(world, "Byron"), people(world, "Hopper")) == (["7942369Z"], ["0167560562Z"])


def test_the_end_of_a_number_alone_makes_nobody_the_same(world: World, imported: Import) -> None:
    imported(f"{HEADER}\nByron;Ada;7942369Z;;0639981001\n")
    assert imported(f"{HEADER}\nBabbage;Charles;0167942369Z;;0639981091\n").imported == 1
    assert (people(world, "Byron"), people(world, "Babbage")) == (["7942369Z"], ["0167942369Z"])


def test_the_same_name_and_birth_date_are_proposed(world: World, imported: Import) -> None:
    imported(f"{HEADER}\nByron;Ada;7654321B;14/07/1985;\n")
    report = imported(f"{HEADER}\nByron;Ada;7654399Z;14/07/1985;\n")
    assert five(report) == (1, 1, 0, 0, 0)
    assert [(kept["code"], kept["column"], kept["value"]) for kept in report.warnings] == [
        ("possible_duplicate", "Date de naissance", "14/07/1985")
    ]
    assert "7654321B" not in str(worded(report.warnings[0]))  # their file may be another agency's
    assert people(world, "Byron") == ["7654321B", "7654399Z"]


def test_a_number_that_the_law_forbids_far_down_the_file(world: World, imported: Import) -> None:
    """The column was empty where it was looked at first: the line is wrong, and the number is shown to nobody."""
    lines = "".join(f"Personne {chr(65 + n % 26)}{'a' * (n // 26)};Ada;\n" for n in range(510))
    report = imported(f"Nom;Prénom;NIR\n{lines}Byron;Ada;295109912611193\nHopper;Grace;123\n", is_dry=True)
    told = [(kept["line"], kept["code"]) for kept in report.errors]
    assert told == [(512, "social_security_number"), (513, "social_security_number")]
    assert "295109912611193" not in str(report.kept(10))
    with db.transaction(Mode.READ, world.one.tenant_id):
        assert session.scalar(select(func.count()).where(Person.last_name == "Byron")) == 0
