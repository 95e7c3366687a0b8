"""The embedded worker: a parent that keeps its children alive, each of which claims jobs from the table.

The parent never touches the database while it has children to fork: connections do not survive a
fork. A child that loses its parent finishes the step it is in and leaves.
"""

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence

from sqlalchemy import func, select, update

from config import processes
from lms.core import beats, db, jobs, logs
from lms.core.clock import Later
from lms.core.db import session
from lms.core.jobs import Job
from lms.core.post import Mail

log = logging.getLogger("lms.worker")
_RUNNING = select(Job.id, func.coalesce(Job.worker, "")).where(Job.state == "running")
_LEAVING = select(func.coalesce(Mail.token, "")).where(Mail.state == "leaving").distinct()
_PATIENCE = 0.25  #: seconds before a child that died at once is replaced; doubles each time
_RETRY = 2.0  #: seconds after which a turn that failed is tried again
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
Turn = Callable[[], bool]  #: does a bit of work if there is any, and says whether there was


def keep_alive(prepare: Callable[[], None], children: Sequence[tuple[Turn, ...]], pause: float = 0.5) -> None:
    """Fork a child for each of these sets of turns, and fork again whoever dies, until told to stop."""
    stopping = threading.Event()
    for name in _SIGNALS:
        signal.signal(name, lambda *_: stopping.set())
    born: dict[int, tuple[float, tuple[Turn, ...]]] = {}
    patience = _PATIENCE
    for turns in children:
        born[_fork(prepare, turns, pause)] = time.monotonic(), turns
    while not stopping.is_set():
        dead, _status = os.waitpid(-1, os.WNOHANG)
        if dead not in born:  # nobody died; or an orphan that a container gave to us, as its first process
            stopping.wait(0.05)
            continue
        began, turns = born.pop(dead)
        lived = time.monotonic() - began
        patience = min(patience * 2, 30.0) if lived < 1 else _PATIENCE  # one that dies at once must not spin
        if not stopping.wait(patience if lived < 1 else 0):
            born[_fork(prepare, turns, pause)] = time.monotonic(), turns
    for child in born:
        os.kill(child, signal.SIGTERM)
    for child in born:
        os.waitpid(child, 0)


def bury_the_dead() -> None:
    """End the leases of processes of this host that are no more: no need to wait for the lease.

    Should the guess be wrong, nothing breaks: the token of the presumed dead is worth nothing then.
    """
    with db.transaction(of_all=True):
        for job_id, name in session.execute(_RUNNING).all():
            if _is_dead(name):
                ending = update(Job).where(Job.id == job_id, Job.worker == name, Job.state == "running")
                session.execute(ending.values(lease_until=Later()))
        for token in session.scalars(_LEAVING).all():
            if _is_dead(token.partition("/")[0]):
                held = update(Mail).where(Mail.token == token, Mail.state == "leaving")
                session.execute(held.values(lease_until=Later()))


def me() -> str:
    """This process, by the name that ``bury_the_dead`` understands; never asked before the fork."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _is_dead(name: str) -> bool:
    """Whether ``name`` was a process of this host, and is no more."""
    host, _, pid = name.rpartition(":")
    return host == socket.gethostname() and pid.isdecimal() and not _lives(int(pid))


def _lives(pid: int) -> bool:
    """Whether the process runs; one that is dead but not yet collected does not. Linux."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def sign_of_life(every: float, role: str = "") -> Turn:
    """A turn that writes, now and then, that this process works. It is no work: it never asks for another round.

    ``role``: ``beats.RELAY`` for the relay; jobs are the work of everybody else.
    """
    last = 0.0

    def turn() -> bool:
        nonlocal last
        if time.monotonic() - last >= every or not last:
            beats.beat(role + me())
            last = time.monotonic()
        return False

    return turn


def work_on_jobs(lease: float) -> Turn:
    """A turn that claims one job and does it, with a heartbeat beside it."""

    def turn() -> bool:
        run = jobs.claim(me(), lease)
        if run is not None:
            with_heartbeat(run)
        return run is not None

    return turn


def with_heartbeat(run: jobs.Run) -> None:
    """Do a job while a thread renews its lease three times per lease, and says that this worker lives."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(run.lease / 3):
            try:
                run.beat()
                beats.beat(me())  # else a worker that is busy for long would pass for dead
            except jobs.LeaseLost:
                return
            except db.AWAY as error:  # busy or away: the next beat may come through before the lease ends
                log.warning("no heartbeat for job %s: %s", run.job_id, error)
            finally:
                db.session.remove()

    beating = threading.Thread(target=beat, daemon=True)
    beating.start()
    try:
        with logs.about(job=run.job_id, kind=run.kind, tenant=run.tenant_id, attempt=run.attempt):
            run.run()
    finally:
        over.set()
        beating.join()
        db.session.remove()


def _fork(prepare: Callable[[], None], turns: tuple[Turn, ...], pause: float) -> int:
    parent = os.getpid()
    signal.pthread_sigmask(
        signal.SIG_BLOCK, _SIGNALS
    )  # "stop" must not fall between the fork and the child's ears
    child = os.fork()
    if child:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        return child
    status = 1
    try:
        jobs.leaving.clear()
        signal.signal(signal.SIGTERM, lambda *_: jobs.leaving.set())
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent too, which says when to stop
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        if with_parent := processes.dies_with_us():
            with_parent()
        _live(parent, prepare, turns, pause)
        status = 0
    except BaseException:  # whatever it is, a child never goes on as if it were the parent
        log.exception("a worker's child broke")
    finally:
        os._exit(status)


def _live(parent: int, prepare: Callable[[], None], turns: tuple[Turn, ...], pause: float) -> None:
    prepare()
    round_of((burial,))
    while not jobs.leaving.is_set() and os.getppid() == parent:
        if not round_of(turns):
            jobs.leaving.wait(pause)


def burial() -> bool:
    """``bury_the_dead`` as a turn: a database that is away is no reason not to live."""
    bury_the_dead()
    return False


def round_of(turns: tuple[Turn, ...]) -> bool:
    """Every turn once; says whether there was any work. What fails is told, waited for, and stops no other turn."""
    worked = failed = False
    for turn in turns:
        try:
            worked = turn() or worked
        except Exception:  # a worker outlives a database that is away, and a mistake in one of its duties
            log.exception("a turn of the worker failed")
            db.session.remove()
            failed = True
    if failed:
        jobs.leaving.wait(_RETRY)
    return worked and not failed
