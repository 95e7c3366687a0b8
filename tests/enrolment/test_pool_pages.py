"""The pages of pools, through their forms: opened, given on with a preview, frozen, renewed, bound to cohorts, downloaded."""

import io
from collections.abc import Callable

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select

from lms.core import db
from lms.core.db import Mode, session
from lms.core.journal import Entry
from lms.enrolment.models import Cohort, Pool
from lms.ledger.models import Unit
from tests.enrolment.pools import bound, day, give, is_right, opened, parts
from tests.enrolment.test_pages import _latest, _upload, post, work
from tests.support.page import Visitor
from tests.support.worlds import Corner, World

Visit = Callable[..., Visitor]


@pytest.fixture
def one(world: World) -> Corner:
    return world.one


def latest(one: Corner) -> Pool:
    with db.transaction(Mode.READ, one.tenant_id):
        return session.scalars(select(Pool).order_by(Pool.id.desc()).limit(1)).one()


def test_a_pool_is_opened_and_a_part_of_it_given(app: Flask, one: Corner, visit: Visit) -> None:
    admin = visit(one.admin)
    assert "Nouvelle enveloppe" in admin.get("/cohorts/pools").words
    page = admin.get("/cohorts/pools/new")
    said = page.form("/pools/new") | {
        "name": "Région 2026", "total": "1 000", "funder": "Conseil régional", "ends_on": day(300).isoformat()
    }  # fmt: skip
    wrong = admin.send("/pools/new", **said | {"total": "beaucoup"})
    assert wrong.status == 422
    assert wrong.form("/pools/new")["funder"] == "Conseil régional", "nothing typed is lost"
    assert admin.send("/pools/new", **said).status == 200
    pool = latest(one).id
    assert parts(one, pool, one.root_id) == (1000, 0, 0)
    again = admin.client.post("/cohorts/pools/new", data=said)
    assert again.status_code == 409, "sent twice, opened once"
    address = f"/cohorts/pools/{pool}/move"
    admin.get(address)
    asked = admin.send("/move", source=one.root_id, target=one.agency_id, amount="50")
    assert asked.status == 200
    assert "950" in asked.words
    assert parts(one, pool, one.agency_id) == (0, 0, 0), "a preview writes nothing"
    kept = asked.form("/confirm")
    assert "950 places" in admin.send("/confirm").words.replace("\xa0", " ")
    assert parts(one, pool, one.agency_id) == (50, 0, 0)
    admin.get(address)
    assert post(admin, f"{address}/confirm", **kept).status == 422, "the same form again"
    assert parts(one, pool, one.agency_id) == (50, 0, 0)
    admin.get(address)
    too_much = admin.send("/move", source=one.root_id, target=one.agency_id, amount="5000")
    assert too_much.status == 422
    assert too_much.form("/move")["amount"] == "5000"
    assert "Conseil régional" in admin.get("/cohorts/pools").words


def test_a_unit_sees_its_part_and_moves_nothing_of_others(app: Flask, one: Corner, visit: Visit) -> None:
    pool, hr = opened(one, 100), visit(one.hr)
    assert hr.get(f"/cohorts/pools/{pool}").status == 404, "not before it has a part"
    give(one, pool, 7, to=one.company_id)
    give(one, pool, 20, to=one.agency_id)
    page = hr.get(f"/cohorts/pools/{pool}")
    assert page.status == 200
    assert "Agence" not in page.words
    assert "Agence" not in hr.get(f"/cohorts/pools/{pool}/movements").words
    assert hr.get(f"/cohorts/pools/{pool}/settings").status == 404
    hr.get(f"/cohorts/pools/{pool}/move")
    stolen = {"source": one.agency_id, "target": one.company_id, "amount": "5", "once": "a"}
    assert post(hr, f"/cohorts/pools/{pool}/move/confirm", **stolen).status == 422
    assert parts(one, pool, one.company_id) == (7, 0, 0)


@pytest.mark.parametrize("role", ["adviser", "trainer", "learner"])
def test_others_have_no_pools(app: Flask, one: Corner, visit: Visit, role: str) -> None:
    pool, other = opened(one, 100, at=one.agency_id), visit(one.people[role])
    assert other.get("/cohorts/pools").status == 403
    assert other.get(f"/cohorts/pools/{pool}").status in (403, 404)


def test_a_cohort_is_bound_and_let_go(app: Flask, one: Corner, visit: Visit) -> None:
    pool = opened(one, 1, at=one.agency_id)
    admin, address = visit(one.admin), f"/cohorts/pools/{pool}"
    admin.get(address)
    refused = admin.send("/bind", cohort=one.cohort_id, how="all")
    assert refused.status == 422
    assert "2 places" in refused.words.replace("\xa0", " ")
    with db.transaction(Mode.READ, one.tenant_id):
        assert session.get_one(Cohort, one.cohort_id).pool_id is None
    assert admin.send("/bind", cohort=one.cohort_id, how="some").status == 200
    assert parts(one, pool, one.agency_id) == (0, 1, 0)
    people = admin.get(f"{address}/people").words
    assert "CANARI-1 Nadia" in people
    assert "CANARI-1 Odile" not in people
    assert "Cohorte CANARI-1" in admin.get(f"{address}/movements").words
    admin.get(address)
    assert admin.send("/unbind").status == 200
    assert parts(one, pool, one.agency_id) == (1, 0, 0)
    assert post(admin, f"{address}/bind", cohort="x", how="all").status == 422
    assert is_right(one.tenant_id)


def test_too_few_places_are_told_to_whoever_enrols(app: Flask, one: Corner, visit: Visit) -> None:
    bound(one, opened(one, 2, at=one.agency_id))
    adviser = visit(one.adviser)
    adviser.get(f"/cohorts/{one.cohort_id}/add")
    page = adviser.send("/add", last_name="Neuve", first_name="Zoé")
    assert page.status == 409
    assert "1 place" in page.words.replace("\xa0", " ")
    assert "Agence CANARI-1" in page.words


def test_it_is_frozen_and_opened_again(app: Flask, one: Corner, visit: Visit) -> None:
    pool = opened(one, 10, at=one.agency_id)
    admin, address = visit(one.admin), f"/cohorts/pools/{pool}"
    admin.get(f"{address}/freeze")
    assert "gelée" in admin.send("/freeze").words
    assert admin.get(f"{address}/renew").status == 200
    assert admin.send("/renew", starts_on=day(0).isoformat()).status == 422
    admin.get(address)
    assert admin.send("/thaw").status == 200
    assert latest(one).frozen_at is None


def test_its_total_is_changed_as_far_as_it_is_free(app: Flask, one: Corner, visit: Visit) -> None:
    pool = opened(one, 10)
    give(one, pool, 4, to=one.agency_id)
    admin, address = visit(one.admin), f"/cohorts/pools/{pool}/settings"
    assert admin.get(address).form("/settings")["total"] == "10"
    refused = admin.send("/settings", name="Autre nom", total="3")
    assert refused.status == 422
    assert "6 places" in refused.words.replace("\xa0", " ")
    assert latest(one).name == "Région 2026"
    assert admin.send("/settings", name="Autre nom", total="12").status == 200
    assert (latest(one).name, parts(one, pool, one.root_id)) == ("Autre nom", (8, 0, 0))


def test_it_is_renewed_after_a_look_at_what_would_change(app: Flask, one: Corner, visit: Visit) -> None:
    pool = opened(one, 10)
    give(one, pool, 4, to=one.agency_id)
    bound(one, pool)
    admin, address = visit(one.admin), f"/cohorts/pools/{pool}/renew"
    admin.get(address)
    asked = admin.send("/renew", starts_on=day(0).isoformat(), ends_on=day(90).isoformat(), total="5")
    assert asked.status == 200
    assert latest(one).id == pool, "a preview writes nothing"
    kept = asked.form("/confirm")
    assert admin.send("/confirm").status == 200
    new = latest(one).id
    assert parts(one, new, one.root_id) == (11, 0, 0)
    assert parts(one, new, one.agency_id) == (2, 0, 0)
    admin.get(address)
    assert post(admin, f"{address}/confirm", **kept).status == 422
    assert is_right(one.tenant_id)


def test_a_budget_is_typed_and_shown_in_euros(app: Flask, one: Corner, visit: Visit) -> None:
    admin = visit(one.admin)
    admin.get("/cohorts/pools/new")
    said = {"name": "Budget", "unit": "credit-cents", "total": "1 200,50"}
    assert admin.send("/pools/new", **said, price="").status == 422
    assert admin.send("/pools/new", **said, price="100").status == 200
    pool = latest(one)
    assert (pool.unit, pool.price, parts(one, pool.id, one.root_id)) == (
        Unit.CREDIT_CENTS,
        10_000,
        (120_050, 0, 0),
    )
    assert "1 200,50 €" in admin.get(f"/cohorts/pools/{pool.id}").words.replace("\xa0", " ")


def test_what_moved_is_shown_and_downloaded(app: Flask, one: Corner, visit: Visit) -> None:
    pool = opened(one, 10, unit=Unit.CREDIT_CENTS, price=150)
    give(one, pool, 4, to=one.agency_id)
    admin = visit(one.admin)
    assert "0,04" in admin.get(f"/cohorts/pools/{pool}/movements").words
    answer = admin.fetch(f"/cohorts/pools/{pool}/movements.xlsx")
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.data)).worksheets[0].iter_rows(values_only=True))
    assert [row[4] for row in rows[1:]] == [0.04, 0.1]
    assert rows[1][2:4] == ("Réseau CANARI-1", "Agence CANARI-1")
    with db.transaction(Mode.READ, one.tenant_id):
        exported = select(Entry.details).where(Entry.verb == "movements-exported")
        assert session.scalars(exported).one() == {"pool": pool, "rows": 2}


def test_every_page_opens_in_english(app: Flask, one: Corner, visit: Visit) -> None:
    pool = opened(one, 10)
    give(one, pool, 5, to=one.agency_id)
    bound(one, pool)
    admin = visit(one.admin)
    admin.get("/cohorts")
    post(admin, "/language", language="en")
    for path in (
        "",
        "/new",
        f"/{pool}",
        *(f"/{pool}/{name}" for name in ("move", "settings", "freeze", "renew", "movements", "people")),
    ):
        page = admin.get(f"/cohorts/pools{path}")
        assert (page.status, page.tree.get("lang")) == (200, "en"), path


def test_a_file_of_more_people_than_places_enrols_nobody_and_says_why(
    app: Flask, one: Corner, visit: Visit
) -> None:
    pool = opened(one, 3, at=one.agency_id)
    bound(one, pool)
    adviser = visit(one.adviser)
    lines = b"nom;prenom\nNeuve;Zo\xc3\xa9\nNeuf;Zo\xc3\xa9\n"
    _upload(adviser, lines, cohort=str(one.cohort_id))
    work()
    address = _latest()
    adviser.get(address)
    adviser.send("/write")
    work()
    page = adviser.get(address).words.replace("\xa0", " ")
    assert "Il faut 2 places, et Agence CANARI-1 n’a plus que 1 place" in page
    assert parts(one, pool, one.agency_id) == (1, 2, 0)
    assert is_right(one.tenant_id)


def test_the_team_is_told_whose_a_page_is(one: Corner, visit: Visit) -> None:
    pool = opened(one, 10, at=one.agency_id)
    claire = visit(one.adviser)
    for address in ("/cohorts/pools", "/cohorts/pools/new", f"/cohorts/pools/{pool}"):
        page = claire.get(address)
        assert page.status == 403
        assert "Les administrateurs et les responsables RH" in page.words
        assert "demandez à l’une de ces personnes" in page.words
    plain = visit(one.learner).get("/cohorts/pools")
    assert (plain.status, "RH" in plain.words) == (403, False)


def test_a_funder_reads_the_pools_that_are_shown_to_them_and_no_others(
    world: World, one: Corner, visit: Visit
) -> None:
    mine, other = opened(one, 10, name="Région"), opened(one, 7, name="Autre")
    give(one, mine, 4, to=one.agency_id)
    bound(one, mine)
    paula, admin = visit(one.partner), visit(one.admin)
    assert "Aucune enveloppe" in paula.get("/cohorts/pools").words
    assert paula.get(f"/cohorts/pools/{mine}").status == 404
    admin.get(f"/cohorts/pools/{mine}/sharing")
    assert admin.send("/sharing", partner=one.adviser.person_id).status == 422, "no partner"
    admin.get(f"/cohorts/pools/{mine}/sharing")
    page = admin.send("/sharing", partner=one.partner.person_id)
    assert one.partner.name in page.words
    listed = paula.get("/cohorts/pools").words
    assert "Région" in listed
    assert "Autre" not in listed
    page = paula.get(f"/cohorts/pools/{mine}")
    assert page.status == 200
    assert "parce que vous la financez" in page.words
    assert f"Agence {one.partner.name.split()[1]}" in page.words
    for hidden in ("Nadia", "Cohorte CANARI", "Geler", "Renouveler"):
        assert hidden not in page.words
    assert not [form for form in page.all("form") if "/pools/" in (form.get("action") or "")]
    for address in (
        "/people",
        "/movements",
        "/movements.xlsx",
        "/settings",
        "/sharing",
        "/move",
        "/renew",
        "/freeze",
    ):
        assert paula.get(f"/cohorts/pools/{mine}{address}").status in (403, 404), address
        assert paula.get(f"/cohorts/pools/{other}{address}").status == 404, address
    paula.get(f"/cohorts/pools/{mine}")
    assert post(paula, f"/cohorts/pools/{mine}/bind", cohort=one.cohort_id).status in (403, 404)
    assert visit(world.two.partner).get(f"/cohorts/pools/{mine}").status == 404
    admin.get(f"/cohorts/pools/{mine}/sharing")
    admin.send("/sharing/stop", partner=one.partner.person_id)
    assert paula.get(f"/cohorts/pools/{mine}").status == 404
