"""The partners' workbook."""

import io
import os
import shutil
import subprocess
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import insert, select, update

from lms.core import bulk, db, tables
from lms.core.clock import now
from lms.core.db import session
from lms.enrolment.models import Batch, BatchKind, Cohort, Enrolment, Level, Member
from lms.organisations.models import Role
from lms.people.models import Person
from lms.reports import services, summary
from lms.reports.scope import Asker, Scope
from tests.certificates.earned import certified
from tests.reports.scenes import SHEETS, asker, made, scope, share, sheets
from tests.support import worlds
from tests.support.worlds import Corner, World


def write(corner: Corner, statement: Any) -> None:
    with db.transaction(tenant_id=corner.tenant_id):
        session.execute(statement)


def records(content: bytes) -> list[dict[str, Any]]:
    """The rows of the main sheet by the keys of their columns."""
    report = services.report_named("progress")
    assert report is not None
    keys = [field.key for field in report.fields]
    return [dict(zip(keys, row, strict=True)) for row in sheets(content)["Parcours"][1:]]


def totals(content: bytes) -> list[dict[str, Any]]:
    """The lines of the summary by the keys of their columns."""
    keys = [field.key for field in summary.FIELDS]
    return [dict(zip(keys, row, strict=True)) for row in sheets(content)["Synthèse"][1:]]


@pytest.fixture
def busy(world: World) -> Corner:
    """One learner has completed and is certified, the other has begun."""
    corner = world.one
    certified(corner, corner.learner)
    write(
        corner,
        update(Enrolment)
        .where(Enrolment.person_id == corner.other_learner.person_id)
        .values(
            started_at=now() - timedelta(days=30),
            last_at=now() - timedelta(days=20),
            steps_done=1,
            seconds=600,
        ),
    )
    write(
        corner,
        update(Person).where(Person.id == corner.learner.person_id).values(agency_identifier="0167942369Z"),
    )
    return corner


def test_the_workbook_has_its_sheets_headers_filters_and_types(busy: Corner) -> None:
    written, content = made(scope(busy.adviser))
    book = load_workbook(io.BytesIO(content))
    assert book.sheetnames == SHEETS
    courses = book["Parcours"]
    assert courses.freeze_panes == "A2"
    assert courses.auto_filter.ref == f"A1:AC{written.rows + 1}"
    by_label = {cell.value: courses.cell(2, cell.column or 1) for cell in courses[1]}
    assert isinstance(by_label["Date d’entrée"].value, datetime)
    assert by_label["Progression"].number_format == "0%"
    assert by_label["Heures prévues"].data_type == "n"
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {
        "n",
        "s",
        "d",
        "inlineStr",
    }


def test_each_row_says_where_somebody_is(busy: Corner) -> None:
    _written, content = made(scope(busy.adviser))
    first, second = records(content)  # sorted by name, both called CANARI-1, then first name
    assert (first["first_name"], first["status"], first["progress"], first["identifier"]) == (
        "Nadia",
        "terminé",
        1,
        "0167942369Z",
    )
    assert (first["hours_planned"], first["hours_done"], first["score"]) == (0.33, 0.42, 80)
    assert first["certificate"].endswith("-000001")
    assert (second["status"], second["idle_days"]) == ("en cours", 20)
    assert second["progress"] == pytest.approx(1 / 3)
    assert second["alert"] == "Sans activité depuis 20 jours"
    assert (second["agency"], second["cohort"]) == ("Agence CANARI-1", "Cohorte CANARI-1")


def test_withdrawn_with_its_reason(busy: Corner) -> None:
    gone = {"withdrawn_at": now(), "withdrawal_reason": "job"}
    write(busy, update(Member).where(Member.person_id == busy.other_learner.person_id).values(**gone))
    _written, content = made(scope(busy.adviser))
    row = records(content)[1]
    assert (row["status"], row["reason"]) == ("abandon", "A trouvé un emploi")
    line = totals(content)[0]
    assert (line["registered"], line["completed"], line["certified"], line["withdrawn"]) == (2, 1, 1, 1)
    assert line["reasons"] == "A trouvé un emploi (1)"


def test_the_commonest_reason_comes_first_and_none_given_is_another_one(world: World) -> None:
    corner = world.one
    given = ["job", "gave-up", "moved-away", "gave-up", "", "gave-up", "job"]
    with db.transaction(tenant_id=corner.tenant_id):
        people = [
            worlds.person(corner.tenant_id, corner.agency_id, Role.LEARNER, f"P{n}", "X") for n in range(9)
        ]
        course, _steps = worlds.course(corner.tenant_id, corner.root_id, "grand", "Grand")
        group = worlds.cohort(corner.tenant_id, corner.agency_id, "Grande", [course], people)
    for one, reason in zip(people, given, strict=False):
        gone = {"withdrawn_at": now(), "withdrawal_reason": reason}
        write(corner, update(Member).where(Member.person_id == one.person_id).values(**gone))
    _written, content = made(scope(corner.adviser, cohort_id=group.id))
    (line,) = totals(content)
    assert (line["registered"], line["withdrawn"]) == (9, 7)
    assert line["reasons"] == "A renoncé (3), A trouvé un emploi (2), A déménagé (1), Autre motif (1)"


def test_the_first_sheet_explains_the_others(busy: Corner) -> None:
    _written, content = made(scope(busy.adviser, cohort_id=busy.cohort_id))
    said = {row[0]: row[1] for row in sheets(content)["Lisez-moi"]}
    assert said["Demandé par"] == "Claire CANARI-1, Agence CANARI-1"
    assert said["Lignes de la feuille «\u00a0Parcours\u00a0»"] == 2
    assert said["Périmètre"] == "cohorte «\u00a0Cohorte CANARI-1\u00a0»"
    report = services.report_named("progress")
    assert report is not None
    assert all(f"{field.label} ({field.key})" in said for field in report.fields)


def test_in_the_askers_language(busy: Corner) -> None:
    write(busy, update(Person).where(Person.id == busy.adviser.person_id).values(language="en"))
    _written, content = made(scope(busy.adviser))
    assert list(sheets(content)) == ["Read me", "Summary of cohorts", "Courses of each person"]


def test_a_partner_gets_codes_unless_the_share_says_otherwise(busy: Corner) -> None:
    share(busy, Level.PSEUDONYMOUS)
    _written, content = made(scope(busy.partner, level=Level.NOMINATIVE))
    text = str(sheets(content))
    rows = records(content)
    assert all(row["last_name"].startswith("P-") and row["first_name"] is None for row in rows)
    assert not [word for word in ("Nadia", "Odile", "0167942369Z", "-000001", "Claire") if word in text]
    _again, second = made(scope(busy.partner))
    assert [row["last_name"] for row in records(second)] == [row["last_name"] for row in rows]


def test_a_pseudonym_means_nothing_to_another_partner(busy: Corner) -> None:
    with db.transaction(tenant_id=busy.tenant_id):
        other = worlds.person(busy.tenant_id, busy.root_id, Role.PARTNER, "Pia", "CANARI-1")
    one, two = scope_of(asker(busy.partner)), scope_of(asker(other))
    assert one.pseudonym("P", 7) == one.pseudonym("P", 7) != two.pseudonym("P", 7)


def scope_of(who: Asker) -> Scope:
    return Scope(who, now())


def test_totals_only_hide_what_is_small(busy: Corner) -> None:
    share(busy, Level.AGGREGATE)
    written, content = made(scope(busy.partner))
    assert written.rows == 0
    line = totals(content)[0]
    assert line["registered"] == line["completed"] == "moins de 5"
    assert line["hours_done"] is None
    assert len(totals(content)) == 1  # no total, from which a hidden figure would follow
    assert "Nadia" not in str(sheets(content))


def test_totals_of_larger_groups_are_shown_but_no_small_rest(world: World) -> None:
    corner = world.one
    with db.transaction(tenant_id=corner.tenant_id):
        people = [
            worlds.person(corner.tenant_id, corner.agency_id, Role.LEARNER, f"P{n}", "X") for n in range(12)
        ]
        course, _steps = worlds.course(corner.tenant_id, corner.root_id, "grand", "Grand")
        group = worlds.cohort(corner.tenant_id, corner.agency_id, "Grande", [course], people)
    done = [one.person_id for one in people[:9]]
    write(
        corner,
        update(Enrolment).where(Enrolment.person_id.in_(done)).values(completed_at=now(), started_at=now()),
    )
    share(corner, Level.AGGREGATE, group.id)
    _written, content = made(scope(corner.partner))
    line = totals(content)[0]
    assert line["registered"] == 12
    assert line["completed"] == "moins de 5"  # nine are, so three are not: those three would be told


def test_each_row_at_the_level_of_its_share(busy: Corner) -> None:
    with db.transaction(tenant_id=busy.tenant_id):
        course, _steps = worlds.course(busy.tenant_id, busy.root_id, "deux", "Deux")
        second = worlds.cohort(busy.tenant_id, busy.agency_id, "Zèbres", [course], [busy.learner])
    share(busy, Level.PSEUDONYMOUS)
    share(busy, Level.NOMINATIVE, second.id)
    _written, content = made(scope(busy.partner))
    named = {row["cohort"]: row["first_name"] for row in records(content)}
    assert named == {"Cohorte CANARI-1": None, "Zèbres": "Nadia"}


def test_an_earlier_day_shows_what_was_then(busy: Corner) -> None:
    joined = datetime(2026, 1, 5, tzinfo=UTC)
    write(busy, update(Member).where(Member.tenant_id == busy.tenant_id).values(joined_at=joined))
    _written, content = made(scope(busy.adviser, as_of=date(2026, 1, 6)))
    for row in records(content):
        assert (row["status"], row["hours_done"], row["progress"], row["certificate"]) == (
            "inscrit",
            0,
            0,
            None,
        )
    _written, before = made(scope(busy.adviser, as_of=date(2026, 1, 4)))
    assert records(before) == []


def test_a_name_that_looks_like_a_formula_stays_text(busy: Corner) -> None:
    bad = '=HYPERLINK("http://x";"y")'
    write(
        busy,
        update(Person).where(Person.id == busy.learner.person_id).values(last_name=bad, first_name="+1+1"),
    )
    _written, content = made(scope(busy.adviser))
    book = load_workbook(io.BytesIO(content))
    cells = [cell for row in book["Parcours"].iter_rows() for cell in row if cell.value in (bad, "+1+1")]
    assert len(cells) == 2
    assert all(cell.data_type in ("s", "inlineStr") for cell in cells)
    _written, text = made(scope(busy.adviser), form="csv")
    assert f"'{bad}".replace('"', '""').encode() in text
    back = tables.read(text, "x.csv")
    assert any(bad in row.cells for row in back.rows)


def test_libreoffice_opens_it(busy: Corner, tmp_path: Path) -> None:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("LibreOffice is not installed: openpyxl alone has read the workbook")
    _written, content = made(scope(busy.adviser))
    source = tmp_path / "progress.xlsx"
    source.write_bytes(content)
    command = [office, "--headless", "--convert-to", "csv", "--outdir", str(tmp_path), str(source)]
    subprocess.run(
        command, check=True, timeout=100, capture_output=True, env={**os.environ, "HOME": str(tmp_path)}
    )
    assert (tmp_path / "progress.csv").read_bytes()


@pytest.mark.long
def test_ten_thousand_people_on_three_courses(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """30,000 rows: time, memory, statements."""
    import tracemalloc

    corner = world.one
    many(corner, 10_000)
    chosen = scope(corner.admin)
    tracemalloc.start()
    begun = time.perf_counter()
    written, content = made(chosen)
    seconds = time.perf_counter() - begun
    _size, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    with capsys.disabled():
        print(
            f"\n{written.rows} rows in {seconds:.1f} s (traced), peak {peak / 2**20:.0f} MiB, file {len(content) / 2**20:.1f} MiB"
        )
    assert written.rows == 30_002
    assert peak < 100 * 2**20


def many(corner: Corner, number: int) -> None:
    """A cohort of so many people on three courses, written in bulk."""
    with db.transaction(tenant_id=corner.tenant_id):
        courses = [
            worlds.course(corner.tenant_id, corner.root_id, f"gros-{n}", f"Cours {n}")[0] for n in range(3)
        ]
        group = Cohort(tenant_id=corner.tenant_id, organisation_id=corner.agency_id, name="Dix mille")
        session.add(group)
        session.flush()
        batch = Batch(
            tenant_id=corner.tenant_id, organisation_id=corner.agency_id, cohort_id=group.id, kind=BatchKind.IMPORT
        )  # fmt: skip
        session.add(batch)
        session.flush()
        session.execute(
            insert(Person),
            [
                {
                    "tenant_id": corner.tenant_id,
                    "first_name": f"Prénom {n}",
                    "last_name": f"Nom {n:05d}",
                    "sort_name": f"nom {n:05d}",
                }
                for n in range(number)
            ],
        )
        db.plan_anew(number)
        chosen = select(Person.id).where(Person.tenant_id == corner.tenant_id, Person.sort_name.like("nom %"))
        persons = list(session.scalars(chosen))
        row = {"tenant_id": corner.tenant_id, "cohort_id": group.id, "batch_id": batch.id}
        session.execute(insert(Member), [{**row, "person_id": one, "steps_total": 9} for one in persons])
        db.plan_anew(number)
        members = session.execute(
            select(Member.id, Member.person_id).where(Member.cohort_id == group.id)
        ).all()
        session.execute(
            insert(Enrolment),
            [
                {
                    **row, "member_id": member_id, "person_id": person_id, "course_id": course.id, "position": n,
                    "steps_total": 3, "steps_done": 1, "seconds": 500, "started_at": now(), "last_at": now(),
                }
                for member_id, person_id in members
                for n, course in enumerate(courses, 1)
            ],
        )  # fmt: skip
    bulk.refresh_statistics()  # as PostgreSQL does by itself a minute after so many rows
