"""Many ask at once while others leave: never more people than seats, and nobody waits while a seat is free."""

import random
import threading
from collections import Counter

import pytest
from flask import Flask
from sqlalchemy import select

from lms.core import db
from lms.core.db import session
from lms.enrolment import services
from lms.enrolment.models import Cohort, Member, WishState
from lms.enrolment.states import GONE
from tests.enrolment.wishes import asked, inside, learners, limited, opened, states
from tests.support.worlds import Corner, Someone, World

THREADS, EACH, SEATS = 6, 3, 4


@pytest.mark.timeout(120)
def test_those_who_ask_at_once_get_the_last_seats_and_no_more(app: Flask, world: World) -> None:
    one = world.one
    crowd = learners(one, THREADS * EACH)
    opened(one)
    there = len(inside(one))
    limited(one, there + SEATS)
    seen, most, together = Counter[str](), [0], threading.Barrier(THREADS)

    def ask(turn: int) -> None:
        chance = random.Random(turn)
        together.wait(30)
        for n, who in enumerate(crowd[turn * EACH : (turn + 1) * EACH]):
            seen[_again(lambda who=who: asked(one, who).value)] += 1
            most[0] = max(most[0], len(inside(one)))
            if n == 0 or chance.random() < 0.5:  # so that, whoever is quickest, somebody who entered leaves
                seen[_again(lambda who=who: _left(one, who))] += 1

    threads = [threading.Thread(target=ask, args=(turn,)) for turn in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    found = Counter(states(one).values())
    print(dict(seen), dict(found), f"at most {most[0]} of {there + SEATS}")
    assert sum(found.values()) == THREADS * EACH
    assert seen["left"] > 0
    assert most[0] <= there + SEATS
    assert len(inside(one)) == there + min(SEATS, THREADS * EACH - seen["left"])
    assert found[WishState.WAITING] > 0


def _again(deed: object) -> str:
    """Do it, again where the database asks to: somebody else was quicker."""
    for _turn in range(20):
        try:
            return str(deed())  # type: ignore[operator]
        except db.AWAY:
            continue
        finally:
            db.session.remove()
    return "never"


def _left(one: Corner, who: Someone) -> str:
    with db.transaction(tenant_id=one.tenant_id):
        own = Member.person_id == who.person_id, Member.state.not_in(GONE)
        member = session.scalar(select(Member.id).where(*own, Member.cohort_id == one.cohort_id))
        if member is None:
            return "waited"
        services.withdraw([member], session.get_one(Cohort, one.cohort_id), "gave-up")
        return "left"
