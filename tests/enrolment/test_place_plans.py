"""What a move or a renewal says beforehand is what it does, whatever was done before it."""

from collections.abc import Callable
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as some

from lms.core import db
from lms.core.db import Mode, session
from lms.core.errors import Refused
from lms.enrolment.models import Pool
from lms.enrolment.services import pools, renewals
from lms.organisations.models import Organisation
from tests.enrolment.pools import bound, day, give, is_right, opened, parts
from tests.support.worlds import Corner, World

_MOVES = some.lists(some.tuples(some.integers(0, 3), some.integers(0, 3), some.integers(1, 40)), max_size=8)


@pytest.fixture
def one(world: World) -> Corner:
    """A corner whose cohort takes places of a pool of its own, so that some of the pool is never free."""
    return world.one


@hypothesis.given(_MOVES, some.integers(0, 30), some.booleans())
@hypothesis.settings(
    max_examples=6,
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
def test_a_rehearsal_equals_the_deed(
    one: Corner, tried: list[tuple[int, int, int]], total: int, carries: bool
) -> None:
    units = [one.root_id, one.agency_id, one.other_agency_id, one.company_id]
    pool = opened(one, 60)
    give(one, pool, 10, to=one.agency_id)
    bound(one, pool)
    for source, target, amount in tried:
        before = [parts(one, pool, unit)[0] for unit in units]
        foreseen = told(one, rehearsed(units[source], units[target], amount), pool)
        done = told(one, moved(units[source], units[target], amount), pool)
        assert done == foreseen
        after = [parts(one, pool, unit)[0] for unit in units]
        if isinstance(foreseen, str):
            assert after == before
        else:
            assert [after[source], after[target]] == [line.after for line in foreseen.lines]
            assert sum(after) == sum(before)
    foreseen = told(one, lambda p: renewals.plan_renewal(p, total, carries=carries), pool)
    renewed = told(one, lambda p: renewals.renew(p, day(0), None, total, carries=carries).id, pool)
    if isinstance(foreseen, str):
        assert renewed == foreseen
    else:
        assert {line.organisation_id: line.after for line in foreseen if line.after} == {
            unit: parts(one, renewed, unit)[0] for unit in units if parts(one, renewed, unit)[0]
        }
    assert is_right(one.tenant_id)


def rehearsed(source: int, target: int, amount: int) -> Callable[[Pool], pools.Plan]:
    return lambda pool: pools.plan_move(
        pool, session.get_one(Organisation, source), session.get_one(Organisation, target), amount
    )


def moved(source: int, target: int, amount: int) -> Callable[[Pool], pools.Plan]:
    return lambda pool: pools.move(
        pool, session.get_one(Organisation, source), session.get_one(Organisation, target), amount
    )


def told(one: Corner, work: Any, pool: int) -> Any:
    """What came of it, or the sentence that refused it; what was refused is not kept."""
    try:
        with db.transaction(Mode.WRITE, one.tenant_id):
            return work(session.get_one(Pool, pool))
    except Refused as refusal:
        return refusal.reason
