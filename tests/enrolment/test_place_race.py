"""Eight processes assign the last 100 places, half of them cancelling: never over 100, never below nothing, books at zero."""

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from config.settings import ROOT, Settings
from lms.core import db
from lms.core.db import Mode, session
from lms.enrolment.models import Member, Place
from lms.enrolment.states import GONE
from lms.ledger.models import Account
from lms.people.models import Person
from tests.enrolment.pools import bound, is_right, opened, parts
from tests.support import worlds
from tests.support.worlds import Corner, World

PROCESSES = 8
PLACES = 100


@pytest.mark.timeout(300)
def test_eight_processes_at_the_last_hundred_places(app: Flask, world: World, settings: Settings) -> None:
    race(world.one, settings, turns=10, people=30)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_eight_processes_for_long(app: Flask, world: World, settings: Settings) -> None:
    race(world.one, settings, turns=60, people=40)


def race(one: Corner, settings: Settings, *, turns: int, people: int) -> None:
    pool, cohorts = opened(one, PLACES, at=one.agency_id), two_cohorts(one)
    taken = sum(bound(one, pool, cohort).taken for cohort in cohorts)
    crowd = people_of(one, PROCESSES * people)
    orders = [
        {
            "settings": plain(settings), "tenant_id": one.tenant_id, "cohorts": cohorts, "seed": n, "turns": turns,
            "people": crowd[n * people : (n + 1) * people], "cancels": n % 2 == 1,
        }
        for n in range(PROCESSES)
    ]  # fmt: skip
    with watched(one) as seen:
        said = run(orders)
    free, assigned, used = parts(one, pool, one.agency_id)
    print(
        f"{dict(said)}, looked {len(seen)} times, most at once {max(seen, default=0)}, at the end {assigned}"
    )
    assert said["enrolled"] > PROCESSES
    assert said["cancelled"] > 0
    assert max(seen) <= PLACES
    assert min(seen) >= 0
    assert (free + assigned, used) == (PLACES, 0)
    assert assigned == members_there(one) >= taken
    assert said["refused"] > 0, "nobody met the end of the pool: this proves nothing"
    assert is_right(one.tenant_id)


def run(orders: list[dict[str, Any]]) -> Counter[str]:
    """Let all of them go at once, and add up what they saw."""
    program = [sys.executable, "-m", "tests.enrolment.place_race"]
    done = subprocess.run(
        program, cwd=ROOT, input=json.dumps(orders), capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stderr
    return Counter(json.loads(done.stdout))


@contextmanager
def watched(one: Corner) -> Iterator[list[int]]:
    """How many places are taken, asked again and again from outside while the block runs."""
    seen: list[int] = []
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            with db.transaction(Mode.READ, one.tenant_id):
                seen.append(session.scalar(select(func.coalesce(func.sum(Place.amount), 0))) or 0)
                assert session.scalar(select(func.sum(Account.balance))) == 0
            db.session.remove()
            time.sleep(0.05)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join(20)


def plain(settings: Settings) -> dict[str, Any]:
    """Settings that a process reads from JSON."""
    kept = (
        "database_url",
        "worker_database_url",
        "owner_database_url",
        "secret_key",
        "storage_url",
        "env",
        "base_url",
    )
    assert {field.name for field in fields(settings)} >= set(kept)
    return {name: getattr(settings, name) for name in kept} | {"var": str(settings.var)}


def two_cohorts(one: Corner) -> list[int]:
    """The corner's own, and another one of the same agency."""
    with db.transaction(tenant_id=one.tenant_id):
        return [one.cohort_id, worlds.cohort(one.tenant_id, one.agency_id, "Seconde", [], []).id]


def people_of(one: Corner, number: int) -> list[int]:
    """So many who are nowhere yet."""
    with db.transaction(tenant_id=one.tenant_id):
        rows = [Person(
            tenant_id=one.tenant_id, first_name=f"P{n}", last_name="Course", sort_name=f"course p{n}"
        ) for n in range(number)]  # fmt: skip
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def members_there(one: Corner) -> int:
    """Members of both cohorts who were not withdrawn."""
    with db.transaction(Mode.READ, one.tenant_id):
        there = select(func.count(Member.id)).where(
            Member.tenant_id == one.tenant_id, Member.state.not_in(GONE)
        )
        return session.scalar(there) or 0
