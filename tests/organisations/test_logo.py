"""The logo: sent, shown here and below, taken away; told from any other file; gone with its organisation."""

import io
from collections.abc import Callable

import pytest
from PIL import Image
from sqlalchemy import select

from lms.core import db, files, quotas
from lms.core.db import Mode, session
from lms.core.journal import Entry
from lms.organisations import logo, services
from lms.organisations.models import Organisation
from tests.support.page import Visitor
from tests.support.worlds import World

Visit = Callable[..., Visitor]


def png(colour: tuple[int, int, int] = (10, 80, 90)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (400, 100), colour).save(out, "PNG")
    return out.getvalue()


def sent(browser: Visitor, organisation_id: int, content: bytes, name: str = "logo.png") -> int:
    path = f"/organisations/{organisation_id}/logo"
    token = browser.get(path).form("/logo")["csrf_token"]
    answer = browser.client.post(path, data={"csrf_token": token, "logo": (io.BytesIO(content), name)})
    return answer.status_code


def shown(world: World, organisation_id: int) -> str:
    with db.transaction(Mode.READ, world.one.tenant_id):
        return session.scalars(select(Organisation.logo).where(Organisation.id == organisation_id)).one()


def pictures(browser: Visitor, path: str) -> list[tuple[str, str]]:
    return [
        (one.get("src"), one.get("alt"))
        for one in browser.get(path).all("img")
        if "logo" in one.get("class", "")
    ]


def test_it_is_shown_here_and_below_wherever_there_is_no_other(world: World, visit: Visit) -> None:
    one, admin = world.one, visit(world.one.admin)
    assert sent(admin, one.root_id, png()) == 302
    of_root = shown(world, one.root_id)
    assert of_root
    assert {shown(world, each) for each in (one.agency_id, one.other_agency_id, one.company_id)} == {of_root}
    assert sent(admin, one.agency_id, png((200, 10, 10))) == 302
    of_agency = shown(world, one.agency_id)
    assert of_agency not in ("", of_root)
    assert shown(world, one.company_id) == of_root
    learner = visit(one.learner)
    assert pictures(learner, "/learn") == [(logo.url_of(of_agency), "Agence CANARI-1")]
    assert pictures(visit(), "/sign-in?at=agence-1") == [(logo.url_of(of_agency), "Agence CANARI-1")]
    with learner.fetch(logo.url_of(of_agency)) as answer:
        assert (answer.status_code, answer.mimetype) == (200, "image/png")
        assert "immutable" in answer.headers["Cache-Control"]
        assert "Set-Cookie" not in answer.headers
        assert Image.open(io.BytesIO(answer.data)).size == (400, 100)
    admin.get(f"/organisations/{one.agency_id}/logo")
    admin.send("/logo/remove")
    assert shown(world, one.agency_id) == of_root, "the one above is shown again"
    assert not files.storage().exists(of_agency)
    admin.get(f"/organisations/{one.root_id}/logo")
    admin.send("/logo/remove")
    assert {shown(world, each) for each in (one.root_id, one.agency_id, one.company_id)} == {""}
    assert not files.storage().exists(of_root)
    with db.transaction(Mode.READ, one.tenant_id):
        verbs = session.scalars(
            select(Entry.verb).where(Entry.verb.startswith("logo-")).order_by(Entry.id)
        ).all()
    assert verbs == ["logo-changed", "logo-changed", "logo-removed", "logo-removed"]


def test_another_one_takes_the_place_of_the_file(world: World, visit: Visit) -> None:
    admin = visit(world.one.admin)
    sent(admin, world.one.root_id, png())
    first = shown(world, world.one.root_id)
    sent(admin, world.one.root_id, png((1, 2, 3)))
    assert not files.storage().exists(first)
    assert files.storage().exists(shown(world, world.one.root_id))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "SVG"),
        (b"MZ\x90\0", "ni un PNG ni un JPEG"),
        (png()[:120], "abîmée"),
        (b"", "Aucun fichier"),
    ],
)
def test_what_is_no_picture_is_refused_on_the_page(
    world: World, visit: Visit, content: bytes, words: str
) -> None:
    admin, path = visit(world.one.admin), f"/organisations/{world.one.root_id}/logo"
    token = admin.get(path).form("/logo")["csrf_token"]
    answer = admin.client.post(path, data={"csrf_token": token, "logo": (io.BytesIO(content), "logo.png")})
    assert answer.status_code == 422
    assert words in answer.text
    assert shown(world, world.one.root_id) == ""
    assert admin.client.post(path, data={"csrf_token": token}).status_code == 422, "no file at all"


def test_the_address_of_another_file_opens_nothing(world: World, visit: Visit) -> None:
    """A key of the storage is no key to it."""
    key = files.storage().put("x.pdf", io.BytesIO(b"%PDF secret"))
    stranger = visit()
    assert stranger.fetch(f"/logo/{key}/{'0' * 24}.png").status_code == 404
    right = logo.url_of(key)
    assert stranger.fetch(right.replace(key, key[::-1])).status_code == 404
    files.storage().delete(key)
    assert stranger.fetch(right).status_code == 404, "it is gone"


def test_who_may_not_change_the_organisation_sends_none(world: World, visit: Visit) -> None:
    for who, code in (("adviser", 403), ("trainer", 403), ("learner", 404), ("other_adviser", 404)):
        found = visit(world.one.people[who]).fetch(f"/organisations/{world.one.agency_id}/logo").status_code
        assert found in (403, 404), (who, code)
    assert visit(world.two.admin).fetch(f"/organisations/{world.one.root_id}/logo").status_code == 404


def test_it_follows_the_tree(world: World, visit: Visit) -> None:
    """Moved under another one, an organisation shows what is shown there; merged, its own file goes; archived, it stays."""
    one, admin = world.one, visit(world.one.admin)
    sent(admin, one.agency_id, png())
    of_agency = shown(world, one.agency_id)
    with db.transaction(tenant_id=one.tenant_id):
        company, agency = (
            session.get_one(Organisation, one.company_id),
            session.get_one(Organisation, one.agency_id),
        )
        services.move(company, agency, None)
    assert shown(world, one.company_id) == of_agency
    with db.transaction(tenant_id=one.tenant_id):
        below = session.get_one(Organisation, one.agency_id)
        made = services.add_below(below, "Un site", below.kind, level="", slug="", actor=None)
        number = made.id
    assert shown(world, number) == of_agency, "an organisation that is added"
    with db.transaction(tenant_id=one.tenant_id):
        gone, kept = (
            session.get_one(Organisation, one.agency_id),
            session.get_one(Organisation, one.other_agency_id),
        )
        services.merge(gone, kept, None)
    assert {shown(world, each) for each in (one.company_id, number, one.agency_id)} == {""}
    assert not files.storage().exists(of_agency)


def test_it_weighs_what_it_weighs(world: World, visit: Visit) -> None:
    sent(visit(world.one.admin), world.one.root_id, png())
    with db.transaction(Mode.READ, world.one.tenant_id):
        size = session.scalars(
            select(Organisation.own_logo_size).where(Organisation.id == world.one.root_id)
        ).one()
        assert quotas.used(world.one.tenant_id) == size > 0


def test_cards_bear_it_on_the_page_and_on_paper(world: World, visit: Visit) -> None:
    one = world.one
    sent(visit(one.admin), one.agency_id, png())
    claire, card = visit(one.adviser), f"/people/{one.learner.person_id}/card"
    claire.get(f"/people/{one.learner.person_id}")
    claire.send(card)
    page = claire.get(card)
    assert (logo.url_of(shown(world, one.agency_id)), "Agence CANARI-1") in [
        (image.get("src"), image.get("alt")) for image in page.all("img")
    ]
    with claire.fetch(f"{card}.pdf") as answer:
        assert answer.status_code == 200
        assert answer.data.count(b"/Subtype /Image") >= 2 or answer.data.count(b"/Image") >= 2
