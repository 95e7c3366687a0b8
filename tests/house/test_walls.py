"""PostgreSQL keeps the tenants apart even where a query forgets to: the second line, with and without the first.

The first line alone is proved by the run of the whole suite with row-level security off (``LMS_TEST_ROLE=lms_free``).
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, event, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, ProgrammingError

from lms.core import db, jobs, roles, walls
from lms.core.db import Mode, Model, session
from lms.core.jobs import Job
from lms.core.journal import Entry
from lms.courses.models import Course
from lms.organisations.models import Membership, Organisation
from lms.people.models import Person
from tests.house import staircase
from tests.support.page import Visitor
from tests.support.sight import IS_ON, everything, needs_walls
from tests.support.worlds import World

pytestmark = pytest.mark.postgresql


def tables_with_tenant() -> set[str]:
    return {table.name for table in Model.metadata.sorted_tables if "tenant_id" in table.c}


def seen(model: type[Model], tenant_id: int | None) -> int:
    """How many rows a query that forgets its tenant sees."""
    with db.transaction(Mode.READ, tenant_id):
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_every_table_with_a_tenant_has_its_wall(app: Flask) -> None:
    """A migration that makes one ends with ``walls.guard("its_name")``; see ``migrations/walls.py``."""
    guarded = text("select tablename from pg_policies where policyname = 'tenant'")
    with everything(Mode.READ):
        assert set(session.scalars(guarded)) == tables_with_tenant()
        assert roles.tables_without_wall(session.connection()) == []
        forced = text("select count(*) from pg_class where relforcerowsecurity")
        assert session.scalar(forced) == 0, (
            "under FORCE an owner's data migration changes nothing, in silence"
        )


def test_the_walls_bind_the_application_and_the_workers(app: Flask) -> None:
    for of_all in (False, True):
        with db.transaction(Mode.READ, of_all=of_all):
            assert (roles.why_unbound(session.connection()) == "") is (IS_ON or of_all)


@needs_walls
def test_a_forgetful_query_sees_one_tenant_and_without_one_nothing(world: World) -> None:
    for model in (Person, Membership, Organisation, Course):
        with everything(Mode.READ):
            rows = session.scalars(select(model.__table__.c.tenant_id)).all()
        for tenant_id in (world.one.tenant_id, world.two.tenant_id):
            assert 0 < seen(model, tenant_id) == rows.count(tenant_id) < len(rows)
        assert seen(model, None) == 0


@needs_walls
def test_nobody_writes_into_another_tenant(world: World) -> None:
    one, two = world.one, world.two
    with db.transaction(tenant_id=one.tenant_id):
        theirs = update(Organisation).where(Organisation.id == two.root_id).values(name="mine")
        assert session.execute(theirs.returning(Organisation.id)).all() == []
    with pytest.raises(ProgrammingError, match="row-level security"), db.transaction(tenant_id=one.tenant_id):
        session.execute(
            insert(Organisation).values(tenant_id=two.tenant_id, slug="x", name="x", kind="agency")
        )
    with pytest.raises(ProgrammingError, match="row-level security"), db.transaction(tenant_id=one.tenant_id):
        moved = update(Organisation).where(Organisation.id == one.other_agency_id)
        session.execute(moved.values(tenant_id=two.tenant_id))


@needs_walls
def test_a_pooled_connection_remembers_nobody(world: World) -> None:
    for _turn in range(3):
        with db.transaction(Mode.READ, world.one.tenant_id):
            session.execute(select(1))
        with db.transaction(Mode.READ):
            assert session.scalar(text("select current_setting('app.tenant', true)")) == ""
            assert session.scalar(select(func.count()).select_from(Person)) == 0


@needs_walls
def test_a_commit_within_a_request_loses_no_tenant(world: World) -> None:
    db.begin(Mode.WRITE, world.one.tenant_id)
    first = session.scalar(select(func.count()).select_from(Person))
    db.commit()
    assert session.scalar(select(func.count()).select_from(Person)) == first > 0  # type: ignore[operator]
    db.rollback()


@needs_walls
def test_rows_of_nobody_are_seen_by_nobody_in_particular(world: World) -> None:
    with db.transaction():
        session.add(Entry(verb="sign-in-refused"))
        jobs.later("people.mail_links", typed="sealed")
    assert (seen(Entry, None), seen(Job, None)) == (1, 1)
    assert (seen(Entry, world.one.tenant_id), seen(Job, world.one.tenant_id)) == (0, 0)


def test_only_the_workers_role_sees_the_queues_of_all_and_nothing_else(world: World) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        jobs.later("certificates.draw", certificate_ids=[])
    with db.transaction(Mode.READ, of_all=True):
        assert session.scalar(select(func.count()).select_from(Job)) == 1
    assert (seen(Job, world.two.tenant_id) == 0) is IS_ON
    with pytest.raises(ProgrammingError, match="permission denied"), db.transaction(Mode.READ, of_all=True):
        session.scalar(select(func.count()).select_from(Person))
    run = jobs.claim("w")
    assert run is not None
    run.run()
    with db.transaction(Mode.READ, world.one.tenant_id):
        assert session.scalars(select(Job.state)).all() == ["done"]


@needs_walls
def test_a_signpost_tells_a_tenant_and_nothing_else(world: World) -> None:
    one = world.one
    with db.transaction(Mode.READ):
        told = session.scalars(select(func.tenants_of_account(one.adviser.account_id))).all()
        assert told == [one.tenant_id]
        assert seen_here() == 0
        with walls.visiting(one.tenant_id):
            assert seen_here() > 0
        assert seen_here() == 0
        walls.enter(world.two.tenant_id)
        assert seen_here() > 0
    signposts = text("select proname from pg_proc where prosecdef and pronamespace = 'public'::regnamespace")
    open_to_all = text("select count(*) from pg_proc where prosecdef and proacl is null")
    with everything(Mode.READ):
        assert {name.split("_")[0] for name in session.scalars(signposts)} == {"tenants", "account"}
        assert session.scalar(open_to_all) == 0, "PUBLIC may call none of them"


def seen_here() -> int:
    return session.scalar(select(func.count()).select_from(Person)) or 0


@needs_walls
def test_after_a_fault_inside_one_is_where_one_was(world: World) -> None:
    with db.transaction(Mode.READ):
        with pytest.raises(ZeroDivisionError), walls.visiting(world.one.tenant_id):
            raise ZeroDivisionError
        assert (walls.tenant_in_hand(), seen_here()) == (None, 0)
    with pytest.raises(DBAPIError), db.transaction(Mode.READ), walls.visiting(world.one.tenant_id):
        session.execute(text("select 1 / 0"))
    assert walls.tenant_in_hand() is None


def test_the_owner_migrates_the_rows_of_all(world: World) -> None:
    named = update(Organisation).values(name=Organisation.name).returning(Organisation.tenant_id)
    with everything():
        changed = set(session.scalars(named))
    assert changed == {world.one.tenant_id, world.two.tenant_id}


@pytest.fixture
def forgetful(app: Flask) -> Iterator[list[str]]:
    """Every query of the application forgets its tenant. What was forgotten is in the list."""
    forgotten: list[str] = []

    def forget(
        _connection: Connection, _cursor: object, statement: str, parameters: Any, *_more: object
    ) -> tuple[str, Any]:
        bare, count = re.subn(r"\b\w+\.tenant_id = %\(tenant_id_\d+\)s::BIGINT", "true", statement)
        if count and statement.startswith("SELECT"):
            forgotten.append(bare)
            return bare, parameters
        return statement, parameters

    engines = db.engines()
    for engine in engines:
        event.listen(engine, "before_cursor_execute", forget, retval=True)
    yield forgotten
    for engine in engines:
        event.remove(engine, "before_cursor_execute", forget)


@pytest.mark.parametrize("who", ["admin", "partner"])
def test_without_the_first_line_the_second_holds(
    app: Flask, world: World, visit: Callable[..., Visitor], forgetful: list[str], who: str
) -> None:
    """Where the queries forget their tenant, the pages of others are still not there; without walls some would be."""
    addresses = [path for _rule, path in staircase.addresses(app, world, "GET")]
    stranger = visit(getattr(world.two, who))
    pages = [stranger.fetch(path) for path in addresses]
    assert forgetful, "nothing was forgotten: this test proves nothing"
    shown = [path for path, page in zip(addresses, pages, strict=True) if b"CANARI-1" in page.data]
    if IS_ON:
        assert shown == []
    elif who == "admin":
        assert shown != [], "the queries forgot their tenant, and still nothing leaked"
