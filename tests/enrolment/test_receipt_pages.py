"""States, receipts and undo in the browser: what staff do, and that others find nothing."""

from flask import Flask

from lms.core import db
from lms.core.db import Mode, session
from lms.enrolment.models import Batch, Cohort, Member
from lms.enrolment.states import MemberState
from tests.enrolment.conftest import Import
from tests.enrolment.test_pages import Visit, _member, post
from tests.support.worlds import World

ADA = "Nom;Prénom;Identifiant DE\nByron;Ada;7654321B\n"


def state(world: World, member: int) -> MemberState:
    with db.transaction(Mode.READ, world.one.tenant_id):
        return session.get_one(Member, member).state


def newest(world: World) -> int:
    with db.transaction(Mode.READ, world.one.tenant_id):
        return max(one.id for one in session.query(Batch))


def test_a_state_is_said_and_taken_back(world: World, visit: Visit) -> None:
    claire, member = visit(world.one.adviser), _member(world)
    address = f"/cohorts/{world.one.cohort_id}"
    claire.get(address)
    page = post(claire, f"{address}/state/ask", member=member)
    assert "Changer l’état de 1 personne" in page.text("h1").replace("\u00a0", " ")
    assert "Reprise" not in page.words  # nobody of those chosen is suspended
    assert claire.send("/state", deed="abandon", reason="").status == 422
    claire.get(address)
    post(claire, f"{address}/state/ask", member=member)
    page = claire.send("/state", deed="convoke")
    assert "1 personne a changé d’état." in page.words.replace("\u00a0", " ")
    assert state(world, member) is MemberState.CONVOKED
    assert "Convoqué" in page.words
    receipt = f"/cohorts/receipts/{newest(world)}"
    page = claire.get("/cohorts/receipts")
    assert "Convoqué" in page.words
    page = claire.get(receipt)
    assert "Inscrit → Convoqué" in page.words
    page = claire.send("/undo")
    assert "1 personne est comme avant." in page.words.replace("\u00a0", " ")
    assert state(world, member) is MemberState.REGISTERED


def test_who_never_came_is_found_and_comes_back(world: World, visit: Visit) -> None:
    claire, member = visit(world.one.adviser), _member(world)
    address = f"/cohorts/{world.one.cohort_id}"
    claire.get(address)
    post(claire, f"{address}/state/ask", member=member)
    claire.send("/state", deed="not-enter")
    page = claire.get(f"{address}?state=not-entered")
    assert "Non entré" in page.words
    post(claire, f"{address}/state/ask", member=member)
    claire.send("/state", deed="come-back")
    assert state(world, member) is MemberState.REGISTERED


def test_receipts_are_for_those_who_enrol_there(world: World, visit: Visit, imported: Import) -> None:
    number = imported(ADA).batch_id
    for who in (world.one.partner, world.one.learner):
        assert visit(who).get("/cohorts/receipts").status == 403
        assert visit(who).get(f"/cohorts/receipts/{number}").status == 404
    assert visit(world.two.adviser).get(f"/cohorts/receipts/{number}").status == 404


def test_a_cohort_keeps_who_pays(world: World, visit: Visit) -> None:
    claire, number = visit(world.one.adviser), world.one.cohort_id
    page = claire.get(f"/cohorts/{number}/settings")
    page = claire.send(
        "/settings", funder="Région", scheme="AFC", session_number=" SE_1 ", starts_on="2026-12-01"
    )
    assert "Région" in page.words
    with db.transaction(Mode.READ, world.one.tenant_id):
        found = session.get_one(Cohort, number)
        assert (found.funder, found.scheme, found.session_number, found.action_number) == (
            "Région",
            "AFC",
            "SE_1",
            None,
        )


def test_the_command_takes_a_file_back(app: Flask, world: World, imported: Import) -> None:
    number = imported(ADA).batch_id
    done = app.test_cli_runner().invoke(args=["enrolment", "undo", str(number), "--json"])
    assert done.exit_code == 0
    assert '"people": 1' in done.output
    assert app.test_cli_runner().invoke(args=["enrolment", "undo", "999999"]).exit_code == 2
