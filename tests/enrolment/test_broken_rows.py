"""Twenty ways in which a line is wrong: each is told by line, column, value, message and remedy, all messages distinct."""

import pytest

from lms.core import i18n
from lms.enrolment.reading.faults import ERRORS, WARNINGS, worded
from tests.enrolment.conftest import Import

COLUMNS = (
    "Nom", "Prénom", "Courriel", "Tél portable", "Né(e) le", "CP", "Identifiant DE", "Situation",
)  # fmt: skip
HEADER = ";".join(
    ("Nom", "Prénom", "Courriel", "Tel Portable", "Né(e) le", "CP", "Identifiant DE", "Situation")
)
GOOD = "Aubert;Jeanne;jeanne@exemple.fr;06 39 98 10 40;14/07/1985;59100;1234567A;DE"
NIR = "295109912611193"

#: What it is -> the wrong line (the third of the file), the column told, what is shown of the value.
BROKEN: dict[str, tuple[str, str, str]] = {
    "no name": (";Nadia;n@exemple.fr;;;;;", "Nom", ""),
    "no first name": ("Benali;NULL;n@exemple.fr;;;;;", "Prénom", "NULL"),
    "e-mail without domain": ("Benali;Nadia;nadia@;;;;;", "Courriel", "nadia@"),
    "two at-signs": ("Benali;Nadia;nadia@@exemple.fr;;;;;", "Courriel", "nadia@@exemple.fr"),
    "date that does not exist": ("Benali;Nadia;;;31/02/1964;;;", "Né(e) le", "31/02/1964"),
    "date in the future": ("Benali;Nadia;;;01/01/2190;;;", "Né(e) le", "01/01/2190"),
    "date in an unknown form": ("Benali;Nadia;;;12 mars 80;;;", "Né(e) le", "12 mars 80"),
    "phone too short": ("Benali;Nadia;n@exemple.fr;06111111;;;;", "Tel Portable", "06111111"),
    "letters in a postcode": ("Benali;Nadia;n@exemple.fr;;;F-591A;;", "CP", "F-591A"),
    "unknown situation": ("Benali;Nadia;n@exemple.fr;;;;;astronaute", "Situation", "astronaute"),
    "identifier too long": ("Benali;Nadia;n@exemple.fr;;;;0167942369ZZ;", "Identifiant DE", "0167942369ZZ"),
    "identifier of two people": ("Benali;Nadia;n@exemple.fr;;;;1234567A;", "Identifiant DE", "1234567A"),
    "the same line twice": (GOOD, "Ligne entière", "Aubert | Jeanne |"),
    "digits in a name": ("Bena1i;Nadia;n@exemple.fr;;;;;", "Nom", "Bena1i"),
    "control characters": ("Bena\x01li;Nadia;n@exemple.fr;;;;;", "Nom", "Bena�li"),
    "a cell over the limit": (f"{'B' * 201};Nadia;n@exemple.fr;;;;;", "Nom", "B" * 199 + "…"),
    "too many cells": ("Benali;Nadia;n@exemple.fr;;;;;;trop;encore", "Ligne entière", "Benali | Nadia | n@exemple.fr"),
    "too few cells": ("Benali;Nadia", "Ligne entière", "Benali | Nadia"),
    "an unclosed quote": ('"Benali;Nadia;n@exemple.fr;;;;;', "Ligne entière", '"Benali;Nadia;n@exemple.fr'),
    "a social-security number": (f"Benali;Nadia;{NIR};;;;;", "Courriel", "2 •• •• •• ••• ••• ••"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_wrong_line_is_told(imported: Import, case: str) -> None:
    line, column, value = BROKEN[case]
    report = imported(f"{HEADER}\n{GOOD}\n{line}\n")
    assert (report.total, report.imported, report.invalid, report.batch_id) == (2, 1, 1, None), report.errors
    told = worded(report.errors[0])
    assert (told["line"], told["column"]) == (3, column)
    assert told["value"].startswith(value)
    assert told["message"].endswith(".")
    assert told["remedy"]


def test_all_messages_are_distinct_and_french(imported: Import) -> None:
    messages, english = [], []
    for line, _column, _value in BROKEN.values():
        report = imported(f"{HEADER}\n{GOOD}\n{line}\n", is_dry=True)
        messages.append(worded(report.errors[0])["message"])
        with i18n.speaking_to("en"):
            english.append(worded(report.errors[0])["message"])
    assert len(set(messages)) == len(BROKEN) == 20
    assert not set(messages) & set(english)


def test_all_twenty_in_one_file(imported: Import) -> None:
    lines = [line for line, _column, _value in BROKEN.values()]
    report = imported("\n".join([HEADER, GOOD, *lines, ""]), valid_rows=True)
    assert (report.total, report.imported, report.invalid) == (21, 1, 20), report.errors
    assert {kept["line"] for kept in report.errors} == set(range(3, 23))
    first = {kept["line"]: worded(kept)["message"] for kept in reversed(report.errors)}
    assert len(set(first.values())) == 20  # some lines are also somebody who came before
    assert report.batch_id is not None


@pytest.mark.parametrize("line", [f"Benali;Nadia;{NIR};;;;;;trop", f'Benali;"Nadia;{NIR};;;;;'])
def test_a_line_of_the_wrong_shape_gives_no_social_security_number_away(imported: Import, line: str) -> None:
    report = imported(f"{HEADER}\n{GOOD}\n{line}\n")
    assert NIR not in str(report.errors)
    assert worded(report.errors[0])["value"].startswith("Benali")


def test_every_sentence_is_said_once() -> None:
    for table in (ERRORS, WARNINGS):
        messages = [str(message) for message, _remedy in table.values()]
        assert len(set(messages)) == len(messages)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("Benali;Nadia;nadia@gmial.com;;;;;", "email_misspelt"),
        ("Benali;Nadia;na dia@exemple.fr;;;;;", "email_unusable"),
        ("Benali;Nadia;;0612345678901;;;;", "phone_too_long"),
        ("Benali;Nadia;;appeler le soir;;;;", "phone_unusable"),
        ("Benali;Nadia;;;;123;;", "postcode_unusable"),
        ("Benali;Nadia;;;01/01/1800;;;", "date_too_old"),
        ("Benali;Nadia;;;;;12+4567A;", "identifier_unusable"),
        ("Benali;Nadia<script>;;;;;;", "signs_in_name"),
        ("Aubert;Jeanne;j@exemple.fr;;;;1234567A;", "same_person_twice"),
    ],
)
def test_other_faults(imported: Import, line: str, code: str) -> None:
    report = imported(f"{HEADER}\n{GOOD}\n{line}\n", is_dry=True)
    assert [kept["code"] for kept in report.errors] == [code]


def test_a_misspelt_domain_comes_with_a_proposal(imported: Import) -> None:
    report = imported(f"{HEADER}\nBenali;Nadia;Nadia.B@GMIAL.com;;;;;\n", is_dry=True)
    assert worded(report.errors[0])["remedy"] == "Mettez nadia.b@gmail.com"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("Benali;Nadia;;;14/07/1985;;123456;", "identifier_unusual"),
        ("Benali;Nadia;;;;;;", "hard_to_tell"),
        ("Aubert;Jeannine;;;;;1234567A;", "other_first_name_in_file"),
    ],
)
def test_warnings_leave_the_line_good(imported: Import, line: str, code: str) -> None:
    line = (
        line
        if code != "other_first_name_in_file"
        else line.replace(";;;;;1234567A", ";;;01/01/1990;;1234567A")
    )
    report = imported(f"{HEADER};N° session\n{GOOD};S1\n{line};S2\n", is_dry=True)
    assert (report.invalid, [kept["code"] for kept in report.warnings]) == (0, [code])


@pytest.mark.parametrize(
    "cells",
    [
        "Benali;Nadia;;;14/07/1985;2A004;;",
        "Benali;Nadia;;;14-07-1985;97400;;",
        "Benali;Nadia;;;14.07.1985;98714;;",
        "Benali;Nadia;;;1985-07-14;2B;;",
        "Benali;Nadia;;;1985-07-14 00:00:00.0;01000;;",
        "Benali;Nadia;;;31242;1000;00000000;",
        "O’Brien-Le Goff;Anne d'Arc;;+33 6 39 98 10 40;14/07/1985;;;salarié(e)",
        "Ndiaye;Ñuñoa;;0033 6 39 98 10 40;14/07/1985;;;Demandeuse d'emploi",
        "Łukasz;Þór;;639981040;14/07/1985;;;N/A",
        "Petit;Alix;;;14/07/1985;;;En recherche d’emploi",
        "Petit;Alix;;;14/07/1985;;;en emploi",
        "Petit;Alix;;;14/07/1985;;;en apprentissage",
        "Petit;Alix;;;14/07/1985;;;à son compte",
    ],
)  # fmt: skip
def test_what_people_write_is_taken(imported: Import, cells: str) -> None:
    report = imported(f"{HEADER}\n{cells}\n", is_dry=True)
    assert (report.errors, report.warnings, report.imported) == ([], [], 1)
