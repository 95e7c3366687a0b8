"""Books: they sum to zero whatever is tried, no account goes below its floor, and what was written stays written."""

from contextlib import suppress
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as some
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from lms.core import db
from lms.core.db import Mode, session
from lms.ledger import queries, services
from lms.ledger.checkups.books import BooksCheckup
from lms.ledger.models import Account, Movement, Transaction, Unit
from lms.ledger.services import Move, TooLittle
from tests.support import sight
from tests.support.queries import statements
from tests.support.worlds import Corner, World


@pytest.fixture
def one(world: World) -> Corner:
    return world.one


def book(one: Corner, size: int = 3, given: int = 100) -> tuple[int, list[int]]:
    """A book, and its accounts: the source, then those of some organisations; the first of them has it all."""
    units = [one.root_id, one.agency_id, one.other_agency_id, one.company_id][:size]
    with db.transaction(tenant_id=one.tenant_id):
        made = services.open_book(one.tenant_id, Unit.PLACE).id
        services.open_accounts(one.tenant_id, made, ["source"], floor=None)
        services.open_accounts(one.tenant_id, made, ["free"], organisation_ids=units)
        accounts = [queries.accounts_of(one.tenant_id, made, None)["source"].id]
        accounts += [queries.accounts_of(one.tenant_id, made, unit)["free"].id for unit in units]
        if given:
            services.post(one.tenant_id, made, "opened", [Move(accounts[0], accounts[1], given)])
    return made, accounts


def balances(one: Corner, accounts: list[int]) -> list[int]:
    with db.transaction(Mode.READ, one.tenant_id):
        rows = session.execute(select(Account.id, Account.balance).where(Account.id.in_(accounts)))
        found = {row.id: row.balance for row in rows}
    return [found[number] for number in accounts]


def moved(one: Corner, made: int, moves: list[Move], **more: str) -> int | None:
    with db.transaction(tenant_id=one.tenant_id):
        return services.post(one.tenant_id, made, "given", moves, **more)  # type: ignore[arg-type]


def test_what_leaves_one_account_arrives_in_another(one: Corner) -> None:
    made, accounts = book(one)
    moved(one, made, [Move(accounts[1], accounts[2], 30), Move(accounts[2], accounts[3], 30)])
    assert balances(one, accounts) == [-100, 70, 0, 30]


def test_too_little_says_what_there_is_and_keeps_nothing(one: Corner) -> None:
    made, accounts = book(one)
    moves = [Move(accounts[1], accounts[2], 60), Move(accounts[1], accounts[3], 60)]
    with pytest.raises(TooLittle) as told:
        moved(one, made, moves)
    assert told.value.short == {accounts[1]: (100, 120)}
    assert balances(one, accounts) == [-100, 100, 0, 0]


def test_the_same_deed_stands_once(one: Corner) -> None:
    made, accounts = book(one)
    assert moved(one, made, [Move(accounts[1], accounts[2], 5)], once="form") is not None
    assert moved(one, made, [Move(accounts[1], accounts[2], 5)], once="form") is None
    assert balances(one, accounts)[2] == 5


def test_accounts_are_opened_once(one: Corner) -> None:
    made, accounts = book(one)
    with db.transaction(tenant_id=one.tenant_id):
        services.open_accounts(one.tenant_id, made, ["free"], organisation_ids=[one.root_id, one.agency_id])
        services.open_accounts(one.tenant_id, made, ["source"], floor=None)
        services.open_accounts(one.tenant_id, made, ["wallet"], person_ids=[one.learner.person_id])
        services.open_accounts(one.tenant_id, made, ["wallet"], person_ids=[one.learner.person_id])
        count = select(func.count(Account.id)).where(Account.book_id == made)
        assert session.scalar(count) == len(accounts) + 1


def test_the_database_refuses_what_no_service_does(one: Corner) -> None:
    made, accounts = book(one)
    other, others = book(one)
    deed = select(Transaction.id).where(Transaction.book_id == made).scalar_subquery()
    row = {"tenant_id": one.tenant_id, "book_id": made, "transaction_id": deed}
    wrong: tuple[Any, ...] = (
        update(Account).where(Account.id == accounts[1]).values(balance=-1),
        insert(Movement).values(**row, from_id=accounts[1], to_id=accounts[2], amount=0),
        insert(Movement).values(**row, from_id=accounts[1], to_id=accounts[1], amount=1),
        insert(Movement).values(**row, from_id=accounts[1], to_id=others[1], amount=1),  # into another book
    )
    for statement in wrong:
        with pytest.raises(IntegrityError), db.transaction(tenant_id=one.tenant_id):
            session.execute(statement.execution_options(synchronize_session=False))
    stays: tuple[Any, ...] = (
        update(Movement).values(amount=7),
        delete(Movement),
        update(Transaction).values(kind="x"),
        delete(Transaction),
    )
    for statement in stays:
        with pytest.raises(DBAPIError, match="stays"), db.transaction(tenant_id=one.tenant_id):
            session.execute(statement.execution_options(synchronize_session=False))
    assert other != made
    assert balances(one, accounts) == [-100, 100, 0, 0]


def test_any_number_of_accounts_is_as_many_statements(one: Corner) -> None:
    made, accounts = book(one, size=4)
    sent = []
    for ends in (accounts[2:3], accounts[2:5]):
        with statements() as said:
            moved(one, made, [Move(accounts[1], end, 1) for end in ends])
        sent.append(len(said))
    assert sent[0] == sent[1]


def test_the_doctor_names_the_account_that_does_not_add_up(one: Corner) -> None:
    made, accounts = book(one)
    doctor = BooksCheckup()
    assert list(doctor.findings()) == []
    assert doctor.summary().startswith("4")
    with db.transaction(tenant_id=one.tenant_id):
        session.execute(update(Account).where(Account.id == accounts[2]).values(balance=3))
    account, whole = BooksCheckup().findings()
    assert str(accounts[2]) in account.wrong
    assert str(made) in whole.wrong


def test_the_doctor_misses_a_guard_that_is_gone(one: Corner) -> None:
    name = "ledger_movement_delete"
    with sight.everything() as looking:
        if db.is_postgresql():
            off, on = (f"alter table ledger_movement {word} trigger {name}" for word in ("disable", "enable"))
        else:
            off, on = (
                f"drop trigger {name}",
                looking.scalar(text(f"select sql from sqlite_master where name = '{name}'")),
            )
        looking.execute(text(off))
    try:
        (found,) = BooksCheckup().findings()
        assert name in found.wrong
    finally:
        with sight.everything() as looking:
            looking.execute(text(on))


_MOVES = some.lists(
    some.tuples(some.integers(0, 3), some.integers(0, 3), some.integers(1, 60), some.integers(0, 9)),
    max_size=12,
)


@hypothesis.given(_MOVES)
@hypothesis.settings(
    max_examples=20,
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
def test_whatever_is_tried_the_books_are_right(one: Corner, tried: list[tuple[int, int, int, int]]) -> None:
    """Random deeds, some sent twice, some asking too much: balances are those of a plain dictionary."""
    made, accounts = book(one)
    expected, done = dict(zip(range(4), [-100, 100, 0, 0], strict=True)), set[int]()
    for source, target, amount, key in tried:
        if source == target:
            continue
        fits = source == 0 or expected[source] >= amount
        with suppress(TooLittle):
            number = moved(
                one, made, [Move(accounts[source], accounts[target], amount)], once=f"{made}/{key}"
            )
            assert (number is None) == (key in done)
            if number is not None:
                assert fits
                done.add(key)
                expected[source] -= amount
                expected[target] += amount
    assert balances(one, accounts) == list(expected.values())
    with db.transaction(Mode.READ, one.tenant_id):
        assert queries.faults(one.tenant_id) == []
