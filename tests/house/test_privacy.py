"""What is held on people can be shown and erased: every table that reaches a person, and no text left behind."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from lms.certificates.models import Certificate, RegisterEntry
from lms.core import db, privacy
from lms.core.clock import now
from lms.core.db import Mode, Model, session
from lms.core.privacy import Holding, Whose
from lms.courses.activity import Outcome
from lms.enrolment.models import Enrolment
from lms.people import services
from lms.people.models import Account, Person
from lms.people.services.erasure import NobodyToErase
from lms.progress import ledger
from lms.progress.models import LearningEvent
from tests.house import filled
from tests.progress.playing import do, learner
from tests.support import sight
from tests.support.queries import statements
from tests.support.worlds import World


def tables() -> list[sa.Table]:
    return list(Model.metadata.sorted_tables)


def reaching() -> set[str]:
    """Tables from which foreign keys or marks lead to a person or an account, over however many others."""
    found = {"person", "account"}
    found |= {table.name for table in tables() for column in table.c if column.info.get("id of") in found}
    while more := {
        table.name
        for table in tables()
        if table.name not in found
        and {key.referred_table.name for key in table.foreign_key_constraints} & found
    }:
        found |= more
    return found


def loose_ids(table: sa.Table) -> Iterator[sa.Column[Any]]:
    """Columns named like an id that have neither a foreign key nor a mark."""
    for column in table.c:
        is_id = column.name.endswith("_id") and isinstance(column.type, sa.BigInteger)
        if is_id and not column.foreign_keys and "id of" not in column.info:
            yield column


def test_every_table_that_reaches_a_person_can_be_shown_and_erased(app: Flask) -> None:
    assert reaching() - set(Holding.registered) == set()
    for name, kind in Holding.registered.items():
        assert kind.table.__table__.name == name
        assert kind.columns.keys() <= set(kind.table.__table__.c.keys()), name
        assert kind.columns, f"{name} shows nothing"
        assert kind.erase is not Holding.erase, f"{name} erases nothing"
        assert not kind.stays or kind.reason, f"{name} keeps something and says not why"


def test_an_id_without_a_foreign_key_says_whose_it_is(app: Flask) -> None:
    """``cohort_id`` names its table; ``by_id`` and ``follower_id`` do not, and a person's must be marked in any case."""
    named = {table.name.split("_")[-1] for table in tables()} | {table.name for table in tables()}
    known = (named | {"tenant", "import"}) - {"person", "account"}
    assert [
        f"{table.name}.{column.name}"
        for table in tables()
        for column in loose_ids(table)
        if column.name.removesuffix("_id") not in known
    ] == []


def test_a_table_is_erased_before_those_that_it_points_at(app: Flask) -> None:
    order = list(Holding.registered)
    wrong = [
        (name, key.referred_table.name)
        for name, kind in Holding.registered.items()
        for key in kind.table.__table__.foreign_key_constraints
        if key.referred_table.name in order and order.index(key.referred_table.name) > order.index(name)
    ]
    assert wrong == []


@pytest.fixture
def whose(world: World) -> Whose:
    """The first tenant's learner, of whom every table of the house has a row with a canary in each text."""
    return filled.every_table(world.one, world.one.learner, world.one.adviser)


def test_all_that_is_held_is_shown_in_a_statement_a_table(app: Flask, whose: Whose) -> None:
    with statements() as sent:
        parts = filled.shown(whose)
    of_nobody = [name for name, kind in Holding.registered.items() if kind().of_nobody(whose) is not None]
    assert len(parts) == len(Holding.registered)
    assert len(sent) == len(parts) + len(of_nobody)
    assert {name for name, part in parts.items() if part.rows} == set(parts) - filled.OF_STAFF
    assert all(part.label and all(part.labels.values()) for part in parts.values())
    json.dumps([part.rows for part in parts.values()])  # plain values


def test_what_is_shown_holds_no_secret(app: Flask) -> None:
    """Nobody needs to see how a password is kept, and a page that shows it would."""
    secret = {
        f"{name}.{column}"
        for name, kind in Holding.registered.items()
        for column in kind.columns
        if any(word in column for word in ("hash", "token", "secret", "sealed", "words", "key"))
    }
    assert secret == set()


def test_nothing_is_left_but_what_is_set_aside_with_its_reason(app: Flask, whose: Whose) -> None:
    texts = {name for name, _column in filled.places()}
    assert texts >= {
        "person",
        "account",
        "mail",
        "attempt",
        "standing",
        "certificate",
        "identity_link",
        "job",
    }
    assert filled.canary_files() == {"certificate", "import", "report"}
    done = filled.erase(whose)
    stays = {(name, column) for name, kind in Holding.registered.items() for column in kind.stays}
    left = filled.places()
    assert left - stays == set()
    assert filled.canary_files() == {"certificate"}
    assert {name for name, _column in left} == {
        name for name, one in done.items() if one.reason and name in {table for table, _column in left}
    }, "what stays says why"
    assert not left & {("account", "login"), ("person", "last_name")}


def test_shown_again_there_is_no_name(app: Flask, whose: Whose) -> None:
    filled.erase(whose)
    (row,) = filled.shown(whose)["person"].rows
    assert (row["first_name"], row["email"], row["birth_date"]) == ("", None, None)
    assert str(whose.person_ids[0]) in row["last_name"]


def test_the_chain_of_events_holds_and_the_certificate_answers(
    app: Flask, world: World, whose: Whose
) -> None:
    filled.erase(whose)
    with db.transaction(Mode.READ, whose.tenant_id):
        count, fault = ledger.check(whose.tenant_id, sa.select(Enrolment.id))
        assert (count, fault) == (3, None)
        kept = session.scalars(sa.select(Certificate)).one()
        assert kept.set_aside_until is not None
        assert kept.set_aside_until.year == now().year + 6
        entry = session.scalars(sa.select(RegisterEntry)).one()
        assert (entry.initials, entry.state) == ("N. C.", "valid")


def test_the_ledger_holds_nothing_that_anybody_typed(app: Flask, world: World) -> None:
    """Its rows cannot be emptied without breaking the chain: so they are figures from the start."""
    who = learner(world.one)
    for done in (False, True):
        outcome = Outcome(done=done, score=80, state={"said": filled.CANARY})
        do(who, world.one.activity_ids[0], outcome=outcome)
    with db.transaction(Mode.READ, who.tenant_id):
        details = session.scalars(sa.select(LearningEvent.details)).all()
    assert {type(value) for one in details for value in one.values()} == {int}
    assert {table for table, _column in filled.places()} == {"standing"}


def test_staff_are_erased_too(app: Flask, world: World, whose: Whose) -> None:
    """Their receipts stay, under their number; their reports go; nobody is followed by them."""
    staff = filled.whose(world.one, world.one.adviser)
    assert {name for name, part in filled.shown(staff).items() if part.rows} >= filled.OF_STAFF
    done = filled.erase(staff)
    assert (done["report_run"].deleted, done["cohort_share"].deleted) == (2, 1)
    assert done["cohort_trainer"].deleted == 1
    assert done["enrolment_batch"].kept
    assert done["enrolment_batch"].reason
    assert filled.canary_files() == {"certificate", "import"}


def test_the_number_of_statements_does_not_depend_on_the_people(app: Flask, world: World) -> None:
    sent = []
    for size in (1, 20):
        found = filled.whose(world.one, *filled.learners(world.one, size))
        with statements() as said:
            done = filled.erase(found)
        assert done["person"].emptied == size
        sent.append(len(said))
    assert sent[0] == sent[1]


def test_another_tenants_people_are_not_touched(app: Flask, world: World) -> None:
    filled.every_table(world.two, world.two.learner, world.two.adviser)
    before = filled.everything()
    assert filled.whose(world.one, world.two.learner) == Whose(world.one.tenant_id, ())
    with db.transaction(tenant_id=world.one.tenant_id):
        privacy.erase(Whose(world.one.tenant_id, (world.two.learner.person_id,)))
    assert filled.everything() == before
    with pytest.raises(NobodyToErase), db.transaction(tenant_id=world.one.tenant_id):
        services.erase(world.one.tenant_id, [world.two.learner.person_id])


def test_an_account_that_opens_another_file_stays(app: Flask, world: World) -> None:
    """One human with two organisations: what is erased with the one stands with the other."""
    mine, there = world.one.learner, world.two.learner
    with db.transaction(tenant_id=there.tenant_id):
        session.get_one(Person, there.person_id).account_id = mine.account_id
    done = filled.erase(filled.whose(world.one, mine))
    assert done["account"].kept == 1
    assert done["account"].reason
    with sight.everything(Mode.READ):
        assert session.get(Account, mine.account_id) is not None
        assert session.get_one(Person, there.person_id).account_id == mine.account_id
