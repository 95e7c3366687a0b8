"""What every page of the house owes, whoever asks: nothing of another tenant, nothing written, a constant number of statements."""

import io
import zipfile
from collections.abc import Callable

import pypdf
import pytest
from flask import Flask
from sqlalchemy import delete

from lms.certificates import services as certificates
from lms.certificates.models import Certificate
from lms.core import db
from lms.core.db import Mode, session
from lms.enrolment.models import Level
from lms.people import services as people
from lms.people.models import SignIn
from lms.reports.report import Report
from tests.house import filled, seeds, staircase
from tests.reports.scenes import made, scope, share
from tests.support import worlds
from tests.support.page import Visitor
from tests.support.queries import statements
from tests.support.worlds import World

Visit = Callable[..., Visitor]
ROLES = (
    *("admin", "hr", "manager", "adviser", "trainer", "mediator", "auditor"),
    *("partner", "learner"),
)
#: Pages that write: a download, which the journal keeps.
WRITING = {"reports.run_file", "records.journal_file"}
#: They speak with a provider; tests/sso has one.
WITH_OTHERS = {"sso.start", "sso.callback"}
#: After them nobody is signed in any more. (The door shows the names of every customer's providers: they are public.)
LEAVING = {"people.sign_out", "people.sign_out_idle"}


def pages(app: Flask, world: World) -> list[str]:
    """Every address of a page with the first tenant's subjects."""
    found = staircase.addresses(app, world, "GET")
    return [path for rule, path in found if rule.endpoint not in WITH_OTHERS]


def text_of(content: bytes) -> str:
    """All that an answer or a file says: the words of a PDF, the parts of a workbook, else its bytes."""
    if content.startswith(b"%PDF"):
        return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"".join(map(archive.read, archive.namelist()))
    return content.decode("utf-8", "replace")


def draw(world: World) -> None:
    """The learner's certificate and card as files."""
    with db.transaction(Mode.READ, world.one.tenant_id):
        (sheet,) = [certificates.sheet_of(one) for one in session.query(Certificate).filter_by(pdf_key=None)]
    drawn = certificates.draw([sheet])
    with db.transaction(tenant_id=world.one.tenant_id):
        certificates.keep(world.one.tenant_id, drawn)
        people.new_cards([world.one.learner.person_id], world.one.tenant_id, None)


def test_no_page_or_file_shows_a_text_of_another_tenant(app: Flask, world: World, visit: Visit) -> None:
    """Every text and JSON column of two others holds a canary: wherever a statement forgets its tenant, one flies."""
    addresses = pages(app, world)
    draw(world)
    share(world.one, Level.NOMINATIVE)
    worlds.every_role(world.one)
    worlds.in_sight_of_few(world.one)
    for other in (world.two, worlds.third()):
        filled.every_text(other)
    seen = set()
    for role in ROLES:
        visitor = visit(world.one.people[role])
        for path in addresses:
            with visitor.fetch(path) as answer:
                assert filled.CANARY not in text_of(answer.data), (role, path)
                seen.add((answer.mimetype, answer.status_code))
    assert {("application/pdf", 200), ("text/html", 200)} <= seen
    assert any("sheet" in str(kind) and code == 200 for kind, code in seen)
    for name in Report.registered:
        for role in ("admin", "adviser", "partner"):
            for form in ("xlsx", "csv"):
                _written, content = made(scope(world.one.people[role]), name, form)
                said = text_of(content)
                assert "CANARI-1" in said, (name, role, form)
                assert filled.CANARY not in said, (name, role, form)


def test_no_answer_to_the_numbers_of_another_tenant_tells_anything(
    app: Flask, world: World, visit: Visit
) -> None:
    """Each role asks and sends with what belongs to another one, in the address and in the form: no text of theirs comes back."""
    worlds.every_role(world.one)
    worlds.in_sight_of_few(world.one)
    theirs = world.two
    filled.every_text(theirs)
    known = seeds.of_corner(theirs) | {"courses.slug": f"{filled.CANARY}-{theirs.course_id}"}
    typed = {
        "cohort": theirs.cohort_id, "cohort_id": theirs.cohort_id, "to": theirs.agency_id, "other": theirs.learner.person_id,
        "organisation": theirs.agency_id, "place": theirs.agency_id, "tie": 1, "member": known["member_id"],
        "partner": theirs.partner.person_id, "trainer": theirs.trainer.person_id, "q": "canari",
    }  # fmt: skip
    asked = {name: str(value) for name, value in typed.items()}
    app.config["WTF_CSRF_ENABLED"] = False
    try:
        for role in ROLES:
            browser = visit(world.one.people[role]).client
            for method in ("GET", "POST"):
                for path in _addresses_of(app, known, method):
                    form, query = (asked, None) if method == "POST" else (None, asked)
                    with browser.open(path, method=method, data=form, query_string=query) as answer:
                        assert filled.CANARY not in text_of(answer.data), (role, method, path)
            browser.delete_cookie("kokoroe")
    finally:
        app.config["WTF_CSRF_ENABLED"] = True


def _addresses_of(app: Flask, known: dict[str, object], method: str) -> list[str]:
    urls = app.url_map.bind("localhost")
    return [
        urls.build(rule.endpoint, {name: known[staircase.key(rule, name)] for name in rule.arguments}, method)
        for rule in staircase.rules(app, method)
        if rule.endpoint not in WITH_OTHERS | LEAVING and not rule.rule.startswith("/sign-in")
    ]


def test_the_canaries_can_be_seen(app: Flask, world: World, visit: Visit) -> None:
    """Whoever belongs there does see them: the test above looks for something that would show."""
    filled.every_text(world.two)
    assert filled.tables_with_texts() - {table for table, _column in filled.places()} == set()
    admin = visit(world.two.admin)
    for path in ("/people", "/cohorts", "/courses", "/curricula", "/organisations"):
        assert filled.CANARY in text_of(admin.fetch(path).data), path


def test_only_a_download_writes(app: Flask) -> None:
    writing = {
        rule.endpoint
        for rule in staircase.rules(app, "GET")
        if getattr(app.view_functions[rule.endpoint], "mode", None) is Mode.WRITE
    }
    assert writing == WRITING


def test_a_page_leaves_no_trace(app: Flask, world: World, visit: Visit) -> None:
    addresses = pages(app, world)
    visitors = [visit(world.one.people[role]) for role in ("admin", "adviser", "learner")]
    before = filled.everything()
    for visitor in visitors:
        for path in addresses:
            visitor.fetch(path).close()
    after = filled.everything()
    assert {table for table in before if before[table] != after[table]} == set()


@pytest.mark.parametrize("role", ["admin", "learner"])
def test_the_statements_of_a_page_do_not_grow_with_its_rows(
    app: Flask, world: World, visit: Visit, role: str
) -> None:
    addresses = pages(app, world)
    share(world.one, Level.NOMINATIVE)
    with db.transaction(tenant_id=world.one.tenant_id):
        session.execute(delete(SignIn))
    visitor = visit(world.one.people[role])

    def counts() -> dict[str, int]:
        found = {}
        for path in addresses:
            with statements() as sent:
                visitor.fetch(path).close()
            found[path] = len(sent)
        return found

    filled.more_of_everything(world.one, 1)
    counts()  # what is read once a process is read
    before = counts()
    filled.more_of_everything(world.one, 2)
    after = counts()
    assert {path: (before[path], after[path]) for path in addresses if after[path] > before[path]} == {}
