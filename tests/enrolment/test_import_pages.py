"""Pages of files: columns that nobody knew, kept once said; who leaves, confirmed by their number."""

from typing import Any

import pytest
from sqlalchemy import func, select

from lms.core import db
from lms.core.db import Mode, session
from lms.enrolment.models import ColumnMapping, Member
from lms.enrolment.states import MemberState
from tests.enrolment.test_pages import Visit, _cells, _latest, _upload, post, work
from tests.support.page import Page, Visitor
from tests.support.worlds import World

STRANGE = "Patronyme;Petit nom;Numéro unique;Joindre;Remarques\n"
ADA = "Byron;Ada;7654321B;ada@exemple.fr;rien\n"
GRACE = "Hopper;Grace;7654322C;grace@exemple.fr;rien\n"
KNOWN = "Nom;Prénom;Identifiant DE\n"


def said(visitor: Visitor, **changes: str) -> Page:
    """Say what the five columns are."""
    values = ["last_name", "first_name", "agency_identifier", "email", ""]
    typed = {f"column_{n}": field for n, field in enumerate(values)} | changes
    return visitor.send("/columns", **typed)


def test_unknown_columns_are_named_once(world: World, visit: Visit) -> None:
    claire = visit(world.one.adviser)
    _upload(claire, (STRANGE + ADA).encode(), name="Novembre")
    work()
    sent = _latest()
    page = claire.get(sent)
    assert page.text("h1") == "Dire ce que sont les colonnes"
    page = claire.get(f"{sent}/columns")
    assert "Byron" in page.words  # the first cells stand under each name
    page = said(claire, column_0="")
    assert page.status == 422
    assert "Choisissez la colonne de" in page.words
    page = said(claire, column_3="first_name")
    assert page.status == 422
    assert "deux colonnes" in page.words
    assert said(claire).text("h1") == "Vérification du fichier"
    work()
    report = claire.get(sent)
    assert _cells(report) == [1, 0, 0, 0, 1]
    assert "Quelqu’un de votre organisation" in report.words
    # The next file with the same header, another spelling of its names, is read at once.
    _upload(
        claire, ("PATRONYME;petit-nom;Numero unique;joindre;remarques\n" + GRACE).encode(), name="Novembre"
    )
    work()
    assert _cells(claire.get(_latest())) == [1, 0, 0, 0, 1]


def test_what_was_said_of_columns_is_forgotten_on_request(world: World, visit: Visit) -> None:
    claire = visit(world.one.adviser)
    _upload(claire, (STRANGE + ADA).encode(), name="Novembre")
    work()
    sent = _latest()
    claire.get(f"{sent}/columns")
    said(claire)
    work()
    claire.get(f"{sent}/columns")
    post(claire, f"{sent}/columns", forget="1")
    work()
    assert claire.get(sent).text("h1") == "Dire ce que sont les colonnes"
    with db.transaction(Mode.READ, world.one.tenant_id):
        assert session.scalar(select(func.count()).select_from(ColumnMapping)) == 0


@pytest.mark.parametrize("way", ["/columns", ""])
def test_strangers_see_no_columns(world: World, visit: Visit, way: str) -> None:
    claire = visit(world.one.adviser)
    _upload(claire, (STRANGE + ADA).encode(), name="Novembre")
    work()
    for stranger in (world.two.admin, world.one.other_adviser):
        assert visit(stranger).fetch(f"{_latest()}{way}").status_code == 404


def test_what_is_said_above_holds_below(world: World, visit: Visit, imported: Any) -> None:
    tenant_id = world.one.tenant_id
    from lms.enrolment.queries import remembered_columns
    from lms.enrolment.reading.recognition import signature

    mark = signature(STRANGE.strip().split(";"))
    with db.transaction(tenant_id=tenant_id):
        for organisation_id, last in ((world.one.root_id, "phone"), (world.one.agency_id, "email")):
            fields = ["last_name", "first_name", "agency_identifier", last, ""]
            session.add(
                ColumnMapping(tenant_id=tenant_id, organisation_id=organisation_id, signature=mark, fields=fields)
            )  # fmt: skip
    with db.transaction(Mode.READ, tenant_id):
        below = remembered_columns(tenant_id, world.one.agency_id)
        beside = remembered_columns(tenant_id, world.one.other_agency_id)
        assert (below[mark][3], beside[mark][3]) == ("email", "phone")
        assert remembered_columns(world.two.tenant_id, world.two.agency_id) == {}
    assert imported(STRANGE + ADA, remembered=below).imported == 1


def test_who_leaves_is_confirmed_by_their_number(world: World, visit: Visit) -> None:
    claire = visit(world.one.adviser)
    people = KNOWN + "Byron;Ada;7654321B\nHopper;Grace;7654322C\nShelley;Mary;7654323D\n"
    _upload(claire, people.encode(), name="Novembre", path=f"course:{world.one.course_id}")
    work()
    sent = _latest()
    claire.get(sent)
    post(claire, f"{sent}/write")
    work()
    with db.transaction(Mode.READ, world.one.tenant_id):
        cohort = session.scalar(select(func.max(Member.cohort_id)))
    _upload(claire, (KNOWN + "Byron;Ada;7654321B\n").encode(), name="", cohort=str(cohort), mode="replace")
    work()
    sent = _latest()
    page = claire.get(sent)
    assert "2 personnes quittent la cohorte" in page.words.replace("\u00a0", " ")
    assert "Hopper Grace" in page.words
    page = claire.send("/write", leaving="3")
    assert page.status == 422
    assert "Ce nombre est différent" in page.words
    claire.send("/write", leaving="2")
    work()
    with db.transaction(Mode.READ, world.one.tenant_id):
        left = select(func.count()).where(Member.cohort_id == cohort, Member.state == MemberState.ABANDONED)
        assert session.scalar(left) == 2
    assert "Hopper Grace" in claire.get(sent).words  # the receipt says who left
