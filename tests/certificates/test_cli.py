"""``flask certificates``."""

import json
from pathlib import Path

from flask import Flask

from lms.certificates import codes
from tests.certificates.earned import complete
from tests.support.worlds import World


def test_issue_then_verify_every_way(app: Flask, world: World, tmp_path: Path) -> None:
    complete(world.one)
    runner = app.test_cli_runner()
    args = [
        "certificates",
        "issue",
        "--organisation",
        "agence-1",
        "--cohort",
        "Cohorte CANARI-1",
        "--output",
        str(tmp_path),
    ]
    done = runner.invoke(args=[*args, "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert (said["issued"], said["drawn"], len(said["files"])) == (2, 2, 2)

    file = Path(said["files"][0])
    valid = runner.invoke(args=["certificates", "verify", str(file), "--json"])
    assert valid.exit_code == 0
    found = json.loads(valid.stdout)
    assert (found["status"], found["file"], found["title"]) == ("valid", "original", "Cours CANARI-1")
    assert "Nadia" not in valid.stdout

    by_code = runner.invoke(args=["certificates", "verify", found["code"], "--json"])
    assert json.loads(by_code.stdout)["status"] == "valid"

    file.write_bytes(file.read_bytes()[:-200])
    altered = runner.invoke(args=["certificates", "verify", str(file), "--json"])
    assert altered.exit_code == 1
    assert json.loads(altered.stdout)["status"] == "altered"
    assert json.loads(altered.stdout)["initials"] == "N. C."

    again = runner.invoke(args=[*args, "--json"])
    assert json.loads(again.stdout)["issued"] == 0


def test_what_is_unknown(app: Flask, world: World, tmp_path: Path) -> None:
    runner = app.test_cli_runner()
    unknown = runner.invoke(args=["certificates", "verify", codes.make(), "--json"])
    assert (unknown.exit_code, json.loads(unknown.stdout)["status"]) == (1, "unknown")
    assert runner.invoke(args=["certificates", "verify", str(tmp_path / "no.pdf")]).exit_code == 2
    assert runner.invoke(args=["certificates", "issue", "--organisation", "nowhere"]).exit_code == 2
    assert (
        runner.invoke(args=["certificates", "issue", "--organisation", "agence-1", "--cohort", "x"]).exit_code
        == 2
    )
