"""Work that is done later: the ``job`` table is the truth, whoever carries the news.

A job is a row written in the caller's transaction, so it exists exactly when its cause does. A
worker *claims* it for the length of a lease and gets a token; every write of the work is guarded
by that token, so a worker that was thought dead can change nothing any more.

    @task("certificates.issue")
    def issue(run: Run, cohort_id: int) -> None:
        for chunk in chunks(queries.waiting(cohort_id), 50):   # reading: no lock is held
            files = [render(one) for one in chunk]              # slow: no transaction at all
            with run.step(len(chunk)):                          # writing: short, fenced
                services.record(files)
"""

import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Index, and_, func, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from lms.core import db, walls
from lms.core.clock import Instant, Later, now
from lms.core.db import PERSON, BigId, Mode, Model, session
from lms.core.errors import Refused
from lms.core.i18n import lazy

log = logging.getLogger("lms.jobs")

WAITING_EACH = 50  #: jobs that one person may have waiting or running
LEASE = 30.0  #: seconds after which a silent worker is taken for dead
#: Seconds. SQLite's waiting writers look this often whether it is their turn: after a step as long, they get one.
_BREATH = 0.1
_FOR_ROOM = 30.0  #: seconds until a job that met a full disk is tried again
#: Set when this process is asked to end: the job in hand stops at its next step, and waits for another worker.
leaving = threading.Event()


class Job(Model):
    """One piece of work, and all that is known about it. Ids without foreign keys: it outlives what it names."""

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_due", "state", "run_at", "id"),
        Index("ix_job_tenant_id_person_id", "tenant_id", "person_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    #: Whose rows the work may see; None: the house's own work.
    tenant_id: Mapped[int | None] = mapped_column(BigId)
    #: Who asked, and may see the job's page.
    person_id: Mapped[int | None] = mapped_column(BigId, info=PERSON)
    #: Name of the task.
    kind: Mapped[str]
    arguments: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: Asked twice, done once.
    unique_key: Mapped[str | None] = mapped_column(unique=True)
    #: waiting, running, done, failed, cancelled.
    state: Mapped[str] = mapped_column(default="waiting")
    asked_at: Mapped[datetime] = mapped_column(Instant, default=now)
    #: Not before.
    run_at: Mapped[datetime] = mapped_column(Instant, default=now)
    #: When the relay last handed its number to the broker; None: never, or there is no broker.
    carried_at: Mapped[datetime | None] = mapped_column(Instant)
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    #: Who holds the lease; new at each claim.
    token: Mapped[str | None]
    #: Host and process, for people.
    worker: Mapped[str | None]
    attempt: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=5)
    #: Rows done, and kept; out of ``total`` where that is known.
    progress: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    cancel_asked: Mapped[bool] = mapped_column(default=False)
    #: ``page`` (where to go), ``file`` (a storage key) with ``file_name``, ``facts`` ([label, value] pairs).
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    #: For people where a rule said no; otherwise what broke, for the log.
    error: Mapped[str | None]
    finished_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ("done", "failed", "cancelled")

    def seconds_left(self, at: datetime) -> int | None:
        """How long it may still take, from its pace so far; None while that is not known."""
        if self.state != "running" or not self.total or not self.progress or not self.started_at:
            return None
        left = max(0, self.total - self.progress)
        return round((at - self.started_at).total_seconds() * left / self.progress)


class TooMuchWaiting(Refused):
    """One person has asked for so much that others would wait for it."""

    status = 429

    def __init__(self) -> None:
        super().__init__(
            str(lazy("Too much of what you asked for is still waiting.")),
            str(lazy("Wait until some of it is done, or stop what you do not need any more.")),
        )


class LeaseLost(Exception):
    """Another worker has this job now: drop everything."""


class Cancelled(Exception):
    """Somebody asked this job to stop."""


class Interrupted(LeaseLost):
    """This worker is asked to end: the job goes on elsewhere."""


Task = Callable[..., object]


@dataclass(frozen=True, slots=True)
class Named:
    """A task and what people call it."""

    function: Task
    label: object


tasks: dict[str, Named] = {}


def task(name: str, label: object = "") -> Callable[[Task], Task]:
    """Make the decorated function something that a job may ask for. ``label``: a lazy text for its page."""

    def register(function: Task) -> Task:
        if name in tasks:
            raise TypeError(f"two tasks are called {name!r}")
        tasks[name] = Named(function, label)
        return function

    return register


def later(
    kind: str,
    actor: Any = None,
    *,
    unique_key: str | None = None,
    delay: float = 0,
    tenant_id: int | None = None,
    **arguments: Any,
) -> Job:
    """Write a job in the current transaction; it starts once, and only if, that is kept.

    ``actor`` is whoever asks (tenant_id, person_id) and may follow the job; ``arguments`` are plain values.
    Without a tenant the job is about the rows that this transaction is about.
    With a ``unique_key`` that was asked for before, the answer is the job of then. Raises ``TooMuchWaiting``.
    """
    if kind not in tasks:
        raise KeyError(f"no task is called {kind!r}")
    values = {
        "kind": kind,
        "tenant_id": walls.owner_of(tenant_id, actor),
        "person_id": getattr(actor, "person_id", None),
        "unique_key": unique_key,
        "run_at": now() + timedelta(seconds=delay),
        "arguments": arguments,
    }
    if (person_id := getattr(actor, "person_id", None)) is not None:
        _demand_patience(getattr(actor, "tenant_id", None), person_id)
    if unique_key is not None:
        session.execute(db.as_first_written(Job, values, ["unique_key"]))
        return session.scalars(select(Job).where(Job.unique_key == unique_key)).one()
    job = Job(**values)
    session.add(job)
    session.flush()  # the caller shows the number of the job
    return job


def _demand_patience(tenant_id: int | None, person_id: int) -> None:
    mine = Job.tenant_id == tenant_id, Job.person_id == person_id
    waiting = select(Job.id).where(*mine, Job.state.in_(("waiting", "running"))).limit(WAITING_EACH)
    if len(session.execute(waiting).all()) >= WAITING_EACH:
        raise TooMuchWaiting


def in_sight(actor: Any, job_id: int) -> Job | None:
    """The job, if the actor asked for it."""
    found = select(Job).where(
        Job.id == job_id, Job.tenant_id == actor.tenant_id, Job.person_id == actor.person_id
    )
    return session.scalars(found).one_or_none()


def latest(state: str = "", limit: int = 50) -> Sequence[Job]:
    """The latest jobs, newest first; of one state where it is named."""
    found = select(Job).order_by(Job.id.desc()).limit(limit)
    return session.scalars(found.where(Job.state == state) if state else found).all()


def cancel(job_id: int) -> None:
    """Ask a job to stop: at once if it waits, at its next step if it runs."""
    waiting = update(Job).where(Job.id == job_id, Job.state == "waiting")
    session.execute(waiting.values(state="cancelled", finished_at=now()))
    session.execute(update(Job).where(Job.id == job_id, Job.state == "running").values(cancel_asked=True))


def due() -> Any:
    """What may be claimed now: waiting and due, or running with a lease that ran out."""
    return or_(
        and_(Job.state == "waiting", Job.run_at <= Later()),
        and_(Job.state == "running", Job.lease_until < Later()),
    )


def claim(worker: str, lease: float = LEASE, job_id: int | None = None) -> "Run | None":
    """Take one job that is due (or this one, if it is due) in a transaction of its own."""
    chosen = select(Job.id).where(due())
    if job_id is not None:
        chosen = chosen.where(Job.id == job_id)
    chosen = chosen.order_by(Job.run_at, Job.id).limit(1)
    with db.transaction(Mode.READ, of_all=True):
        if session.execute(chosen).first() is None:
            return None  # the usual case: no need to take the writer's place
    token = secrets.token_hex(8)
    taking = (
        update(Job)
        .where(Job.id == chosen.with_for_update(skip_locked=True).scalar_subquery())
        .values(
            state="running",
            token=token,
            worker=worker,
            attempt=Job.attempt + 1,
            started_at=func.coalesce(Job.started_at, Later()),
            lease_until=Later(lease),
        )
        .returning(
            Job.id,
            Job.kind,
            Job.arguments,
            Job.tenant_id,
            Job.progress,
            Job.attempt,
            Job.max_attempts,
        )
        .execution_options(synchronize_session=False)
    )
    with db.transaction(of_all=True):
        row = session.execute(taking).one_or_none()
    return Run(*row, token=token, lease=lease) if row else None


class Run:
    """One attempt at one job, in the hands of the task."""

    def __init__(
        self,
        job_id: int,
        kind: str,
        arguments: dict[str, Any],
        tenant_id: int | None,
        done: int,
        attempt: int,
        max_attempts: int,
        *,
        token: str,
        lease: float,
    ) -> None:
        self.job_id, self.kind, self.arguments, self.tenant_id = job_id, kind, arguments, tenant_id
        self.done = done  #: rows kept by this and earlier attempts: where to go on
        self.last_chance = attempt >= max_attempts
        self.is_hopeless = (
            attempt > max_attempts
        )  # nobody wrote how the last one ended: its worker died of it
        self.attempt, self.token, self.lease = attempt, token, lease

    @contextmanager
    def step(
        self, rows: int = 1, total: int | None = None, last: dict[str, Any] | None = None
    ) -> Iterator[None]:
        """One short write transaction: the work's rows, its progress and its lease, all or nothing.

        With ``last`` the job ends in the same transaction, so its effect and its end cannot differ.
        """
        values: dict[str, Any] = {"progress": Job.progress + rows, "lease_until": Later(self.lease)}
        if total is not None:
            values["total"] = total
        if last is not None:
            values |= {"state": "done", "result": last, "finished_at": now()}
        if leaving.is_set():
            raise Interrupted
        began = time.monotonic()
        with db.transaction(Mode.WRITE, self.tenant_id):
            self._guarded(values)
            yield
        self.done += rows
        if last is None and time.monotonic() - began > _BREATH and not db.is_postgresql():
            time.sleep(_BREATH)

    def run(self) -> None:
        """Do the work and write down how it ended. An error makes the job wait for another try."""
        if self.is_hopeless:
            self._end("failed", error="WorkerDied: each worker that tried this died of it.")
            return
        db.begin(Mode.READ, self.tenant_id)
        try:
            result = tasks[self.kind].function(self, **self.arguments)
            if not isinstance(result, dict):
                result = None
            json.dumps(result)  # what cannot be kept is the task's mistake, and must not be the worker's end
        except Interrupted:
            self._hand_back()
        except LeaseLost:
            db.rollback()
        except (
            Cancelled
        ):  # a task may know no better than that it must stop: whether it was cancelled, the row knows
            self._hand_back() if leaving.is_set() else self._end("cancelled")
        except Refused as refusal:  # trying again would not help
            self._end("failed", error=f"{refusal.reason} {refusal.remedy}".strip())
        except Exception as error:  # whatever a task raises is written down, and tried again
            if db.no_space(error):  # nobody's fault: it waits for room, however long that takes
                self._put_off()
                return
            log.exception("job %s (%s) broke", self.job_id, self.kind)
            text = f"{type(error).__name__}: {error}"[:2000]
            self._end("failed", error=text) if self.last_chance else self._again(text)
        else:
            self._end("done", result=result)

    def beat(self) -> None:
        """Say that this worker lives, while a slow step gives no other sign of it. Raises ``LeaseLost``.

        A job that was asked to stop is still held until its next step hears of it.
        """
        with db.transaction(Mode.WRITE, self.tenant_id):
            self._guarded({"lease_until": Later(self.lease)}, ending=True)

    def _hand_back(self) -> None:
        self._write({"state": "waiting", "token": None, "run_at": Later(), "attempt": Job.attempt - 1})

    def _put_off(self) -> None:
        log.error("job %s (%s) waits: a disk is full", self.job_id, self.kind)
        self._write(
            {"state": "waiting", "token": None, "run_at": Later(_FOR_ROOM), "attempt": Job.attempt - 1}
        )

    def _again(self, error: str) -> None:
        pause = min(2.0**self.attempt, 3600.0)
        values = {"state": "waiting", "error": error, "token": None, "run_at": Later(pause)}
        self._write(values)

    def _end(self, state: str, **values: Any) -> None:
        self._write({"state": state, "finished_at": now(), **values})

    def _write(self, values: dict[str, Any]) -> None:
        db.rollback()
        try:
            with db.transaction(Mode.WRITE, self.tenant_id):
                self._guarded(values, ending=True)
        except LeaseLost:
            pass

    def _guarded(self, values: dict[str, Any], ending: bool = False) -> None:
        mine = Job.id == self.job_id, Job.token == self.token, Job.state == "running"
        change = update(Job).where(*mine).values(**values).returning(Job.cancel_asked)
        row = session.execute(change.execution_options(synchronize_session=False)).one_or_none()
        if row is None:
            raise LeaseLost
        if row.cancel_asked and not ending:
            raise Cancelled
