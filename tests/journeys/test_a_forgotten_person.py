"""Somebody comes by a file, learns, is certified, reported on, and asks to be forgotten: then nobody finds the name.

Where it may stand is looked for everywhere: each text and JSON column of each table, the files, the mails that were kept
as files, the pages, exports and searches of everybody, the log. Only the certificate that the law wants kept has it, until its day.
"""

import io
import logging
import re
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pypdf
import pytest
import sqlalchemy as sa
from flask import Flask

from config import settings
from lms.certificates import retention
from lms.certificates.models import Certificate, RegisterEntry
from lms.core import db, files
from lms.core.clock import today
from lms.core.courier import Courier
from lms.core.db import Mode, Model, session
from lms.core.doctor import Checkup
from lms.people.models import Account, Person
from tests.house import staircase
from tests.journeys.conftest import Visit, link
from tests.progress.playing import do, learner
from tests.support import sight
from tests.support.page import Visitor
from tests.support.worlds import Someone, World

Work = Callable[[], None]
#: What tells of her: her names as she writes them and as lists sort them, her address, telephone and numbers.
NEEDLES = ("quatrebarbes", "zoéline", "zoeline", "0639987711", "7654321z", "59777")
_FILE = (
    "Nom;Prénom;Mail;Téléphone;Code postal;Identifiant France Travail\n"
    "Quatrebarbes;Zoéline;zoeline.quatrebarbes@exemple.fr;06 39 98 77 11;59777;7654321Z\n"
    "Durand;Léon;leon.durand@exemple.fr;06 39 98 00 11;59100;1111111A\n"
)


def told(content: bytes) -> str:
    """All that a file says, in lower case: the words of a PDF, the parts of a workbook, else its bytes."""
    if content.startswith(b"%PDF"):
        reader = pypdf.PdfReader(io.BytesIO(content))
        return f"{reader.metadata} {''.join(page.extract_text() for page in reader.pages)}".casefold()
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"".join(map(archive.read, archive.namelist()))
    return content.decode("utf-8", "replace").casefold()


def names_her(text: str) -> bool:
    plain = text.casefold()
    return any(needle in plain for needle in NEEDLES)


def in_tables() -> set[str]:
    """Table and column of every text or JSON value that tells of her."""
    found = set()
    with sight.everything(Mode.READ):
        for table in Model.metadata.sorted_tables:
            for column in table.c:
                if isinstance(column.type, sa.String | sa.JSON):
                    values = session.scalars(sa.select(sa.cast(column, sa.Text)).where(column.is_not(None)))
                    if any(map(names_her, values)):
                        found.add(f"{table.name}.{column.name}")
    return found


def in_database_file() -> bool:
    """Whether the bytes of SQLite's file tell of her, in what was deleted as well."""
    url = settings.current().database_url
    if not url.startswith("sqlite"):
        return False
    with db.transaction():
        pass
    db.disconnect_idle()
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return names_her(Path(url.removeprefix("sqlite:///")).read_bytes().decode("utf-8", "replace"))


def in_files() -> set[str]:
    """What kinds of files of ours tell of her: those of the storage, and all that lies beside it in ``LMS_VAR``."""
    keys = list(files.storage().keys())
    found = {"storage" for key in keys if names_her(told(_stored(key)))}
    var = settings.current().var
    kept = var / "files"
    for path in var.rglob("*"):
        if path.is_file() and kept not in path.parents and names_her(told(path.read_bytes())):
            found.add(path.suffix)
    return found


def _stored(key: str) -> bytes:
    with files.storage().open(key) as stream:
        return stream.read()


def pages(app: Flask, world: World, path_of: dict[str, int]) -> Iterator[str]:
    """Every address of a page that has a subject of this story, and every one that has none."""
    for rule in staircase.rules(app, "GET"):
        if rule.endpoint in ("sso.start", "sso.callback"):
            continue
        if set(rule.arguments) <= set(path_of):
            yield app.url_map.bind("localhost").build(
                rule.endpoint, {n: path_of[n] for n in rule.arguments}, "GET"
            )


def seen_by(visitor: Visitor, paths: list[str]) -> set[str]:
    """The addresses whose answer tells of her."""
    found = set()
    for path in paths:
        with visitor.fetch(path) as answer:
            if names_her(told(answer.data)):
                found.add(path)
    return found


def send_mails() -> None:
    chosen = settings.current()
    with_nobody = Courier("", chosen.var / "mail", chosen.base_url)
    for _turn in range(20):
        if not with_nobody.turn():
            break


def enrolled(world: World, visit: Visit, work: Work) -> Someone:
    """By a file, with a card of her own and the course learned to its end."""
    claire = visit(world.one.adviser)
    page = claire.get("/cohorts/imports/new")
    course = next(o.get("value") for o in page.all("option") if (o.get("value") or "").startswith("course:"))
    sent = (io.BytesIO(_FILE.encode()), "zoeline-quatrebarbes.csv")
    page = claire.send("/cohorts/imports/new", file=sent, name="Hiver", path=course)
    work()
    claire.get(link(claire.get(page.response.request.path), "/cohorts/imports/"))
    claire.send("/write")
    work()
    send_mails()
    claire.get(
        next(one for one in claire.get("/people?q=quatreb").links() if re.search(r"/people/\d+$", one))
    )
    claire.send("/card")  # she has an account now
    with db.transaction(Mode.READ, world.one.tenant_id):
        her = session.scalars(sa.select(Person).where(Person.last_name == "Quatrebarbes")).one()
        account = session.scalars(sa.select(Account).where(Account.id == her.account_id)).one()
        return Someone(her.tenant_id, world.one.agency_id, her.id, account.id, account.login, her.name)


def certified(world: World, her: Someone, work: Work) -> int:
    who = learner(world.one, her)
    for activity_id in world.one.activity_ids:
        do(who, activity_id)
    work()
    with db.transaction(Mode.READ, her.tenant_id):
        return session.scalars(sa.select(Certificate.id).where(Certificate.person_id == her.person_id)).one()


def reported(world: World, visit: Visit, work: Work) -> None:
    claire = visit(world.one.adviser)
    claire.get("/reports")
    claire.send("/reports/progress", level="nominative")
    work()


def test_after_an_erasure_the_name_is_nowhere(
    app: Flask, world: World, visit: Visit, work: Work, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.INFO)
    her = enrolled(world, visit, work)
    certificate_id = certified(world, her, work)
    reported(world, visit, work)
    mine = visit(her)
    mine.get("/my-data/requests")
    mine.send("/my-data/requests", kind="correct", wish="Mon nom est Quatrebarbes, sans trait d’union.")
    with db.transaction(Mode.READ, her.tenant_id):
        code = session.scalars(sa.select(RegisterEntry.code).where(RegisterEntry.initials == "Z. Q.")).one()
        cohort_id, member_id = session.execute(
            sa.text("select cohort_id, id from cohort_member where person_id = :p"), {"p": her.person_id}
        ).one()
    known = {
        "person_id": her.person_id,
        "cohort_id": cohort_id,
        "member_id": member_id,
        "certificate_id": certificate_id,
    }
    paths = [
        *pages(app, world, known),
        "/people?q=quatreb",
        "/records?q=quatreb",
        f"/cohorts/{cohort_id}?q=zoe",
    ]
    staff = [visit(world.one.people[role]) for role in ("admin", "adviser")]

    assert in_database_file() is not db.is_postgresql()
    # First she is found in all these places: the test looks where it should.
    assert {
        "person.last_name",
        "person.sort_name",
        "mail.address",
        "data_request.wish",
        "certificate.facts",
    } <= in_tables()
    assert in_files() >= {"storage", ".eml"}
    before = set().union(*(seen_by(one, paths) for one in staff))
    assert {"/people", "/people?q=quatreb", f"/people/{her.person_id}", f"/cohorts/{cohort_id}"} <= before

    admin = staff[0]
    admin.get(f"/records/people/{her.person_id}/erase")
    page = admin.send(f"/records/people/{her.person_id}/erase", sure="y")
    assert f"31 décembre {today().year + 6}" in page.text("main")
    work()
    send_mails()

    assert in_tables() == {"certificate.facts"}
    assert in_files() == {"storage"}, "the PDF of the certificate"
    evidence = {f"/certificates/{certificate_id}", f"/certificates/{certificate_id}.pdf"}
    assert seen_by(admin, paths) <= evidence
    for one in (staff[1], visit(world.one.other_learner), visit()):
        assert seen_by(one, paths) == set()
    assert not names_her(caplog.text)
    reported(world, visit, work)
    assert in_files() == {"storage"}
    assert mine.fetch("/learn").status_code == 302

    answer = visit().get(f"/certificates/verify/{code}")
    assert "Z. Q." in answer.text("main")
    assert not names_her(answer.html)
    checkup = Checkup.registered["journal"]()
    assert list(checkup.findings()) == []
    db.session.remove()

    # On the day after the one that was said, the evidence goes as well.
    with db.transaction(tenant_id=her.tenant_id):
        assert len(retention.let_go(her.tenant_id, today().replace(year=today().year + 7))) == 1
    assert in_tables() == in_files() == set()
    assert not in_database_file()
    assert "Z. Q." in visit().get(f"/certificates/verify/{code}").text("main")
