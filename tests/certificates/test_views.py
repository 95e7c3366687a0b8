"""The pages of certificates, and who sees them."""

import io
from collections.abc import Callable

import pytest
from sqlalchemy import select

from lms.certificates import codes, queries
from lms.certificates.models import Certificate
from lms.core import db, jobs
from lms.core.db import Mode, session
from tests.certificates.earned import certified, complete, drawn
from tests.support.page import Page, Visitor
from tests.support.queries import statements
from tests.support.worlds import World

Visit = Callable[..., Visitor]


def status(browser: Visitor, url: str) -> int:
    with browser.fetch(url) as answer:
        return answer.status_code


def sent(browser: Visitor, content: bytes, name: str = "certificat.pdf") -> Page:
    """Drop a file on the page of verification."""
    page = browser.get("/certificates/verify")
    token = page.form("/certificates/verify")["csrf_token"]
    data = {"csrf_token": token, "file": (io.BytesIO(content), name)}
    with browser.client.post("/certificates/verify", data=data, content_type="multipart/form-data") as answer:
        answer.get_data()
        found = Page(answer)  # type: ignore[arg-type]  # what the client gives is one
    assert found.faults() == []
    return found


def test_my_certificates(world: World, visit: Visit) -> None:
    browser = visit(world.one.learner)
    assert "Pas encore de certificat" in browser.get("/certificates").words
    made = certified(world.one, world.one.learner)
    page = browser.get("/certificates")
    assert "Cours CANARI-1" in page.words
    assert {
        f"/certificates/{made.id}",
        f"/certificates/{made.id}.pdf",
        f"/certificates/verify/{made.code}",
    } <= set(page.links())
    assert "Cours" not in visit(world.one.other_learner).get("/certificates").text("main").replace(
        "Parcours", ""
    )


def test_the_twin_and_the_pdf(world: World, visit: Visit) -> None:
    made, content = drawn(world.one, world.one.learner)
    browser = visit(world.one.learner)
    page = browser.get(f"/certificates/{made.id}")
    assert page.text("h1") == "Certificat de réalisation"
    assert "Nadia CANARI-1" in page.words
    with browser.fetch(f"/certificates/{made.id}.pdf") as answer:
        assert answer.mimetype == "application/pdf"
        assert answer.data == content


def test_not_drawn_yet(world: World, visit: Visit) -> None:
    made = certified(world.one, world.one.learner)
    browser = visit(world.one.learner)
    with browser.fetch(f"/certificates/{made.id}.pdf") as answer:
        assert answer.status_code == 202
        assert b'http-equiv="refresh"' in answer.data
    assert browser.get(f"/certificates/{made.id}.pdf").text("h1") == "Votre certificat se prépare"


def test_in_whose_sight(world: World, visit: Visit) -> None:
    made, _content = drawn(world.one, world.one.learner)
    expected = {
        "learner": 200,
        "adviser": 200,
        "admin": 200,
        "other_adviser": 404,
        "other_learner": 404,
        "hr": 404,
        "partner": 404,
        "trainer": 404,
    }
    for end in ("", ".pdf"):
        found = {
            role: status(visit(world.one.people[role]), f"/certificates/{made.id}{end}") for role in expected
        }
        assert found == expected
        assert status(visit(world.two.admin), f"/certificates/{made.id}{end}") == 404
        assert status(visit(), f"/certificates/{made.id}{end}") == 302


def test_anybody_checks_a_code(world: World, visit: Visit) -> None:
    made, _content = drawn(world.one, world.one.learner)
    browser = visit()
    browser.get("/certificates/verify")
    page = browser.send("/certificates/verify", code=made.code.lower())
    assert page.text("h1") == "Ce certificat est valide"
    assert "N. C." in page.words
    assert "Nadia" not in page.words
    assert browser.get(f"/certificates/verify/{made.code}").text("h1") == "Ce certificat est valide"


def test_nothing_is_said_of_a_code_that_is_nobodys(world: World, visit: Visit) -> None:
    browser = visit()
    good = codes.make()
    assert browser.get(f"/certificates/verify/{good}").text("h1") == "Aucun certificat ne porte ce code"
    slip = good[:-1] + ("0" if good[-1] != "0" else "1")
    assert "ont changé de place" in browser.get(f"/certificates/verify?code={slip}").words
    assert "Ceci est le numéro" in browser.get("/certificates/verify?code=2026-000001").words
    assert browser.get("/certificates/verify?code=%3Cscript%3E").status == 200


def test_the_file_is_judged(world: World, visit: Visit) -> None:
    made, content = drawn(world.one, world.one.learner)
    browser = visit()
    assert sent(browser, content).text("h1") == "Ce certificat est valide"
    page = sent(browser, content[: len(content) // 2], "certificat_v2.pdf")
    assert page.text("h1") == "Ce fichier n’est pas l’original"
    for words in ("Cours CANARI-1", "N. C.", made.number, "certificat_v2.pdf"):
        assert words in page.words
    assert "Nadia" not in page.words
    assert sent(browser, b"%PDF-1.4 rien").text("h1") == "Ce fichier n’est pas reconnu"


def test_nothing_sent_and_too_much_sent(world: World, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = visit()
    browser.get("/certificates/verify")
    page = browser.send("/certificates/verify")
    assert page.status == 422
    assert "Tapez le code" in page.words
    token = browser.get("/certificates/verify").form("/certificates/verify")["csrf_token"]
    monkeypatch.setattr("lms.certificates.views.LARGEST", 1000)
    data = {"csrf_token": token, "file": (io.BytesIO(b"x" * 1001), "a.pdf")}
    with browser.client.post("/certificates/verify", data=data, content_type="multipart/form-data") as answer:
        assert answer.status_code == 413


def test_verification_reads_only(world: World, visit: Visit) -> None:
    made, _content = drawn(world.one, world.one.learner)
    with statements() as asked:
        visit().get(f"/certificates/verify/{made.code}")
    assert len(asked) == 1
    assert asked[0].lstrip().upper().startswith("SELECT")


def test_an_administrator_revokes(world: World, visit: Visit) -> None:
    made, _content = drawn(world.one, world.one.learner)
    assert "revoke" not in str(visit(world.one.adviser).get(f"/certificates/{made.id}").links())
    browser = visit(world.one.admin)
    browser.get(f"/certificates/{made.id}")
    assert browser.send(f"/certificates/{made.id}/revoke").status == 422
    page = browser.send(f"/certificates/{made.id}/revoke", reason="Erreur de personne")
    assert "Ce certificat a été révoqué" in page.words
    public = visit().get(f"/certificates/verify/{made.code}")
    assert public.text("h1") == "Ce certificat a été révoqué"
    assert "Erreur de personne" not in public.words


def test_an_administrator_replaces(world: World, visit: Visit) -> None:
    made, _content = drawn(world.one, world.one.learner)
    browser = visit(world.one.admin)
    browser.get(f"/certificates/{made.id}")
    assert browser.send(f"/certificates/{made.id}/replace").text("h1") == "Certificat de réalisation"
    assert visit().get(f"/certificates/verify/{made.code}").text("h1") == "Ce certificat a été remplacé"
    with db.transaction(Mode.READ, world.one.tenant_id):
        new = session.scalars(select(Certificate).where(Certificate.version == 2)).one()
        assert queries.verdict_on_code(new.code).status == "valid"


@pytest.mark.parametrize(
    ("role", "expected"), [("adviser", 302), ("admin", 302), ("other_adviser", 404), ("learner", 403)]
)
def test_issuing_what_is_missing_in_a_cohort(world: World, visit: Visit, role: str, expected: int) -> None:
    complete(world.one)
    browser = visit(world.one.people[role])
    token = browser.get("/certificates/verify").form("/certificates/verify")["csrf_token"]
    with browser.client.post(
        f"/certificates/issue?cohort={world.one.cohort_id}", data={"csrf_token": token}
    ) as answer:
        assert answer.status_code == expected
        where = answer.headers.get("Location", "")
    if expected == 302:
        while run := jobs.claim("test:1"):
            run.run()
            db.session.remove()
        assert "2" in browser.get(where).words
        with db.transaction(Mode.READ, world.one.tenant_id):
            assert len(session.scalars(select(Certificate.id)).all()) == 2
