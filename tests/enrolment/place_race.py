"""Processes that enrol and cancel at the same time: ``python -m tests.enrolment.place_race``.

Reads a list of orders from standard input, one a process: settings, tenant, cohorts, people, seed, turns, and whether it
cancels at every other turn. Prints how often they enrolled, were refused, cancelled, and were asked to try again.
"""

import json
import multiprocessing
import random
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import select

from config.settings import Settings
from lms.app import create_app
from lms.core import db
from lms.core.db import session
from lms.enrolment import services
from lms.enrolment.models import BatchKind, Cohort, Member
from lms.enrolment.services.place_rules import PlacesShort
from lms.enrolment.states import GONE
from lms.people.models import Person

_SECONDS = 240  #: after which whoever is left is ended


def main() -> None:
    """The application is made once; each process then opens its own connections, and all go at once."""
    orders = json.load(sys.stdin)
    create_app(Settings(**(orders[0]["settings"] | {"var": Path(orders[0]["settings"]["var"])})))
    forks = multiprocessing.get_context("fork")
    together, told = forks.Barrier(len(orders)), forks.SimpleQueue()
    started = [forks.Process(target=_race, args=(order, together, told)) for order in orders]
    for process in started:
        process.start()
    seen = Counter[str]()
    for _process in started:
        seen.update(told.get())
    for process in started:
        process.join(_SECONDS)
    print(json.dumps(seen), flush=True)


def _race(said: dict[str, Any], together: Any, told: Any) -> None:
    db.disconnect_inherited()
    chance, seen = random.Random(said["seed"]), Counter[str]()
    try:
        together.wait(_SECONDS)
        for turn in range(said["turns"]):
            seen[_turn(said, chance, cancels=said["cancels"] and turn % 2 == 1)] += 1
            db.session.remove()
    finally:
        told.put(dict(seen))
        db.disconnect()


def _turn(said: dict[str, Any], chance: random.Random, *, cancels: bool) -> str:
    try:
        return _cancel(said, chance) if cancels else _enrol(said, chance)
    except PlacesShort:
        return "refused"
    except db.AWAY:  # a page would ask to try again
        return "again"


def _enrol(said: dict[str, Any], chance: random.Random) -> str:
    some = chance.sample(said["people"], chance.randint(2, 5))
    with db.transaction(tenant_id=said["tenant_id"]):
        cohort = session.get_one(Cohort, chance.choice(said["cohorts"]))
        people = select(Person.id.label("person_id")).where(Person.id.in_(some))
        batch = services.enrol(people, cohort, kind=BatchKind.BY_HAND)
        return "enrolled" if batch.total else "there"


def _cancel(said: dict[str, Any], chance: random.Random) -> str:
    with db.transaction(tenant_id=said["tenant_id"]):
        there = select(Member.cohort_id, Member.id).where(
            Member.cohort_id.in_(said["cohorts"]),
            Member.person_id.in_(said["people"]),
            Member.state.not_in(GONE),
        )
        found = session.execute(there.order_by(Member.id)).all()
        if not found:
            return "nobody"
        cohort_id = chance.choice(found).cohort_id
        mine = [row.id for row in found if row.cohort_id == cohort_id]
        leaving = chance.sample(mine, min(3, len(mine)))
        services.withdraw(leaving, session.get_one(Cohort, cohort_id), "entered-by-mistake")
        return "cancelled"


if __name__ == "__main__":
    main()
