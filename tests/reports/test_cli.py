"""``flask reports``."""

import json
from pathlib import Path

import pytest
from flask import Flask
from openpyxl import load_workbook

from lms.enrolment.models import Level
from tests.reports.scenes import share
from tests.support.worlds import World


def test_list(app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=["reports", "list", "--json"])
    assert [one["name"] for one in json.loads(done.stdout)["reports"]] == ["progress"]


def test_run(app: Flask, world: World, tmp_path: Path) -> None:
    file = tmp_path / "out.xlsx"
    args = ["reports", "run", "progress", "--organisation", "agence-1", "--cohort", "Cohorte CANARI-1"]
    done = app.test_cli_runner().invoke(args=[*args, "--output", str(file), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["rows"] == 2
    assert load_workbook(file)["Parcours"].max_row == 3
    assert list(tmp_path.iterdir()) == [file]


def test_as_a_partner(app: Flask, world: World, tmp_path: Path) -> None:
    share(world.one, Level.PSEUDONYMOUS)
    file = tmp_path / "out.csv"
    args = ["reports", "run", "progress", "--organisation", "reseau-1", "--as", world.one.partner.login]
    done = app.test_cli_runner().invoke(args=[*args, "--level", "nominative", "--output", str(file)])
    assert done.exit_code == 0, done.output
    text = file.read_text("utf-8-sig")
    assert "P-" in text
    assert "Nadia" not in text


@pytest.mark.parametrize(
    ("more", "status"),
    [
        (["nothing", "--organisation", "agence-1"], 2),
        (["progress", "--organisation", "nowhere"], 2),
        (["progress", "--organisation", "agence-1", "--as", "nobody"], 1),
        (["progress", "--organisation", "agence-1", "--cohort", "Nulle part"], 1),
        (["progress", "--organisation", "autre-agence-1", "--cohort", "Cohorte CANARI-1"], 1),
        (["progress", "--organisation", "agence-1", "--as", "nadia.canari-1"], 1),
        (["progress", "--organisation", "agence-1", "--as", "claire.canari-2"], 1),
    ],
)
def test_refused(app: Flask, world: World, tmp_path: Path, more: list[str], status: int) -> None:
    done = app.test_cli_runner().invoke(args=["reports", "run", *more, "--output", str(tmp_path / "x.xlsx")])
    assert done.exit_code == status, done.output
    assert not list(tmp_path.iterdir())


def test_another_ending_is_refused(app: Flask, world: World, tmp_path: Path) -> None:
    args = ["reports", "run", "progress", "--organisation", "agence-1", "--output", str(tmp_path / "x.pdf")]
    assert app.test_cli_runner().invoke(args=args).exit_code == 2
