"""The chain of learning events: a row changed, taken out or put in afterwards shows."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select, text, update

from lms.core import db
from lms.core.db import session
from lms.enrolment.models import Enrolment
from lms.progress import ledger
from lms.progress.ledger import Fact, Head
from lms.progress.models import LearningEvent
from tests.progress.playing import MORNING, do, learner
from tests.support.worlds import World


def _verify(app: Flask, slug: str = "reseau-1") -> tuple[int, str]:
    done = app.test_cli_runner().invoke(args=["progress", "verify", "--organisation", slug, "--json"])
    return done.exit_code, done.output


def test_rows_are_numbered_and_tied_to_the_one_before() -> None:
    facts = [Fact("opened", 7, MORNING), Fact("done", 7, MORNING + timedelta(minutes=1), 60)]
    first, second = ledger.rows(1, 2, facts, Head())
    assert (first["number"], second["number"]) == (1, 2)
    assert second["hash"] == ledger.fingerprint(second, first["hash"])
    assert second["hash"] != ledger.fingerprint(second, "")


def test_the_hash_does_not_depend_on_the_database(world: World) -> None:
    who = learner(world.one)
    do(who, world.one.activity_ids[0])
    with db.transaction(tenant_id=who.tenant_id):
        kept = session.execute(select(*LearningEvent.__table__.c).order_by(LearningEvent.number)).all()
    made = ledger.rows(
        who.tenant_id, who.enrolment_id,
        [Fact("opened", world.one.activity_ids[0], MORNING), Fact("done", world.one.activity_ids[0], MORNING)], Head(),
    )  # fmt: skip
    assert [row.hash for row in kept] == [row["hash"] for row in made]


def test_an_untouched_ledger_holds(app: Flask, world: World) -> None:
    for activity_id in world.one.activity_ids[:2]:
        do(learner(world.one), activity_id)
        do(learner(world.one, world.one.other_learner), activity_id)
    status, said = _verify(app)
    assert (status, '"status": "intact"' in said, '"events": 8' in said) == (0, True, True)


@pytest.mark.parametrize(
    "change",
    [{"seconds": 900}, {"verb": "passed"}, {"details": {"score": 100}}, {"at": MORNING - timedelta(days=1)}],
)
def test_an_altered_row_is_named(app: Flask, world: World, change: dict[str, object]) -> None:
    who = learner(world.one)
    for activity_id in world.one.activity_ids[:2]:
        do(who, activity_id)
    with db.transaction(tenant_id=who.tenant_id):
        session.execute(update(LearningEvent).where(LearningEvent.number == 3).values(**change))
    status, said = _verify(app)
    assert status == 1
    assert f"L’événement 3 de l’inscription {who.enrolment_id} n’est plus" in said


def test_a_row_taken_out_is_named(app: Flask, world: World) -> None:
    who = learner(world.one)
    for activity_id in world.one.activity_ids[:2]:
        do(who, activity_id)
    with db.transaction(tenant_id=who.tenant_id):
        session.execute(delete(LearningEvent).where(LearningEvent.number == 2))
    status, said = _verify(app)
    assert (status, f"L’événement 2 de l’inscription {who.enrolment_id} manque" in said) == (1, True)


def test_an_end_cut_off_is_named(app: Flask, world: World) -> None:
    who = learner(world.one)
    for activity_id in world.one.activity_ids[:2]:
        do(who, activity_id)
    with db.transaction(tenant_id=who.tenant_id):
        session.execute(delete(LearningEvent).where(LearningEvent.number > 2))
    status, said = _verify(app)
    assert (status, f"L’événement 3 de l’inscription {who.enrolment_id} manque" in said) == (1, True)


def test_figures_that_the_ledger_does_not_bear_out_are_named(app: Flask, world: World) -> None:
    who = learner(world.one)
    do(who, world.one.activity_ids[0])
    with db.transaction(tenant_id=who.tenant_id):
        session.execute(update(Enrolment).where(Enrolment.id == who.enrolment_id).values(steps_done=3))
    status, said = _verify(app)
    assert (status, f"l’inscription {who.enrolment_id}" in said) == (1, True)


def test_only_the_organisation_in_question_is_read(app: Flask, world: World) -> None:
    who = learner(world.two)
    do(who, world.two.activity_ids[0])
    with db.transaction(tenant_id=who.tenant_id):
        session.execute(update(LearningEvent).values(seconds=1))
    assert _verify(app, "reseau-1")[0] == 0
    assert _verify(app, "reseau-2")[0] == 1


def test_an_unknown_organisation_is_said(app: Flask, world: World) -> None:
    status, said = _verify(app, "nulle-part")
    assert (status, "nulle-part" in said) == (2, True)


def test_numbers_have_no_gap_and_no_twin(world: World) -> None:
    who = learner(world.one)
    do(who, world.one.activity_ids[0])
    with pytest.raises(Exception, match=r"(?i)unique"), db.transaction(tenant_id=who.tenant_id):
        session.execute(
            text(
                "insert into learning_event (tenant_id, enrolment_id, number, verb, at, seconds, details, hash)"
                " select tenant_id, enrolment_id, number, verb, at, seconds, details, hash from learning_event"
            )
        )
