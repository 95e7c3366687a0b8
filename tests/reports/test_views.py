"""Ask for a report, follow its job, fetch it; the right is asked anew at each download."""

import io
from collections.abc import Callable
from datetime import timedelta

from openpyxl import load_workbook
from sqlalchemy import delete, select, update

from lms.core import db, jobs
from lms.core.clock import now
from lms.core.db import Mode, session
from lms.core.jobs import Job
from lms.core.journal import Entry
from lms.enrolment.models import Level, Share
from lms.organisations.models import Membership
from lms.reports.models import ReportRun
from tests.reports.scenes import share
from tests.support.page import Visitor
from tests.support.queries import statements
from tests.support.sight import everything
from tests.support.worlds import Corner, World

Visit = Callable[..., Visitor]


def work() -> None:
    """What the workers would do."""
    while run := jobs.claim("test:1"):
        run.run()
        db.session.remove()


def the_run(corner: Corner) -> ReportRun:
    with db.transaction(Mode.READ, corner.tenant_id):
        found = session.scalars(select(ReportRun).order_by(ReportRun.id.desc())).first() or ReportRun()
        session.expunge_all()  # as it was: the next transaction would ask again
        return found


def status(browser: Visitor, url: str) -> int:
    with browser.fetch(url) as answer:
        return answer.status_code


def lines(verb: str) -> list[Entry]:
    with everything(Mode.READ):
        return list(session.scalars(select(Entry).where(Entry.verb == verb).order_by(Entry.id)))


def asked(browser: Visitor, corner: Corner, **typed: str) -> ReportRun:
    browser.get("/reports")
    browser.send("/reports/progress", **typed)
    work()
    return the_run(corner)


def test_ask_follow_fetch(world: World, visit: Visit) -> None:
    browser = visit(world.one.adviser)
    page = browser.get("/reports")
    assert page.text("h1") == "Rapports"
    page = browser.send("/reports/progress", cohort=str(world.one.cohort_id))
    assert page.text("h1") == "Préparation d’un rapport"
    work()
    run = the_run(world.one)
    page = browser.get(f"/jobs/{run.job_id}")
    assert f"/reports/runs/{run.id}" in page.links()
    page = browser.get(f"/reports/runs/{run.id}")
    assert f"/reports/runs/{run.id}/file" in page.links()
    with browser.fetch(f"/reports/runs/{run.id}/file") as answer:
        assert answer.status_code == 200
        assert run.file_name in answer.headers["Content-Disposition"]
        content = answer.data
    assert load_workbook(io.BytesIO(content)).sheetnames == ["Lisez-moi", "Synthèse", "Parcours"]
    assert [line.details["rows"] for line in lines("report-downloaded")] == [2]


def test_each_download_is_written_down(world: World, visit: Visit) -> None:
    browser = visit(world.one.adviser)
    run = asked(browser, world.one)
    for _turn in range(3):
        assert status(browser, f"/reports/runs/{run.id}/file") == 200
    found = lines("report-downloaded")
    assert [line.person_id for line in found] == [world.one.adviser.person_id] * 3


def test_a_role_taken_away_closes_the_file(world: World, visit: Visit) -> None:
    browser = visit(world.one.adviser)
    run = asked(browser, world.one)
    assert status(browser, f"/reports/runs/{run.id}/file") == 200
    with db.transaction(tenant_id=world.one.tenant_id):
        mine = Membership.person_id == world.one.adviser.person_id
        session.execute(update(Membership).where(mine).values(role="trainer"))
    assert status(browser, f"/reports/runs/{run.id}/file") == 403
    with db.transaction(tenant_id=world.one.tenant_id):
        session.execute(update(Membership).where(mine).values(ends_at=now() - timedelta(days=1)))
    assert (
        status(browser, f"/reports/runs/{run.id}/file") == 302
    )  # nothing there any more: to the sign-in page
    assert len(lines("report-downloaded")) == 1


def test_a_share_that_ended_or_narrowed_closes_the_file(world: World, visit: Visit) -> None:
    share(world.one, Level.NOMINATIVE)
    browser = visit(world.one.partner)
    run = asked(browser, world.one)
    url = f"/reports/runs/{run.id}/file"
    assert status(browser, url) == 200
    with db.transaction(tenant_id=world.one.tenant_id):
        session.execute(update(Share).values(level=Level.PSEUDONYMOUS))
    assert status(browser, url) == 403
    with db.transaction(tenant_id=world.one.tenant_id):
        session.execute(update(Share).values(level=Level.NOMINATIVE))
    assert status(browser, url) == 200
    with db.transaction(tenant_id=world.one.tenant_id):
        session.execute(delete(Share))
    assert status(browser, url) == 403


def test_a_right_lost_before_the_worker_comes_makes_no_file(world: World, visit: Visit) -> None:
    share(world.one, Level.NOMINATIVE)
    browser = visit(world.one.partner)
    browser.get("/reports")
    browser.send("/reports/progress")
    with db.transaction(tenant_id=world.one.tenant_id):
        session.execute(delete(Share))
    work()
    run = the_run(world.one)
    assert run.made_at is None
    with everything(Mode.READ):
        job = session.get(Job, run.job_id)
    assert job is not None
    assert job.state == "failed"


def test_a_report_is_its_askers_alone(world: World, visit: Visit) -> None:
    run = asked(visit(world.one.adviser), world.one)
    for stranger in (world.one.admin, world.one.other_adviser, world.two.adviser, world.one.partner):
        for path in ("", "/file"):
            assert status(visit(stranger), f"/reports/runs/{run.id}{path}") == 404


def test_who_may_ask(world: World, visit: Visit) -> None:
    expected = {"admin": 200, "hr": 200, "adviser": 200, "partner": 200, "trainer": 403, "learner": 403}
    assert {
        role: visit(world.one.people[role]).fetch("/reports").status_code for role in expected
    } == expected


def test_a_cohort_out_of_sight_is_refused(world: World, visit: Visit) -> None:
    browser = visit(world.one.other_adviser)
    browser.get("/reports")
    token = visit(world.one.adviser).get("/reports").form("/reports/progress")["csrf_token"]
    answer = browser.client.post(
        "/reports/progress",
        data={"csrf_token": token, "cohort": str(world.one.cohort_id), "level": "nominative", "file": "xlsx"},
    )
    assert answer.status_code in (400, 404, 422)
    assert the_run(world.one).id is None


def test_a_partner_chooses_from_what_is_shared(world: World, visit: Visit) -> None:
    page = visit(world.one.partner).get("/reports")
    assert "Pas encore de cohorte" in page.words
    share(world.one, Level.PSEUDONYMOUS)
    page = visit(world.one.partner).get("/reports")
    options = [option.get("value") for option in page.all("option")]
    assert str(world.one.cohort_id) in options
    assert "nominative" not in options
    assert "Nadia" not in page.words


def test_small_groups_stay_hidden_on_the_page(world: World, visit: Visit) -> None:
    share(world.one, Level.AGGREGATE)
    page = visit(world.one.partner).get("/reports")
    assert "moins de 5 personnes" in page.words


def test_csv_too(world: World, visit: Visit) -> None:
    browser = visit(world.one.adviser)
    run = asked(browser, world.one, file="csv", as_of="2026-01-01")
    with browser.fetch(f"/reports/runs/{run.id}/file") as answer:
        assert answer.data.startswith(b"\xef\xbb\xbf")
    assert run.file_name == "progress-2026-01-01.csv"
    assert run.rows == 0


def test_the_page_sends_as_many_statements_for_many_reports(world: World, visit: Visit) -> None:
    browser, counts = visit(world.one.adviser), []
    for _turn in range(2):
        asked(browser, world.one)
        with statements() as sent:
            browser.get("/reports")
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 8
