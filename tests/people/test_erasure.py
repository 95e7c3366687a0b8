"""One's own data on a page and in a file; ``flask people export`` and ``erase``."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from lms.core import db
from lms.core.db import Mode, session
from lms.core.jobs import Job
from lms.core.journal import Entry
from lms.core.privacy import Holding
from lms.people.models import Account, Person
from tests.support.page import Visitor
from tests.support.worlds import World

Flasks = Callable[..., Result]


@pytest.fixture
def flask(app: Flask) -> Flasks:
    runner = app.test_cli_runner()
    return lambda *words: runner.invoke(args=[str(word) for word in words])


def test_everybody_sees_and_takes_what_is_held_on_them(
    app: Flask, world: World, visit: Callable[..., Visitor]
) -> None:
    browser = visit(world.one.learner)
    page = browser.get("/my-data")
    assert "Nadia" in page.text("main")
    answer = browser.fetch("/my-data/file")
    assert answer.mimetype == "application/json"
    assert "attachment" in answer.headers["Content-Disposition"]
    parts: list[dict[str, Any]] = json.loads(answer.text)
    assert {part["name"] for part in parts} == set(Holding.registered)
    own = next(part for part in parts if part["name"] == "person")
    assert own["rows"][0]["last_name"] == "CANARI-1"
    assert own["labels"]["last_name"] == "Nom"
    assert "Odile" not in answer.text


def test_a_command_writes_what_is_held(app: Flask, world: World, flask: Flasks, tmp_path: Path) -> None:
    out = tmp_path / "nadia.json"
    asked = ("people", "export", world.one.learner.login, "--organisation", "reseau-1")
    assert flask(*asked, "--output", out).exit_code == 0
    first, again = json.loads(out.read_text("utf-8")), json.loads(flask(*asked).stdout)
    journal = next(part for part in again if part["name"] == "journal_entry")
    assert [row["verb"] for row in journal["rows"]] == ["person-exported"], "of the first time"
    assert [part for part in first if part["name"] != "journal_entry"] == [
        part for part in again if part["name"] != "journal_entry"
    ]


def test_a_command_erases_and_says_what_stays(app: Flask, world: World, flask: Flasks) -> None:
    nadia = world.one.learner
    asked = ("people", "erase", nadia.login, "--organisation", "agence-1", "--json")
    assert flask(*asked).exit_code == 1, "without --yes it asks, and nobody answers"
    done = flask(*asked, "--yes")
    assert done.exit_code == 0
    tables = {one["name"]: one for one in json.loads(done.stdout)["tables"]}
    assert tables["account"]["deleted"] == tables["membership"]["deleted"] == 1
    assert (tables["person"]["emptied"], tables["enrolment"]["kept"]) == (1, 1)
    assert tables["enrolment"]["reason"]
    assert "prouvent" in done.stderr
    with db.transaction(Mode.READ, nadia.tenant_id):
        assert session.get(Account, nadia.account_id) is None
        assert session.get_one(Person, nadia.person_id).archived_at is not None
        (line,) = session.scalars(select(Entry).where(Entry.verb == "people-erased"))
        assert line.details["people"] == [nadia.person_id]
        assert "Nadia" not in str(line.details)
    assert flask(*asked, "--yes").exit_code == 2, "nobody is called so any more"


@pytest.mark.parametrize("name", ["nobody", "nadia.canari-2", ""])
def test_a_command_for_nobody_says_so(app: Flask, world: World, flask: Flasks, name: str) -> None:
    for verb in ("export", "erase"):
        assert flask("people", verb, name, "--organisation", "reseau-1").exit_code == 2


def test_somebody_without_an_account_is_called_by_a_number(app: Flask, world: World, flask: Flasks) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        session.get_one(Person, world.one.other_learner.person_id).agency_identifier = "1234567A"
    done = flask("people", "export", "1234567a", "--organisation", "reseau-1")
    assert "Odile" in done.stdout


def test_the_erased_are_in_no_page_and_cannot_come_in(
    app: Flask, world: World, flask: Flasks, visit: Callable[..., Visitor]
) -> None:
    inside = visit(world.one.learner)
    assert inside.get("/learn").status == 200
    flask("people", "erase", world.one.learner.login, "--organisation", "reseau-1", "--yes")
    assert (inside.fetch("/learn").location or "").startswith("/sign-in")
    staff = visit(world.one.adviser)
    for path in ("/people", "/people?q=nadia", f"/cohorts/{world.one.cohort_id}"):
        assert b"Nadia" not in staff.fetch(path).data, path
    assert staff.fetch(f"/people/{world.one.learner.person_id}").status_code == 404


def test_work_in_hand_goes_on_without_its_asker(app: Flask, world: World, flask: Flasks) -> None:
    claire = world.one.adviser
    with db.transaction(tenant_id=claire.tenant_id):
        for state in ("running", "done"):
            session.add(
                Job(kind="core.none", tenant_id=claire.tenant_id, person_id=claire.person_id, state=state)
            )
    flask("people", "erase", claire.login, "--organisation", "reseau-1", "--yes")
    with db.transaction(Mode.READ, claire.tenant_id):
        assert session.scalars(select(Job.state)).all() == ["running"]
