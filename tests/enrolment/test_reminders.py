"""Reminders: each once, all of a person in one mail, within the hours; and the copy of whoever follows."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from lms.core import db, jobs
from lms.core.db import Mode, session
from lms.enrolment import services, tasks
from lms.enrolment.models import Batch, BatchKind, Enrolment, Reminder
from lms.enrolment.services import late_people, reminders
from lms.notifications.models import MessageRules, OptOut, Wording
from lms.people.models import Person
from tests.enrolment.conftest import Import
from tests.enrolment.posting import MONDAY, SUNDAY, TUESDAY, at, deliver, due, mailbox, mails, people, text_of
from tests.support import worlds
from tests.support.queries import statements
from tests.support.worlds import Corner, World

DUE = TUESDAY.date()


def remind(corner: Corner) -> int:
    with db.transaction(tenant_id=corner.tenant_id):
        return reminders.remind(corner.tenant_id)


def tell(corner: Corner) -> int:
    with db.transaction(tenant_id=corner.tenant_id):
        return late_people.tell(corner.tenant_id)


def rule(corner: Corner, **said: Any) -> None:
    with db.transaction(tenant_id=corner.tenant_id):
        session.add(MessageRules(tenant_id=corner.tenant_id, organisation_id=corner.root_id, **said))


def kinds(corner: Corner) -> list[str]:
    return [row.kind.removeprefix("enrolment.") for row in mails(corner)]


#: Days from the last day to today (negative: it is still to come), and the number of the reminder; None: none.
@pytest.mark.parametrize(
    ("days", "number"),
    [
        (-8, None),
        (-7, 0),
        (-1, 0),
        (0, 0),
        (1, 1),
        (7, 1),
        (8, 2),
        (14, 2),
        (15, 3),
        (21, 3),
        (22, None),
        (400, None),
    ],
)
def test_which_reminder_on_which_day(
    world: World, monkeypatch: pytest.MonkeyPatch, days: int, number: int | None
) -> None:
    at(TUESDAY, monkeypatch)
    due(world.one, DUE - timedelta(days=days))
    assert remind(world.one) == (0 if number is None else 1), "the other learner has no address"
    with db.transaction(Mode.READ, world.one.tenant_id):
        assert list(session.scalars(select(Reminder.number))) == ([] if number is None else [number])
    assert kinds(world.one) == ([] if number is None else ["overdue" if number else "due_soon"])


def test_over_weeks_somebody_gets_four_at_most(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    due(world.one, DUE)
    for day in range(-20, 60):
        at(TUESDAY + timedelta(days=day), monkeypatch)
        remind(world.one)
        remind(world.one)
    assert kinds(world.one) == ["due_soon", "overdue", "overdue", "overdue"]
    with db.transaction(Mode.READ, world.one.tenant_id):
        sent = list(session.scalars(select(Reminder.sent_on).order_by(Reminder.id)))
    assert [(day - DUE).days for day in sent] == [-7, 1, 8, 15]


def test_another_last_day_is_another_reminder(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    at(TUESDAY, monkeypatch)
    due(world.one, DUE + timedelta(days=3))
    remind(world.one)
    due(world.one, DUE + timedelta(days=5))
    assert remind(world.one) == 0, "one a day"
    at(TUESDAY + timedelta(days=1), monkeypatch)
    assert remind(world.one) == 1


def test_one_mail_for_all_courses_with_a_way_out(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    one = world.one
    at(TUESDAY, monkeypatch)
    due(one, DUE - timedelta(days=2))
    with db.transaction(tenant_id=one.tenant_id):
        own = session.scalars(select(Enrolment).where(Enrolment.person_id == one.learner.person_id)).one()
        again = {
            column.key: getattr(own, column.key) for column in Enrolment.__table__.c if column.key != "id"
        }
        other, _steps = worlds.course(one.tenant_id, one.root_id, "autre", "Autre cours")
        session.add(Enrolment(**(again | {"course_id": other.id, "due_on": DUE + timedelta(days=4)})))
        later, _steps = worlds.course(one.tenant_id, one.root_id, "plus-tard", "Plus tard")
        opens = {
            "course_id": later.id,
            "due_on": DUE + timedelta(days=6),
            "opens_on": DUE + timedelta(days=1),
        }
        session.add(Enrolment(**(again | opens)))
    assert remind(one) == 1
    with mailbox(tmp_path) as (box, courier):
        deliver(courier)
        (mail,) = box.mails
    said = text_of(mail)
    assert mail["Subject"] == "Le dernier jour de votre formation est passé"
    assert "était à terminer pour le dimanche 29 novembre 2026" in said
    assert "à terminer pour le samedi 5 décembre 2026" in said
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    stop = mail["List-Unsubscribe"].strip("<>")
    assert stop.startswith("http://ecole.example/notifications/stop/")
    assert stop in said
    assert "Plus tard" not in said, "it is not open yet"
    with db.transaction(Mode.READ, one.tenant_id):
        assert session.scalar(select(func.count(Reminder.id))) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"completed_at": TUESDAY}, {"withdrawn_at": TUESDAY}, {"suspended_at": TUESDAY}, {"due_on": None},
    ],
)  # fmt: skip
def test_whoever_is_done_or_gone_or_on_hold_is_left_alone(
    world: World, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    at(TUESDAY, monkeypatch)
    due(world.one, DUE)
    with db.transaction(tenant_id=world.one.tenant_id):
        session.execute(update(Enrolment).values(**change))
    assert not reminders.waits_for(world.one.tenant_id)
    assert remind(world.one) == 0


def test_only_within_the_hours_and_as_the_organisation_chose(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    due(world.one, DUE + timedelta(days=10))
    for moment in (SUNDAY, TUESDAY.replace(hour=5), TUESDAY.replace(hour=19)):
        at(moment, monkeypatch)
        assert remind(world.one) == 0
    at(TUESDAY, monkeypatch)
    assert remind(world.one) == 0, "ten days before is too early"
    rule(world.one, days_before=14, weekdays="1234567", opens_at=0, closes_at=24)
    at(SUNDAY.replace(hour=2), monkeypatch)
    assert remind(world.one) == 1
    with db.transaction(tenant_id=world.one.tenant_id):
        session.execute(update(MessageRules).values(reminds=False))
    at(TUESDAY, monkeypatch)
    due(world.one, DUE)
    assert remind(world.one) == 0


def test_whoever_switched_it_off_is_left_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    one = world.one
    at(TUESDAY, monkeypatch)
    due(one, DUE)
    with db.transaction(tenant_id=one.tenant_id):
        session.add(OptOut(tenant_id=one.tenant_id, person_id=one.learner.person_id, topic="reminders"))
    assert remind(one) == 0


def test_own_words_of_the_nearest_organisation(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    one = world.one
    at(TUESDAY, monkeypatch)
    due(one, DUE)
    with db.transaction(tenant_id=one.tenant_id):
        for where, subject in ((one.root_id, "Réseau"), (one.agency_id, "Agence")):
            own = {"tenant_id": one.tenant_id, "organisation_id": where, "kind": "enrolment.due_soon"}
            session.add(Wording(**own, language="fr", subject=subject, body="{nombre de cours}"))
    remind(one)
    (row,) = mails(one)
    assert row.details["wording"]["subject"] == "Agence"


def test_two_workers_at_once_write_once(world: World, monkeypatch: pytest.MonkeyPatch, app: Any) -> None:
    at(TUESDAY, monkeypatch)
    due(world.one, DUE)
    people(world.one, 40, "Foule", DUE)
    ready, counts = threading.Barrier(4), []

    def work() -> None:
        with app.app_context():
            ready.wait()
            counts.append(remind(world.one))
            db.session.remove()

    threads = [threading.Thread(target=work) for _n in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert sum(counts) == 41
    assert len(mails(world.one)) == 41


def test_the_key_itself_holds_a_second_one_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    at(TUESDAY, monkeypatch)
    due(world.one, DUE)
    remind(world.one)
    with db.transaction(Mode.READ, world.one.tenant_id):
        row = session.scalars(select(Reminder)).one()
    again = {column.key: getattr(row, column.key) for column in Reminder.__table__.c if column.key != "id"}
    with pytest.raises(IntegrityError), db.transaction(tenant_id=world.one.tenant_id):
        session.add(Reminder(**again))


def test_the_number_of_statements_does_not_grow(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    at(MONDAY, monkeypatch)
    counted = []
    for corner, number in ((world.one, 3), (world.two, 600)):
        people(corner, number, "Gens", MONDAY.date() - timedelta(days=1))
        with statements() as sent:
            assert remind(corner) == number
            assert tell(corner) == 1
        counted.append(len(sent))
    assert counted[0] == counted[1]


def test_more_people_than_one_transaction_takes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminders, "PEOPLE", 7)
    at(TUESDAY, monkeypatch)
    people(world.one, 20, "Gens", DUE)
    tasks._until_none_is_left(world.one.tenant_id, reminders.remind)
    assert len(mails(world.one, "enrolment.due_soon")) == 20


def test_the_duty_writes_for_every_tenant(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    at(MONDAY, monkeypatch)
    for corner in (world.one, world.two):
        people(corner, 2, "Gens", MONDAY.date() - timedelta(days=3))
    run: Any = None
    jobs.tasks["enrolment.remind"].function(run)
    for corner in (world.one, world.two):
        assert sorted(kinds(corner)) == ["late_people", "overdue", "overdue"]


def test_whoever_follows_gets_one_copy_a_week(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    one = world.one
    people(one, 60, "Tard", MONDAY.date() - timedelta(days=3))
    at(TUESDAY, monkeypatch)
    assert tell(one) == 0, "once a week: on Monday"
    at(MONDAY, monkeypatch)
    assert (tell(one), tell(one)) == (1, 0)
    with mailbox(tmp_path) as (box, courier):
        deliver(courier)
        (mail,) = box.to("claire1@exemple.fr")
    said = text_of(mail)
    assert mail["Subject"] == "60 personnes en retard"
    assert said.count("1 cours, depuis le vendredi 27 novembre 2026") == late_people.SHOWN
    assert "Et 10 autres personnes." in said
    assert mail["List-Unsubscribe"]
    (row,) = mails(one)
    assert row.details == {}, "no name of a learner stays in the outbox"
    at(MONDAY + timedelta(days=7), monkeypatch)
    assert tell(one) == 1


def test_daily_never_and_switched_off(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    one = world.one
    people(one, 1, "Tard", MONDAY.date() - timedelta(days=3))
    rule(one, copy="day")
    at(TUESDAY, monkeypatch)
    assert tell(one) == 1
    with db.transaction(tenant_id=one.tenant_id):
        session.execute(update(MessageRules).values(copy="never"))
    at(TUESDAY + timedelta(days=1), monkeypatch)
    assert tell(one) == 0
    with db.transaction(tenant_id=one.tenant_id):
        session.execute(update(MessageRules).values(copy="day"))
        session.add(OptOut(tenant_id=one.tenant_id, person_id=one.adviser.person_id, topic="digests"))
    assert tell(one) == 0


def test_an_import_that_was_reminded_of_can_still_be_taken_back(
    world: World, imported: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = world.one
    at(TUESDAY, monkeypatch)
    imported("Nom;Prénom;Courriel\nByron;Ada;ada@exemple.fr\n")
    due(one, DUE)
    assert remind(one) == 2, "the learner of the world, and whom the file brought"
    with db.transaction(Mode.READ, one.tenant_id):
        batch = session.scalars(select(Batch).where(Batch.kind == BatchKind.IMPORT)).one()
        theirs = select(Enrolment.id).where(Enrolment.batch_id == batch.id)
        assert len(session.scalars(theirs).all()) == 1
    assert services.undo(batch, lambda _people: db.transaction(tenant_id=one.tenant_id)).left_out == 0
    with db.transaction(Mode.READ, one.tenant_id):
        assert session.scalars(theirs).all() == []
        assert session.scalar(select(func.count(Reminder.id))) == 1
        assert session.scalars(select(Person.id).where(Person.email == "ada@exemple.fr")).all() == []
