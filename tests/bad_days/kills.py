"""Kills those who do jobs, at random moments, and counts what was lost and what was done twice.

A round asks for jobs of ten steps, kills somebody in the midst of one, starts again what was killed, and waits for the end.
"""

import random
import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import select

from lms.core import db, jobs
from lms.core.db import Mode, session
from lms.core.jobs import Job
from lms.core.journal import Entry
from tests.core import slow_task
from tests.support.crews import Crew

STEPS, STEP_SECONDS = 10, 0.08
JOBS = 3  #: asked for in one round: more than there are workers, so that one waits in the queue
LIMIT = 90.0  #: seconds until a job counts as stuck

#: What may be killed, by the engine.
EMBEDDED = ("child", "parent", "family")
CARRIED = (*EMBEDDED, "broker", "relay")


@dataclass(slots=True)
class Toll:
    """What a series of kills did."""

    kills: Counter[str] = field(default_factory=Counter)
    jobs: int = 0
    lost: int = 0
    double: int = 0
    not_done: int = 0
    back: dict[str, list[float]] = field(
        default_factory=dict
    )  #: seconds from a kill to the job's next attempt or end

    def __str__(self) -> str:
        spread = {
            kind: "/".join(f"{f(values):.1f}" for f in (min, statistics.median, max))
            for kind, values in sorted(self.back.items())
        }
        return (
            f"{sum(self.kills.values())} kills {dict(self.kills)}, {self.jobs} jobs of {STEPS} steps:"
            f" lost {self.lost}, double {self.double}, not done {self.not_done}; back after (min/median/max s) {spread}"
        )


def torture(crew: Crew, kinds: tuple[str, ...], kills: int, seed: int = 4) -> Toll:
    """Kill so many times, each kind in turn; the crew is whole again afterwards."""
    chance, toll, asked = random.Random(seed), Toll(), list[int]()
    for number in range(kills):
        ids = [_ask() for _ in range(JOBS)]
        asked += ids
        at = chance.randint(0, STEPS - 2)
        victim = _until(ids[0], partial(_is_at, at))
        time.sleep(chance.random() * STEP_SECONDS)
        kind, killed = kinds[number % len(kinds)], time.monotonic()
        _kill(crew, kind, victim)
        toll.kills[kind] += 1
        _until(victim.id, partial(_is_back, victim.attempt))
        toll.back.setdefault(kind, []).append(time.monotonic() - killed)
        for one in ids:
            _until(one, lambda job: job.is_over)
    _count(toll, asked)
    return toll


def _is_at(progress: int, job: Job) -> bool:
    return job.state == "running" and job.progress >= progress


def _is_back(attempt: int, job: Job) -> bool:
    return job.attempt > attempt or job.is_over


def _kill(crew: Crew, kind: str, victim: Job) -> None:
    if kind == "child":
        crew.kill_worker(victim.worker)
    elif kind == "broker":
        assert crew.broker
        crew.broker.kill()
    else:
        crew.kill("relay" if kind == "relay" else "workers", alone=kind == "parent")
    crew.start()


def _ask() -> int:
    with db.transaction(tenant_id=1):
        return jobs.later(slow_task.NAME, tenant_id=1, steps=STEPS, pause=STEP_SECONDS).id


def _look(job_id: int) -> Job:
    with db.transaction(Mode.READ, 1):
        job = session.scalars(select(Job).where(Job.id == job_id)).one()
        session.expunge(job)
    return job


def _until(job_id: int, ready: Callable[[Job], bool]) -> Job:
    end = time.monotonic() + LIMIT
    while not ready(job := _look(job_id)):
        stuck = f"job {job_id}: {job.state}, {job.progress} steps, attempt {job.attempt}, {job.worker}, {job.error}"
        assert time.monotonic() < end, stuck
        time.sleep(0.02)
    return job


def _count(toll: Toll, asked: list[int]) -> None:
    with db.transaction(Mode.READ, 1):
        lines = session.scalars(select(Entry.details).where(Entry.verb == "slow-step")).all()
        done = session.scalars(select(Job.id).where(Job.state == "done", Job.id.in_(asked))).all()
    seen = Counter((line["job"], line["n"]) for line in lines if line["job"] in set(asked))
    toll.jobs = len(asked)
    toll.lost = len(asked) * STEPS - len(seen)
    toll.double = seen.total() - len(seen)
    toll.not_done = len(asked) - len(done)
