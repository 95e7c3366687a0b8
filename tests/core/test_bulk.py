"""Rows by the hundred thousand: each value arrives as it would by any other way, and no guard is passed by."""

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError

from lms.core import bulk, db
from lms.core.db import Mode, session
from lms.core.schedule import Duty
from lms.core.tenants import Tenant
from lms.progress import ledger
from lms.progress.ledger import Fact, Head
from lms.progress.models import LearningEvent, Standing
from tests.support import sight
from tests.support.databases import Addresses
from tests.support.worlds import World

AT = datetime(2026, 3, 29, 1, 30, 5, 250_000, tzinfo=UTC)
EVENT = ("tenant_id", "enrolment_id", "number", "activity_id", "verb", "at", "seconds", "details", "hash")


def enrolled(world: World) -> tuple[int, int, int]:
    """Tenant, enrolment and activity of somebody."""
    from lms.courses.models import Activity
    from lms.enrolment.models import Enrolment

    with db.transaction(Mode.READ, world.one.tenant_id):
        one = session.scalars(sa.select(Enrolment).limit(1)).one()
        step = sa.select(Activity.id).where(Activity.course_id == one.course_id).limit(1)
        return one.tenant_id, one.id, session.scalars(step).one()


def test_rows_read_as_those_written_one_by_one(world: World) -> None:
    tenant_id, enrolment_id, activity_id = enrolled(world)
    facts = [
        Fact("opened", activity_id, AT),
        Fact("passed", activity_id, AT, 30, {"score": 80, "mot": "é\t\\n"}),
    ]
    rows = ledger.rows(tenant_id, enrolment_id, facts, Head())
    with db.transaction(Mode.WRITE, tenant_id):
        assert bulk.write(LearningEvent, EVENT, (tuple(row.values()) for row in rows)) == 2
    with db.transaction(Mode.READ, tenant_id):
        count, fault = ledger.check(tenant_id, sa.select(sa.literal(enrolment_id)))
        assert (count, fault) == (2, None)
        last = session.scalars(sa.select(LearningEvent).where(LearningEvent.number == 2)).one()
        assert (last.at, last.details, last.seconds) == (AT, {"score": 80, "mot": "é\t\\n"}, 30)


def test_they_go_with_the_transaction(world: World) -> None:
    def broken() -> None:
        with db.transaction(Mode.WRITE):
            bulk.write(Duty, ("name", "next_at"), [("one", AT), ("two", AT)])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    with db.transaction(Mode.READ):
        assert session.scalars(sa.select(Duty.name)).all() == []


@pytest.mark.parametrize("value", [None, "x"])
def test_keys_and_limits_hold(world: World, value: str | None) -> None:
    tenant_id, enrolment_id, _activity = enrolled(world)
    columns = ("tenant_id", "enrolment_id", "activity_id", "state", "seconds", "started_at", "last_at")
    row: list[Any] = [tenant_id, enrolment_id, 999_999 if value else None, {}, 0, AT, AT]

    def write() -> None:
        with db.transaction(Mode.WRITE, tenant_id):
            bulk.write(Standing, columns, [row])

    with pytest.raises((IntegrityError, *violations())):
        write()


def violations() -> tuple[type[Exception], ...]:
    """What the drivers say where nobody translates it."""
    import sqlite3

    import psycopg

    return sqlite3.IntegrityError, psycopg.IntegrityError


def test_reserved_numbers_are_nobody_else_s(app: Flask) -> None:
    with db.transaction():
        first = bulk.reserve(Tenant, 3)
        bulk.write(Tenant, ("id", "name", "created_at"), [(one, "R", AT) for one in first])
        made = Tenant(name="S")
        session.add(made)
        session.flush()
        again = bulk.reserve(Tenant, 2)
        assert len({*first, made.id, *again}) == 6
        assert list(first) == sorted(first)


@pytest.mark.postgresql
@pytest.mark.skipif(not sight.IS_ON, reason="this role sees past every guard")
def test_a_guarded_table_is_not_copied_into_past_its_guard(app: Flask, addresses: Addresses) -> None:
    owner = sa.create_engine(addresses.owner_url, poolclass=sa.NullPool)
    try:
        with owner.begin() as connection:
            connection.exec_driver_sql("alter table duty enable row level security")
            connection.exec_driver_sql(
                "create policy small on duty using (name < 'm') with check (name < 'm')"
            )
        with db.transaction():
            assert bulk.write(Duty, ("name", "next_at"), [("a", AT), ("b", AT)]) == 2
        with pytest.raises(Exception, match="row-level security"), db.transaction():
            bulk.write(Duty, ("name", "next_at"), [("c", AT), ("z", AT)])
        with db.transaction(Mode.READ):
            assert session.scalars(sa.select(Duty.name).order_by(Duty.name)).all() == ["a", "b"]
    finally:
        with owner.begin() as connection:
            connection.exec_driver_sql("drop policy if exists small on duty")
            connection.exec_driver_sql("alter table duty disable row level security")
        owner.dispose()


def test_statistics_are_refreshed(app: Flask, addresses: Addresses, on_postgresql: bool) -> None:
    bulk.refresh_statistics()
    engine = sa.create_engine(addresses.owner_url, poolclass=sa.NullPool)
    asked = (
        "select count(*) from pg_stat_user_tables where last_analyze is not null"
        if on_postgresql
        else "select count(*) from sqlite_master where name = 'sqlite_stat1'"
    )
    with engine.connect() as connection:
        assert connection.exec_driver_sql(asked).scalar_one() > 0
    engine.dispose()
