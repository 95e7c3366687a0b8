"""The demo loads once, holds together, and tells the main job from end to end."""

import json
import shutil
from pathlib import Path

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import func, select

from config import settings
from config.demo import load as loading
from config.demo import names, story
from lms.core.clock import now
from lms.core.db import Mode, session
from lms.enrolment.models import Member
from lms.enrolment.states import MemberState
from lms.people.models import Account, Person
from lms.progress.models import LearningEvent
from tests.support.sight import everything

ACCOUNTS = {
    "admin", "rh", "conseiller", "formateur", "partenaire", "apprenant", "professeur", "rh2", "conseiller2", "apprenant2",
}  # fmt: skip


def run(app: Flask, *words: str) -> tuple[int, str]:
    """Exit status and all that was said."""
    done = app.test_cli_runner().invoke(args=list(words))
    return done.exit_code, done.output


def test_the_demo_stands_once_and_holds_together(app: Flask) -> None:
    assert run(app, "demo", "load") == (0, "The demo is loaded.\n")
    with everything(Mode.READ):
        before = session.scalar(select(func.count(Person.id)))
        assert set(session.scalars(select(Account.login))) >= ACCOUNTS
        assert session.scalars(select(LearningEvent.at).where(LearningEvent.at > now())).all() == []
        states = dict(session.execute(select(Member.state, func.count()).group_by(Member.state)).all())
    assert 190 <= (before or 0) <= 230
    assert set(states) == set(MemberState)
    assert run(app, "demo", "load") == (0, "The demo was there already.\n")
    with everything(Mode.READ):
        assert session.scalar(select(func.count(Person.id))) == before
    for slug in ("emploi-demain", "cap-loire"):
        assert run(app, "progress", "verify", "--organisation", slug)[0] == 0


def test_the_story_ends_with_a_certificate_and_a_workbook(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "learners").mkdir()
    lines = (Path(story.__file__).parent / "learners.csv").read_text("utf-8").splitlines(keepends=True)
    (tmp_path / "learners" / "stagiaires-pe.csv").write_text("".join(lines[:4]), "utf-8")
    monkeypatch.setenv("LMS_TEST_DATA", str(tmp_path))
    monkeypatch.setattr(story, "_prepare", loading.load)  # the tables are there
    status, said = run(app, "demo", "story")
    assert status == 0, said
    paths = {
        line.split(":")[0]: Path(line.split(":", 1)[1].strip())
        for line in said.splitlines()
        if "/demo/" in line
    }
    verdict = run(app, "certificates", "verify", str(paths["Certificate"]), "--json")[1]
    assert json.loads(verdict[verdict.index("{") :].splitlines()[0])["status"] == "valid"
    book = load_workbook(paths["Workbook"], read_only=True)
    assert {"Lisez-moi", "Synthèse", "Parcours"} <= set(book.sheetnames)
    book.close()
    shutil.rmtree(settings.current().var / "demo")


def test_the_own_file_is_taken_where_no_other_is_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LMS_TEST_DATA", str(tmp_path))
    assert story.cohort_file().name == "learners.csv"
    assert len(story.cohort_file().read_text("utf-8").splitlines()) == 41


@pytest.mark.parametrize("command", ["load", "story"])
def test_a_real_installation_gets_no_demo(app: Flask, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    from dataclasses import replace

    kept = settings.current()
    settings.use(replace(kept, env="production"))
    try:
        status, said = run(app, "demo", command)
    finally:
        settings.use(kept)
    assert status == 2
    assert "LMS_ENV=demo" in said


def test_invented_people_are_the_same_each_time_and_all_different() -> None:
    some = names.invent(200, 9, ("59100",))
    assert some == names.invent(200, 9, ("59100",))
    assert len({(one.first_name, one.last_name) for one in some}) == 200
    assert all(one.email.endswith("@exemple.fr") for one in some if one.email)
    assert all(one.phone.startswith("063998") and len(one.phone) == 10 for one in some)
