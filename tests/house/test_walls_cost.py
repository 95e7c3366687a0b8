"""What the walls cost among 100,000 people: the searches of today next to nothing, a prefix by LIKE its index."""

import re
import time
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text

from lms.core import db
from lms.core.db import Mode, session
from lms.organisations.queries import actor_by_key
from lms.people.queries import persons_matching
from tests.support import worlds
from tests.support.sight import everything, needs_walls
from tests.support.worlds import World

pytestmark = [pytest.mark.postgresql, pytest.mark.long, needs_walls]

PEOPLE = 100_000
_CROWD = """
    with made as (
      insert into person (tenant_id, first_name, last_name, sort_name, situation, language, created_at)
      select :tenant, 'Nadia', md5(n::text), md5(n::text) || ' nadia', 'other', 'fr', now() from generate_series(1, :people) n
      returning id)
    insert into membership (tenant_id, person_id, organisation_id, role, created_at)
    select :tenant, id, :agency, 'learner', now() from made
"""
_LIKE = "sort_name like 'abc%'"
_RANGE = "sort_name ~>=~ 'abc' and sort_name ~<~ 'abd'"


def crowd(world: World) -> None:
    with everything():
        session.execute(text("set local statement_timeout = 0"))
        asked = {"tenant": world.one.tenant_id, "agency": world.one.agency_id, "people": PEOPLE}
        session.execute(text(_CROWD), asked)
    with everything():
        session.execute(text("analyze person"))
        session.execute(text("analyze membership"))


def quickest(work: Callable[[], object], turns: int = 5) -> float:
    """Seconds of the quickest of some turns."""
    taken = []
    for _turn in range(turns):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return min(taken)


def plan(where: str, tenant_id: int, by_owner: bool) -> str:
    """How PostgreSQL would look for these persons of a tenant."""
    asked = text(f"explain select id from person where tenant_id = {tenant_id} and {where}")
    with everything(Mode.READ) if by_owner else db.transaction(Mode.READ, tenant_id):
        return "\n".join(session.scalars(asked))


@pytest.mark.timeout(600)
def test_what_the_wall_costs_a_search(app: Flask, world: World) -> None:
    crowd(world)
    the_search_of_people_costs_the_same(world)
    a_prefix_keeps_its_index_as_a_range_and_loses_it_as_like(world)


def the_search_of_people_costs_the_same(world: World) -> None:
    cookie = worlds.cookie_of(world.one.admin)
    with db.transaction(Mode.READ, world.one.tenant_id):
        actor = actor_by_key(cookie["_user_id"])
        assert actor is not None
        behind = quickest(lambda: persons_matching(actor, "abc"))
        assert persons_matching(actor, "abc").total > 0
    with everything(Mode.READ):
        before = quickest(lambda: persons_matching(actor, "abc"))
    print(f"search among {PEOPLE}: {before * 1000:.1f} ms without the wall, {behind * 1000:.1f} ms behind it")
    assert behind < 1.5 * before


def a_prefix_keeps_its_index_as_a_range_and_loses_it_as_like(world: World) -> None:
    with everything():
        session.execute(text("create index by_beginning on person (tenant_id, sort_name text_pattern_ops)"))
    try:
        plans = {
            (where, by_owner): plan(where, world.one.tenant_id, by_owner)
            for where in (_LIKE, _RANGE)
            for by_owner in (True, False)
        }
    finally:
        with everything():
            session.execute(text("drop index by_beginning"))
    for (where, by_owner), said in plans.items():
        print(f"{where}, {'owner' if by_owner else 'application'}:\n{said}")
    narrow = {key for key, said in plans.items() if re.search(r"Index Cond: .*~>=~", said)}
    assert narrow == {(_LIKE, True), (_RANGE, True), (_RANGE, False)}
