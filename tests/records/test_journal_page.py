"""The administrators' journal: who sees which lines, in words, by person, kind and day; and as a file."""

import ast
import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import select

from config.settings import ROOT
from lms.core import db, journal
from lms.core.clock import now
from lms.core.db import Mode, session
from lms.core.journal import Entry, Oneself
from lms.organisations.models import Role
from lms.records import words
from tests.support import worlds
from tests.support.page import Visitor
from tests.support.queries import statements
from tests.support.worlds import Corner, Someone, World

Visit = Callable[..., Visitor]
_NOTES = {"journal.note", "journal.note_refusal", "note", "note_refusal", "_note"}


def said(by: Someone, verb: str, about: Someone | None = None, **details: Any) -> None:
    with db.transaction(tenant_id=by.tenant_id):
        journal.note(
            verb, Oneself(by.account_id, by.person_id), about=about.person_id if about else None, **details
        )


def admin_of(corner: Corner, organisation_id: int, name: str) -> Someone:
    with db.transaction(tenant_id=corner.tenant_id):
        return worlds.person(corner.tenant_id, organisation_id, Role.ADMIN, name, "Chef")


def rows(browser: Visitor, **asked: str) -> list[str]:
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    page = browser.get(f"/records?{query}")
    return [" ".join("".join(row.itertext()).split()) for row in page.tree.findall(".//tbody/tr")]


def test_a_line_is_told_in_words(world: World, visit: Visit) -> None:
    said(world.one.adviser, "report-downloaded", report="progress", rows=1240, level="nominative")
    (line,) = rows(visit(world.one.admin))
    assert "Claire" in line
    assert "A téléchargé un rapport" in line
    assert "lignes 1\u00a0240" in line or "lignes 1 240" in line


def test_what_staff_do_stands_there(world: World, visit: Visit) -> None:
    """Through the pages: a file that was read, an own file that was taken."""
    visit(world.one.adviser).get(f"/people/{world.one.learner.person_id}")
    visit(world.one.learner).fetch("/my-data/file")
    found = rows(visit(world.one.admin))
    assert any("A lu un dossier personnel" in line and "Nadia" in line for line in found)
    assert any("A téléchargé ses propres données" in line for line in found)


def test_lines_are_chosen_by_person_kind_and_day(world: World, visit: Visit) -> None:
    said(world.one.adviser, journal.READ, world.one.learner, what="file", roles=["adviser"])
    said(world.one.trainer, "signed-in", method="password")
    browser, day = visit(world.one.admin), now().date()
    assert len(rows(browser)) == 2
    assert len(rows(browser, q="Nadia")) == 1
    assert len(rows(browser, q="nobody")) == 0
    assert len(rows(browser, kind="sign-ins")) == len(rows(browser, kind="reads")) == 1
    assert rows(browser, kind="exports") == []
    far = timedelta(days=2)
    assert len(rows(browser, since=str(day - far), until=str(day + far))) == 2
    assert rows(browser, since=str(day + far)) == rows(browser, until=str(day - far)) == []


@pytest.mark.parametrize(
    "query",
    [
        "kind=none",
        "since=yesterday",
        "until=9999-99-99",
        "until=9999-12-31",
        "since=0001-01-01",
        "page=x",
        "q=" + "x" * 400,
    ],
)
def test_what_cannot_be_read_is_left_out(world: World, visit: Visit, query: str) -> None:
    said(world.one.adviser, "signed-in")
    page = visit(world.one.admin).get(f"/records?{query}")
    assert page.status == 200
    assert len(page.tree.findall(".//tbody/tr")) == 1


def test_below_the_root_one_sees_what_concerns_ones_own_people(world: World, visit: Visit) -> None:
    one = world.one
    local = admin_of(one, one.agency_id, "Léa")
    said(one.adviser, "signed-in")
    said(one.other_adviser, "signed-out")
    said(one.other_adviser, journal.READ, one.learner, what="file")
    found = rows(visit(local))
    assert len(found) == 2, "by somebody of the agency, and about one of its learners"
    assert len(rows(visit(one.admin))) == 3
    assert rows(visit(world.two.admin)) == []


@pytest.mark.parametrize("who", ["hr", "adviser", "trainer", "partner", "learner"])
def test_nobody_else_reads_it(world: World, visit: Visit, who: str) -> None:
    for path in ("/records", "/records/journal.xlsx"):
        assert visit(getattr(world.one, who)).fetch(path).status_code == 403


def test_the_file_holds_what_the_page_shows_and_is_a_line_itself(world: World, visit: Visit) -> None:
    said(world.one.adviser, journal.READ, world.one.learner, what="progress")
    said(world.one.trainer, "signed-in", method="password")
    browser = visit(world.one.admin)
    with browser.fetch("/records/journal.xlsx?kind=reads") as answer:
        sheet: Any = load_workbook(io.BytesIO(answer.data)).active
    (head, line) = sheet.iter_rows(values_only=True)
    assert head[1] == "Qui"
    assert line[1].startswith("Claire")
    assert line[4].startswith("Nadia")
    with db.transaction(Mode.READ, world.one.tenant_id):
        (taken,) = session.scalars(select(Entry).where(Entry.verb == "journal-exported"))
        assert (taken.person_id, taken.details) == (world.one.admin.person_id, {"rows": 1})


def test_a_page_of_it_has_a_constant_number_of_statements(world: World, visit: Visit) -> None:
    browser, sent = visit(world.one.admin), []
    for size in (1, 30):
        for _n in range(size):
            said(world.one.adviser, journal.READ, world.one.learner, what="file")
            said(world.one.trainer, "signed-in")
        with statements() as told:
            browser.get("/records")
        sent.append(len(told))
    assert sent[0] == sent[1]


def test_it_is_leafed_through(world: World, visit: Visit) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        for n in range(120):
            journal.note("people-enrolled", Oneself(1, world.one.adviser.person_id), rows=n)
    browser = visit(world.one.admin)
    assert len(rows(browser)) == 50
    assert len(rows(browser, page="3")) == 20


def noted(tree: ast.AST) -> Iterator[str]:
    """The verbs of a file's lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and ast.unparse(node.func) in _NOTES:
            verb = node.args[0]
            if isinstance(verb, ast.Constant):
                yield str(verb.value)


def test_every_verb_that_is_noted_has_words(app: Flask) -> None:
    """A line that says ``cohort-shared`` to people would be a word of ours."""
    found = {
        verb for path in (ROOT / "lms").rglob("*.py") for verb in noted(ast.parse(path.read_text("utf-8")))
    }
    assert "signed-in" in found
    assert found - set(words.WORDS) == set()
