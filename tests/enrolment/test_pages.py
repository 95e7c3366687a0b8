"""The pages, as people open them: what each sees, and the journeys of a file and of a person."""

import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import func, select, update

from lms.core import db, files, jobs, worker
from lms.core.clock import now, today
from lms.core.db import Mode, session
from lms.enrolment.models import Cohort, Enrolment, ImportRun, Level, Member
from lms.enrolment.queries import Figures
from lms.enrolment.services import share
from lms.enrolment.states import MemberState
from lms.organisations.models import Membership, Role
from lms.people.models import AccessCard, Person
from tests.enrolment.test_imports import crowd
from tests.support import worlds
from tests.support.page import Page, Visitor
from tests.support.queries import statements
from tests.support.sight import everything
from tests.support.worlds import World

Visit = Callable[..., Visitor]


def work() -> None:
    """Do whatever waits."""
    while (run := jobs.claim(worker.me())) is not None:
        run.run()


def post(visitor: Visitor, path: str, **values: Any) -> Page:
    """Send a form from the page in hand, with its token."""
    assert visitor.page is not None
    token = next(i.get("value") for i in visitor.page.all("input") if i.get("name") == "csrf_token")
    answer = visitor.client.post(path, data={"csrf_token": token, **values}, follow_redirects=True)
    return visitor._seen(answer)


def test_every_page_opens_in_both_languages(world: World, visit: Visit) -> None:
    one, claire = world.one, visit(world.one.adviser)
    with db.transaction(Mode.READ, one.tenant_id):
        member = session.scalars(select(Member.id).where(Member.cohort_id == one.cohort_id)).first()
    paths = ["", "/new", f"/{one.cohort_id}", f"/{one.cohort_id}/settings", f"/{one.cohort_id}/add",
             f"/{one.cohort_id}/sharing", f"/{one.cohort_id}/members/{member}", "/imports/new"]  # fmt: skip
    for path in paths:
        assert claire.get(f"/cohorts{path}").status == 200, path
    claire.client.post("/language", data={"language": "en", "csrf_token": _token(claire)})
    for path in paths:
        assert claire.get(f"/cohorts{path}").tree.get("lang") == "en", path


def test_the_list_counts_and_filters(world: World, visit: Visit) -> None:
    one, claire = world.one, visit(world.one.adviser)
    page = claire.get("/cohorts")
    assert "1 cohorte, 2 inscriptions" in page.words.replace("\u00a0", " ")
    assert "Cohorte CANARI-1" in page.text("table")
    assert claire.get("/cohorts?q=nadia").text("table").count("Cohorte CANARI-1") == 1
    assert "Aucune cohorte ne correspond" in claire.get("/cohorts?q=introuvable").words
    assert "Aucune cohorte ne correspond" in claire.get("/cohorts?due=past").words
    assert "Cohorte CANARI-1" in claire.get(f"/cohorts?path=course:{one.course_id}").text("table")
    for sort in ("name", "-people", "progress", "-waiting", "due", "-late", "'; drop table person"):
        assert claire.get(f"/cohorts?sort={sort}&page=99999999999").status == 200
    for odd in (
        "path=course:x",
        "follower=-1",
        "page=abc",
        "due=never",
        "path=course:9999999999999999999999",
    ):
        assert claire.get(f"/cohorts?{odd}").status == 200


def test_the_five_counts_add_up_and_filter(world: World, visit: Visit) -> None:
    one = world.one
    ago = {name: now() - timedelta(days=days) for name, days in (("fresh", 1), ("old", 9))}
    with db.transaction(tenant_id=one.tenant_id):
        organisation = one.agency_id
        people = [worlds.person(one.tenant_id, organisation, Role.LEARNER, f"P{n}", "Test") for n in range(3)]
        session.flush()
        cohort = session.get_one(Cohort, one.cohort_id)
        batch = session.scalars(select(Member.batch_id).where(Member.cohort_id == cohort.id)).first()
        for who in people:
            session.add(Member(tenant_id=one.tenant_id, cohort_id=cohort.id, person_id=who.person_id, batch_id=batch, steps_total=3))  # fmt: skip
        session.flush()
        for who, state, last, done in zip(
            people, (MemberState.COMPLETED, MemberState.IN_PROGRESS, MemberState.IN_PROGRESS), ("fresh", "fresh", "old"), (3, 2, 1), strict=True
        ):  # fmt: skip
            session.execute(
                update(Member).where(Member.person_id == who.person_id).values(state=state, last_at=ago[last], steps_done=done)
            )  # fmt: skip
    claire = visit(one.adviser)
    page = claire.get(f"/cohorts/{one.cohort_id}")
    assert _counts(page) == [5, 1, 1, 1, 0, 2]
    for word, number in (
        ("completed", 1),
        ("in-progress", 1),
        ("stuck", 1),
        ("late", 0),
        ("not-started", 2),
    ):
        page = claire.get(f"/cohorts/{one.cohort_id}?state={word}")
        assert (
            len(page.all("tbody")[0].findall("tr")) == number
            if number
            else "Personne ne correspond" in page.words
        )
    with db.transaction(tenant_id=one.tenant_id):
        session.get_one(Cohort, one.cohort_id).due_on = today() - timedelta(days=6)
    page = claire.get(f"/cohorts/{one.cohort_id}")
    assert _counts(page) == [5, 1, 0, 0, 4, 0]
    assert "Retard de 6 jours" in page.words.replace("\u00a0", " ")
    for query in ("q=P1", "q=test p1", "seen=never", "seen=week", f"follower={one.adviser.person_id}", "sort=-done",
                  "sort=state", "sort=-seen", "sort=follower", "page=7", "q=%25"):  # fmt: skip
        assert claire.get(f"/cohorts/{one.cohort_id}?{query}").status == 200


def test_who_sees_which_cohort(world: World, visit: Visit) -> None:
    one, two = world.one, world.two
    expected = {
        one.admin: 200, one.adviser: 200, one.other_adviser: 404, one.hr: 404, one.trainer: 404, one.partner: 404,
        two.adviser: 404, two.admin: 404,
    }  # fmt: skip
    for who, status in expected.items():
        assert visit(who).fetch(f"/cohorts/{one.cohort_id}").status_code == status, who.login
    assert visit(one.learner).fetch("/cohorts").status_code == 403
    assert visit(one.learner).fetch(f"/cohorts/{one.cohort_id}").status_code == 404
    assert visit().fetch("/cohorts").status_code == 302


@pytest.mark.parametrize(
    "path", ["", "/settings", "/add", "/sharing", "/members/{member}", "/cards", "/cards.pdf"]
)
def test_a_stranger_finds_nothing(world: World, visit: Visit, path: str) -> None:
    with db.transaction(Mode.READ, world.one.tenant_id):
        member = session.scalars(select(Member.id).where(Member.cohort_id == world.one.cohort_id)).first()
    address = f"/cohorts/{world.one.cohort_id}{path.format(member=member)}"
    for who in (world.two.admin, world.one.other_adviser):
        assert visit(who).fetch(address).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["settings", "add", "sharing", "sharing/stop", "withdraw", "withdraw/ask", "move", "move/ask", "cards"],
)
def test_a_stranger_changes_nothing(world: World, visit: Visit, path: str) -> None:
    stranger = visit(world.two.admin)
    stranger.get("/cohorts/new")
    answer = stranger.client.post(
        f"/cohorts/{world.one.cohort_id}/{path}", data={"csrf_token": _token(stranger), "reason": "job"}
    )
    assert answer.status_code == 404


def test_whoever_only_follows_people_sees_theirs(world: World, visit: Visit) -> None:
    one, tony = world.one, visit(world.one.trainer)
    assert (
        "Aucune cohorte" in tony.get("/cohorts").words
        or "Pas encore de cohorte" in tony.get("/cohorts").words
    )
    with db.transaction(tenant_id=one.tenant_id):
        session.execute(
            update(Membership).where(Membership.person_id == one.learner.person_id).values(follower_id=one.trainer.person_id)
        )  # fmt: skip
    page = tony.get(f"/cohorts/{one.cohort_id}")
    assert _counts(page)[0] == 1
    assert "Nadia" in page.words
    assert "Odile" not in page.words
    assert "Retirer" not in page.words


def test_partners_see_as_much_as_was_shared(world: World, visit: Visit) -> None:
    one, paula = world.one, visit(world.one.partner)
    address = f"/cohorts/{one.cohort_id}"
    with db.transaction(Mode.READ, one.tenant_id):
        member = session.scalars(select(Member.id).where(Member.cohort_id == one.cohort_id)).first()
    with db.transaction(tenant_id=one.tenant_id):
        session.execute(update(Person).values(phone="0639981234", email="quelquun@exemple.fr"))
    seen = {}
    for level in Level:
        with db.transaction(tenant_id=one.tenant_id):
            share(session.get_one(Cohort, one.cohort_id), one.partner.person_id, level)
        listed = paula.get("/cohorts").text("tbody")
        assert "Cohorte CANARI-1" in listed
        assert ("Pas commencé" in listed) == (level is not Level.AGGREGATE)
        seen[level] = paula.get(address).words
        assert "Retirer" not in seen[level]
        by_name = "Aucune cohorte ne correspond" not in paula.get("/cohorts?q=nadia").words
        assert by_name == (level is Level.NOMINATIVE)
        if level is Level.PSEUDONYMOUS:  # a search must not tell who is there
            assert paula.get(f"{address}?q=personne-de-ce-nom").text("tbody").count("P-") == 2
        detail = paula.fetch(f"{address}/members/{member}").status_code
        assert detail == (200 if level is Level.NOMINATIVE else 404)
        told = seen[level] + paula.fetch(f"{address}/members/{member}").get_data(as_text=True)
        assert "39 98 12 34" not in told.replace("\u00a0", " ")
        assert "0639981234" not in told
        assert "@exemple.fr" not in told
    assert "Nadia" in seen[Level.NOMINATIVE]
    assert "Nadia" not in seen[Level.PSEUDONYMOUS]
    assert "P-" in seen[Level.PSEUDONYMOUS]
    assert "P-" not in seen[Level.AGGREGATE]
    assert "Trop peu pour être montré" in seen[Level.AGGREGATE]
    few = (paula.get("/cohorts").words + seen[Level.AGGREGATE]).replace("\u00a0", " ")
    assert "2 inscriptions" not in few
    assert "2 lignes" not in few
    assert paula.fetch(f"{address}/settings").status_code == 403


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ((10, 20, 0, 7, 8), (10, 20, 0, 7, 8, 0)),
        ((10, 20, 3, 0, 8), (10, 20, None, 0, None, 0)),
        ((1, 20, 3, 0, 8), (None, 20, None, 0, 8, 0)),
        ((0, 0, 0, 0, 4), (0, 0, 0, 0, None, 0)),
        ((10, 20, 0, 7, 8, 2, 3), (10, 20, 0, None, 8, None)),
    ],
)
def test_totals_point_at_nobody(counts: tuple[int, ...], shown: tuple[int | None, ...]) -> None:
    assert tuple(Figures(*counts).covered().values()) == shown


def test_sharing_by_the_page(world: World, visit: Visit) -> None:
    one, claire = world.one, visit(world.one.adviser)
    claire.get(f"/cohorts/{one.cohort_id}/sharing")
    page = claire.send("/sharing", partner=str(one.partner.person_id), level="nominative")
    assert "La cohorte est partagée." in page.words
    assert visit(one.partner).get(f"/cohorts/{one.cohort_id}").status == 200
    page = claire.send("/sharing/stop")
    assert "n’est plus partagée" in page.words
    assert visit(one.partner).fetch(f"/cohorts/{one.cohort_id}").status_code == 404
    page = post(
        claire, f"/cohorts/{one.cohort_id}/sharing", partner=str(one.learner.person_id), level="nominative"
    )
    assert page.status == 422


def test_one_person_by_hand(world: World, visit: Visit) -> None:
    one, claire = world.one, visit(world.one.adviser)
    claire.get(f"/cohorts/{one.cohort_id}/add")
    page = claire.send(
        "/add", last_name="", first_name="Ad4", email="ada@", birth_date="31/02/1990", phone="0612"
    )
    assert page.status == 422
    for said in (
        "Le nom manque.",
        "chiffres dans ce nom",
        "domaine complet",
        "31/02/1990 n’existe pas",
        "que 4 chiffres",
    ):
        assert said in page.words
    page = claire.send(
        "/add", last_name="Byron", first_name="Ada", email="ADA@exemple.fr", birth_date="10/12/1990", phone=""
    )
    assert "L’inscription de Ada Byron est faite." in page.words
    with db.transaction(Mode.READ, one.tenant_id):
        found = (
            select(Membership)
            .join(Person, Person.id == Membership.person_id)
            .where(Person.last_name == "Byron")
        )
        membership = session.scalars(found).one()
        assert (membership.organisation_id, membership.follower_id) == (one.agency_id, one.adviser.person_id)
        enrolled = (
            select(func.count()).select_from(Enrolment).where(Enrolment.person_id == membership.person_id)
        )
        assert session.scalar(enrolled) == 1


def test_somebody_known_is_proposed_before_anything_is_written(world: World, visit: Visit) -> None:
    one, claire = world.one, visit(world.one.adviser)
    claire.get(f"/cohorts/{one.cohort_id}/add")
    page = claire.send("/add", last_name="canari-1", first_name="NADIA")
    assert page.status == 422  # digits: the name of this test's person is no real one
    with db.transaction(tenant_id=one.tenant_id):
        worlds.person(
            one.tenant_id, one.agency_id, Role.LEARNER, "Ada", "Byron", agency_identifier="7654321B"
        )
    claire.get(f"/cohorts/{one.cohort_id}/add")
    page = claire.send("/add", last_name="BYRON", first_name="ada")
    assert page.status == 422
    assert "Nous connaissons peut-être déjà cette personne." in page.words
    assert "7654321B" in page.words
    page = claire.send("/add")
    assert "L’inscription de Ada Byron est faite." in page.words
    claire.get(f"/cohorts/{one.cohort_id}/add")
    assert "déjà dans cette cohorte" in _again(claire, last_name="Byron", first_name="Ada").words
    page = claire.get(f"/cohorts/{one.cohort_id}/add")
    claire.send("/add", last_name="Byron", first_name="Ada", agency_identifier="7654321B")
    assert claire.send("/add", who="new").status == 409


def test_a_name_alone_does_not_open_another_agency(world: World, visit: Visit) -> None:
    one, claire = world.one, visit(world.one.adviser)
    more = {"agency_identifier": "7654321B", "email": "ada@exemple.fr", "birth_date": date(1990, 12, 10)}
    with db.transaction(tenant_id=one.tenant_id):
        worlds.person(one.tenant_id, one.other_agency_id, Role.LEARNER, "Ada", "Byron", **more)
        worlds.person(
            one.tenant_id, one.other_agency_id, Role.ADVISER, "Alan", "Turing", email="alan@exemple.fr"
        )
    claire.get(f"/cohorts/{one.cohort_id}/add")
    page = claire.send("/add", last_name="Byron", first_name="Ada", birth_date="10/12/1990")
    assert "Nous connaissons peut-être déjà cette personne." in page.words  # a file would find her too
    assert "10 décembre 1990" in page.words.replace("\u00a0", " ")
    assert "7654321B" not in page.words
    assert "ada@exemple.fr" not in page.words
    claire.get(f"/cohorts/{one.cohort_id}/add")
    page = claire.send("/add", last_name="Turing", first_name="Alan")
    assert "L’inscription de Alan Turing est faite." in page.words
    assert "alan@exemple.fr" not in page.words


def test_withdrawn_with_a_reason_then_back(world: World, visit: Visit) -> None:
    one, claire = world.one, visit(world.one.adviser)
    address = f"/cohorts/{one.cohort_id}"
    member = _member(world)
    claire.get(address)
    assert "Aucune personne n’est choisie" in post(claire, f"{address}/withdraw/ask").words
    claire.get(address)
    page = post(claire, f"{address}/withdraw/ask", member=member)
    assert page.text("h1").replace("\u00a0", " ") == "Retirer 1 personne"
    assert claire.send("/withdraw").status == 422
    page = claire.send("/withdraw", reason="job")
    assert "1 personne a été retirée." in page.words.replace("\u00a0", " ")
    assert _counts(page)[0] == 1
    page = claire.get(f"{address}/members/{member}")
    assert "A trouvé un emploi" in page.words
    with db.transaction(Mode.READ, one.tenant_id):
        left = session.get_one(Member, member)
        assert (left.state, left.withdrawal_reason) == (MemberState.ABANDONED, "job")
        assert (
            session.scalars(select(Enrolment.withdrawn_at).where(Enrolment.member_id == member)).one()
            is not None
        )
        name = session.get_one(Person, left.person_id)
    with db.transaction(tenant_id=one.tenant_id):
        from lms.enrolment.services import add_known

        batch = add_known(session.get_one(Cohort, one.cohort_id), name.id, None)
        assert batch.total == 1
    assert _counts(claire.get(address))[0] == 2


def test_moved_with_what_was_done(world: World, visit: Visit) -> None:
    one, claire = world.one, visit(world.one.adviser)
    member = _member(world)
    with db.transaction(tenant_id=one.tenant_id):
        session.execute(
            update(Enrolment).where(Enrolment.member_id == member).values(steps_done=2, started_at=now())
        )
    claire.get("/cohorts/new")
    claire.send("/cohorts/new", name="Décembre", path="", due_on="2027-03-01")
    with db.transaction(Mode.READ, one.tenant_id):
        other = session.scalars(select(Cohort.id).where(Cohort.name == "Décembre")).one()
    claire.get(f"/cohorts/{one.cohort_id}")
    post(claire, f"/cohorts/{one.cohort_id}/move/ask", member=member)
    page = claire.send("/move", to=str(other))
    assert "1 personne a été déplacée." in page.words.replace("\u00a0", " ")
    with db.transaction(Mode.READ, one.tenant_id):
        moved = session.get_one(Member, member)
        assert (moved.cohort_id, moved.steps_done, moved.steps_total, moved.state) == (
            other,
            2,
            3,
            MemberState.IN_PROGRESS,
        )
        enrolment = session.scalars(select(Enrolment).where(Enrolment.member_id == member)).one()
        assert (enrolment.cohort_id, str(enrolment.due_on)) == (other, "2027-03-01")
    post(claire, f"/cohorts/{other}/move/ask", member=member)
    assert post(claire, f"/cohorts/{other}/move", member=member, to=str(world.two.cohort_id)).status == 422


def test_cards_for_those_chosen(world: World, visit: Visit) -> None:
    one, claire = world.one, visit(world.one.adviser)
    address = f"/cohorts/{one.cohort_id}"
    claire.get(address)
    page = post(claire, f"{address}/cards", member=_member(world))
    assert page.status == 200
    assert "CANARI-1" in page.words
    with everything(Mode.READ):
        assert session.scalar(select(func.count()).select_from(AccessCard)) == 1
    claire.get(address)
    assert post(claire, f"{address}/cards", member=_member(world, "two")).status == 422


def test_a_file_from_the_form_to_the_receipt(world: World, visit: Visit) -> None:
    one, claire = world.one, visit(world.one.adviser)
    claire.get("/cohorts/imports/new")
    page = claire.send("/imports/new", name="", cohort="0")
    assert page.status == 422
    assert "Choisissez un fichier" in page.words

    text = crowd(3) + "Caron;;odile@exemple.fr;;;\n"
    page = _upload(
        claire, text.encode(), name="Novembre", path=f"course:{one.course_id}", due_on="2026-12-18"
    )
    assert page.text("h1") == "Vérification du fichier"
    work()
    sent = _latest()
    report = claire.get(sent)
    assert report.text("h1").replace("\u00a0", " ") == "1 ligne à corriger sur 4"
    assert "Le prénom manque." in report.words
    assert _cells(report) == [3, 0, 0, 1, 4]
    with db.transaction(Mode.READ, one.tenant_id):
        assert session.scalar(select(func.count()).select_from(Cohort).where(Cohort.name == "Novembre")) == 0
    assert claire.fetch(f"{sent}/corrected.xlsx").data.startswith(b"PK")

    page = claire.send("/write")
    assert page.text("h1") == "Inscription des personnes du fichier"
    assert visit(one.adviser).get(sent).words.count("Le travail continue.") == 1
    work()
    done = claire.get(sent)
    assert done.text("h1").replace("\u00a0", " ") == "3 personnes inscrites"
    assert "Reçu" in done.words
    claire.get("/cohorts/imports/new")
    assert "gens.csv" in claire.page.words  # type: ignore[union-attr]
    with db.transaction(Mode.READ, one.tenant_id):
        cohort_id = session.scalars(select(Cohort.id).where(Cohort.name == "Novembre")).one()
    page = claire.get(f"/cohorts/{cohort_id}")
    assert _counts(page)[0] == 3
    for stranger in (world.two.admin, one.other_adviser):
        assert visit(stranger).fetch(sent).status_code == 404
        assert visit(stranger).fetch(f"{sent}/corrected.xlsx").status_code == 404
    # sent again, there is nothing to write, and the same form twice does nothing twice
    _upload(claire, crowd(3).encode(), name="", cohort=str(cohort_id))
    work()
    again = claire.get(_latest())
    assert "Tout le monde est déjà inscrit." in again.words
    assert _cells(again) == [0, 0, 3, 0, 3]


def test_a_file_without_fault_is_written_once(world: World, visit: Visit) -> None:
    claire = visit(world.one.adviser)
    claire.get("/cohorts/imports/new")
    _upload(claire, crowd(2).encode(), name="Novembre", path=f"course:{world.one.course_id}")
    work()
    sent = _latest()
    page = claire.get(sent)
    assert "Inscrire 2 personnes" in page.words.replace("\u00a0", " ")
    post(claire, f"{sent}/write")
    claire.get(sent)
    assert claire.client.post(f"{sent}/write", data={"csrf_token": _token(claire)}).status_code == 409
    work()
    assert "2 personnes inscrites" in claire.get(sent).words.replace("\u00a0", " ")
    assert claire.get(f"{sent}/corrected.xlsx").status == 200


def test_a_file_whose_work_was_stopped_says_so_and_what_to_do(world: World, visit: Visit) -> None:
    claire = visit(world.one.adviser)
    job = _upload(claire, crowd(2).encode(), name="Novembre").response.request.path
    post(claire, f"{job}/cancel")
    page = claire.get(_latest())
    assert page.text("h1") == "Le travail a été arrêté"
    assert "Rien n’a été enregistré." in page.words
    assert "/cohorts/imports/new" in page.links()
    _upload(claire, crowd(2).encode(), name="Novembre")
    work()
    sent = _latest()
    with db.transaction(Mode.READ, world.one.tenant_id):
        key = session.scalars(select(ImportRun.file_key).order_by(ImportRun.id.desc())).first()
    files.storage().delete(key or "")
    claire.get(sent)
    post(claire, f"{sent}/write")
    work()
    page = claire.get(sent)
    assert page.text("h1") == "Le travail a été arrêté"
    assert "Ce fichier n’existe plus." in page.words


def test_a_file_that_cannot_be_read_says_why(world: World, visit: Visit) -> None:
    claire = visit(world.one.adviser)
    claire.get("/cohorts/imports/new")
    _upload(claire, b"Nom;NIR\nBenali;295109912611193\n", name="Novembre")
    work()
    sent = _latest()
    page = claire.get(sent)
    assert page.text("h1") == "Ce fichier ne peut pas être lu"
    assert "Sécurité sociale" in page.words
    assert "295109912611193" not in page.words


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_the_template_is_recognised_by_ourselves(
    world: World, visit: Visit, kind: str, language: str
) -> None:
    from lms.core.tables import read
    from lms.enrolment.reading.columns import TEMPLATE
    from lms.enrolment.reading.recognition import recognise

    claire = visit(world.one.adviser)
    claire.get("/cohorts/new")
    claire.client.post("/language", data={"language": language, "csrf_token": _token(claire)})
    answer = claire.fetch(f"/cohorts/imports/template.{kind}")
    table = read(answer.data, f"personnes.{kind}")
    found = recognise(table.header)
    assert set(found.at) == set(TEMPLATE)
    assert found.unread() == []


def test_pages_ask_as_much_for_many_as_for_few(world: World, visit: Visit) -> None:
    one, claire = world.one, visit(world.one.adviser)
    counted: dict[str, list[int]] = {}
    for round_ in range(2):
        for path in ("/cohorts", f"/cohorts/{one.cohort_id}"):
            with statements() as sent:
                claire.get(path)
            counted.setdefault(path, []).append(len(sent))
        if round_ == 0:
            with db.transaction(tenant_id=one.tenant_id):
                for n in range(8):
                    people = [
                        worlds.person(one.tenant_id, one.agency_id, Role.LEARNER, f"Q{n}{m}", "Test")
                        for m in range(3)
                    ]
                    made = worlds.cohort(one.tenant_id, one.agency_id, f"Autre {n}", [], people)
                    session.execute(update(Member).where(Member.cohort_id == made.id, Member.person_id != people[0].person_id).values(cohort_id=one.cohort_id))  # fmt: skip
    assert all(first == second for first, second in counted.values()), counted
    assert max(max(numbers) for numbers in counted.values()) <= 12, counted


def test_whoever_follows_nobody_waits_for_nothing(world: World, visit: Visit, imported: Any) -> None:
    imported(crowd(3_000))
    tony = visit(world.one.trainer)
    begun = time.process_time()
    tony.get("/cohorts")
    assert time.process_time() - begun < 2  # was a look at every member for each member: 15 s, then a 503


def _upload(visitor: Visitor, content: bytes, **typed: str) -> Page:
    assert visitor.get("/cohorts/imports/new") is visitor.page
    values = visitor.page.form("/imports/new") | typed | {"file": (BytesIO(content), "gens.csv")}
    answer = visitor.client.post(
        "/cohorts/imports/new", data=values, content_type="multipart/form-data", follow_redirects=True
    )
    return visitor._seen(answer)


def _latest() -> str:
    with everything(Mode.READ):
        return f"/cohorts/imports/{session.scalar(select(func.max(ImportRun.id)))}"


def _again(visitor: Visitor, **typed: str) -> Page:
    visitor.send("/add", **typed)
    return visitor.send("/add")


def _member(world: World, corner: str = "one") -> int:
    where = getattr(world, corner)
    with db.transaction(Mode.READ, where.tenant_id):
        mine = select(Member.id).where(
            Member.cohort_id == where.cohort_id, Member.person_id == where.learner.person_id
        )
        return session.scalars(mine).one()


def _token(visitor: Visitor) -> str:
    assert visitor.page is not None
    return str(next(i.get("value") for i in visitor.page.all("input") if i.get("name") == "csrf_token"))


def _counts(page: Page) -> list[int]:
    """The figures of the page that are filters: total, then the five."""
    lists = [ul for ul in page.all("ul") if ul.get("class") == "counts"]
    numbers = [int("".join(b.itertext()).replace("\u00a0", "")) for b in lists[0].iter("b")]
    assert numbers[0] == sum(numbers[1:])
    return numbers


def _cells(page: Page) -> list[int]:
    """The figures of a report: the last one is the sum of the others."""
    lists = [ul for ul in page.all("ul") if ul.get("class") == "counts"]
    numbers = [int("".join(b.itertext()).replace("\u00a0", "")) for b in lists[0].iter("b")]
    assert numbers[-1] == sum(numbers[:-1])
    return numbers


def test_a_large_cohort_is_walked_to_the_same_pages(
    world: World, visit: Visit, imported: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(crowd(230))
    with db.transaction(Mode.READ, world.one.tenant_id):
        number = session.scalars(select(Cohort.id).where(Cohort.name == "Novembre")).one()
    claire = visit(world.one.adviser)
    seen = []
    for large in (
        10_000,
        100,
    ):  # beyond so many members, the names are walked and followers looked for around
        monkeypatch.setattr(sys.modules[Figures.__module__], "_LARGE", large)
        pages = [claire.get(f"/cohorts/{number}?page={page}") for page in (1, 2, 5)]
        seen.append(
            [
                ["".join(cell.itertext()).strip() for cell in page.all("th") if cell.get("scope") == "row"]
                for page in pages
            ]
        )
    assert seen[0] == seen[1]
    assert [len(names) for names in seen[0]] == [50, 50, 30]
