"""A cohort is shared with a partner, who takes its workbook; once it is shared no more, the file is shut too."""

import io
from collections.abc import Callable

from openpyxl import load_workbook

from tests.journeys.conftest import Visit, link, status, taken
from tests.support.worlds import World

Work = Callable[[], None]


def test_the_partner_takes_the_workbook(world: World, visit: Visit, work: Work) -> None:
    one = world.one
    claire, paula = visit(one.adviser), visit(one.partner)
    assert status(paula, f"/cohorts/{one.cohort_id}") == 404
    claire.get(f"/cohorts/{one.cohort_id}/sharing")
    claire.send("/sharing", partner=str(one.partner.person_id), level="nominative")
    assert "Nadia" in paula.get(f"/cohorts/{one.cohort_id}").words
    paula.get("/reports")
    job = paula.send("/reports/progress").response.request.path
    work()
    page = paula.get(link(paula.get(job), "/reports/runs/"))
    file = link(page, "/file")
    book = load_workbook(io.BytesIO(taken(paula, file)), read_only=True)
    assert book.sheetnames == ["Lisez-moi", "Synthèse", "Parcours"]
    rows = list(book["Parcours"].iter_rows(min_row=2, values_only=True))
    assert sorted(str(row[3]) for row in rows) == ["Nadia", "Odile"]
    assert status(visit(world.two.partner), file) == 404
    assert status(claire, file) == 404
    claire.get(f"/cohorts/{one.cohort_id}/sharing")
    claire.send("/sharing/stop")
    assert status(paula, f"/cohorts/{one.cohort_id}") == 404
    assert status(paula, file) in (403, 404)


def test_a_cohort_shared_without_names_shows_none(world: World, visit: Visit, work: Work) -> None:
    one = world.one
    claire, paula = visit(one.adviser), visit(one.partner)
    claire.get(f"/cohorts/{one.cohort_id}/sharing")
    claire.send("/sharing", partner=str(one.partner.person_id), level="pseudonymous")
    assert "Nadia" not in paula.get(f"/cohorts/{one.cohort_id}").words
    paula.get("/reports")
    job = paula.send("/reports/progress").response.request.path
    work()
    page = paula.get(link(paula.get(job), "/reports/runs/"))
    book = load_workbook(io.BytesIO(taken(paula, link(page, "/file"))), read_only=True)
    said = " ".join(str(cell) for row in book["Parcours"].iter_rows(values_only=True) for cell in row)
    assert "Nadia" not in said
    assert "Odile" not in said
