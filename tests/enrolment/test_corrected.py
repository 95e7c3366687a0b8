"""The workbook that comes back: red cells, why, what to do, what will change; and the red lines alone, sent again."""

import io
from typing import Any

import openpyxl
from sqlalchemy import select

from lms.core import db
from lms.core.db import Mode, session
from lms.enrolment.models import Cohort, Member
from lms.enrolment.services import corrected
from lms.people.models import Person
from tests.enrolment.conftest import Import, five
from tests.support.worlds import World

HEADER = "Nom;Prénom;Identifiant DE;Courriel"
FILE = f"{HEADER}\nByron;Ada;7654321B;ada@gmial.com\nHopper;;7654322C;grace@exemple.fr\nShelley;Mary;7654323D;mary@exemple.fr\n"  # fmt: skip


def handed_back(report: Any, text: str, **more: Any) -> bytes:
    made = io.BytesIO()
    corrected.write(text.encode(), "gens.csv", report.errors + report.warnings, made, **more)
    return made.getvalue()


def test_wrong_cells_are_red_and_say_why(imported: Import) -> None:
    report = imported(FILE)
    book = openpyxl.load_workbook(io.BytesIO(handed_back(report, FILE, changes=report.changes)))
    sheet = book.worksheets[0]
    red = {cell.coordinate for row in sheet for cell in row if cell.fill.fgColor.rgb == "00FFC7CE"}
    assert red == {"G2", "E3"}  # the e-mail of line 2, the missing first name of line 3
    assert "gmial.com" in str(sheet["B2"].value)
    assert "ada@gmail.com" in str(sheet["C2"].value)
    assert [book.worksheets[1].cell(2, n).value for n in (1, 3)] == [4, "Shelley Mary"]
    assert len(book.worksheets) == 3  # data, what will change, read me


def test_only_the_red_lines_are_corrected_and_sent_again(world: World, imported: Import) -> None:
    report = imported(FILE, valid_rows=True)
    assert five(report) == (3, 1, 0, 0, 2)
    book = openpyxl.load_workbook(io.BytesIO(handed_back(report, FILE, only_wrong=True)))
    sheet = book.worksheets[0]
    assert [sheet.cell(row, 4).value for row in range(2, sheet.max_row + 1)] == ["Byron", "Hopper"]
    sheet["G2"], sheet["E3"] = "ada@gmail.com", "Grace"
    sent = io.BytesIO()
    book.save(sent)
    again = imported(sent.getvalue(), "lignes-a-corriger.xlsx")
    assert (five(again), again.errors) == ((2, 2, 0, 0, 0), [])
    with db.transaction(Mode.READ, world.one.tenant_id):
        found = (
            select(Person.first_name)
            .join(Member, Member.person_id == Person.id)
            .join(Cohort, Cohort.id == Member.cohort_id)
            .where(Cohort.name == "Novembre")
        )
        assert set(session.scalars(found)) == {"Ada", "Grace", "Mary"}


def test_a_workbook_of_named_columns_comes_back_named(imported: Import) -> None:
    """Our three columns stand in front of theirs, and what was said of theirs holds all the same."""
    from lms.enrolment.reading.recognition import signature

    header = "Patronyme;Petit nom;Numéro unique"
    text = f"{header}\nByron;Ada1;7654321B\n"
    said = {signature(header.split(";")): ["last_name", "first_name", "agency_identifier"]}
    report = imported(text, remembered=said)
    assert report.invalid == 1
    back = openpyxl.load_workbook(io.BytesIO(handed_back(report, text)))
    back.worksheets[0]["E2"] = "Ada"
    sent = io.BytesIO()
    back.save(sent)
    assert five(imported(sent.getvalue(), "a-corriger.xlsx", remembered=said)) == (1, 1, 0, 0, 0)
