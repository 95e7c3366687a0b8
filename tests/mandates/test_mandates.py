"""An accompanied session, from the form to the last line of the journal: what is allowed, what never is, and how it stops."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from lms.core import db
from lms.core.clock import now
from lms.core.db import Mode, session
from lms.core.journal import Entry
from lms.core.post import Mail
from lms.courses.models import Activity
from lms.mandates import services
from lms.mandates.models import Mandate
from lms.organisations.models import Membership, Role
from lms.people.models import Account, Person
from lms.people.services import accounts
from lms.progress.models import LearningEvent
from tests.progress.playing import learner
from tests.support.page import Visitor
from tests.support.worlds import World

Visit = Callable[..., Visitor]


def drawn_up(adviser: Visitor, world: World, *scopes: str, days: int = 31) -> int:
    path = f"/mandates/people/{world.one.learner.person_id}/new"
    adviser.get(path)
    page = adviser.send(path, scopes=list(scopes or ("courses",)), days=str(days))
    return int(page.response.request.path.rpartition("/")[2])


def signed(adviser: Visitor, world: World, *scopes: str, days: int = 31) -> int:
    number = drawn_up(adviser, world, *scopes, days=days)
    adviser.send(f"/mandates/{number}/sign", signed="y")
    return number


def begun(visit: Visit, world: World, *scopes: str) -> tuple[Visitor, int]:
    adviser = visit(world.one.adviser)
    number = signed(adviser, world, *scopes)
    adviser.get(f"/mandates/{number}")
    adviser.send(f"/mandates/{number}/begin")
    return adviser, number


def lines(world: World) -> list[tuple[str, int | None, int | None]]:
    with db.transaction(Mode.READ, world.one.tenant_id):
        found = session.scalars(select(Entry).order_by(Entry.id)).all()
        return [(one.verb, one.person_id, one.for_id) for one in found]


def steps(world: World) -> tuple[str, str]:
    """The first and the second step of the learner's course."""
    enrolment_id = learner(world.one).enrolment_id
    first, second, *_rest = (f"/learn/{enrolment_id}/{one}" for one in world.one.activity_ids)
    return first, second


def acts(browser: Visitor) -> bool:
    return "Vous agissez pour Nadia CANARI-1" in browser.get("/help").words


def test_from_the_form_to_the_journal(world: World, visit: Visit) -> None:
    adviser = visit(world.one.adviser)
    assert (
        f"/mandates/people/{world.one.learner.person_id}/new"
        in adviser.get(f"/people/{world.one.learner.person_id}").links()
    )
    number = drawn_up(adviser, world)
    paper = adviser.get(f"/mandates/{number}/form").text("main")
    for words in (
        "Nadia CANARI-1",
        "Claire CANARI-1",
        "passer un test qui compte",
        "Un mois (31 jours)",
        "Signature",
    ):
        assert words in paper
    assert adviser.client.post(f"/mandates/{number}/begin").status_code in (400, 403), "nothing holds before"
    page = adviser.get(f"/mandates/{number}")
    assert adviser.send(f"/mandates/{number}/sign").status == 422, "it is not ticked"
    page = adviser.send(f"/mandates/{number}/sign", signed="y")
    assert "est valable jusqu’au" in page.text("main")
    page = adviser.send(f"/mandates/{number}/begin")
    assert page.response.request.path == "/learn"
    assert "Vous agissez pour Nadia CANARI-1" in page.words
    first, second = steps(world)
    adviser.get(first)
    page = adviser.send(first)
    assert page.response.request.path == second
    page = adviser.send("/mandates/stop")
    assert page.response.request.path == "/mandates"
    assert not acts(adviser)
    claire, nadia = world.one.adviser.person_id, world.one.learner.person_id
    assert [line for line in lines(world) if line[2]] == [
        ("looked-for", claire, nadia), ("looked-for", claire, nadia), ("acted-for", claire, nadia),
        ("looked-for", claire, nadia), ("assisted-session-ended", claire, nadia),
    ]  # fmt: skip
    mine = visit(world.one.learner).get("/my-data/readers").text("main")
    assert "A agi au nom de quelqu’un" in mine
    assert "Claire CANARI-1" in visit(world.one.admin).get("/records?kind=mandates").text("main")
    assert "pour Nadia CANARI-1" in visit(world.one.admin).get("/records?kind=mandates").text("main")


def test_the_evidence_says_that_somebody_else_was_at_the_keys(world: World, visit: Visit) -> None:
    adviser, number = begun(visit, world)
    first, _second = steps(world)
    adviser.get(first)
    adviser.send(first)
    with db.transaction(Mode.READ, world.one.tenant_id):
        done = session.scalars(select(LearningEvent.details).where(LearningEvent.verb == "done")).one()
    assert done == {"mandate": number}


def test_the_learner_is_told_and_may_agree_by_themselves(world: World, visit: Visit) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        session.get_one(Person, world.one.learner.person_id).email = "nadia@exemple.fr"
    number = drawn_up(visit(world.one.adviser), world)
    mine = visit(world.one.learner)
    assert "Claire CANARI-1" in mine.get("/my-data/mandates").text("main")
    page = mine.send(f"/my-data/mandates/{number}/agree")
    assert "Valable" in page.text("main")
    with db.transaction(Mode.READ, world.one.tenant_id):
        (mail,) = session.scalars(select(Mail).where(Mail.kind == "mandates.signed"))
        assert (mail.address, "Claire" in str(mail.details)) == ("nadia@exemple.fr", False)
        assert session.scalars(select(Mandate.is_agreed_online)).one()


def test_what_the_mandate_is_not_for_is_refused_with_a_word(world: World, visit: Visit) -> None:
    adviser, _number = begun(visit, world)
    for path in ("/my-data", "/my-data/requests", "/me", "/my-data/mandates", "/certificates", "/people"):
        page = adviser.get(path)
        assert page.status == 403, path
        assert page.text("h1") == "Cela est réservé à Nadia CANARI-1."
    assert ("acted-refused", world.one.adviser.person_id, world.one.learner.person_id) in lines(world)
    assert acts(adviser), "and the session goes on"


def test_papers_are_a_purpose_of_their_own(world: World, visit: Visit) -> None:
    adviser, _number = begun(visit, world, "papers")
    assert adviser.get("/certificates").status == 200
    assert adviser.get("/learn").status == 403


def test_a_test_that_counts_is_never_taken_in_somebodys_name(world: World, visit: Visit) -> None:
    question = {
        "key": "a",
        "kind": "single",
        "text": "?",
        "options": [{"key": "1", "text": "x", "right": True}],
    }
    first, second = steps(world)
    with db.transaction(tenant_id=world.one.tenant_id):
        for n, mark in ((0, 80), (1, 0)):
            content = {"questions": [question], "pass_mark": mark}
            which = Activity.id == world.one.activity_ids[n]
            session.execute(update(Activity).where(which).values(kind="quiz", content=content))
    adviser, _number = begun(visit, world)
    for path in (first, f"{first}/open", f"{first}/draft"):
        assert adviser.client.get(first).status_code == 403
        adviser.get("/help")
        token = adviser.page.form("/mandates/stop")["csrf_token"]  # type: ignore[union-attr]
        answer = adviser.client.post(path, data={"csrf_token": token, "q-a": "1", "go": "answer"})
        assert answer.status_code == 403, path
        assert "Un test qui compte" in answer.text
    with db.transaction(Mode.READ, world.one.tenant_id):
        assert session.scalars(select(LearningEvent.id)).all() == []
    assert visit(world.one.learner).get(first).status == 200, "the learner takes it"


def withdraw(world: World, visit: Visit, number: int) -> None:
    mine = visit(world.one.learner)
    mine.get("/my-data/mandates")
    mine.send(f"/my-data/mandates/{number}/withdraw")


def give_back(world: World, visit: Visit, number: int) -> None:
    admin = visit(world.one.admin)
    admin.get(f"/mandates/{number}")
    admin.send(f"/mandates/{number}/end")


def end_by_time(world: World, _visit: Visit, number: int) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        session.get_one(Mandate, number).ends_at = now() - timedelta(seconds=1)


def suspend_the_learner(world: World, _visit: Visit, _number: int) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        accounts.suspend(world.one.learner.account_id)


def take_the_role_away(world: World, _visit: Visit, _number: int) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        theirs = Membership.person_id == world.one.adviser.person_id
        session.execute(update(Membership).where(theirs).values(role=Role.TRAINER))


def archive_the_learner(world: World, _visit: Visit, _number: int) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        session.get_one(Person, world.one.learner.person_id).archived_at = now()


@pytest.mark.parametrize(
    "stop", [withdraw, give_back, end_by_time, suspend_the_learner, take_the_role_away, archive_the_learner]
)
def test_it_stops_at_the_next_request(
    world: World, visit: Visit, stop: Callable[[World, Visit, int], None]
) -> None:
    adviser, number = begun(visit, world)
    first, _second = steps(world)
    adviser.get(first)
    token = adviser.page.form(first)["csrf_token"]  # type: ignore[union-attr]
    stop(world, visit, number)
    answer = adviser.client.post(first, data={"csrf_token": token})
    assert answer.status_code == 302
    assert answer.location == "/mandates?over=1"
    with db.transaction(Mode.READ, world.one.tenant_id):
        assert session.scalars(select(LearningEvent.id)).all() == [], "what was sent was not done"
    assert not acts(adviser)
    if stop is not take_the_role_away:
        assert "La session accompagnée est finie" in adviser.get("/mandates?over=1").text("main")


def test_a_suspended_holder_is_out_at_once(world: World, visit: Visit) -> None:
    adviser, _number = begun(visit, world)
    with db.transaction(tenant_id=world.one.tenant_id):
        accounts.suspend(world.one.adviser.account_id)
    assert (adviser.fetch("/learn").location or "").startswith("/sign-in")


def test_whoever_signs_out_acts_for_nobody_any_more(world: World, visit: Visit) -> None:
    adviser, _number = begun(visit, world)
    adviser.send("/sign-out")
    with adviser.client.session_transaction() as cookie:
        assert "for" not in cookie


def test_a_cookie_with_somebody_elses_mandate_opens_nothing(world: World, visit: Visit) -> None:
    _adviser, number = begun(visit, world)
    for who in (world.one.other_adviser, world.one.admin, world.two.adviser, world.one.learner):
        thief = visit(who)
        with thief.client.session_transaction() as cookie:
            cookie["for"] = number
        assert thief.fetch("/learn").location == "/mandates?over=1"
        assert not acts(thief)


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("hr", 404),
        ("trainer", 404),
        ("other_adviser", 404),
        ("partner", 404),
        ("learner", 404),
        ("admin", 403),
    ],
)
def test_nobody_else_draws_one_up(world: World, visit: Visit, who: str, status: int) -> None:
    path = f"/mandates/people/{world.one.learner.person_id}/new"
    assert visit(world.one.people[who]).fetch(path).status_code == status


def test_nobody_acts_for_the_team(world: World, visit: Visit) -> None:
    assert (
        visit(world.one.adviser).fetch(f"/mandates/people/{world.one.adviser.person_id}/new").status_code
        == 403
    )


@pytest.mark.parametrize(
    ("scopes", "days"), [([], "31"), (["courses"], "30"), (["all"], "31"), (["courses"], "x")]
)
def test_a_form_that_is_not_whole_comes_back(
    world: World, visit: Visit, scopes: list[str], days: str
) -> None:
    adviser, path = visit(world.one.adviser), f"/mandates/people/{world.one.learner.person_id}/new"
    adviser.get(path)
    assert adviser.send(path, scopes=scopes, days=days).status == 422


def test_five_forms_wait_and_no_more(world: World, visit: Visit) -> None:
    adviser, path = visit(world.one.adviser), f"/mandates/people/{world.one.learner.person_id}/new"
    for _n in range(5):
        drawn_up(adviser, world)
    adviser.get(path)
    assert adviser.send(path, scopes=["courses"], days="1").status == 409


def test_what_is_over_goes_after_a_year_with_a_proof(app: Flask, world: World, visit: Visit) -> None:
    number, young = signed(visit(world.one.adviser), world, days=1), signed(visit(world.one.adviser), world)
    with db.transaction(tenant_id=world.one.tenant_id):
        old = session.get_one(Mandate, number)
        old.made_at, old.ends_at = now() - timedelta(days=400), now() - timedelta(days=399)
    with db.transaction(tenant_id=world.one.tenant_id):
        assert services.forget_old(world.one.tenant_id) == 1
    with db.transaction(Mode.READ, world.one.tenant_id):
        assert session.scalars(select(Mandate.id)).all() == [young]
        (line,) = session.scalars(select(Entry.details).where(Entry.verb == "purged"))
        assert (line["what"], line["rows"]) == ("mandate", 1)


def test_without_an_account_one_can_be_accompanied_too(world: World, visit: Visit) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        session.get_one(Person, world.one.learner.person_id).account_id = None
        session.execute(
            update(Account).where(Account.id == world.one.learner.account_id).values(login="nobody")
        )
    adviser, _number = begun(visit, world)
    assert acts(adviser)
    assert adviser.get("/learn").status == 200
