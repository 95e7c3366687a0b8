"""What people switch off: on their page, by one press in a mail, and never what must come."""

from typing import Any

from flask import Flask
from sqlalchemy import select

from lms.core import db
from lms.core.db import Mode, session
from lms.core.post import Message, stop_meant, stop_token
from lms.notifications.models import OptOut
from lms.notifications.topics import BY_NAME
from tests.support import worlds
from tests.support.worlds import Someone, World


def stopped(who: Someone) -> list[str]:
    with db.transaction(Mode.READ, who.tenant_id):
        mine = select(OptOut.topic).where(OptOut.person_id == who.person_id)
        return sorted(session.scalars(mine))


def token(who: Someone, topic: str = "reminders") -> str:
    return stop_token(who.tenant_id, who.person_id, topic)


def test_the_page_says_what_can_be_switched_off_and_what_cannot(world: World, visit: Any) -> None:
    worlds.every_role(world.one)
    browser = visit(world.one.learner)
    page = browser.get("/me/messages")
    assert "Rappels de mes cours" in page.words
    assert "Personnes que je suis" not in page.words
    assert "doit pouvoir prouver qu’il vous a convoqué" in page.words
    off = browser.client.post("/me/messages", data={"csrf_token": page.form("/me/messages")["csrf_token"]})
    assert off.status_code == 302
    assert stopped(world.one.learner) == ["reminders"]
    page = browser.get("/me/messages")
    browser.send("/me/messages", wanted="reminders")
    assert stopped(world.one.learner) == []
    assert "Personnes que je suis" in visit(world.one.manager).get("/me/messages").words


def test_opening_the_link_changes_nothing_and_the_button_does(world: World, visit: Any) -> None:
    browser = visit()
    page = browser.get(f"/notifications/stop/{token(world.one.learner)}")
    assert "Rappels de mes cours" in page.words
    assert stopped(world.one.learner) == []
    assert "C’est désactivé." in browser.send(token(world.one.learner)).words
    assert stopped(world.one.learner) == ["reminders"]


def test_a_mail_program_presses_for_its_reader(world: World, app: Flask) -> None:
    """RFC 8058: a POST with one field, no cookie, no token of a form; and twice changes nothing."""
    client = app.test_client()
    for _press in range(2):
        address = f"/notifications/stop/{token(world.one.learner)}"
        assert client.post(address, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert stopped(world.one.learner) == ["reminders"]
    assert stopped(world.two.learner) == []


def test_a_link_that_we_did_not_make_leads_nowhere(world: World, app: Flask) -> None:
    one = world.one.learner
    client, good = app.test_client(), token(one)
    said, _dot, seal = good.rpartition(".")
    other = f"{one.tenant_id}.{one.person_id + 1}.reminders.{seal}"
    for wrong in (said, f"{said}.{seal[:-1]}0x", other, "x", "....", token(one, "convocation")):
        assert client.post(f"/notifications/stop/{wrong}").status_code == 404, wrong
        assert client.get(f"/notifications/stop/{wrong}").status_code == 404, wrong
    assert stopped(one) == []
    assert stop_meant(good) == (one.tenant_id, one.person_id, "reminders")


def test_only_what_may_be_switched_off_carries_the_link(app: Flask) -> None:
    topics = {
        name: kind.topic for name, kind in Message.registered.items() if kind.__module__.startswith("lms.")
    }
    assert {topic for topic in topics.values() if topic} == set(BY_NAME)
    assert {name for name, topic in topics.items() if topic} == {
        "enrolment.due_soon", "enrolment.overdue", "enrolment.late_people",
    }  # fmt: skip
