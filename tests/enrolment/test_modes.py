"""The four ways to write a file: what changed since the last one, only new people, everything, or instead of the cohort."""

from typing import Any

from sqlalchemy import select, update

from lms.core import db
from lms.core.db import Mode, Model, session
from lms.enrolment.models import Cohort, ImportMode, Member
from lms.enrolment.reading.faults import worded
from lms.enrolment.states import MemberState
from lms.people.models import Person, sorted_as
from tests.enrolment.conftest import Import, five
from tests.support.worlds import World

HEADER = "Nom;Prénom;Identifiant DE;Courriel;Téléphone;Code postal;Financeur"
ADA = "Byron;Ada;7654321B;ada@exemple.fr;0639981001;59100;4"
GRACE = "Hopper;Grace;7654322C;grace@exemple.fr;0639981002;59200;4"
MARY = "Shelley;Mary;7654323D;mary@exemple.fr;0639981003;59300;4"


def file(*lines: str) -> str:
    return "\n".join([HEADER, *lines, ""])


def by_hand(world: World, identifier: str, **values: Any) -> None:
    """Somebody changes a person on the page."""
    with db.transaction(tenant_id=world.one.tenant_id):
        session.execute(update(Person).where(Person.agency_identifier == identifier).values(**values))


def known(world: World, identifier: str, *names: str) -> tuple[Any, ...]:
    with db.transaction(Mode.READ, world.one.tenant_id):
        found = select(*(getattr(Person, name) for name in names))
        return tuple(session.execute(found.where(Person.agency_identifier == identifier)).one())


def states(world: World) -> dict[str, MemberState]:
    with db.transaction(Mode.READ, world.one.tenant_id):
        found = select(Person.first_name, Member.state).join(Member, Member.person_id == Person.id)
        return dict(
            session.execute(
                found.join(Cohort, Cohort.id == Member.cohort_id).where(Cohort.name == "Novembre")
            ).all()
        )


def test_what_was_changed_by_hand_stays(world: World, imported: Import) -> None:
    imported(file(ADA, GRACE))
    by_hand(world, "7654321B", phone="0199001760", email="ada.byron@exemple.fr")
    assert five(imported(file(ADA, GRACE))) == (2, 0, 0, 2, 0)
    # Another cell of her line changed: it is written, and what was changed here stays all the same.
    report = imported(file(ADA.replace("59100", "59800"), GRACE))
    assert (five(report), report.warnings) == ((2, 0, 1, 1, 0), [])
    assert known(world, "7654321B", "phone", "email", "postcode") == ("0199001760", "ada.byron@exemple.fr", "59800")  # fmt: skip
    assert five(imported(file(ADA.replace("59100", "59800"), GRACE))) == (2, 0, 0, 2, 0)


def test_what_changed_on_both_sides_is_the_files_and_told(world: World, imported: Import) -> None:
    imported(file(ADA, GRACE))
    by_hand(world, "7654321B", phone="0199001760")
    report = imported(file(ADA.replace("0639981001", "06 39 98 77 77"), GRACE))
    assert five(report) == (2, 0, 1, 1, 0)
    assert [(kept["line"], kept["code"], kept["column"]) for kept in report.warnings] == [
        (2, "changed_here_too", "Téléphone")
    ]
    assert "0199001760" in worded(report.warnings[0])["message"]
    assert known(world, "7654321B", "phone") == ("0639987777",)


def test_a_name_corrected_by_hand_stays(world: World, imported: Import) -> None:
    imported(file(ADA, GRACE))
    by_hand(world, "7654321B", first_name="Augusta", sort_name=sorted_as("Augusta", "Byron"))
    report = imported(file(ADA.replace("59100", "59800"), GRACE))
    assert (five(report), report.warnings) == ((2, 0, 1, 1, 0), [])
    assert known(world, "7654321B", "first_name", "postcode") == ("Augusta", "59800")
    report = imported(file(ADA.replace("59100", "59900"), GRACE))
    assert (five(report), report.warnings) == ((2, 0, 1, 1, 0), [])
    assert known(world, "7654321B", "first_name", "postcode") == ("Augusta", "59900")


def test_an_update_writes_the_file_over_everything(world: World, imported: Import) -> None:
    imported(file(ADA, GRACE))
    by_hand(world, "7654321B", phone="0199001760")
    report = imported(file(ADA, GRACE), mode=ImportMode.UPDATE)
    assert five(report) == (2, 0, 1, 1, 0)
    assert known(world, "7654321B", "phone") == ("0639981001",)


def test_adding_leaves_known_people_as_they_are(world: World, imported: Import) -> None:
    imported(file(ADA))
    report = imported(file(ADA.replace("59100", "59800"), MARY), mode=ImportMode.ADD)
    assert five(report) == (2, 1, 0, 1, 0)
    assert known(world, "7654321B", "postcode") == ("59100",)
    # What the file said of her was not written: the next file of changes writes it.
    assert five(imported(file(ADA.replace("59100", "59800"), MARY))) == (2, 0, 1, 1, 0)


def test_replacing_takes_out_whoever_is_not_in_the_file(world: World, imported: Import) -> None:
    imported(file(ADA, GRACE))
    seen = imported(file(GRACE, MARY), mode=ImportMode.REPLACE, is_dry=True)
    assert (five(seen), seen.leaving) == ((2, 1, 0, 1, 0), 1)
    assert [one["who"] for one in seen.changes["leaving"]] == ["Byron Ada"]
    refused = imported(file(GRACE, MARY), mode=ImportMode.REPLACE, leaving=2)
    assert refused.batch_id is None  # another number was confirmed
    assert set(states(world)) == {"Ada", "Grace"}
    done = imported(file(GRACE, MARY), mode=ImportMode.REPLACE, leaving=1)
    assert done.batch_id is not None
    assert states(world) == {
        "Ada": MemberState.ABANDONED, "Grace": MemberState.REGISTERED, "Mary": MemberState.REGISTERED
    }  # fmt: skip


def test_nobody_is_taken_out_for_a_line_that_cannot_be_read(world: World, imported: Import) -> None:
    imported(file(ADA, GRACE))
    report = imported(
        file(GRACE, ADA.replace("0639981001", "12")), mode=ImportMode.REPLACE, leaving=1, valid_rows=True
    )
    assert (report.invalid, report.batch_id) == (1, None)
    assert set(states(world).values()) == {MemberState.REGISTERED}


def test_what_will_change_is_told_cell_by_cell(imported: Import) -> None:
    imported(file(ADA, GRACE))
    seen = imported(file(ADA.replace("59100", "59800"), GRACE, MARY), is_dry=True)
    assert seen.changes["joining"] == [{"line": 4, "who": "Shelley Mary", "is_known": False}]
    assert seen.changes["changing"] == [
        {"line": 2, "who": "Byron Ada", "column": "Code postal", "old": "59100", "new": "59800"}
    ]


def test_the_same_file_again_writes_its_receipt_and_nothing_else(world: World, imported: Import) -> None:
    imported(file(ADA, GRACE, MARY))
    before = _all_rows(world)
    assert five(imported(file(ADA, GRACE, MARY))) == (3, 0, 0, 3, 0)
    after = _all_rows(world)
    assert {name for name in before if before[name] != after[name]} == {"enrolment_batch", "journal_entry"}
    assert len(after["enrolment_last_said"]) == 3


def _all_rows(world: World) -> dict[str, list[Any]]:
    """Everything that the tenant's tables hold."""
    with db.transaction(Mode.READ, world.one.tenant_id):
        return {
            table.name: sorted(map(repr, session.execute(select(table)).all()))
            for table in Model.metadata.sorted_tables
        }


def test_somebody_said_twice_beside_an_unchanged_line(imported: Import) -> None:
    imported(file(ADA, GRACE))
    report = imported(file(ADA, GRACE, ADA.replace("59100", "59800")), is_dry=True)
    assert five(report) == (3, 0, 0, 2, 1)
    assert [(kept["line"], kept["code"]) for kept in report.errors] == [(4, "same_person_twice")]
    assert "2" in worded(report.errors[0])["message"]


def test_a_new_cohort_learns_what_all_its_lines_say(world: World, imported: Import) -> None:
    header = "Nom;Prénom;Identifiant DE;N° session;N° action;Financeur;Dispositif"
    imported(f"{header}\nByron;Ada;7654321B;SE_1;A_1;4;AIF\nHopper;Grace;7654322C;SE_1;A_1;4;FOAD\n")
    with db.transaction(Mode.READ, world.one.tenant_id):
        cohort = session.scalars(select(Cohort).where(Cohort.name == "Novembre")).one()
        assert (cohort.session_number, cohort.action_number, cohort.funder, cohort.scheme) == (
            "SE_1",
            "A_1",
            "4",
            "",
        )
