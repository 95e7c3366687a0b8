"""Files that nobody can be enrolled from: one clear sentence each, in French, with what to do; nothing written, no 500."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from lms.core import db
from lms.core.db import session
from lms.core.errors import Refused
from lms.enrolment.models import Batch, Cohort, StagedRow
from lms.enrolment.reading.people_file import read_people
from lms.people.models import Person
from tests.enrolment.conftest import Import
from tests.support.worlds import World

HEADER = "Nom;Prénom;Adresse e-mail"
ONE = f"{HEADER}\nBenali;Nadia;nadia.b@exemple.fr\n"


def _xlsx(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr(name, content)
    return out.getvalue()


#: What it is -> the bytes, the name, and a word of the sentence.
BROKEN: dict[str, tuple[bytes, str, str]] = {
    "encoding": ("Nom;Prénom\nBéranger;Noé\n".encode("mac_roman"), "gens.csv", "encodage"),
    "no header": (b"Benali;Nadia;nadia@exemple.fr\nCaron;Odile;odile@exemple.fr\n", "gens.csv", "première ligne"),
    "missing column": (b"Nom;Adresse e-mail\nBenali;nadia@exemple.fr\n", "gens.csv", "Prénom"),
    "empty": (b"", "gens.csv", "vide"),
    "binary": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "gens.csv", "ni un fichier CSV"),
    "text named xlsx": (ONE.encode(), "gens.xlsx", ".xlsx"),
    "bomb": (_xlsx("xl/worksheets/sheet1.xml", b"<c/>" * 30_000_000), "gens.xlsx", "taille anormale"),
    "social security": (f"{HEADER};NIR\nBenali;Nadia;;295109912611193\n".encode(), "gens.csv", "Sécurité sociale"),
    "social security unnamed": (
        f"{HEADER};Divers\nBenali;Nadia;;2 95 10 99 126 111 93\nCaron;Odile;;295109912611193\n".encode(),
        "gens.csv",
        "« Divers »".replace(" ", "\u00a0"),
    ),
    "nobody": (f"{HEADER}\n".encode(), "gens.csv", "personne en dessous"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_file_that_cannot_be_read_says_so_once(world: World, imported: Import, case: str) -> None:
    content, name, word = BROKEN[case]
    with pytest.raises(Refused) as refusal:
        imported(content, name)
    assert word in refusal.value.reason
    assert refusal.value.remedy.endswith(".")
    assert _rows(world) == (3, 0, 0)


def test_each_has_a_sentence_of_its_own(imported: Import) -> None:
    said = []
    for content, name, _word in BROKEN.values():
        with pytest.raises(Refused) as refusal:
            imported(content, name)
        said.append(refusal.value.reason)
    assert len(set(said)) == len(BROKEN)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "|", "\t"])
def test_what_programs_write_is_read(imported: Import, encoding: str, separator: str) -> None:
    text = "Nom;Prénom;Adresse e-mail\nBéranger;Noé;noe@exemple.fr\n".replace(";", separator)
    report = imported(text.encode(encoding), is_dry=True)
    assert (report.imported, report.errors) == (1, [])


Command = Callable[..., Result]


@pytest.fixture
def command(app: Flask) -> Command:
    def run(*arguments: str) -> Result:
        return app.test_cli_runner().invoke(args=["enrolment", "import", *arguments, "--json"])

    return run


def test_the_command_refuses_with_exit_2(world: World, command: Command, tmp_path: Path) -> None:
    file = tmp_path / "gens.csv"
    file.write_bytes(BROKEN["social security"][0])
    done = command(str(file), "--organisation", "agence-1", "--cohort", "Novembre", "--course", "cours-1")
    said = json.loads(done.stdout)
    assert (done.exit_code, set(said)) == (2, {"refused", "remedy"})
    assert "NIR" in said["refused"]
    assert _rows(world) == (3, 0, 0)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--organisation", "personne", "--cohort", "C"), "organisation"),
        (("--organisation", "agence-1", "--cohort", "C", "--course", "rien"), "cours"),
        (("--organisation", "agence-1", "--cohort", "C", "--course", "cours-2"), "cours"),
        (("--organisation", "agence-1", "--cohort", "C", "--curriculum", "rien"), "parcours"),
        (("--organisation", "agence-1", "--cohort", " "), "cohorte"),
        (("--organisation", "agence-1", "--cohort", "C", "--corrected", "/no/such/folder/c.xlsx"), "dossier"),
        (("--organisation", "agence-1", "--cohort", "C", "--corrected", "c.csv"), "classeur"),
    ],
)
def test_unusable_arguments_are_exit_2(
    world: World, command: Command, tmp_path: Path, arguments: tuple[str, ...], word: str
) -> None:
    file = tmp_path / "gens.csv"
    file.write_text(ONE, "utf-8")
    done = command(str(file), *arguments)
    assert (done.exit_code, word in json.loads(done.stdout)["refused"]) == (2, True)
    assert _rows(world) == (3, 0, 0)


def test_a_good_file_is_exit_0_and_a_wrong_line_exit_1(
    world: World, command: Command, tmp_path: Path
) -> None:
    to = ("--organisation", "agence-1", "--cohort", "Novembre", "--course", "cours-1")
    good, bad = tmp_path / "bon.csv", tmp_path / "mauvais.csv"
    good.write_text(ONE, "utf-8")
    bad.write_text(ONE + "Caron;;odile@exemple.fr\n", "utf-8")
    keys = {"batch", "total", "imported", "updated", "ignored", "invalid", "errors"}

    dry = command(str(good), *to, "--dry-run")
    said = json.loads(dry.stdout)
    assert (dry.exit_code, said["batch"], said["imported"]) == (0, None, 1)
    assert keys <= set(said)
    assert _rows(world)[0] == 3

    refused = command(str(bad), *to)
    assert (refused.exit_code, json.loads(refused.stdout)["batch"]) == (1, None)
    assert _rows(world)[0] == 3

    partly = command(str(bad), *to, "--valid-rows", "--corrected", str(tmp_path / "a-corriger.xlsx"))
    said = json.loads(partly.stdout)
    assert (partly.exit_code, said["imported"], said["invalid"]) == (1, 1, 1)
    assert isinstance(said["batch"], int)
    assert set(said["errors"][0]) == {"line", "column", "value", "message", "remedy"}
    assert _rows(world)[0] == 4

    again = command(str(good), *to)
    assert (again.exit_code, json.loads(again.stdout)["ignored"]) == (0, 1)


def test_the_file_handed_back_can_be_corrected_and_sent_again(
    world: World, command: Command, tmp_path: Path, imported: Import
) -> None:
    from lms.core.tables import read

    file, back = tmp_path / "gens.csv", tmp_path / "a-corriger.xlsx"
    file.write_text(ONE + "Caron;;odile@exemple.fr\nHaddad;Mehdi;mehdi@exemple\n", "utf-8")
    command(str(file), "--organisation", "agence-1", "--cohort", "Novembre", "--corrected", str(back))
    table = read(back, back.name)
    rows = [row.cells for row in table.rows]
    assert table.header[3:] == ["Nom", "Prénom", "Adresse e-mail"]
    assert [bool(cells[1]) for cells in rows] == [False, True, True]
    assert "Prénom" in str(rows[1][1])
    report = imported(back, is_dry=True)
    assert (report.imported, report.invalid) == (1, 2)


def test_a_social_security_number_is_shown_to_nobody(imported: Import, tmp_path: Path) -> None:
    from lms.enrolment.services import corrected

    file = tmp_path / "gens.csv"
    file.write_text(f"{HEADER};Divers\nBenali;Nadia;;295109912611193\nCaron;Odile;;rien\n", "utf-8")
    report = imported(file)
    assert report.invalid == 1
    assert "295109912611193" not in json.dumps(report.kept(100))
    made = io.BytesIO()
    corrected.write(file, file.name, report.errors, made)
    with zipfile.ZipFile(io.BytesIO(made.getvalue())) as book:
        assert not any(b"295109912611193" in book.read(name) for name in book.namelist())


def test_reading_asks_the_database_nothing(world: World) -> None:
    from datetime import date

    people = read_people(ONE.encode(), "gens.csv", date(2026, 11, 24))
    assert [line.is_good for line in people.lines()] == [True]


def _rows(world: World) -> tuple[int, int, int]:
    """Learners of the first tenant, cohorts called Novembre, and lines left waiting."""
    with db.transaction(db.Mode.READ, world.one.tenant_id):
        learners = select(func.count()).select_from(Person).where(
            Person.tenant_id == world.one.tenant_id, Person.last_name.in_(("CANARI-1", "Benali", "Caron"))
        )  # fmt: skip
        found = session.scalar(learners.where(Person.first_name.in_(("Nadia", "Odile", "Emeka")))) or 0
        cohorts = (
            session.scalar(select(func.count()).select_from(Cohort).where(Cohort.name == "Novembre")) or 0
        )
        waiting = session.scalar(select(func.count()).select_from(StagedRow)) or 0
        batches = session.scalar(select(func.count()).select_from(Batch).where(Batch.file_name != "")) or 0
        return found, cohorts + batches if found == 3 else 0, waiting
